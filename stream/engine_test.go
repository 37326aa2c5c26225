package stream_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/codec"
	"github.com/millrace/millrace/stream/state"
)

// visit is a page view, as the tests read it.
type visit struct {
	Page    string       `state:"page"`
	Visitor string       `state:"visitor"`
	Paid    event.Micros `state:"paid"`
}

func readVisit(b *event.Batch, i int, emit func(visit)) {
	emit(visit{Page: b.OrderID[i], Visitor: b.CustomerID[i], Paid: b.Amount[i]})
}

// pageTotal is what the test job publishes.
type pageTotal struct {
	Page  string       `state:"page"`
	Views int64        `state:"views"`
	Paid  event.Micros `state:"paid"`
}

// totals is a job that counts views per page, and publishes each new total.
// It panics at the page that poisons it.
func totals(name, poison string) *stream.Job {
	j := stream.NewJob(name, 1)
	views := stream.Events(j, "views", readVisit, stream.Types("view"))
	byPage := stream.KeyBy(views, "by page", func(v visit) string { return v.Page })
	sums := stream.Connect(byPage.Stream, "totals", func(c *stream.Context, emit func(stream.Element[pageTotal])) (func(stream.Element[stream.Record[string, visit]]), stream.Operator, error) {
		table, err := state.OpenValue[string, pageTotal](c.Space, "totals", state.TableOptions{})
		return func(e stream.Element[stream.Record[string, visit]]) {
			if e.Value.Value.Page == poison {
				panic("poisoned")
			}
			total, _ := table.Upsert(e.Value.Key)
			total.Page = e.Value.Key
			total.Views++
			total.Paid += e.Value.Value.Paid
			emit(stream.Element[pageTotal]{Value: *total, Time: e.Time, Cause: e.Cause})
		}, nil, err
	})
	stream.ToTable(sums, name, "views of each page", "page")
	return j
}

// rig drives an engine over a memory backend, as the pass does.
type rig struct {
	t       *testing.T
	cfg     stream.Config
	backend *state.Memory
	engine  *stream.Engine
	fronts  []*stream.Front
	next    []int64
	sealed  []int64
	now     int64
	outputs []string
}

func newRig(t *testing.T, partitions, shards int, jobs ...*stream.Job) *rig {
	r := &rig{t: t, backend: state.NewMemory(), now: 1, next: make([]int64, partitions), sealed: make([]int64, partitions)}
	r.cfg = stream.Config{Jobs: jobs, Shards: shards, Backend: r.backend, Workers: 2}
	r.open()
	return r
}

func (r *rig) open() {
	r.cfg.Watermarks = stream.NewWatermarks(0, time.Hour)
	var err error
	if r.engine, err = stream.NewEngine(r.cfg); err != nil {
		r.t.Fatal(err)
	}
	r.fronts = nil
	for p := range r.next {
		f, err := r.engine.OpenFront(int32(p))
		if err != nil {
			r.t.Fatal(err)
		}
		r.fronts = append(r.fronts, f)
	}
	copy(r.next, r.sealed)
}

// send gives partition p an event.
func (r *rig) send(p int, at int64, typ, page, visitor string, paid event.Micros) {
	b := &event.Batch{Partition: int32(p)}
	i := b.Add(r.next[p], at, 0, nil)
	r.next[p]++
	b.Time[i], b.Verdict[i], b.OrderID[i], b.CustomerID[i], b.Amount[i] = at, event.Accepted, page, visitor, paid
	b.Type.Set(i, typ)
	b.Source.Set(i, "web")
	r.fronts[p].Process(b)
	r.cfg.Watermarks.Observe(int32(p), "web", at, at)
}

func (r *rig) seal() stream.Sealed {
	r.now++
	positions := make(map[int32]int64)
	for p, next := range r.next {
		positions[int32(p)] = next
	}
	s, err := r.engine.Seal(stream.SealRequest{Now: r.now, Positions: positions, Writer: r.backend})
	if err != nil {
		r.t.Fatal(err)
	}
	r.engine.Committed()
	for _, f := range r.fronts {
		f.Committed()
	}
	copy(r.sealed, r.next)
	for _, o := range s.Outputs {
		row, err := codec.AppendJSON(nil, o.Sink.Schema, o.Row)
		if err != nil {
			r.t.Fatal(err)
		}
		r.outputs = append(r.outputs, o.Job+" "+string(row))
	}
	return s
}

// crash forgets what was not sealed.
func (r *rig) crash() {
	r.engine.Close()
	r.open()
}

func TestATotalSurvivesCrashes(t *testing.T) {
	r := newRig(t, 3, 4, totals("totals", ""))
	rng := rand.New(rand.NewPCG(1, 2))
	type sent struct {
		p    int
		at   int64
		page string
	}
	var log [3][]sent
	for i := range 500 {
		p := rng.IntN(3)
		log[p] = append(log[p], sent{p, int64(i + 1), fmt.Sprintf("p%d", rng.IntN(7))})
	}
	crashes := 0
	for {
		p := rng.IntN(3)
		if r.next[p] < int64(len(log[p])) {
			e := log[p][r.next[p]]
			r.send(e.p, e.at, "view", e.page, "v", 1_000_000)
			r.engine.Work()
		} else if r.next[0]+r.next[1]+r.next[2] == 500 {
			break
		}
		switch rng.IntN(20) {
		case 0:
			r.seal()
		case 1:
			r.crash()
			crashes++
		}
	}
	r.seal()
	want := make(map[string]int)
	for p := range log {
		for _, e := range log[p] {
			want[e.page]++
		}
	}
	if crashes < 5 || len(r.outputs) != 500 {
		t.Errorf("%d crashes; %d outputs, want each of 500 totals once", crashes, len(r.outputs))
	}
	for page, n := range want {
		row := fmt.Sprintf(`totals {"page":"%s","views":%d,"paid":%s}`, page, n, event.Micros(n*event.MicrosPerUnit))
		if !slices.Contains(r.outputs, row) {
			t.Errorf("no output %s among\n%s", row, strings.Join(r.outputs, "\n"))
		}
	}
}

func TestAJobThatPanicsStopsAlone(t *testing.T) {
	r := newRig(t, 1, 2, totals("frail", "poison"), totals("good", ""))
	r.send(0, 1, "view", "a", "v", 0)
	r.seal()
	r.send(0, 2, "view", "a", "v", 0)
	r.send(0, 3, "view", "poison", "v", 0)
	s := r.seal()
	if len(s.Failed) != 1 || s.Failed[0].Job != "frail" || !strings.Contains(s.Failed[0].Reason, "panic: poisoned") ||
		s.Failed[0].Stack == "" || !strings.HasPrefix(s.Failed[0].Place, "shard ") {
		t.Fatalf("failed: %+v", s.Failed)
	}
	r.send(0, 4, "view", "a", "v", 0)
	if s := r.seal(); len(s.Failed) != 0 {
		t.Errorf("a failure is reported twice: %+v", s)
	}
	for range 3 { // what a stopped job did not publish is not counted, however often
		r.seal()
	}
	if n := r.engine.Status()[0].Outputs; n != 1 {
		t.Errorf("the stopped job has published %d results, want 1", n)
	}
	r.crash()
	r.send(0, 5, "view", "a", "v", 0)
	if s := r.seal(); len(s.Failed) != 0 {
		t.Errorf("a stopped job runs again after a restart: %+v", s)
	}
	want := []string{
		`frail {"page":"a","views":1,"paid":0.000}`, `good {"page":"a","views":1,"paid":0.000}`,
		`good {"page":"a","views":2,"paid":0.000}`, `good {"page":"poison","views":1,"paid":0.000}`,
		`good {"page":"a","views":3,"paid":0.000}`, `good {"page":"a","views":4,"paid":0.000}`,
	}
	slices.Sort(want)
	slices.Sort(r.outputs)
	if !slices.Equal(r.outputs, want) {
		t.Errorf("outputs\n%s\nwant\n%s", strings.Join(r.outputs, "\n"), strings.Join(want, "\n"))
	}
}

func TestWrongJobsAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		job  func() *stream.Job
		want string
	}{
		"name":         {func() *stream.Job { return totals("Bad Name", "") }, "use lower-case letters"},
		"nothing read": {func() *stream.Job { return stream.NewJob("j", 1) }, "reads no events"},
		"no output": {func() *stream.Job {
			j := stream.NewJob("j", 1)
			stream.Events(j, "views", readVisit)
			return j
		}, "has no output"},
		"twice": {func() *stream.Job {
			j := totals("j", "")
			stream.Events(j, "views", readVisit)
			return j
		}, `two operators are named "views"`},
		"unbounded": {func() *stream.Job {
			j := stream.NewJob("j", 1)
			v := stream.KeyByActor(stream.Events(j, "views", readVisit), "by visitor", func(v visit) string { return v.Visitor })
			m := stream.Machine[string, int, visit, int]{Apply: func(*stream.Turn[string, int, int], visit) {}}
			stream.ToTable(stream.Timeline(v, "count", m).Results, "t", "", "key")
			return j
		}, "no TTL"},
		"key": {func() *stream.Job {
			j := stream.NewJob("j", 1)
			v := stream.KeyBy(stream.Events(j, "views", readVisit), "by float", func(visit) float64 { return 0 })
			stream.ToTable(v.Stream, "t", "", "key")
			return j
		}, `key of "by float"`},
	} {
		_, err := stream.NewEngine(stream.Config{
			Jobs: []*stream.Job{c.job()}, Shards: 1, Backend: state.NewMemory(), Watermarks: stream.NewWatermarks(0, time.Hour),
		})
		if !errors.Is(err, stream.ErrDefinition) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
