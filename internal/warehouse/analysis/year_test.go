//go:build !race

package analysis_test

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/warehouse/analysis"
)

// TestOnlineRetail holds figures that testdata/oracle.py computes, too. TestAnalysesInPython compares all rows
// with it, but needs packages of Python.
func TestOnlineRetail(t *testing.T) {
	store := retail(t)
	s := service(t, store, nil)
	figures := func(name, want string) {
		t.Helper()
		r := run(t, s, name)
		for _, pair := range strings.Fields(want) {
			figure, value, _ := strings.Cut(pair, "=")
			if r.Figures[figure] != value {
				t.Errorf("%s: %s is %q, want %q", name, figure, r.Figures[figure], value)
			}
		}
	}
	figures(analysis.RFM, "customers=4334 lines=539392 revenue=9769872.054 revenue_of_customers_without_orders=-9670.320")
	want(t, store, "SELECT segment, count(*), sum(orders), sum(revenue) FROM customer_rfm GROUP BY 1 ORDER BY 1", `
about_to_sleep 475 656 245006.570
at_risk 336 1200 417178.630
cannot_lose 65 538 176921.410
champions 601 7712 4183504.400
hibernating 1354 1729 599995.473
loyal 681 4840 2084888.841
need_attention 116 348 125140.050
new_customers 67 67 23026.110
potential_loyalists 474 1147 402023.540
promising 165 165 52051.110`)

	figures(analysis.Cohorts, "customers=4334 customers_with_two_orders=2829 repeat_rate=0.652746 revenue_before_first_order=-3780.860")
	want(t, store, "SELECT age_months, size, customers, orders, revenue FROM customer_cohorts WHERE cohort = TIMESTAMP '2010-12-01' ORDER BY ALL LIMIT 3", `
0 884 884 1394 558517.690
1 884 323 515 268180.340
2 884 286 456 226931.450`)
	// Nothing is lost: cells, what is in none, and guests make the revenue of the year.
	want(t, store, `SELECT (SELECT sum(revenue) FROM customer_cohorts) + sum((figures ->> k)::DECIMAL(18,6))
FROM analysis_runs, (SELECT unnest(['$.revenue_of_guests', '$.revenue_before_first_order', '$.revenue_of_customers_without_orders']) AS k)
WHERE analysis = 'cohorts'`, "9769872.054")

	figures(analysis.CLV, "customers=4334")
	want(t, store, "SELECT round((figures ->> 'bgnbd_r')::DOUBLE, 4), round((figures ->> 'bgnbd_alpha')::DOUBLE, 3), round((figures ->> 'bgnbd_a')::DOUBLE, 5), round((figures ->> 'bgnbd_b')::DOUBLE, 2), "+
		"round((figures ->> 'gamma_gamma_p')::DOUBLE, 4), round((figures ->> 'gamma_gamma_q')::DOUBLE, 4), round((figures ->> 'gamma_gamma_v')::DOUBLE, 2) FROM analysis_runs WHERE analysis = 'clv'",
		"0.8229 69.091 0.0031 7.25 2.825 3.3563 331.64")
	want(t, store, "SELECT customer_id, repeat_days, recency_days, age_days, revenue, round(p_alive, 6), round(expected_purchases, 3), round(lifetime_value) FROM customer_value ORDER BY lifetime_value DESC LIMIT 2", `
14646 44 353 354 279489.020 0.999931 38.1 218167
18102 25 367 367 256438.490 0.999901 21.296 191134`)

	figures(analysis.Attribution, "orders=19773 orders_with_touches=0 revenue_of_orders=10552085.883")
	want(t, store, "SELECT DISTINCT channel, orders, revenue FROM attribution_credits", "(none) 19773.000 10552085.883")

	figures(analysis.Baskets, "baskets=19773 itemsets=1981 rules=1663")
	want(t, store, "SELECT size, count(*), sum(baskets) FROM basket_itemsets GROUP BY 1 ORDER BY 1", "1 829 342246\n2 894 247670\n3 258 63129")
	want(t, store, "SELECT if_items, then_items, baskets, round(confidence, 4), round(lift, 2) FROM basket_rules ORDER BY baskets DESC, confidence DESC LIMIT 1",
		`["22386"] ["85099B"] 825 0.6773 6.41`)
}
