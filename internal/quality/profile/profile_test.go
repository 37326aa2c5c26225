package profile

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/record"
	"github.com/millrace/millrace/internal/store/record/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var epoch = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

func records(t testing.TB) record.Store {
	s, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "records.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func open(t testing.TB, store record.Store, c clock.Clock) *Registry {
	r, err := Open(t.Context(), Config{Store: store, Interval: time.Minute, Days: 3, Clock: c, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// orders makes accepted order events, from the n-th on.
func orders(from, n int) *event.Batch {
	b := new(event.Batch)
	for i := from; i < from+n; i++ {
		at := b.Add(int64(i), epoch.UnixMicro(), 0, nil)
		b.Source.Set(at, "web")
		b.Type.Set(at, "Order Completed")
		b.Country.Set(at, []string{"DE", "FR", "GB"}[i%3])
		b.Currency.Set(at, "EUR")
		b.Time[at] = epoch.UnixMicro() + int64(i)
		b.OrderID[at] = fmt.Sprintf("A%06d", 100_000+i)
		if i%4 != 0 {
			b.CustomerID[at] = strconv.Itoa(10_000 + i%500)
		}
		b.Amount[at] = event.Micros(1_000_000 + int64(i%1000)*10_000)
		b.Properties[at] = fmt.Sprintf(`{"coupon":%q,"score":%d,"ratio":%d.5,"gift":%t,"note":null,"cart":{"x":1}}`, []string{"SAVE10", "NONE"}[i%2], i%50, i%7, i%2 == 0)
		k := b.AddItem()
		b.Items.ProductID[k], b.Items.Name[k] = strconv.Itoa(20_000+i%90), "a thing"
		b.Items.Category.Set(k, "things")
		b.Items.Kind.Set(k, event.KindSale)
		b.Items.Quantity[k], b.Items.Price[k], b.Items.Amount[k] = int64(1+i%5), 2_500_000, 2_500_000
		b.Verdict[at] = event.Accepted
	}
	return b
}

// whole shows an observer events in batches so small and so far apart that all are sampled.
func whole(o *Observer, c *clock.Fake, from, n int) {
	for i := from; i < from+n; i += 50 {
		c.Advance(time.Second)
		o.Observe(orders(i, min(50, from+n-i)))
	}
}

func find(t testing.TB, p *Profile, name string) *Column {
	t.Helper()
	for i := range p.Columns {
		if p.Columns[i].Name == name {
			return &p.Columns[i]
		}
	}
	t.Fatalf("there is no column %s", name)
	return nil
}

func get(t testing.TB, r *Registry, day string) *Profile {
	t.Helper()
	p, err := r.Profile(t.Context(), "web", "Order Completed", day)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAProfileSaysWhatTheEventsAre(t *testing.T) {
	c := clock.NewFake(epoch)
	r := open(t, records(t), c)
	// Two tasks, the samples of which are brought together.
	whole(r.Observer(0), c, 0, 2000)
	whole(r.Observer(1), c, 2000, 2000)
	p := get(t, r, "")
	if p.Rows != 4000 || p.Sampled != 4000 || p.Day != "2026-11-21" {
		t.Errorf("%d of %d events on %s", p.Sampled, p.Rows, p.Day)
	}
	for _, want := range []Column{
		{Name: "customer_id", Kind: "text", Values: 3000, Missing: 1000, Min: "10001", Max: "10499"},
		{Name: "country", Kind: "text", Values: 4000, Distinct: 3, Exact: true, Min: "DE", Max: "GB"},
		{Name: "amount", Kind: "money", Values: 4000, Min: "1.000", Max: "10.990"},
		{Name: "item.quantity", Kind: "integer", Values: 4000, Distinct: 5, Exact: true, Min: "1", Max: "5"},
		{Name: "properties.coupon", Kind: "text", Values: 4000, Distinct: 2, Exact: true, Min: "NONE", Max: "SAVE10"},
		{Name: "properties.score", Kind: "integer", Values: 4000, Min: "0", Max: "49"},
		{Name: "properties.ratio", Kind: "decimal", Values: 4000, Distinct: 7, Exact: true, Min: "0.5", Max: "6.5"},
		{Name: "properties.gift", Kind: "boolean", Values: 4000, Distinct: 2, Exact: true},
		{Name: "properties.note", Kind: "unknown", Missing: 4000},
	} {
		got := find(t, p, want.Name)
		if got.Kind != want.Kind || got.Values != want.Values || got.Missing != want.Missing || got.Min != want.Min || got.Max != want.Max ||
			want.Exact && (!got.Exact || got.Distinct != want.Distinct) {
			t.Errorf("%s is %+v", want.Name, got)
		}
	}
	for name, want := range map[string]float64{"order_id": 4000, "customer_id": 375, "amount": 1000} {
		if got := float64(find(t, p, name).Distinct); math.Abs(got-want) > 0.06*want {
			t.Errorf("%s has %v different values, want %v", name, got, want)
		}
	}
	if shapes := find(t, p, "order_id").Shapes; len(shapes) != 1 || shapes[0].Value != "A9{6}" || shapes[0].Count != 4000 {
		t.Errorf("orders have the shapes %v", shapes)
	}
	if len(find(t, p, "order_id").Top) != 0 || len(find(t, p, "country").Top) != 3 {
		t.Error("the most frequent values are not those of what repeats")
	}
}

func TestProfilesGoOnAfterARestart(t *testing.T) {
	c := clock.NewFake(epoch)
	store := records(t)
	r := open(t, store, c)
	o := r.Observer(0)
	whole(o, c, 0, 1000)
	if err := r.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	whole(o, c, 1000, 500) // lost: nothing has been collected since
	again := open(t, store, c)
	whole(again.Observer(0), c, 2000, 1000)
	p := get(t, again, "2026-11-21")
	if p.Rows != 2000 || p.Sampled != 2000 {
		t.Errorf("%d of %d events", p.Sampled, p.Rows)
	}
	want := get(t, sameSeen(t, [2]int{0, 1000}, [2]int{2000, 1000}), "")
	for i := range want.Columns {
		if got, want := fmt.Sprint(p.Columns[i]), fmt.Sprint(want.Columns[i]); got != want {
			t.Errorf("after the restart:\n%s\nwithout one:\n%s", got, want)
		}
	}
}

// sameSeen is a registry that saw the spans of events without a restart.
func sameSeen(t testing.TB, spans ...[2]int) *Registry {
	c := clock.NewFake(epoch)
	r := open(t, records(t), c)
	for i, s := range spans {
		whole(r.Observer(int32(i)), c, s[0], s[1])
	}
	return r
}

func TestDaysAreKeptApartAndForgotten(t *testing.T) {
	c := clock.NewFake(epoch)
	r := open(t, records(t), c)
	o := r.Observer(0)
	for day := range 5 {
		whole(o, c, day*1000, 100*(day+1))
		if err := r.Collect(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.Advance(24 * time.Hour)
		if err := r.Collect(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	all, err := r.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(all); got != "[{web Order Completed 500 500 18 [2026-11-25 2026-11-24]}]" {
		t.Error(got)
	}
	if p := get(t, r, ""); p.Day != "2026-11-25" || p.Rows != 500 {
		t.Errorf("the newest is of %s, with %d events", p.Day, p.Rows)
	}
	if _, err := r.Profile(t.Context(), "web", "Order Completed", "2026-11-21"); err == nil || !strings.Contains(err.Error(), "there is no profile") {
		t.Errorf("a day that is too old: %v", err)
	}
}

func TestTheRunCollectsAtTheEnd(t *testing.T) {
	c := clock.NewFake(epoch)
	store := records(t)
	r := open(t, store, c)
	whole(r.Observer(0), c, 0, 100)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if p := get(t, open(t, store, c), ""); p.Rows != 100 {
		t.Errorf("%d events", p.Rows)
	}
}

func TestOnlyAcceptedEventsOfTheBudgetAreSampled(t *testing.T) {
	c := clock.NewFake(epoch)
	r := open(t, records(t), c)
	o := r.Observer(0)
	b := orders(0, 4096)
	for i := range b.Verdict {
		if i%2 == 0 {
			b.Verdict[i] = event.Quarantined
		}
	}
	for range 50 { // no time passes: the budget comes from the events alone
		o.Observe(b)
	}
	p := get(t, r, "")
	if p.Rows != 2048*50 || p.Sampled > sampleRows*50 || p.Sampled < sampleRows*50/4 {
		t.Errorf("%d of %d", p.Sampled, p.Rows)
	}
	small := orders(0, 64)
	before := p.Sampled
	for range 1000 {
		o.Observe(small)
	}
	if n := get(t, r, "").Sampled - before; n > 1000+burst {
		t.Errorf("%d of %d events in small batches are sampled", n, 64*1000)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	o := &Observer{clock: clock.NewFake(epoch), budget: burst}
	for i := range 1000 {
		b := orders(i, 1)
		b.Type.Set(0, "type "+strconv.Itoa(i))
		b.Properties[0] = fmt.Sprintf(`{"key %d": 1}`, i)
		o.budget = burst
		o.Observe(b)
	}
	if len(o.set.tables) > maxTables || o.set.columns > maxColumns || o.set.left != int64(1000-len(o.set.tables)) {
		t.Errorf("%d tables, %d columns, %d left", len(o.set.tables), o.set.columns, o.set.left)
	}
	var one set
	for i := range 1000 {
		b := orders(i, 1)
		b.Properties[0] = fmt.Sprintf(`{"key %d": 1}`, i)
		s := &Observer{clock: o.clock, budget: burst}
		s.Observe(b)
		taken := s.take()
		one.merge(&taken)
	}
	if n := len(one.tables[pair{"web", "Order Completed"}].properties); n != maxProperties {
		t.Errorf("%d properties", n)
	}
}

func TestSamplingAllocatesNothing(t *testing.T) {
	c := clock.NewFake(epoch)
	o := &Observer{clock: c}
	batches := make([]*event.Batch, 40)
	for i := range batches {
		batches[i] = orders(i*1000, 64)
	}
	at := 0
	next := func() {
		o.budget = burst
		o.Observe(batches[at%len(batches)])
		at++
	}
	for range 10 * len(batches) {
		next()
	}
	// Now and then a counter takes a longer value over: far less than one per event.
	if n := testing.AllocsPerRun(200, next); n > 1 {
		t.Errorf("%v allocations for 64 sampled events", n)
	}
}

func TestFrequentValuesAreFound(t *testing.T) {
	c := newColumn(texts)
	rng := rand.New(rand.NewPCG(1, 2))
	truth := map[string]int64{}
	for range 20_000 {
		v := strconv.Itoa(int(math.Exp(rng.Float64() * 6))) // few values are frequent
		truth[v]++
		c.text(v)
	}
	for i, s := range c.top.show(c.values, 5) {
		if s.Count < truth[s.Value] || s.Count-s.Error > truth[s.Value] {
			t.Errorf("%d: %q was seen %d times, and is told to be %d with an error of %d", i, s.Value, truth[s.Value], s.Count, s.Error)
		}
	}
	var total int64
	for _, s := range c.top.slots {
		total += s.count
	}
	if total != c.values {
		t.Errorf("the counts add up to %d of %d", total, c.values)
	}
}

func TestShapes(t *testing.T) {
	for text, want := range map[string]string{
		"GB-17850": "A{2}-9{5}", "Überzug 3": "äa{6} 9", "": "", "x": "a", "a\nb": "a·a", "10.5 %": "9{2}.9 %",
		strings.Repeat("a1", 60): strings.Repeat("a9", 25) + "…",
	} {
		if got := string(appendShape(nil, text)); got != want && !(strings.HasSuffix(want, cut) && strings.HasSuffix(got, cut) && len(got) <= maxShapeBytes) {
			t.Errorf("the shape of %q is %q, want %q", text, got, want)
		}
	}
}

// FuzzPattern holds the expression made from shapes to its promise: it matches every text
// that it was made from.
func FuzzPattern(f *testing.F) {
	f.Add("GB-17850", "DE-1", "x")
	f.Add("a{2}", "(.*)", "Ü\x00")
	f.Fuzz(func(t *testing.T, a, b, other string) {
		c := newColumn(texts)
		all := []string{a, b, other}
		for _, s := range all {
			c.text(s)
		}
		made := c.pattern()
		if made == "" {
			return
		}
		expression, err := regexp.Compile(made)
		if err != nil {
			t.Fatalf("%q: %v", made, err)
		}
		for _, s := range all {
			if s != "" && !expression.MatchString(s) {
				t.Errorf("%q does not match %q", made, s)
			}
		}
	})
}

func BenchmarkObserve(b *testing.B) {
	for _, rows := range []int{64, 4096} {
		b.Run(strconv.Itoa(rows), func(b *testing.B) {
			o := &Observer{clock: clock.NewFake(epoch)}
			batch := orders(0, rows)
			b.ReportAllocs()
			for b.Loop() {
				o.Observe(batch)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/event")
		})
	}
}
