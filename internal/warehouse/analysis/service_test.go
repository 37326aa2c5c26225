package analysis_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/internal/warehouse/analysis"
	"github.com/millrace/millrace/internal/warehouse/warehousetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shop writes events; touches carry the campaign that enrichment would have derived.
func shop(t *testing.T, store *duckdb.Store, partition int32, lines string) {
	t.Helper()
	w := warehousetest.New(t, store)
	b := w.Batch(partition, lines)
	for i := range b.Len() {
		if source, medium, ok := strings.Cut(b.Channel.Get(i), "/"); ok {
			b.CampaignSource[i], b.CampaignMedium[i] = source, medium
			b.Channel.Set(i, "web")
		}
	}
	w.Write(b)
}

const journeys = `
{"type":"page","time":"2026-03-01T10:00:00Z","anonymous_id":"a1","session_id":"s1","channel":"google/search"}
{"type":"page","time":"2026-03-01T10:01:00Z","anonymous_id":"a1","session_id":"s1","channel":"google/search"}
{"type":"page","time":"2026-03-04T10:00:00Z","anonymous_id":"a1","session_id":"s2","channel":"news/email"}
{"type":"page","time":"2026-03-05T10:00:00Z","anonymous_id":"a1","session_id":"s3","channel":"direct/direct"}
{"type":"order","time":"2026-03-05T10:05:00Z","anonymous_id":"a1","session_id":"s3","customer_id":"ann","order_id":"o1","currency":"EUR","amount":100,"items":[{"product_id":"p1","kind":"sale","quantity":1,"price":100}]}
{"type":"page","time":"2026-03-08T10:00:00Z","anonymous_id":"a1","session_id":"s4","channel":"news/email"}
{"type":"order","time":"2026-03-09T10:00:00Z","customer_id":"ann","order_id":"o2","currency":"EUR","amount":50,"items":[{"product_id":"p1","kind":"sale","quantity":1,"price":20},{"product_id":"p2","kind":"sale","quantity":1,"price":30}]}
{"type":"page","time":"2026-01-01T10:00:00Z","anonymous_id":"a2","session_id":"s5","channel":"google/search"}
{"type":"page","time":"2026-03-09T11:00:00Z","anonymous_id":"a2","session_id":"s6","channel":"bing/paid"}
{"type":"order","time":"2026-03-09T12:00:00Z","anonymous_id":"a2","customer_id":"guest:o3","order_id":"o3","currency":"EUR","amount":7,"items":[{"product_id":"p2","kind":"sale","quantity":1,"price":7}]}
{"type":"order","time":"2026-03-09T13:00:00Z","customer_id":"bob","order_id":"o4","currency":"USD","amount":9,"items":[{"product_id":"p2","kind":"sale","quantity":1,"price":9}]}
{"type":"page","time":"2026-03-10T10:00:00Z","anonymous_id":"a3","session_id":"s7","channel":"bing/paid"}
`

func TestJourneys(t *testing.T) {
	store := open(t)
	shop(t, store, 0, journeys)
	s := service(t, store, nil)
	r := run(t, s, analysis.Attribution)
	for figure, value := range map[string]string{
		"orders": "3", "orders_with_touches": "3", "revenue_of_orders": "157.000", "revenue_of_guests": "7.000",
		"lines_of_other_currencies": "1", "paths_without_order": "2", // the visit of January, and a3
	} {
		if r.Figures[figure] != value {
			t.Errorf("%s is %q, want %q", figure, r.Figures[figure], value)
		}
	}
	want(t, store, "SELECT channel, orders, revenue FROM attribution_credits WHERE model = 'linear' ORDER BY 1", `
bing / paid 1.000 7.000
direct / direct 0.333333 33.333333
google / search 0.333334 33.333334
news / email 1.333333 83.333333`)
	want(t, store, "SELECT channel, orders, revenue FROM attribution_credits WHERE model = 'last_non_direct' AND orders > 0 ORDER BY 1", `
bing / paid 1.000 7.000
news / email 2.000 150.000`)
	want(t, store, "SELECT channel, touches, paths, orders FROM attribution_channels ORDER BY 1", `
bing / paid 2 2 1
direct / direct 1 1 1
google / search 2 2 1
news / email 2 2 2`)
	want(t, store, "SELECT model, sum(orders), sum(revenue) FROM attribution_credits GROUP BY 1 HAVING sum(orders) <> 3 OR sum(revenue) <> 157", "")

	run(t, s, analysis.RFM)
	want(t, store, "SELECT customer_id, orders, revenue, days_since_order FROM customer_rfm", "ann 2 150.000 0") // no guests, no other currency
	run(t, s, analysis.Baskets)
	want(t, store, "SELECT items, baskets FROM basket_itemsets ORDER BY ALL", "[\"p1\",\"p2\"] 1\n[\"p1\"] 2\n[\"p2\"] 2")
}

// TestRuns looks at what a run leaves, and what one that fails does not.
func TestRuns(t *testing.T) {
	store := open(t)
	s := service(t, store, nil)
	if _, err := s.RunNow(t.Context(), analysis.RFM, "test"); !errors.Is(err, analysis.ErrInput) || !strings.Contains(err.Error(), "no lines of orders") {
		t.Errorf("without orders: %v", err)
	}
	if _, err := s.RunNow(t.Context(), "rmf", "test"); !errors.Is(err, analysis.ErrNotFound) || !strings.Contains(err.Error(), "rfm") {
		t.Errorf("of a wrong name: %v", err)
	}
	shop(t, store, 0, journeys)
	run(t, s, analysis.Cohorts)
	first := run(t, s, analysis.RFM)
	if first.Number != 1 || first.Positions[0] != 12 || first.Until != time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC) {
		t.Errorf("the run is %+v", first)
	}
	before := table(t, store, "FROM customer_rfm")
	// Two customers do not determine a model: the error says so, and nothing was replaced.
	if _, err := s.RunNow(t.Context(), analysis.CLV, "test"); !errors.Is(err, analysis.ErrInput) || !strings.Contains(err.Error(), "bought again") {
		t.Errorf("of one customer: %v", err)
	}
	want(t, store, "SELECT analysis, run, requested_by, positions ->> '0' FROM analysis_runs ORDER BY 1", "cohorts 1 test 12\nrfm 1 test 12")

	// What is read is bounded.
	small := service(t, store, func(c *analysis.Config) { c.Settings.MaxRows = 3 })
	if _, err := small.RunNow(t.Context(), analysis.Attribution, "test"); !errors.Is(err, analysis.ErrInput) || !strings.Contains(err.Error(), "analysis.max_rows") {
		t.Errorf("beyond the limit: %v", err)
	}
	// Another process knows the runs, and the same rows give the same table.
	again := service(t, store, nil)
	if r := run(t, again, analysis.RFM); r.Number != 2 {
		t.Errorf("the run behind a restart is %+v", r)
	}
	if after := table(t, store, "FROM customer_rfm"); after != before {
		t.Errorf("the table is\n%s\nnot\n%s", after, before)
	}
	// A window leaves out what is older.
	day := service(t, store, func(c *analysis.Config) { c.Settings.Window = 24 * time.Hour; c.Settings.Currency = "EUR" })
	if r := run(t, day, analysis.Attribution); r.Figures["orders"] != "2" || r.Figures["revenue"] != "57.000" {
		t.Errorf("of a day the figures are %v", r.Figures)
	}
}

// TestSchedule runs what is due, again only when there are new rows.
func TestSchedule(t *testing.T) {
	store := open(t)
	shop(t, store, 0, journeys)
	now := clock.NewFake(time.Date(2026, 3, 11, 0, 0, 0, 0, time.UTC))
	s := service(t, store, func(c *analysis.Config) { c.Interval, c.Clock = time.Hour, now })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	number := func() int64 {
		state, err := s.Find(analysis.Baskets) // the last one of a round
		if err != nil || state.Last == nil {
			return 0
		}
		return state.Last.Number
	}
	until := func(n int64) {
		t.Helper()
		for range 2000 {
			if number() >= n {
				return
			}
			now.Advance(10 * time.Second)
			time.Sleep(5 * time.Millisecond)
		}
		t.Fatalf("run %d has not come", n)
	}
	until(1)
	shop(t, store, 1, strings.ReplaceAll(journeys, `"order_id":"o`, `"order_id":"n`))
	until(2)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if state, err := s.Find(analysis.RFM); err != nil || state.Last == nil || state.Last.By != analysis.Scheduled {
		t.Errorf("the state is %+v, %v", state, err)
	}
}

// purchases are orders of 60 customers over a year, some with a return. Those that foreign
// picks are in dollars, of which two are a euro.
func purchases(foreign func(n int) bool) string {
	var b strings.Builder
	r := rand.New(rand.NewPCG(7, 3))
	at := time.Date(2025, 1, 1, 9, 0, 0, 0, time.UTC)
	for n := range 260 {
		at = at.Add(time.Duration(1+r.IntN(60)) * time.Hour)
		currency, times := "EUR", 1
		if foreign(n) {
			currency, times = "USD", 2
		}
		// Few come often, and many once: the models of customers need both.
		customer, a, c := int(60*r.Float64()*r.Float64()*r.Float64()), times*(1+r.IntN(5000)), times*(50+100*r.IntN(90))
		kind, sign := "sale", ""
		if n%11 == 10 {
			kind, sign = "cancellation", "-"
		}
		fmt.Fprintf(&b, `{"type":"order","time":%q,"customer_id":"c%d","order_id":"o%d","currency":%q,"amount":%s%d.%02d,"items":[`+
			`{"product_id":"p%d","kind":%q,"quantity":%s1,"price":%d.%02d},{"product_id":"q%d","kind":%[9]q,"quantity":%[5]s2,"price":%d.%02d}]}`+"\n",
			at.Format(time.RFC3339), customer, n, currency, sign, (a+2*c)/100, (a+2*c)%100, n%4, kind, sign, a/100, a%100, n%3, c/100, c%100)
	}
	return b.String()
}

// TestOrdersInSeveralCurrencies: every analysis gives of orders in two currencies what it gives
// of the same orders in the base currency.
func TestOrdersInSeveralCurrencies(t *testing.T) {
	write := func(foreign func(n int) bool) *duckdb.Store {
		store := open(t)
		w := warehousetest.New(t, store)
		b := w.Batch(0, purchases(foreign))
		for i := range b.Len() {
			if b.AmountBase[i] = b.Amount[i]; b.Currency.Get(i) == "USD" {
				b.AmountBase[i] /= 2
			}
		}
		w.Write(b)
		return store
	}
	base := func(c *analysis.Config) { c.Settings.Currency, c.Settings.Base = "EUR", "EUR" }
	one, several := write(func(int) bool { return false }), write(func(n int) bool { return n%3 == 0 })
	a, b := service(t, one, base), service(t, several, base)
	for _, state := range a.List() {
		x, y := run(t, a, state.Name), run(t, b, state.Name)
		if x.Figures["revenue"] != y.Figures["revenue"] || y.Figures["lines_converted"] != "174" || y.Figures["lines_of_other_currencies"] != "0" || x.Until != y.Until {
			t.Errorf("%s: the figures are %v, not %v", state.Name, y.Figures, x.Figures)
		}
		for _, tab := range state.Tables {
			sql := "FROM " + tab.Name + " ORDER BY ALL"
			if got, w := table(t, several, sql), table(t, one, sql); got != w || w == "" && tab.Name != analysis.ChannelsTable {
				t.Errorf("%s: %s is\n%s\nnot\n%s", state.Name, tab.Name, got, w)
			}
		}
	}
	// Where nobody said what the base currency is, other currencies are left out, and counted.
	out := run(t, service(t, several, func(c *analysis.Config) { c.Settings.Currency = "EUR" }), analysis.RFM)
	if out.Figures["lines_of_other_currencies"] != "174" || out.Figures["lines_converted"] != "" {
		t.Errorf("without a base currency the figures are %v", out.Figures)
	}
}

// TestConversionIsExact: lines of an event add up to its amount in the base currency, and events without a rate are left out.
func TestConversionIsExact(t *testing.T) {
	store := open(t)
	w := warehousetest.New(t, store)
	b := w.Batch(0, `
{"type":"order","time":"2026-03-01T10:00:00Z","customer_id":"ann","order_id":"o1","currency":"USD","amount":40.01,"items":[{"product_id":"p1","kind":"sale","quantity":3,"price":10},{"product_id":"p2","kind":"sale","quantity":1,"price":10.01}]}
{"type":"order","time":"2026-03-02T10:00:00Z","customer_id":"bob","order_id":"o2","currency":"JPY","amount":-3,"items":[{"product_id":"p1","kind":"cancellation","quantity":-1,"price":3}]}
{"type":"order","time":"2026-03-03T10:00:00Z","customer_id":"eve","order_id":"o3","currency":"CHF","amount":8,"items":[{"product_id":"p1","kind":"sale","quantity":1,"price":8}]}`)
	b.AmountBase[0], b.AmountBase[1] = 36_370_000, -500_001
	w.Write(b)
	s := service(t, store, func(c *analysis.Config) { c.Settings.Currency, c.Settings.Base = "EUR", "EUR" })
	r := run(t, s, analysis.RFM)
	if r.Figures["revenue"] != "35.869999" || r.Figures["lines_converted"] != "3" || r.Figures["lines_of_other_currencies"] != "1" {
		t.Errorf("the figures are %v", r.Figures)
	}
	want(t, store, "SELECT customer_id, revenue FROM customer_rfm", "ann 36.370")
}
