"""Makes fixture/*.json from the UCI Online Retail data set (D. Chen, CC BY 4.0).

Usage: zstd -dc online_retail.csv.zst | python3 make_fixture.py fixture/
The fixture holds aggregates per day and month and a few hundred real rows, so that the mock
server shows numbers that a reader can check against the data set.
"""
import collections
import csv
import json
import pathlib
import sys
from decimal import Decimal

ISO = {
    "United Kingdom": "GB", "EIRE": "IE", "Netherlands": "NL", "Germany": "DE", "France": "FR", "Australia": "AU",
    "Spain": "ES", "Switzerland": "CH", "Belgium": "BE", "Sweden": "SE", "Japan": "JP", "Norway": "NO",
    "Portugal": "PT", "Finland": "FI", "Channel Islands": "JE", "Denmark": "DK", "Italy": "IT", "Cyprus": "CY",
    "Austria": "AT", "Singapore": "SG", "Poland": "PL", "Israel": "IL", "Greece": "GR", "Iceland": "IS",
    "Canada": "CA", "Hong Kong": "HK", "USA": "US", "Malta": "MT", "Lithuania": "LT", "RSA": "ZA",
    "United Arab Emirates": "AE", "Brazil": "BR", "Lebanon": "LB", "Bahrain": "BH", "Saudi Arabia": "SA",
    "Czech Republic": "CZ", "European Community": "EU", "Unspecified": "ZZ",
}
FEES = {"POST", "DOT", "M", "m", "AMAZONFEE", "BANK CHARGES", "C2", "D", "S", "CRUK", "B", "PADS"}
HEAD, TAIL = 60, 640


def main(out: pathlib.Path) -> None:
    rows = list(csv.DictReader(sys.stdin))
    day = collections.defaultdict(lambda: [Decimal(0), set(), set(), 0, set()])
    product = collections.defaultdict(lambda: [Decimal(0), 0, set()])
    country = collections.defaultdict(lambda: [Decimal(0), set()])
    names = {}
    bad = []
    for number, row in enumerate(rows, start=2):
        row["line"] = number
        price, quantity = Decimal(row["UnitPrice"]), int(row["Quantity"])
        if price <= 0:
            bad.append(row)
            continue
        date, invoice, code = row["InvoiceDate"][:10], row["InvoiceNo"], row["StockCode"]
        amount = price * quantity
        d = day[date]
        d[0] += amount
        d[3] += quantity
        d[4].add(row["CustomerID"] or invoice)
        sale = not invoice.startswith(("C", "A"))
        d[1 if sale else 2].add(invoice)
        month = date[:7]
        if code not in FEES:
            names[code] = row["Description"] or names.get(code, code)
            p = product[month, code]
            p[0] += amount
            p[1] += quantity
            if sale:
                p[2].add(invoice)
        c = country[month, ISO[row["Country"]]]
        c[0] += amount
        if sale:
            c[1].add(invoice)
    write(out / "days.json", [
        [k, str(v[0]), len(v[1]), len(v[2]), v[3], len(v[4])] for k, v in sorted(day.items())])
    write(out / "products.json", top(product, 40, lambda k, v: [k, names[k], str(v[0]), v[1], len(v[2])]))
    write(out / "countries.json", top(country, 40, lambda k, v: [k, str(v[0]), len(v[1])]))
    good = [r for r in rows if Decimal(r["UnitPrice"]) > 0]
    write(out / "rows.json", [slim(r) for r in good[:HEAD] + good[-TAIL:]])
    write(out / "quarantined.json", [slim(r) for r in bad[:30] + bad[-30:]])


def top(groups: dict, count: int, shape) -> dict:
    months = collections.defaultdict(list)
    for (month, key), value in groups.items():
        months[month].append((value[0], key, value))
    return {m: [shape(k, v) for _, k, v in sorted(g, key=lambda x: (-x[0], x[1]))[:count]]
            for m, g in sorted(months.items())}


def slim(r: dict) -> list:
    return [r["line"], r["InvoiceNo"], r["StockCode"], r["Description"], int(r["Quantity"]), r["InvoiceDate"],
            r["UnitPrice"], r["CustomerID"], r["Country"]]


def write(path: pathlib.Path, value: object) -> None:
    path.write_text(json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
