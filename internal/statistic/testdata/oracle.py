# Writes oracle.json, the values that the tests of package statistic compare with:
#   pip install scipy==1.17.1 && python3 oracle.py > oracle.json
import json
import numpy as np
from scipy import special, stats

rng = np.random.default_rng(20111209)
out = {"kolmogorov": [], "ks": [], "chi2": [], "chi2_sf": [], "psi": [], "mad": []}
for x in [0.1, 0.2, 0.3, 0.5, 0.8, 1.0, 1.17, 1.19, 1.3581, 1.6276, 2.0, 3.0]:
    out["kolmogorov"].append({"x": x, "p": float(special.kolmogorov(x))})
for n, m, shift in [(20, 30, 0), (50, 50, 0.5), (200, 100, 0.2), (1000, 800, 0.05), (500, 500, 1)]:
    a, b = rng.normal(0, 1, n).round(3), rng.normal(shift, 1, m).round(3)
    r = stats.ks_2samp(a, b, method="asymp")
    out["ks"].append({"a": a.tolist(), "b": b.tolist(), "d": float(r.statistic), "p": float(r.pvalue)})
for x, df in [(0.001, 1), (0.5, 1), (3.841459, 1), (10, 1), (5, 5), (20, 5), (99, 100), (180, 100), (500, 400), (60, 2)]:
    out["chi2_sf"].append({"x": x, "df": df, "p": float(stats.chi2.sf(x, df))})
for table in [[[50, 30, 20], [45, 35, 20]], [[500, 300, 200], [400, 350, 250]], [[90, 10], [60, 40]], [[1000, 10, 10], [2000, 22, 18]]]:
    r = stats.chi2_contingency(table, correction=False)
    out["chi2"].append({"table": table, "stat": float(r.statistic), "df": int(r.dof), "p": float(r.pvalue)})
for a, b in [([10, 20, 30, 40], [10, 20, 30, 40]), ([100, 200, 300], [300, 200, 100]), ([0, 50, 50], [10, 40, 50])]:
    p, q = np.array(a) + 0.5, np.array(b) + 0.5
    p, q = p / p.sum(), q / q.sum()
    psi = stats.entropy(q, p) + stats.entropy(p, q)  # Jeffreys' divergence
    out["psi"].append({"a": a, "b": b, "psi": float(psi)})
for n in [1, 2, 5, 10, 101]:
    v = rng.normal(0, 3, n)
    out["mad"].append({"v": v.tolist(), "scale": float(np.median(np.abs(v)) / special.ndtri(0.75))})
print(json.dumps(out))
