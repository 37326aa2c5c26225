"""Computes the analyses of Online Retail without the platform: pandas, lifetimes, mlxtend.

Usage: oracle.py FILE, with FILE the published rows as CSV. It prints one JSON object.
"""
import json
import sys
import warnings

import numpy as np
import pandas as pd
from lifetimes import BetaGeoFitter, GammaGammaFitter
from mlxtend.frequent_patterns import apriori, association_rules

warnings.filterwarnings("ignore")
MICROS = 1_000_000


def lines(path):
    """The lines that count: a price above zero. Amounts are integer millionths."""
    d = pd.read_csv(path, dtype=str, keep_default_na=False)
    price = d.UnitPrice.map(lambda s: int(round(float(s) * 1000)))
    d = d.assign(price=price * 1000, quantity=d.Quantity.astype("int64"))
    d = d[d.price > 0]
    d["amount"] = d.price * d.quantity
    local = pd.to_datetime(d.InvoiceDate).dt.tz_localize("Europe/London")
    d["time"] = local.dt.tz_convert("UTC").dt.tz_localize(None)
    fees = set(json.load(open(sys.argv[2])))
    kinds = np.where(d.InvoiceNo.str.startswith("C"), "cancellation", np.where(d.InvoiceNo.str.startswith("A"), "adjustment", "sale"))
    d["kind"] = np.where((kinds == "sale") & d.StockCode.isin(fees), "fee", kinds)
    d["customer"] = d.CustomerID.str.removesuffix(".0")
    return d


def fifths(values):
    return (1 + 5 * (values.rank(method="min").astype(int) - 1) // len(values)).astype(int)


def rfm(known, until):
    sales = known[known.kind == "sale"]
    t = pd.DataFrame({
        "days": (until.normalize() - sales.groupby("customer").time.max().dt.normalize()).dt.days,
        "orders": sales.groupby("customer").InvoiceNo.nunique(),
    })
    t["revenue"] = known.groupby("customer").amount.sum().reindex(t.index)
    t["r"], t["f"], t["m"] = fifths(-t.days), fifths(t.orders), fifths(t.revenue)
    return {c: [int(x) for x in row] for c, row in zip(t.index, t.values)}


def cohorts(known, until):
    sales = known[known.kind == "sale"]
    orders = sales.groupby(["customer", "InvoiceNo"]).time.min().reset_index()
    first = orders.groupby("customer").time.min().dt.to_period("M")
    orders["age"] = [(m - first[c]).n for c, m in zip(orders.customer, orders.time.dt.to_period("M"))]
    orders["cohort"] = orders.customer.map(first)
    mine = known[known.customer.isin(first.index)].copy()
    mine["cohort"] = mine.customer.map(first)
    mine["age"] = [(m - c).n for c, m in zip(mine.cohort, mine.time.dt.to_period("M"))]
    cells = {}
    for cohort, size in first.value_counts().items():
        for age in range((until.to_period("M") - cohort).n + 1):
            o = orders[(orders.cohort == cohort) & (orders.age == age)]
            money = mine[(mine.cohort == cohort) & (mine.age == age)].amount.sum()
            cells[f"{cohort}+{age}"] = [int(size), int(o.customer.nunique()), len(o), int(money)]
    return cells


def clv(known, until):
    sales = known[known.kind == "sale"]
    days = sales.groupby("customer").time.agg(lambda t: t.dt.normalize().nunique())
    first, last = sales.groupby("customer").time.min().dt.normalize(), sales.groupby("customer").time.max().dt.normalize()
    d = pd.DataFrame({"x": days - 1, "tx": (last - first).dt.days, "T": (until.normalize() - first).dt.days})
    d["mean"] = known.groupby("customer").amount.sum().reindex(d.index) / MICROS / (d.x + 1)
    b, g = BetaGeoFitter(), GammaGammaFitter()
    b.fit(d.x, d.tx, d["T"], tol=1e-9)
    paid = d[d["mean"] > 0]
    g.fit(paid.x + 1, paid["mean"], tol=1e-9)
    # The values are computed at the parameters that the caller gives, so that they can be compared to the last digit.
    given = json.load(open(sys.argv[3]))
    fitted = {**{k: float(v) for k, v in b.params_.items()}, **{k: float(v) for k, v in g.params_.items()}}
    b.params_ = pd.Series({k: given[k] for k in ("r", "alpha", "a", "b")})
    g.params_ = pd.Series({k: given[k] for k in ("p", "q", "v")})
    alive = np.ravel(b.conditional_probability_alive(d.x, d.tx, d["T"]))
    expected = np.ravel(b.conditional_expected_number_of_purchases_up_to_time(360, d.x, d.tx, d["T"]))
    p, q, v = (given[k] for k in ("p", "q", "v"))
    n, mean = d.x + 1, d["mean"].clip(lower=0)
    amount = p * (v + n * mean) / (p * n + q - 1)
    value, before = np.zeros(len(d)), np.zeros(len(d))
    for month in range(1, 13):
        upto = np.ravel(b.conditional_expected_number_of_purchases_up_to_time(30 * month, d.x, d.tx, d["T"]))
        value += (upto - before) / 1.01**month
        before = upto
    rows = {c: [float(s), float(e), float(a), float(w)] for c, s, e, a, w in zip(d.index, alive, expected, amount, value * amount)}
    return {"fitted": fitted, "customers": rows}


def baskets(d):
    sales = d[d.kind == "sale"]
    table = pd.crosstab(sales.InvoiceNo, sales.StockCode).astype(bool)
    sets = apriori(table, min_support=0.01, use_colnames=True, max_len=3, low_memory=True)
    rules = association_rules(sets, len(table), metric="confidence", min_threshold=0.3)
    name = lambda s: ",".join(sorted(s))
    return {
        "baskets": len(table),
        "itemsets": {name(s): int(round(v * len(table))) for s, v in zip(sets.itemsets, sets.support)},
        "rules": {name(a) + ">" + name(c): [float(x), float(y)] for a, c, x, y in zip(rules.antecedents, rules.consequents, rules.confidence, rules.lift)},
    }


d = lines(sys.argv[1])
until = d.time.max()
known = d[d.customer != ""]
json.dump({"rfm": rfm(known, until), "cohorts": cohorts(known, until), "clv": clv(known, until), "baskets": baskets(d)}, sys.stdout)
