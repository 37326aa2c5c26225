"""Computes the analyses without the platform, as docs/customer-analytics.md describes them.

Usage: oracle.py retail FILE, with FILE the published rows of Online Retail as CSV
       oracle.py journeys FILE, with FILE events, one JSON object a line

The tables and the figures of the runs are printed as one JSON object. What must be equal is a string,
money with three decimals at least; what may differ in its last digits is a number. A table
says how many columns, from the left, are its key.

The models of customers are those of the package lifetimes: its likelihoods, its search and its
expectations. Itemsets are counted, each by itself. Credits are divided as fractions.
"""
import json
import sys
import warnings
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import combinations

import numpy as np
import pandas as pd
from lifetimes import BetaGeoFitter, GammaGammaFitter

MICROS = 1_000_000  # amounts are integer millionths
answer = {"tables": {}, "figures": {}}


def money(micros):
    """As the platform writes it: three decimals, or as many as it needs."""
    sign, micros = "-" if micros < 0 else "", abs(int(micros))
    decimals = f"{micros % MICROS:06d}".rstrip("0").ljust(3, "0")
    return f"{sign}{micros // MICROS}.{decimals}"


def put(name, keys, columns, rows):
    """Adds a table. Rows are of strings, of integers, which must be equal too, and of floats."""
    cells = [[str(v) if isinstance(v, (int, np.integer)) else v for v in row] for row in rows]
    answer["tables"][name] = {"keys": keys, "columns": columns.split(), "rows": cells}


def figures(analysis, **values):
    answer["figures"][analysis] = {k: str(v) if isinstance(v, (int, np.integer)) else v for k, v in values.items()}


# Online Retail


def lines(path):
    """The lines that count are those with a price above zero."""
    d = pd.read_csv(path, dtype=str, keep_default_na=False)
    prices = {p: int(Decimal(p) * MICROS) for p in d.UnitPrice.unique()}
    d["amount"] = d.UnitPrice.map(prices) * d.Quantity.astype("int64")
    d = d[d.UnitPrice.map(prices) > 0].copy()
    local = pd.to_datetime(d.InvoiceDate).dt.tz_localize("Europe/London")
    d["time"] = local.dt.tz_convert("UTC").dt.tz_localize(None)
    d["day"], d["month"] = d.time.dt.normalize(), d.time.dt.year * 12 + d.time.dt.month - 1
    # Stocked products have codes of five digits, and perhaps letters.
    stocked = d.StockCode.str.fullmatch(r"\d{5}[A-Za-z]*")
    d["sale"] = ~d.InvoiceNo.str.match("[CA]") & stocked
    d["customer"] = d.CustomerID.str.removesuffix(".0")
    return d


def retail(path):
    d = lines(path)
    known = d[d.customer != ""]
    shared = {
        "lines": len(d), "lines_of_other_currencies": 0, "revenue": money(d.amount.sum()),
        "revenue_of_guests": money(d[d.customer == ""].amount.sum()),
    }
    until = d.time.max()
    rfm(known, until, shared)
    cohorts(known, until, shared)
    value(known, until, shared)
    baskets(d[d.sale], shared)
    # There is no event with a campaign: all orders go to nobody, in every model.
    orders = d[d.sale].InvoiceNo.unique()
    revenue = money(d[d.InvoiceNo.isin(orders)].amount.sum())
    put("attribution_credits", 2, "model channel orders revenue", [[m, "(none)", money(len(orders) * MICROS), revenue] for m in MODELS])
    put("attribution_channels", 1, "channel touches paths orders removal_effect", [])
    figures("attribution", **shared, orders=len(orders), orders_with_touches=0, paths_without_order=0, revenue_of_orders=revenue)


# Rows are the scores of recency, from 5 down to 1; columns those of frequency, from 1.
SEGMENTS = {
    5: "new_customers potential_loyalists potential_loyalists champions champions".split(),
    4: "promising potential_loyalists potential_loyalists loyal loyal".split(),
    3: "about_to_sleep about_to_sleep need_attention loyal loyal".split(),
    2: "hibernating hibernating at_risk at_risk cannot_lose".split(),
    1: "hibernating hibernating at_risk at_risk cannot_lose".split(),
}


def fifths(values):
    """One more than the fifths of all that are worse."""
    return 1 + 5 * (values.rank(method="min").astype(int) - 1) // len(values)


def rfm(known, until, shared):
    sales = known[known.sale].groupby("customer")
    t = pd.DataFrame({"last": sales.time.max(), "orders": sales.InvoiceNo.nunique()})
    t["days"] = (until.normalize() - t["last"].dt.normalize()).dt.days
    revenue = known.groupby("customer").amount.sum()
    t["revenue"] = revenue.reindex(t.index)
    t["r"], t["f"], t["m"] = fifths(-t.days), fifths(t.orders), fifths(t.revenue)
    t["segment"] = [SEGMENTS[r][f - 1] for r, f in zip(t.r, t.f)]
    put("customer_rfm", 1, "customer_id last_order_at days_since_order orders revenue recency frequency monetary segment",
        [[c.Index, str(c.last), c.days, c.orders, money(c.revenue), c.r, c.f, c.m, c.segment] for c in t.itertuples()])
    sizes = {"segment_" + s: int((t.segment == s).sum()) for row in SEGMENTS.values() for s in row}
    figures("rfm", **shared, **sizes, customers=len(t), revenue_of_customers_without_orders=money(revenue.drop(t.index).sum()))


def cohorts(known, until, shared):
    orders = known[known.sale].groupby(["customer", "InvoiceNo"]).month.min().reset_index()
    first = orders.groupby("customer").month.min()
    orders["cohort"] = orders.customer.map(first)
    mine = known.assign(cohort=known.customer.map(first))
    last = until.year * 12 + until.month - 1
    rows = []
    for cohort, size in first.value_counts().items():
        for month in range(cohort, last + 1):
            o = orders[(orders.cohort == cohort) & (orders.month == month)]
            revenue = mine[(mine.cohort == cohort) & (mine.month == month)].amount.sum()
            customers = o.customer.nunique()
            rows.append([f"{cohort // 12}-{cohort % 12 + 1:02d}-01 00:00:00", month - cohort, size, customers, customers / size, len(o), money(revenue)])
    put("customer_cohorts", 2, "cohort age_months size customers retention orders revenue", rows)
    twice = int((orders.groupby("customer").size() > 1).sum())
    figures("cohorts", **shared, customers=len(first), customers_with_two_orders=twice, repeat_rate=f"{twice / len(first):.6f}",
            revenue_before_first_order=money(mine[mine.month < mine.cohort].amount.sum()),
            revenue_of_customers_without_orders=money(mine[mine.cohort.isna()].amount.sum()))


def value(known, until, shared):
    """BG/NBD and Gamma-Gamma. A purchase is a day with a sale; twelve months of 30 days lie ahead."""
    sales = known[known.sale].groupby("customer").day
    first, last = sales.min(), sales.max()
    d = pd.DataFrame({"x": sales.nunique() - 1, "tx": (last - first).dt.days, "T": (until.normalize() - first).dt.days})
    d["revenue"] = known.groupby("customer").amount.sum().reindex(d.index)
    n, mean = d.x + 1, d.revenue / MICROS / (d.x + 1)
    buys, worth = BetaGeoFitter(), GammaGammaFitter()
    buys.fit(d.x, d.tx, d["T"], tol=1e-9)
    worth.fit(n[mean > 0], mean[mean > 0], tol=1e-9)
    alive = np.ravel(buys.conditional_probability_alive(d.x, d.tx, d["T"]))
    amount = worth.conditional_expected_average_profit(n, mean.clip(lower=0)).to_numpy()
    discounted, before = np.zeros(len(d)), np.zeros(len(d))
    for month in range(1, 13):
        expected = np.ravel(buys.conditional_expected_number_of_purchases_up_to_time(30 * month, d.x, d.tx, d["T"]))
        discounted += (expected - before) / 1.01**month
        before = expected
    rows = zip(d.index, d.x, d.tx, d["T"], d.revenue.map(money), alive.tolist(), expected.tolist(), amount.tolist(), (discounted * amount).tolist())
    put("customer_value", 1, "customer_id repeat_days recency_days age_days revenue p_alive expected_purchases expected_amount lifetime_value", rows)
    p, g = buys.params_, worth.params_
    likelihood = float(np.sum(-len(d) * buys._negative_log_likelihood(np.log([p.r, p.alpha, p.a, p.b]), d.x, d.tx, d["T"], np.ones(len(d)), 0)))
    figures("clv", **shared, customers=len(d), lifetime_value=float((discounted * amount).sum()), bgnbd_log_likelihood=likelihood,
            bgnbd_r=float(p.r), bgnbd_alpha=float(p.alpha), bgnbd_a=float(p.a), bgnbd_b=float(p.b),
            gamma_gamma_p=float(g.p), gamma_gamma_q=float(g.q), gamma_gamma_v=float(g.v))


def baskets(sales, shared):
    """Counts products, pairs and triples in 1 % of all orders, and the rules of 30 % confidence among them."""
    orders = sales.InvoiceNo.unique()
    often = sales.groupby("StockCode").InvoiceNo.nunique()
    often = often[often >= 0.01 * len(orders)].sort_index()
    names = list(often.index)
    has = np.zeros((len(names), len(orders)), dtype=np.float32)
    some = sales[sales.StockCode.isin(names)]
    has[often.index.get_indexer(some.StockCode), pd.Index(orders).get_indexer(some.InvoiceNo)] = 1
    counts = {(i,): int(c) for i, c in enumerate(often)}
    pairs = has @ has.T  # float32 counts exactly up to 16 million
    frequent = np.argwhere(np.triu(pairs >= 0.01 * len(orders), 1))
    for i, k in frequent:
        counts[int(i), int(k)] = int(pairs[i, k])
        triples = has @ (has[i] * has[k])
        for j in np.flatnonzero(triples >= 0.01 * len(orders)):
            if j > k:
                counts[int(i), int(k), int(j)] = int(triples[j])
    items = lambda s: json.dumps([names[i] for i in s], separators=(",", ":"))
    put("basket_itemsets", 1, "items size baskets support", [[items(s), len(s), c, c / len(orders)] for s, c in counts.items()])
    rules = []
    for s, c in counts.items():
        for size in range(1, len(s)):
            for part in combinations(s, size):
                rest = tuple(i for i in s if i not in part)
                if c / counts[part] >= 0.3:
                    rules.append([items(part), items(rest), c, c / len(orders), c / counts[part], c * len(orders) / (counts[part] * counts[rest])])
    put("basket_rules", 2, "if_items then_items baskets support confidence lift", rules)
    figures("baskets", **shared, baskets=len(orders), itemsets=len(counts), rules=len(rules))


# Attribution

MODELS = "first last last_non_direct linear position time_decay markov".split()
LOOKBACK, HALF_LIFE = timedelta(days=30), timedelta(days=7)
SAME_VISIT = timedelta(minutes=30)  # of events without a session


def read(path):
    events = []
    for text in open(path):
        e = json.loads(text, parse_float=Decimal)
        e["time"] = datetime.fromisoformat(e["time"])
        customer = e.get("customer_id", "")
        e["known"] = "" if customer.startswith("guest:") else customer
        events.append(e)
    return sorted(events, key=lambda e: e["time"])


def journeys(path):
    events = read(path)
    seen = {e["anonymous_id"]: e["known"] for e in events if e["known"] and "anonymous_id" in e}  # the last one stays

    def person(e):
        visitor = e.get("anonymous_id")
        return e["known"] or seen.get(visitor) or (f"visitor {visitor}" if visitor else "order " + e["order_id"])

    steps, visits = defaultdict(list), {}
    for e in events:
        if "source" not in e or "robot" in e:
            continue
        channel = f"{e['source']} / {e['medium']}"
        visit = (person(e), e.get("session_id"), channel)
        goes_on = visit in visits and (visit[1] or e["time"] - visits[visit] <= SAME_VISIT)
        visits[visit] = e["time"]
        if goes_on:
            continue
        steps[person(e)].append((e["time"], channel, e["medium"] == "direct"))
    orders = defaultdict(list)
    for e in events:
        if e["type"] == "order":
            orders[e["order_id"]].append(e)
    revenue = guests = count = 0
    for id, all in orders.items():
        amount = sum(int(e["amount"] * MICROS) for e in all)
        count += sum(len(e["items"]) for e in all)
        revenue += amount
        guests += sum(int(e["amount"] * MICROS) for e in all if not e["known"])
        sold = [e for e in all if any(i["kind"] == "sale" for i in e["items"])]
        if sold:
            steps[person(sold[0])].append((sold[0]["time"], None, amount))
    shared = {"lines": count, "lines_of_other_currencies": 0, "revenue": money(revenue), "revenue_of_guests": money(guests)}
    attribute([p for s in steps.values() for p in cut(sorted(s, key=lambda s: s[0]))], shared)


def cut(steps):
    """Cuts a person's steps into paths: touches, and the time and revenue of the order, or None."""
    touches = []
    for time, channel, what in steps:
        if channel is not None:
            touches.append((time, channel, what))
            continue
        near = [t for t in touches if time - t[0] <= LOOKBACK]
        yield touches[: len(touches) - len(near)], None
        yield near, (time, what)
        touches = []
    yield touches, None


def divide(amount, weights):
    """Shares in proportion, in millionths, by largest remainder; the earlier first."""
    exact = [Fraction(abs(amount)) * w / sum(weights) for w in weights]
    shares = [int(e) for e in exact]
    losers = sorted(range(len(exact)), key=lambda k: shares[k] - exact[k])
    for k in losers[: abs(amount) - sum(shares)]:
        shares[k] += 1
    return [s if amount >= 0 else -s for s in shares]


def weights(model, touches):
    n = len(touches)
    only = lambda k: [Fraction(i == k) for i in range(n)]
    if model == "first":
        return only(0)
    if model == "last":
        return only(n - 1)
    if model == "last_non_direct":
        return only(max((k for k in range(n) if not touches[k][2]), default=n - 1))
    if model == "linear" or n < 3 and model == "position":
        return [Fraction(1)] * n
    if model == "position":
        return [Fraction(2, 5)] + [Fraction(1, 5) / (n - 2)] * (n - 2) + [Fraction(2, 5)]
    with localcontext() as context:
        context.prec = 40
        ages = [Decimal((touches[-1][0] - t[0]) / timedelta(microseconds=1)) for t in touches]
        return [Fraction(Decimal(2) ** (-age / Decimal(HALF_LIFE / timedelta(microseconds=1)))) for age in ages]


def attribute(paths, shared):
    paths = [p for p in paths if p[0] or p[1]]
    ordered = [(touches, order[1]) for touches, order in paths if order]
    touched = [o for o in ordered if o[0]]
    channels = sorted({t[1] for touches, _ in paths for t in touches})
    all = conversion(paths, channels, None)
    effects = {c: max(0, 1 - conversion(paths, channels, c) / all) for c in channels}
    rows = []
    for model in MODELS:
        credits = defaultdict(lambda: [0, 0])
        for touches, revenue in ordered:
            if touches and model == "markov":
                continue
            w = weights(model, touches) if touches else [1]
            for name, one, worth in zip([t[1] for t in touches] or ["(none)"], divide(MICROS, w), divide(revenue, w)):
                credits[name][0] += one
                credits[name][1] += worth
        if model == "markov":
            w = [Fraction(effects[c]) for c in channels]
            for c, one, worth in zip(channels, divide(len(touched) * MICROS, w), divide(sum(r for _, r in touched), w)):
                credits[c] = [one, worth]
        # Two models weigh by floating-point numbers: their last millionth is not certain.
        write = (lambda m: m / MICROS) if model in ("time_decay", "markov") else money
        rows += [[model, name, write(one), write(worth)] for name, (one, worth) in credits.items()]
    put("attribution_credits", 2, "model channel orders revenue", rows)
    on = lambda c, list: sum(any(t[1] == c for t in touches) for touches, _ in list)
    put("attribution_channels", 1, "channel touches paths orders removal_effect",
        [[c, sum(t[1] == c for touches, _ in paths for t in touches), on(c, paths), on(c, ordered), effects[c]] for c in channels])
    figures("attribution", **shared, orders=len(ordered), orders_with_touches=len(touched), paths_without_order=len(paths) - len(ordered),
            revenue_of_orders=money(sum(r for _, r in ordered)))


def conversion(paths, channels, without):
    """The share of walkers of the Markov chain who order, when those who come to a channel go away."""
    moves, left = defaultdict(int), defaultdict(int)
    for touches, order in paths:
        if touches:
            for a, b in zip(["start"] + [t[1] for t in touches], [t[1] for t in touches] + ["order" if order else "nothing"]):
                moves[a, b] += 1
                left[a] += 1
    states = ["start"] + [c for c in channels if c != without]
    system = np.array([[(a == b) - moves[a, b] / left[a] for b in states] for a in states])
    return float(np.linalg.solve(system, [moves[a, "order"] / left[a] for a in states])[0])


warnings.filterwarnings("ignore")
{"retail": retail, "journeys": journeys}[sys.argv[1]](sys.argv[2])
json.dump(answer, sys.stdout)
