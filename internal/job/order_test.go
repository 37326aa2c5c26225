//go:build !race

package job_test

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zeebo/xxh3"
	"pgregory.net/rapid"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/job"
	"github.com/millrace/millrace/stream"
)

// TestMain lets properties be short: each draw runs nine jobs twice. -rapid.checks overrides it.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "24"); err != nil {
		panic(err)
	}
	m.Run()
}

// placed is an event at its place in the log.
type placed struct {
	told
	partition int32
	offset    int64
}

// log lets each partition have its events in the order in which they came.
type log [][]placed

// scrambled puts events in a log in an order in which none comes more than the lateness behind
// one that happened after it. Some are delayed by exactly that.
func scrambled(all []told, partitions int, lateness int64, random *rand.Rand) log {
	type arrival struct {
		told
		at int64
	}
	order := make([]arrival, len(all))
	for i, e := range all {
		delay := random.Int64N(lateness + 1)
		if random.IntN(8) == 0 {
			delay = lateness
		}
		order[i] = arrival{e, e.at + delay}
	}
	random.Shuffle(len(order), func(i, k int) { order[i], order[k] = order[k], order[i] })
	slices.SortStableFunc(order, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	l := make(log, partitions)
	for _, e := range order {
		p := int32(xxh3.HashString(e.key) % uint64(partitions))
		l[p] = append(l[p], placed{e.told, p, int64(len(l[p]))})
	}
	return l
}

// batchOf decodes events that follow each other in a partition.
func batchOf(events []placed) *event.Batch {
	b, d := &event.Batch{Partition: events[0].partition}, native.New().NewDecoder(nil)
	for _, e := range events {
		i := b.Add(e.offset, e.at, 0, e.payload)
		b.Source.Set(i, "shop")
		d.Decode(b, i, &adapter.Record{Payload: e.payload, Source: "shop", Position: e.offset})
		if len(b.Problems) > 0 {
			panic(fmt.Sprintf("%s: %v", e.payload, b.Problems[0]))
		}
		b.Verdict[i] = event.Accepted
	}
	return b
}

// sequence is what the jobs come to when everything comes in its order, one by one.
func sequence(t failer, jobs []*stream.Job, partitions int, events []placed, until int64) tables {
	t.Helper()
	slices.SortFunc(events, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.partition, b.partition), cmp.Compare(a.offset, b.offset))
	})
	s := openShop(t, jobs, partitions, 1)
	defer func() { s.engine.Close() }()
	for i, e := range events {
		s.fronts[e.partition].Process(batchOf([]placed{e}))
		if s.mark = e.at; i+1 == len(events) || events[i+1].at != e.at {
			s.commit()
		}
	}
	return s.end(until)
}

// end lets time go on, and returns what stands then.
func (s *shop) end(until int64) tables {
	s.t.Helper()
	s.reach(until)
	stand := make(tables)
	for name := range s.results {
		stand[name] = s.results.snapshot(name)
	}
	return stand
}

// schedule says how a log is read.
type schedule struct {
	random *rand.Rand
	ahead  time.Duration // how far the watermark is ahead of what has been read, at most
	shards int
}

// live reads a log in batches of any size from any partition, with commits and crashes between.
// The watermark is as far as the slowest partition, or ahead of it. kept are the events that came
// in time for jobs of a lateness.
func (c schedule) live(t failer, jobs []*stream.Job, lateness time.Duration, l log, until int64) (stand tables, kept []placed) {
	t.Helper()
	s := openShop(t, jobs, len(l), c.shards)
	defer func() { s.engine.Close() }()
	read, committed := make([]int, len(l)), make([]int, len(l))
	sealed, inTime := int64(0), []placed(nil)
	for {
		var open []int
		for n := range l {
			if read[n] < len(l[n]) {
				open = append(open, n)
			}
		}
		if len(open) == 0 {
			break
		}
		n := open[c.random.IntN(len(open))]
		to := min(len(l[n]), read[n]+1+c.random.IntN(max(1, len(l[n])/2)))
		for _, e := range l[n][read[n]:to] {
			if sealed == 0 || e.at >= sealed-lateness.Microseconds() {
				inTime = append(inTime, e)
			}
		}
		s.fronts[n].Process(batchOf(l[n][read[n]:to]))
		s.engine.Work()
		read[n] = to
		switch c.random.IntN(5) {
		case 0, 1, 2:
			if mark := slowest(l, read); mark != 0 {
				s.mark = max(s.mark, mark+c.random.Int64N(c.ahead.Microseconds()+1))
			}
			s.commit()
			sealed, kept = s.mark, append(kept, inTime...)
			inTime = nil
			copy(committed, read)
		case 3: // a crash: what was not committed comes again
			s.engine.Close()
			s.open()
			copy(read, committed)
			inTime = nil
		}
	}
	return s.end(until), append(kept, inTime...)
}

// slowest is the event time that all partitions have come to; 0 when one was not read at all.
func slowest(l log, read []int) (mark int64) {
	for n, events := range l {
		newest := int64(0)
		for _, e := range events[:read[n]] {
			newest = max(newest, e.at)
		}
		if len(events) > 0 && (mark == 0 || newest < mark) {
			if mark = newest; mark == 0 {
				return 0
			}
		}
	}
	return mark
}

// arrivalColumns say when a row was published, and not what it says.
var arrivalColumns = append(slices.Clone(job.Arrival), "until of popularity")

// same compares what stands of some tables; all of them when none is named.
func same(t failer, got, want tables, names ...string) {
	t.Helper()
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(want))
		for name := range got {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for _, name := range names {
		compare(t, name, bare(name, got[name]), bare(name, want[name]))
	}
}

// bare are rows without what depends on when they were published.
func bare(table string, rows map[string]row) map[string]row {
	out := make(map[string]row, len(rows))
	for key, r := range rows {
		r = maps.Clone(r)
		maps.DeleteFunc(r, func(column, _ string) bool {
			return slices.Contains(arrivalColumns, column) || slices.Contains(arrivalColumns, column+" of "+table)
		})
		out[key] = r
	}
	return out
}

// possible fails for numbers that cannot be.
func possible(t failer, stand tables) {
	t.Helper()
	for table, columns := range map[string][]string{
		"kpis": {"open_carts", "orders", "sessions_with_view", "cancellations"}, "funnel": {"visits"}, "visits": {"events", "orders"},
		"popularity": {"views", "additions", "purchases", "score"}, "abandoned_carts": {"pieces", "times"}, "volume_anomalies": {"observed", "expected"},
	} {
		for key, r := range stand[table] {
			for _, c := range columns {
				if strings.HasPrefix(r[c], "-") {
					t.Errorf("%s of %s in %s is %s", c, key, table, r[c])
				}
			}
		}
	}
}

const base = int64(1_767_225_600_000_000) // 2026-01-01

// nasty draws events of few visitors, carts, products and orders, many of them at equal times, in
// no order that makes sense: orders before carts, removals before additions.
func nasty(rt *rapid.T) []told {
	kinds := []string{
		"page", "product_viewed", "product_added", "product_added", "product_removed", "cart_viewed", "checkout_started", "payment_info_entered", "order_completed",
		"order_refunded", "order_line", "payment_attempted", "payment_authorized", "payment_declined", "price_changed",
		"stock_received", "stock_reserved", "stock_released", "stock_sold", "stock_adjusted",
	}
	small := rapid.IntRange(0, 2)
	all := make([]told, rapid.IntRange(1, 40).Draw(rt, "events"))
	for i := range all {
		at := base + int64(rapid.IntRange(0, 240).Draw(rt, "half minute"))*30_000_000
		all[i] = nastyEvent(i, at, rapid.SampledFrom(kinds).Draw(rt, "type"), small.Draw(rt, "visitor"), small.Draw(rt, "thing"), small.Draw(rt, "size"))
	}
	return all
}

func nastyEvent(i int, at int64, kind string, visitor, thing, size int) told {
	e := map[bool]string{true: "sale", false: "view"}
	sold := strings.HasPrefix(kind, "order_") && kind != "order_refunded"
	price, quantity, item := 10+40*size, 1+size, e[sold]
	switch kind {
	case "order_refunded":
		item, quantity = "cancellation", -quantity
	case "stock_adjusted":
		quantity -= 2
	}
	who := fmt.Sprintf(`"anonymous_id":"v%d","customer_id":"c%d","session_id":"s%d",`, visitor, visitor, visitor)
	key := fmt.Sprint("v", visitor)
	if strings.HasPrefix(kind, "stock") || strings.HasPrefix(kind, "price") {
		who, key = "", fmt.Sprint("p", thing)
	}
	payload := fmt.Sprintf(`{"id":"%d","type":%q,"time":%q,%s"order_id":"o%d","channel":"web","country":"C%d","currency":"EUR","amount":%d,`+
		`"items":[{"product_id":"p%d","category":"g%d","quantity":%d,"price":%d,"kind":%q}],`+
		`"properties":{"cart_id":"k%d","payment_id":"y%d%d","card_fingerprint":"d%d","device_id":"e%d","band_low":20,"band_high":60,"list_price":50,"location_id":"w","path":"/%d"},"context":{"source":"web"}}`,
		i, kind, time.UnixMicro(at).UTC().Format(time.RFC3339Nano), who, thing, visitor, price, thing, thing, quantity, price, item, visitor, visitor, thing, thing, thing, size)
	return told{[]byte(payload), at, key}
}

// inAnyOrder checks one order of arrival and one way of reading it.
func inAnyOrder(t failer, all []told, partitions int, random *rand.Rand) {
	t.Helper()
	p := job.Params{Lateness: 10 * time.Minute}
	l := scrambled(all, partitions, p.Lateness.Microseconds(), random)
	until := base
	for _, e := range all {
		until = max(until, e.at)
	}
	until += []int64{7 * minute, 5 * hour}[random.IntN(2)]
	want := sequence(t, job.All(p), partitions, slices.Concat(l...), until)
	got, _ := schedule{random: random, shards: 1 + random.IntN(4)}.live(t, job.All(p), p.Lateness, l, until)
	same(t, got, want)
	possible(t, got)
}

// Whatever the order in which events come within the lateness, however they are spread over
// partitions and cut into batches and commits: in the end all tables of all jobs are as if each
// event had come when it happened.
func TestAnyOrderComesToTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "order"), 1))
		inAnyOrder(rt, nasty(rt), rapid.SampledFrom([]int{1, 3, 8}).Draw(rt, "partitions"), random)
	})
}

// A watermark that runs ahead of what is still to come, as past a partition that was silent,
// leaves events behind. A job counts each event in all of its figures, or in none.
func TestAnEventIsLeftBehindAsAWhole(t *testing.T) {
	left := 0
	check := func(rt *rapid.T) {
		p := job.Params{Lateness: 10 * time.Minute}
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "order"), 1))
		all, partitions := nasty(rt), rapid.SampledFrom([]int{1, 3, 8}).Draw(rt, "partitions")
		l := scrambled(all, partitions, p.Lateness.Microseconds(), random)
		until := base + 8*hour
		jobs := func() []*stream.Job { return []*stream.Job{job.Kpis(p), job.Sessions(p), job.Carts(p), job.Volume(p)} }
		got, kept := schedule{random, 40 * time.Minute, 1 + random.IntN(4)}.live(rt, jobs(), p.Lateness, l, until)
		left += len(all) - len(kept)
		same(rt, got, sequence(rt, jobs(), partitions, kept, until))
		possible(rt, got)
	}
	// How many are left behind is chance: a check that left hardly any says little.
	for round := 0; left < 10; round++ {
		if round == 20 {
			t.Fatalf("only %d events were left behind", left)
		}
		rapid.Check(t, check)
	}
}

// The same for some hours of a generated shop, with all its visitors, payments, prices and stock.
func TestAShopInAnyOrder(t *testing.T) {
	for i, partitions := range []int{1, 3, 8} {
		random := rand.New(rand.NewPCG(uint64(i), 5))
		_, all := generated(t, uint64(20+i), 500)
		inAnyOrder(t, all, partitions, random)
	}
}

// scenes are what confuses a job that takes events as they come.
var scenes = map[string][]string{
	"a product is taken out before it is put in": {"0 product_added", "1 product_removed", "2 product_added", "3 order_completed"},
	"the order comes before its cart":            {"0 page", "1 product_added", "1 checkout_started", "4 order_completed"},
	"a visit ends before it begins":              {"0 page", "8 product_viewed", "9 product_viewed", "9 page"},
	"all at one time":                            {"5 product_added", "5 product_removed", "5 order_completed", "5 product_added"},
	"an answer comes before the payment":         {"0 payment_attempted", "1 payment_declined", "2 payment_attempted", "2 payment_authorized"},
	"goods are sold before they come":            {"0 stock_received", "1 stock_reserved", "2 stock_sold", "2 stock_sold"},
	"an order comes before its price":            {"0 price_changed", "3 order_completed", "4 price_changed", "6 order_completed"},
}

// Orders of arrival of each scene: a third of all, and all with -long.
func TestScenesInEveryOrder(t *testing.T) {
	p := job.Params{Lateness: 10 * time.Minute}
	for name, lines := range scenes {
		t.Run(name, func(t *testing.T) {
			var all []told
			for i, line := range lines {
				var at int64
				var kind string
				if _, err := fmt.Sscan(line, &at, &kind); err != nil {
					t.Fatal(err)
				}
				all = append(all, nastyEvent(i, base+at*minute, kind, 0, 1, 1))
			}
			for n, order := range permutations(len(all)) {
				if n%3 != 0 && !*long {
					continue
				}
				l := make(log, 1)
				for _, i := range order {
					l[0] = append(l[0], placed{told: all[i], offset: int64(len(l[0]))})
				}
				until := base + 7*hour
				want := sequence(t, job.All(p), 1, slices.Clone(l[0]), until)
				got, _ := schedule{random: rand.New(rand.NewPCG(uint64(n), 3)), shards: 2}.live(t, job.All(p), p.Lateness, l, until)
				same(t, got, want)
				possible(t, got)
			}
		})
	}
}

// permutations are all orders of n things.
func permutations(n int) (all [][]int) {
	if n == 0 {
		return [][]int{nil}
	}
	for _, p := range permutations(n - 1) {
		for at := range n {
			all = append(all, slices.Insert(slices.Clone(p), at, n-1))
		}
	}
	return all
}
