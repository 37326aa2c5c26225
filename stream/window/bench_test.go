package window

import (
	"fmt"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/state"
)

type view struct{ page string }

// perCommit is how many events there are between two commits: 50 ms at 2.6 million
// a second and shard.
const perCommit = 1 << 17

// bench drives one operator in one place, as a shard does.
type bench struct {
	space *state.Space
	op    operator[string, view]
	w     discard
	fired int
}

// discard is a Writer that keeps nothing, so that a backend's cost is not measured.
type discard struct{}

func (discard) Set(_, _ []byte) error         { return nil }
func (discard) Delete(_ []byte) error         { return nil }
func (discard) DeleteRange(_, _ []byte) error { return nil }

func newBench(tb testing.TB, spec Spec, opts ...Option) *bench {
	b := &bench{}
	var err error
	if b.space, err = state.Open(state.NewMemory(), []byte("b"), state.Options{Name: "bench"}); err != nil {
		tb.Fatal(err)
	}
	p := newPlan[string](stream.NewJob("bench", 1), "bench", spec, aggregate.Count[view](), opts)
	out := outlet[string, int64]{
		emit: func(stream.Element[Result[string, int64]]) { b.fired++ },
		fail: func(err error) { tb.Fatal(err) },
	}
	b.op, err = p.openIn(b.space, 0, out, func(stream.Element[stream.Record[string, view]]) { tb.Fatal("late") })
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func (b *bench) commit(tb testing.TB, watermark int64) {
	t := stream.Times{Watermark: watermark, Now: watermark}
	if err := b.op.Advance(t); err != nil {
		tb.Fatal(err)
	}
	if err := b.space.Advance(watermark); err != nil {
		tb.Fatal(err)
	}
	if err := b.space.Flush(b.w); err != nil {
		tb.Fatal(err)
	}
	b.space.Committed()
}

func keysOf(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("product-%07d", i*7919%n)
	}
	return keys
}

func BenchmarkTake(b *testing.B) {
	m := time.Minute
	for _, c := range []struct {
		name string
		spec Spec
		keys int
		opts []Option
	}{
		{"tumbling/keys=1000", Tumbling(m), 1000, nil},
		{"tumbling/keys=1000000", Tumbling(m), 1_000_000, nil},
		{"tumbling_early/keys=1000", Tumbling(m), 1000, []Option{Emit(EveryCommit)}},
		{"hopping/keys=1000", Hopping(m, 10*time.Second), 1000, nil},
		{"cumulating/keys=1000", Cumulating(m, time.Hour), 1000, nil},
		{"session/keys=1000", Session(m), 1000, nil},
		{"sliding/keys=1000", Sliding(time.Second), 1000, nil},
	} {
		b.Run(c.name, func(b *testing.B) { benchTake(b, newBench(b, c.spec, c.opts...), c.keys) })
	}
}

// benchTake has a million events per second of event time.
func benchTake(b *testing.B, x *bench, n int) {
	keys := keysOf(n)
	at := int64(1_767_600_000_000_000)
	var e stream.Element[stream.Record[string, view]]
	for i, k := range keys { // all keys are known
		e.Value.Key, e.Time, e.Cause.Offset = k, at, int64(i)
		x.op.take(e)
	}
	x.commit(b, at)
	b.ReportAllocs()
	b.ResetTimer()
	i := 0
	for b.Loop() {
		at++
		e.Value.Key, e.Time, e.Cause.Offset = keys[i%n], at, int64(i)
		x.op.take(e)
		if i++; i%perCommit == 0 {
			x.commit(b, at)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mevents/s")
}

func TestTakeAllocatesNothing(t *testing.T) {
	for name, spec := range map[string]Spec{
		"tumbling": Tumbling(time.Minute), "hopping": Hopping(time.Minute, 10*time.Second), "session": Session(time.Minute),
	} {
		x := newBench(t, spec)
		keys := keysOf(1000)
		at := int64(1_767_600_000_000_000)
		var e stream.Element[stream.Record[string, view]]
		send := func() {
			for i, k := range keys {
				e.Value.Key, e.Time, e.Cause.Offset = k, at+int64(i), int64(i)
				x.op.take(e)
			}
		}
		send()
		x.commit(t, at)
		send()
		if n := testing.AllocsPerRun(10, send); n != 0 {
			t.Errorf("%s: %v allocations per 1,000 events", name, n)
		}
	}
}

// BenchmarkEngine is the whole way of an event: source, key, exchange, tumbling count,
// and commits.
func BenchmarkEngine(b *testing.B) {
	for _, n := range []int{1000, 1_000_000} {
		for _, twoPhase := range []bool{false, true} {
			phases := map[bool]string{false: "one", true: "two"}[twoPhase]
			b.Run(fmt.Sprintf("keys=%d/phases=%s", n, phases), func(b *testing.B) { benchEngine(b, n, twoPhase) })
		}
	}
}

func benchEngine(b *testing.B, n int, twoPhase bool) {
	const size = 4096
	job := stream.NewJob("bench", 1)
	views := stream.Events(job, "views", func(b *event.Batch, i int, emit func(view)) { emit(view{b.OrderID[i]}) })
	page := func(v view) string { return v.page }
	spec, a := Tumbling(time.Minute), aggregate.Count[view]()
	var counts stream.Stream[Result[string, int64]]
	if twoPhase {
		counts = AggregateBy(views, "counts", page, spec, a)
	} else {
		counts = Aggregate(stream.KeyBy(views, "by page", page), "counts", spec, a)
	}
	stream.ToTable(counts, "counts", "", "key", "start", "end")
	marks := stream.NewWatermarks(0, time.Hour)
	engine, err := stream.NewEngine(stream.Config{
		Jobs: []*stream.Job{job}, Shards: 8, Backend: state.NewMemory(), Workers: 1, Watermarks: marks,
	})
	if err != nil {
		b.Fatal(err)
	}
	defer engine.Close()
	front, err := engine.OpenFront(0)
	if err != nil {
		b.Fatal(err)
	}
	keys := keysOf(n)
	at := int64(1_767_600_000_000_000)
	batch := &event.Batch{}
	for range size {
		i := batch.Add(0, 0, 0, nil)
		batch.Verdict[i] = event.Accepted
		batch.Type.Set(i, "view")
		batch.Source.Set(i, "web")
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		for row := range size {
			at++
			batch.Offset[row], batch.Time[row], batch.OrderID[row] = int64(i), at, keys[i%n]
			i++
		}
		front.Process(batch)
		engine.Work()
		marks.Observe(0, "web", at, at)
		if i%perCommit == 0 {
			if _, err := engine.Seal(stream.SealRequest{Now: at, Writer: discard{}}); err != nil {
				b.Fatal(err)
			}
			engine.Committed()
			front.Committed()
		}
	}
	b.ReportMetric(float64(i)/b.Elapsed().Seconds()/1e6, "Mevents/s")
	b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(i), "ns/event")
}
