package stream_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/codec"
	"github.com/millrace/millrace/stream/state"
	"github.com/millrace/millrace/stream/streamtest"
	"github.com/millrace/millrace/stream/window"
)

// busiest counts events per customer and minute, and then how many customers and events
// each minute had: two exchanges, and rules that all shards know.
func busiest() *stream.Job {
	j := stream.NewJob("busiest", 1)
	all := stream.Events(j, "all", func(b *event.Batch, i int, emit func(string)) { emit(b.CustomerID[i]) })
	byCustomer := stream.KeyBy(all, "by customer", func(c string) string { return c })
	perMinute := window.Aggregate(byCustomer, "per minute", window.Tumbling(time.Minute), aggregate.Count[string]())
	type minute = window.Result[string, int64]
	together := stream.KeyBy(perMinute, "together", func(minute) int64 { return 0 })
	totals := window.Aggregate(together, "totals", window.Tumbling(time.Minute), aggregate.Sum(func(m minute) int64 { return m.Value }))
	stream.ToTable(totals, "totals", "", "start")
	stream.ToTable(perMinute, "minutes", "", "key", "start")
	return j
}

// plant is a set of engines that hold one front or one shard each, as if each were in
// another process.
type plant struct {
	t       *testing.T
	engines []*stream.Engine // fronts, then shards
	marks   []*stream.Watermarks
	fronts  []*stream.Front
	queues  [][]string         // parcels per shard
	passed  []map[string]int64 // per shard: what stage 1 has passed
	shards  int
	rows    []string
}

func (p *plant) Send(shard int32, parcel []byte) {
	p.queues[shard] = append(p.queues[shard], string(parcel))
}

func (p *plant) Reached(job string, stage int) int64 {
	if stage != 1 {
		p.t.Errorf("asked for stage %d", stage)
	}
	lowest := p.passed[0][job]
	for _, of := range p.passed {
		lowest = min(lowest, of[job])
	}
	return lowest
}

func newPlant(t *testing.T, fronts, shards int, job func() *stream.Job) *plant {
	t.Helper()
	p := &plant{t: t, queues: make([][]string, shards), passed: make([]map[string]int64, shards), shards: shards}
	for number := range fronts + shards {
		config := stream.Config{
			Jobs: []*stream.Job{job()}, Shards: shards, Backend: state.NewMemory(), Exchange: p,
			Watermarks: stream.NewWatermarks(0, time.Hour),
		}
		if number >= fronts {
			config.Held = []int32{int32(number - fronts)}
		}
		e, err := stream.NewEngine(config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Close)
		p.engines, p.marks = append(p.engines, e), append(p.marks, config.Watermarks)
		if number < fronts {
			f, err := e.OpenFront(int32(number))
			if err != nil {
				t.Fatal(err)
			}
			p.fronts = append(p.fronts, f)
		}
	}
	return p
}

// receive hands every engine what was sent to it.
func (p *plant) receive() {
	for shard, parcels := range p.queues {
		p.queues[shard] = nil
		for _, parcel := range parcels {
			if err := p.engines[len(p.fronts)+shard].Receive(int32(shard), []byte(parcel)); err != nil {
				p.t.Fatal(err)
			}
		}
	}
}

// seal seals all engines at an event time that every partition has reached.
func (p *plant) seal(at int64) {
	for number, e := range p.engines {
		for partition := range p.fronts {
			p.marks[number].Observe(int32(partition), streamtest.Source, at, at)
		}
		sealed, err := e.Seal(stream.SealRequest{Now: at, Writer: state.NewMemory()})
		if err != nil || len(sealed.Failed) > 0 {
			p.t.Fatal(err, sealed.Failed)
		}
		e.Committed()
		for _, o := range sealed.Outputs {
			text, err := codec.AppendJSON(nil, o.Sink.Schema, o.Row)
			if err != nil {
				p.t.Fatal(err)
			}
			p.rows = append(p.rows, o.Sink.Name+" "+string(text))
		}
	}
	for shard := range p.shards {
		p.passed[shard] = make(map[string]int64)
		for job, stages := range p.engines[len(p.fronts)+shard].Passed() {
			p.passed[shard][job] = stages[1]
		}
	}
}

func TestEnginesWithAnExchangeComeToTheResultsOfOne(t *testing.T) {
	const fronts, shards = 2, 3
	p := newPlant(t, fronts, shards, busiest)
	k := streamtest.New(t, streamtest.Config{Partitions: fronts, Shards: shards}, busiest())
	at := streamtest.At("10:00:00")
	var want []string
	for i := range 400 {
		e := streamtest.Event{Time: at + int64(i)*time.Second.Microseconds(), Customer: fmt.Sprint("c", i*i%17)}
		front := i % fronts
		k.Send(front, e)
		b := &event.Batch{Partition: int32(front)}
		n := b.Add(int64(i), e.Time, 0, nil)
		b.Time[n], b.Verdict[n], b.CustomerID[n] = e.Time, event.Accepted, e.Customer
		b.Source.Set(n, streamtest.Source)
		b.Type.Set(n, "")
		p.fronts[front].Process(b)
		if i%50 == 49 {
			k.Watermark(e.Time)
			for _, r := range k.Commit() {
				want = append(want, r.String())
			}
			p.receive()
			p.seal(e.Time)
		}
	}
	// What shards have sent each other at the end, and the time that they have passed.
	for range 2 {
		p.receive()
		p.seal(at + 399*time.Second.Microseconds())
	}
	slices.Sort(want)
	slices.Sort(p.rows)
	if len(want) < 60 || !slices.Equal(p.rows, want) {
		t.Errorf("several engines have %d rows, one has %d:\n%s\nwant\n%s", len(p.rows), len(want), strings.Join(p.rows, "\n"), strings.Join(want, "\n"))
	}
}

func TestAParcelForNobodyIsAnError(t *testing.T) {
	p := newPlant(t, 1, 1, busiest)
	b := &event.Batch{}
	b.Add(0, 1, 0, nil)
	b.Verdict[0], b.CustomerID[0] = event.Accepted, "ann"
	b.Source.Set(0, streamtest.Source)
	b.Type.Set(0, "")
	p.fronts[0].Process(b)
	parcel := p.queues[0][0]
	shard := p.engines[1]
	for what, c := range map[string]struct {
		parcel string
		want   error
		text   string
	}{
		"another job":  {strings.Replace(parcel, "busiest", "retired", 1), stream.ErrNoJob, "retired"},
		"another node": {strings.Replace(parcel, "by customer", "by consumer", 1), nil, "another version"},
		"half":         {parcel[:len(parcel)-1], stream.ErrParcel, ""},
		"nothing":      {"", stream.ErrParcel, ""},
	} {
		err := shard.Receive(0, []byte(c.parcel))
		if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := shard.Receive(0, []byte(parcel)); err != nil {
		t.Errorf("the parcel itself: %v", err)
	}
	if job, err := stream.ParcelJob([]byte(parcel)); job != "busiest" || err != nil {
		t.Errorf("the parcel is for %q: %v", job, err)
	}
}

// What an older program has sent is read by a newer one, field by field.
func TestAParcelOfAnOlderProgramIsRead(t *testing.T) {
	type older struct{ Customer, Gone string }
	type newer struct {
		Customer string
		Added    int64
	}
	older1 := newPlant(t, 1, 1, func() *stream.Job {
		return relayed(func(c string) older { return older{c, "x"} }, func(o older) string { return o.Customer })
	})
	newer1 := newPlant(t, 1, 1, func() *stream.Job {
		return relayed(func(c string) newer { return newer{c, 7} }, func(n newer) string { return n.Customer })
	})
	b := &event.Batch{}
	b.Add(0, 1, 0, nil)
	b.Verdict[0], b.CustomerID[0] = event.Accepted, "ann"
	b.Source.Set(0, streamtest.Source)
	b.Type.Set(0, "")
	older1.fronts[0].Process(b)
	newer1.queues = older1.queues
	newer1.receive()
	newer1.seal(1)
	if got := fmt.Sprint(newer1.rows); got != `[out {"customer":"ann","added":0}]` {
		t.Errorf("rows %s", got)
	}
}

// relayed sends values by their key and shows them.
func relayed[T any](of func(string) T, key func(T) string) *stream.Job {
	j := stream.NewJob("relayed", 1)
	all := stream.Events(j, "all", func(b *event.Batch, i int, emit func(T)) { emit(of(b.CustomerID[i])) })
	keyed := stream.KeyBy(all, "by key", key)
	stream.ToTable(stream.Map(keyed.Stream, "values", func(r stream.Record[string, T]) T { return r.Value }), "out", "", "customer")
	return j
}

func TestAJobWhoseElementsCannotLeaveTheProcessIsRefused(t *testing.T) {
	type secret struct{ hidden string }
	job := relayed(func(c string) secret { return secret{c} }, func(s secret) string { return s.hidden })
	p := &plant{t: t}
	config := stream.Config{Jobs: []*stream.Job{job}, Shards: 1, Backend: state.NewMemory(), Exchange: p, Held: []int32{0}, Watermarks: stream.NewWatermarks(0, 0)}
	_, err := stream.NewEngine(config)
	if !errors.Is(err, stream.ErrDefinition) || !strings.Contains(err.Error(), "hidden") {
		t.Errorf("error %v", err)
	}
}

func FuzzReceive(f *testing.F) {
	f.Add([]byte("\x07busiest\x14by customer (inlet)\x01\x00"))
	f.Fuzz(func(t *testing.T, parcel []byte) {
		p := newPlant(t, 0, 1, busiest)
		err := p.engines[0].Receive(0, parcel)
		_, named := stream.ParcelJob(parcel)
		if err == nil && named != nil {
			t.Errorf("%q is no parcel and was taken", parcel)
		}
		p.seal(1) // no job has failed
	})
}
