package metric

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
)

// visit writes events of a visit of a shop, at a time.
func visit(rng *rand.Rand, n int, at time.Time) []string {
	var lines []string
	country, device := []string{"DE", "FR", "GB"}[rng.IntN(3)], []string{"mobile", "desktop"}[rng.IntN(2)]
	session, customer, product := rng.IntN(60), rng.IntN(25), rng.IntN(5)
	for i, kind := range []string{"page", "product_viewed", "product_added", "checkout_started", "payment_attempted", "order_completed", "products_searched", "price_changed", "stock_received"} {
		if rng.IntN(3) == 0 {
			continue
		}
		more := ""
		switch kind {
		case "product_viewed", "product_added":
			more = fmt.Sprintf(`,"items":[{"product_id":"p%d","kind":"view","quantity":1,"price":5}]`, product)
		case "payment_attempted":
			more = fmt.Sprintf(`,"amount":%d,"properties":{"payment_id":"pay%d","attempt":%d,"method":"card"}`, 1+rng.IntN(90), n, 1+rng.IntN(3))
		case "order_completed":
			more = fmt.Sprintf(`,"customer_id":"c%d","order_id":"o%d","amount":%[3]d,"properties":{"amount_base":"%[3]d.00"},"items":[{"product_id":"p%[4]d","kind":"%[5]s","quantity":%[6]d,"price":%[3]d}]`,
				customer, rng.IntN(80), 1+rng.IntN(90), product, []string{"sale", "sale", "cancellation"}[rng.IntN(3)], 1+rng.IntN(4))
		case "products_searched":
			more = fmt.Sprintf(`,"properties":{"query":"axolotl","results":%d}`, rng.IntN(3))
		case "price_changed":
			more = fmt.Sprintf(`,"properties":{"product_id":"p%d","list_price":"%d.00","cost":"%d.00"}`, product, 5+rng.IntN(9), 1+rng.IntN(5))
		case "stock_received":
			more = fmt.Sprintf(`,"items":[{"product_id":"p%d","kind":"view","quantity":%d,"price":1}]`, product, 1+rng.IntN(9))
		}
		lines = append(lines, fmt.Sprintf(`{"id":"%d-%d","type":"%s","time":"%s","anonymous_id":"v%d","session_id":"s%d","country":"%s","currency":"EUR","context":{"device":"%s"}%s}`,
			n, i, kind, at.Add(time.Duration(i)*time.Minute).Format(time.RFC3339), session/2, session, country, device, more))
	}
	return lines
}

// asked are random queries: of all metrics, some with dimensions, filters and a period before.
func asked(rng *rand.Rand, c *Catalog, from, to time.Time) []Query {
	var queries []Query
	for _, m := range c.All() {
		for range 2 {
			q := Query{Metrics: []string{m.Name}, Currency: "EUR", From: from.AddDate(0, 0, rng.IntN(20)), To: to.Add(-time.Duration(rng.IntN(48)) * time.Hour * time.Duration(1+rng.IntN(2)*9))}
			dimensions := slices.DeleteFunc(slices.Clone(m.Dimensions), func(d string) bool {
				return !slices.Contains([]string{"country", "device", "day_of_week", "product_id", "customer_id"}, d)
			})
			if len(dimensions) > 0 && rng.IntN(2) == 0 {
				q.Dimensions = []string{dimensions[rng.IntN(len(dimensions))]}
			}
			if slices.Contains(m.Dimensions, "country") && rng.IntN(4) == 0 {
				q.Filters = []Filter{{"country", "in", []string{"DE", "FR"}}}
			}
			if rng.IntN(2) == 0 {
				q.Grain = []string{"hour", "day", "week", "month"}[rng.IntN(4)]
			}
			if rng.IntN(3) == 0 {
				q.Compare = "previous"
			}
			if by := append([]string{m.Name}, q.Dimensions...); len(by) > 1 && rng.IntN(2) == 0 {
				q.Order, q.Limit = []Order{{by[rng.IntN(2)], rng.IntN(2) == 0}}, 1+rng.IntN(4)
			}
			if c.Check(q) == nil {
				queries = append(queries, q)
			}
		}
	}
	return queries
}

// statements counts those that a service runs.
type statements struct {
	Store
	mu  sync.Mutex
	ran int
	cut int // of those, by the limit

	values string // of the last one
}

func (s *statements) Query(ctx context.Context, q olap.Query) (*olap.Result, error) {
	s.mu.Lock()
	s.ran++
	s.values = fmt.Sprint(q.Args)
	if strings.Contains(q.SQL, "\nLIMIT ") {
		s.cut++
	}
	s.mu.Unlock()
	return s.Store.Query(ctx, q)
}

func (s *statements) since() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.ran
	s.ran = 0
	return n
}

// TestKeptEqualsRows asks the same questions again and again, some with a range that ends later
// each time, while visits come in that happened at any time, and compares with what is computed
// from all rows.
func TestKeptEqualsRows(t *testing.T) {
	const seed, rounds = 20261123, 4
	rng := rand.New(rand.NewPCG(3, seed))
	s := newScript(t)
	counted := &statements{Store: s.Store}
	s.service.cfg.Store = counted
	s.service.kept.most = 12        // of larger results, the database cuts off what is behind the limit
	s.service.kept.mostValues = 250 // so that there are too many in some results
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(0, 0, 40)
	queries := asked(rng, s.service.Catalog(), from, to)
	if len(queries) < 80 {
		t.Fatalf("only %d queries can be asked", len(queries))
	}
	ask := func(q Query) string {
		a, err := s.service.Query(t.Context(), q)
		if err != nil {
			t.Fatalf("seed %d, %+v: %v", seed, q, err)
		}
		return tabulate(a, q.Dimensions)
	}
	n, fewer := 0, 0
	for round := range rounds {
		for partition := range int32(1 + min(2, round/2)) { // others come later
			var lines []string
			for range 1 + rng.IntN(12) {
				n++
				at := to.Add(-time.Duration(rng.IntN(36)) * time.Hour)
				if rng.IntN(3) == 0 {
					at = from.Add(time.Duration(rng.Int64N(int64(to.Sub(from)))))
				}
				lines = append(lines, visit(rng, n, at)...)
			}
			s.Write(s.Batch(partition, strings.Join(lines, "\n")))
		}
		for i := range queries {
			if i%2 == 0 { // as time goes on
				queries[i].To = queries[i].To.Add(time.Duration(rng.IntN(30)) * 15 * time.Minute)
			}
			q := queries[i]
			got := ask(q)
			counted.since()
			if again := ask(q); again != got {
				t.Fatalf("seed %d, round %d, %+v: asked again\n%swas\n%s", seed, round, q, again, got)
			}
			again := counted.since()
			rows := q
			rows.Rows = true
			if want := ask(rows); got != want {
				t.Fatalf("seed %d, round %d, %+v: got\n%swant\n%s", seed, round, q, got, want)
			}
			if again < counted.since() {
				fewer++
			}
		}
	}
	s.wantKept()
	if counted.cut == 0 {
		t.Error("the database never cut off what is behind the limit")
	}
	if all := rounds * len(queries); fewer < all*9/10 {
		t.Errorf("%d of %d questions were answered with fewer statements when they were asked again", fewer, all)
	}
}

// wantKept fails unless results are kept in all ways.
func (s *script) wantKept() {
	s.T.Helper()
	var values, entities, windows, many int
	for key, r := range s.service.kept.sets {
		conversion := strings.Contains(key, "_to_") || strings.Contains(key, "abandonment")
		for n, is := range map[*int]bool{&values: r.values != nil, &entities: r.entities != nil, &windows: r.windows != nil, &many: conversion && r.entities == nil && !r.large} {
			if is {
				*n++
			}
		}
	}
	if values < 20 || entities < 5 || windows < 3 || many < 5 {
		s.T.Errorf("%d results are kept with values, %d with entities, %d with windows; of %d there are too many", values, entities, windows, many)
	}
}

// TestKeptHistory adds to orders of a closed range what changes them: an order of the customer
// before it, and a line behind it of an order within.
func TestKeptHistory(t *testing.T) {
	s := newScript(t)
	line := func(id, at, country, order string) string {
		return fmt.Sprintf(`{"id":"%s","type":"order_completed","time":"%s","customer_id":"c1","country":"%s","currency":"EUR","order_id":"%s","amount":5,"items":[{"product_id":"A","kind":"sale","quantity":1,"price":5}]}`, id, at, country, order)
	}
	q := Query{
		Metrics: []string{"customer_orders", "repeat_orders"}, Dimensions: []string{"country"}, Currency: "EUR",
		From: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC),
	}
	for _, c := range []struct{ line, want string }{
		{line("1", "2026-03-02T10:00:00Z", "FR", "o1"), "FR | 1 | 0"},
		{line("2", "2026-03-04T10:00:00Z", "DE", "o2"), "FR | 1 | 0"},
		{line("3", "2026-03-05T10:00:00Z", "DE", "o1"), "DE | 1 | 0"},
		{line("4", "2026-03-01T10:00:00Z", "DE", "o0"), "DE | 1 | 1"},
	} {
		s.Write(s.Batch(0, c.line))
		a, err := s.service.Query(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if got := tabulate(a, q.Dimensions); !strings.HasSuffix(got, "\n"+c.want+"\n") {
			t.Errorf("behind %s: got\n%s, want %s", c.line, got, c.want)
		}
	}
}

// TestKeptByAnother asks with positions that were read before another question, which is kept by
// now, saw more: what it saw must not count twice later.
func TestKeptByAnother(t *testing.T) {
	for _, names := range [][]string{{"customer_orders", "repeat_orders"}, {"orders"}, {"order_lines", "revenue"}} {
		s := newScript(t)
		late := &earlier{Store: s.Store}
		s.service.cfg.Store = late
		q := Query{Metrics: names, Currency: "EUR"}
		ask := func(q Query) string {
			a, err := s.service.Query(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			return tabulate(a, nil)
		}
		order := func(n int) {
			s.Write(s.Batch(0, fmt.Sprintf(`{"id":"%d","type":"order_completed","time":"2026-03-02T10:00:00Z","customer_id":"c1","currency":"EUR","order_id":"o%[1]d","amount":5,"items":[{"product_id":"A","kind":"sale","quantity":1,"price":5}]}`, n)))
		}
		order(1)
		ask(q)
		before, err := s.Store.Positions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		order(2)
		ask(q)
		late.at = &before
		ask(q)
		late.at = nil
		order(3)
		rows := q
		rows.Rows = true
		if got, want := ask(q), ask(rows); got != want {
			t.Errorf("%v: got\n%swant\n%s", names, got, want)
		}
	}
}

// earlier is a store that tells earlier positions while it has some.
type earlier struct {
	Store
	at *olap.Positions
}

func (e *earlier) Positions(ctx context.Context) (olap.Positions, error) {
	if e.at != nil {
		return *e.at, nil
	}
	return e.Store.Positions(ctx)
}

// TestKeptGetsLonger asks for ranges that end later each time: only what was not in the range is
// read.
func TestKeptGetsLonger(t *testing.T) {
	s := newScript(t)
	counted := &statements{Store: s.Store}
	s.service.cfg.Store = counted
	c, err := Load(append(Defaults(), File{Name: "shop.yaml", Text: []byte(`version: 1
metrics:
  - {name: tries, label: Tries, description: Test, owner: shop, kind: simple, format: number, area: payments, measure: {dataset: events, aggregate: median, field: attempt}}
`)}), Datasets())
	if err != nil {
		t.Fatal(err)
	}
	s.service.catalog.Store(c)
	at := func(hour int) time.Time { return time.Date(2026, 3, 1, hour, 0, 0, 0, time.UTC) }
	var lines []string
	for hour := range 80 {
		lines = append(lines, fmt.Sprintf(`{"id":"%d","type":"page","time":"%s","session_id":"s%d","properties":{"attempt":1}}`, hour, at(hour).Format(time.RFC3339), hour/3))
	}
	s.Write(s.Batch(0, strings.Join(lines, "\n")))
	for _, c := range []struct {
		metric, grain string
		until         int
		want          string
		from          int // of what is read
	}{
		{"events", "", 10, "10", 0},
		{"events", "", 12, "12", 10},
		{"events", "", 36, "36", 12},
		{"events", "", 61, "61", 0}, // more than a day
		{"events", "", 60, "60", 0}, // before
		{"events", "day", 30, "24 6", 0},
		{"events", "day", 50, "24 24 2", 30},
		{"visits", "day", 30, "8 2", 0},
		{"visits", "day", 49, "8 8 1", 30},
		{"tries", "day", 30, "1 1", 0},
		{"tries", "day", 49, "1 1 1", 24},
	} {
		a, err := s.service.Query(t.Context(), Query{Metrics: []string{c.metric}, Grain: c.grain, From: at(0), To: at(c.until)})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range a.Rows {
			got = append(got, *r.Values[0])
		}
		if strings.Join(got, " ") != c.want || !strings.HasPrefix(counted.values, "["+at(c.from).String()) {
			t.Errorf("%+v: got %v, read with %s", c, got, counted.values)
		}
	}
}

// TestMainCurrency counts lines by currency as they come, of partitions that come later, too.
func TestMainCurrency(t *testing.T) {
	s := newScript(t)
	line := func(n int, currency string) string {
		return fmt.Sprintf(`{"id":"%d","type":"order_completed","time":"2026-03-01T10:00:00Z","customer_id":"c1","order_id":"o%[1]d",%s"items":[{"product_id":"A","kind":"sale","quantity":1,"price":5}]}`, n, currency)
	}
	const eur, usd, none = `"currency":"EUR",`, `"currency":"USD",`, ""
	var kept *currencyLines
	for n, c := range []struct {
		partition int32
		currency  string
		want      string
	}{{0, none, ""}, {0, eur, "EUR"}, {0, usd, "EUR"}, {1, usd, "USD"}, {1, eur, "EUR"}, {0, eur, "EUR"}, {0, none, "EUR"}, {0, none, "EUR"}, {0, none, ""}} {
		s.Write(s.Batch(c.partition, line(n, c.currency)))
		stored, err := s.Store.Positions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		whole, err := s.service.linesByCurrency(t.Context(), nil, stored)
		if err != nil {
			t.Fatal(err)
		}
		if kept, err = s.service.linesByCurrency(t.Context(), kept, stored); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(kept.counts, kept.at) != fmt.Sprint(whole.counts, whole.at) {
			t.Errorf("behind line %d: added %v, counted %v", n, kept, whole)
		}
		s.service.known = time.Time{}
		if got, err := s.service.mainCurrency(t.Context()); err != nil || got != c.want {
			t.Errorf("behind line %d the currency is %q, %v; want %q", n, got, err, c.want)
		}
	}
}

// TestKeptIsDropped expects that what rows gave which were erased since is not used.
func TestKeptIsDropped(t *testing.T) {
	s := newScript(t)
	s.Write(s.Batch(0, `{"id":"1","type":"page","time":"2026-03-01T10:00:00Z","session_id":"s1"}`))
	moved := &rewriting{Store: s.Store}
	counted := &statements{Store: moved}
	s.service.cfg.Store = counted
	for i, want := range []int{1, 0, 0, 1, 0} {
		if i == 3 {
			moved.times++
		}
		if _, err := s.service.Query(t.Context(), Query{Metrics: []string{"events"}}); err != nil {
			t.Fatal(err)
		}
		if got := counted.since(); got != want {
			t.Errorf("question %d took %d statements, want %d", i, got, want)
		}
	}
}

// rewriting is a store that says its rows changed.
type rewriting struct {
	Store
	times uint64
}

func (r *rewriting) Positions(ctx context.Context) (olap.Positions, error) {
	p, err := r.Store.Positions(ctx)
	p.Rewritten += r.times
	return p, err
}

// TestKeptIsBounded asks more questions than are kept.
func TestKeptIsBounded(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	k := newKept(0, func() time.Time { return now })
	for i := range 3 * maxKept {
		k.put(fmt.Sprint(i), &result{rows: make([]partial, i%300)})
		k.get("0")
	}
	k.put("large", &result{rows: make([]partial, maxRowsOfOne+1)})
	rows := 0
	for _, r := range k.sets {
		rows += len(r.rows)
	}
	if len(k.sets) > maxKept || rows > maxKeptRows || rows != k.rows {
		t.Errorf("%d results with %d rows are kept, and counted as %d", len(k.sets), rows, k.rows)
	}
	some := func(n int) *result {
		v := &values{}
		for i := range n {
			v.add(seeded(uint64(i), 1))
		}
		return &result{values: v}
	}
	k.mostWords = 250
	for _, key := range []string{"first", "second", "third"} {
		k.put(key, some(100))
	}
	if k.words != 200 || k.get("third").values != nil || k.get("second").values == nil {
		t.Errorf("%d values are kept: the third result has no room while others are in use", k.words)
	}
	now = now.Add(2 * inUse)
	k.get("second")
	k.put("fourth", some(120))
	if k.words != 220 || k.get("first") != nil || k.get("second").values == nil || k.get("fourth").values == nil {
		t.Errorf("%d values are kept: the first result goes, which nobody asked for", k.words)
	}
	if large := k.get("large"); k.get("0") == nil || large == nil || !large.large || len(large.rows) > 0 {
		t.Errorf("what is used stays, and of what is too large only that it is: %+v", large)
	}
}
