package window_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/streamtest"
	"github.com/millrace/millrace/stream/window"
)

// basket is a result that shows which elements a window had: how many, for how
// much, and which was last.
type basket struct {
	Orders int64        `state:"orders"`
	Total  event.Micros `state:"total"`
	Last   event.Micros `state:"last"`
}

func basketOf() aggregate.Aggregator[order, aggregate.Pair[aggregate.Pair[int64, aggregate.Total], aggregate.Placed[event.Micros]], basket] {
	amount := func(o order) event.Micros { return o.Amount }
	return aggregate.Combine3(aggregate.Count[order](), aggregate.Sum(amount), aggregate.Last(amount),
		func(n int64, total, last event.Micros) basket { return basket{n, total, last} })
}

// sent is an element with its place in the log.
type sent struct {
	key    string
	at     int64
	cause  stream.Cause
	amount event.Micros
}

func bySent(a, b sent) int {
	if c := cmp.Compare(a.at, b.at); c != 0 {
		return c
	}
	if c := cmp.Compare(a.cause.Partition, b.cause.Partition); c != 0 {
		return c
	}
	return cmp.Compare(a.cause.Offset, b.cause.Offset)
}

// frame is a window of a key; session tells that its end is not in its identity.
type frame struct {
	key        string
	start, end int64
}

// definition computes the windows of a key's elements, which are in order, as the
// documentation defines them.
type definition func(all []sent) map[frame]basket

func fold(all []sent) (b basket) {
	for _, e := range all {
		b.Orders++
		b.Total += e.amount
		b.Last = e.amount
	}
	return b
}

// within folds the elements from start, before end.
func within(all []sent, start, end int64) basket {
	return fold(slices.DeleteFunc(slices.Clone(all), func(e sent) bool { return e.at < start || e.at >= end }))
}

// aligned tries all windows that begin at multiples of every.
func aligned(size, every, offset time.Duration) definition {
	return func(all []sent) map[frame]basket {
		found := make(map[frame]basket)
		for _, e := range all {
			first := (e.at-size.Microseconds())/every.Microseconds()*every.Microseconds() + offset.Microseconds() - every.Microseconds()
			for start := first; start <= e.at; start += every.Microseconds() {
				if end := start + size.Microseconds(); e.at < end {
					found[frame{e.key, start, end}] = within(all, start, end)
				}
			}
		}
		return found
	}
}

func cumulated(step, limit time.Duration) definition {
	return func(all []sent) map[frame]basket {
		found := make(map[frame]basket)
		for _, e := range all {
			start := e.at / limit.Microseconds() * limit.Microseconds()
			for end := start + step.Microseconds(); end <= start+limit.Microseconds(); end += step.Microseconds() {
				if e.at < end {
					found[frame{e.key, start, end}] = within(all, start, end)
				}
			}
		}
		return found
	}
}

func slid(size time.Duration) definition {
	return func(all []sent) map[frame]basket {
		found := make(map[frame]basket)
		for _, e := range all {
			start, end := e.at-size.Microseconds()+1, e.at+1
			found[frame{e.key, start, end}] = within(all, start, end)
		}
		return found
	}
}

func sessioned(gap, longest time.Duration) definition {
	return func(all []sent) map[frame]basket {
		found := make(map[frame]basket)
		for len(all) > 0 {
			n := 1
			for n < len(all) && all[n].at-all[n-1].at < gap.Microseconds() {
				n++
			}
			start, end := all[0].at, all[n-1].at+gap.Microseconds()
			if l := longest.Microseconds(); l == 0 || all[n-1].at-start < l {
				found[frame{all[0].key, start, end}] = fold(all[:n])
			} else {
				for from := start; from <= all[n-1].at; from = (from/l + 1) * l {
					to := min(end, (from/l+1)*l)
					found[frame{all[0].key, from, to}] = within(all[:n], from, to)
				}
			}
			all = all[n:]
		}
		return found
	}
}

func counted(n, every int) definition {
	return func(all []sent) map[frame]basket {
		found := make(map[frame]basket)
		for i := every; i <= len(all); i += every {
			last := all[max(0, i-n):i]
			found[frame{last[0].key, last[0].at, last[len(last)-1].at + 1}] = fold(last) // of equal times the last
		}
		return found
	}
}

func TestFinalResultsAreThoseOfTheDefinition(t *testing.T) {
	s, m := time.Second, time.Minute
	for _, c := range []struct {
		name string
		spec window.Spec
		want definition
	}{
		{"tumbling", window.Tumbling(20 * s), aligned(20*s, 20*s, 0)},
		{"tumbling with an offset", window.Tumbling(20 * s).Offset(7 * s), aligned(20*s, 20*s, 7*s)},
		{"hopping", window.Hopping(m, 20*s), aligned(m, 20*s, 0)},
		{"hopping by panes", window.Hopping(50*s, 20*s), aligned(50*s, 20*s, 0)},
		{"cumulating", window.Cumulating(15*s, m), cumulated(15*s, m)},
		{"sliding", window.Sliding(20 * s), slid(20 * s)},
		{"session", window.Session(9 * s), sessioned(9*s, 0)},
		{"session with a greatest length", window.Session(9 * s).MaxLength(25 * s), sessioned(9*s, 25*s)},
		{"count", window.Count(3), counted(3, 3)},
		{"count every", window.CountEvery(6, 4), counted(6, 4)},
	} {
		t.Run(c.name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) { testDefinition(t, rt, c.name, c.spec, c.want) })
		})
	}
}

func testDefinition(t *testing.T, rt *rapid.T, name string, spec window.Spec, want definition) {
	lateness := rapid.SampledFrom([]time.Duration{0, 15 * time.Second, 2 * time.Minute}).Draw(rt, "lateness")
	opts := []window.Option{window.Lateness(lateness), window.TTL(24 * time.Hour)}
	if !strings.HasPrefix(name, "count") {
		emission := rapid.SampledFrom([]window.Emission{window.Final, window.EveryCommit, window.Every(10 * time.Second)}).Draw(rt, "emission")
		opts = append(opts, window.Emit(emission))
	}
	cfg := streamtest.Config{
		Workers:    2,
		Partitions: rapid.IntRange(1, 3).Draw(rt, "partitions"),
		Shards:     rapid.SampledFrom([]int{1, 3, 8}).Draw(rt, "shards"),
		Memory:     rapid.SampledFrom([]int64{0, 1}).Draw(rt, "memory"), // with 1, what can be evicted is
	}
	k := streamtest.New(t, cfg, baskets(spec, rapid.Bool().Draw(rt, "two phases"), opts))
	defer k.Close()
	elements, rows := live(rt, k, cfg.Partitions, lateness)
	if f := k.Failed(); len(f) > 0 {
		rt.Fatalf("the job failed: %+v", f)
	}
	got := finals(rt, rows, strings.HasPrefix(name, "session"))
	expected := make(map[frame]basket)
	byKey := make(map[string][]sent)
	for _, e := range elements {
		byKey[e.key] = append(byKey[e.key], e)
	}
	for _, all := range byKey {
		slices.SortFunc(all, bySent)
		maps.Copy(expected, want(all))
	}
	if !maps.Equal(got, expected) {
		rt.Fatalf("lateness %v; results that differ from the definition:\n%s", lateness, difference(got, expected))
	}
}

func baskets(spec window.Spec, twoPhases bool, opts []window.Option) *stream.Job {
	job := stream.NewJob("baskets", 1)
	all := stream.Events(job, "orders", readOrder)
	customer := func(o order) string { return o.Customer }
	var late stream.Stream[stream.Record[string, order]]
	opts = append(opts, window.LateTo(&late))
	var results stream.Stream[window.Result[string, basket]]
	if twoPhases {
		results = window.AggregateBy(all, "baskets", customer, spec, basketOf(), opts...)
	} else {
		results = window.Aggregate(stream.KeyBy(all, "by customer", customer), "baskets", spec, basketOf(), opts...)
	}
	stream.ToTable(results, "baskets", "", "key", "start", "end")
	stream.ToTable(stream.Map(late, "late orders", func(r stream.Record[string, order]) lateOrder {
		return lateOrder{r.Key, r.Value.Amount}
	}), "late", "", "late")
	return job
}

// live sends elements in any order that the lateness allows, between commits,
// crashes and steps of time, and lets all windows end.
func live(rt *rapid.T, k *streamtest.Kit, partitions int, lateness time.Duration) (all []sent, rows []streamtest.Row) {
	second := time.Second.Microseconds()
	begin := streamtest.At("10:00:00")
	mark, offsets := begin, make([]int64, partitions)
	for range rapid.IntRange(1, 40).Draw(rt, "steps") {
		switch rapid.IntRange(0, 9).Draw(rt, "step") {
		case 0:
			mark += rapid.Int64Range(0, 60).Draw(rt, "seconds") * second
			k.Watermark(mark)
			rows = append(rows, k.Commit()...)
		case 1:
			k.Clock(time.Duration(rapid.IntRange(0, 15).Draw(rt, "clock")) * time.Second)
			rows = append(rows, k.Commit()...)
		case 2:
			k.Crash()
		default:
			p := rapid.IntRange(0, partitions-1).Draw(rt, "partition")
			ahead := rapid.Int64Range(-lateness.Microseconds()/second, 40).Draw(rt, "ahead")
			e := sent{
				key: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "key"), at: mark + ahead*second,
				cause:  stream.Cause{Partition: int32(p), Offset: offsets[p]},
				amount: event.Micros(1+len(all)) * event.MicrosPerUnit,
			}
			offsets[p]++
			all = append(all, e)
			k.Send(p, streamtest.Event{Time: e.at, Customer: e.key, Amount: e.amount})
		}
	}
	k.Watermark(mark + time.Hour.Microseconds())
	rows = append(rows, k.Commit()...)
	return all, rows
}

// finals returns what results have come to. Their revisions must rise by one.
func finals(rt *rapid.T, rows []streamtest.Row, session bool) map[frame]basket {
	type result struct {
		Key        string
		Start, End time.Time
		Revision   int
		Phase      window.Phase
		Retracted  bool
		Value      struct {
			Orders      int64
			Total, Last json.Number
		}
	}
	revisions, current := make(map[frame]int), make(map[frame]result)
	for _, row := range rows {
		if row.Sink == "late" {
			rt.Fatalf("an element was too late: %s", row.JSON)
		}
		var r result
		if err := json.Unmarshal([]byte(row.JSON), &r); err != nil {
			rt.Fatal(err)
		}
		id := frame{r.Key, r.Start.UnixMicro(), r.End.UnixMicro()}
		if session {
			id.end = 0
		}
		if r.Revision != revisions[id]+1 {
			rt.Fatalf("revision %d follows %d: %s", r.Revision, revisions[id], row.JSON)
		}
		revisions[id], current[id] = r.Revision, r
	}
	final := make(map[frame]basket)
	for _, r := range current {
		if r.Retracted {
			continue
		}
		if r.Phase == window.Early {
			rt.Fatalf("a window that is over was last published early: %+v", r)
		}
		total, _ := event.ParseMicros(r.Value.Total.String())
		last, _ := event.ParseMicros(r.Value.Last.String())
		final[frame{r.Key, r.Start.UnixMicro(), r.End.UnixMicro()}] = basket{r.Value.Orders, total, last}
	}
	return final
}

func difference(got, want map[frame]basket) string {
	var lines []string
	show := func(f frame, b basket) string {
		return fmt.Sprintf("%s [%s, %s) %+v", f.key, event.Instant(f.start), event.Instant(f.end), b)
	}
	for f, b := range got {
		if want[f] != b {
			lines = append(lines, "got  "+show(f, b))
		}
	}
	for f, b := range want {
		if got[f] != b {
			lines = append(lines, "want "+show(f, b))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
