package job_test

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/generate"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
)

// delivery is one accepted event of a generated shop.
type delivery struct {
	payload     []byte
	key         uint32 // hash of what the log is partitioned by
	at, arrival int64
	late        bool
}

// tape is what a shop delivered, and what is known of it.
type tape struct {
	deliveries []delivery
	labels     []*generate.Label // those that are complete
	unfinished []*generate.Label
}

// record lets a shop live for so many deliveries and keeps those of some types, each once.
func record(t testing.TB, c generate.Config, n int, types ...generate.Type) *tape {
	t.Helper()
	s, err := generate.New(c)
	if err != nil {
		t.Fatal(err)
	}
	out := &tape{}
	for range n {
		e := s.Next()
		for l := s.NextLabel(); l != nil; l = s.NextLabel() {
			out.labels = append(out.labels, l)
		}
		if e.Delivery != generate.First || len(types) > 0 && !slices.Contains(types, e.Type) {
			continue
		}
		h := fnv.New32a()
		_, _ = h.Write(e.Key)
		out.deliveries = append(out.deliveries, delivery{slices.Clone(e.Payload), h.Sum32(), e.At, e.Arrival, e.Late})
	}
	out.unfinished = s.Unfinished()
	return out
}

func scenario(t testing.TB, name string, change func(*generate.Config)) generate.Config {
	t.Helper()
	c, err := generate.Scenario(name)
	if err != nil {
		t.Fatal(err)
	}
	change(&c)
	return c
}

// shuffled are the deliveries in another order, in which none comes later than the lateness
// behind one that happened after it. The shop's own late ones keep their place in time.
func (tp *tape) shuffled(seed uint64, lateness int64) []delivery {
	r := rand.New(rand.NewPCG(seed, 1))
	out := slices.Clone(tp.deliveries)
	for i := range out {
		out[i].arrival, out[i].late = out[i].at+r.Int64N(lateness), false
	}
	slices.SortStableFunc(out, func(a, b delivery) int { return int(a.arrival - b.arrival) })
	return out
}

// stage is where a job is played.
type stage struct {
	partitions, shards int
	batch              int    // deliveries between two commits
	crashes            uint64 // seed of when it crashes; 0: never
}

// output is a row that a job published to a table.
type output struct {
	sink string
	row  []byte
}

// player plays deliveries to a job, as the pass does.
type player struct {
	t        testing.TB
	stage    stage
	change   func(b *event.Batch, i int) // is done to every event before the job reads it; nil: nothing
	job      *stream.Job
	backend  *state.Memory
	marks    *stream.Watermarks
	engine   *stream.Engine
	fronts   []*stream.Front
	decoders []adapter.Decoder
	logs     [][]delivery
	offsets  []int // read, per partition
	newest   int64
	outputs  []output
}

// play returns what a job has published in the order in which it did.
func play(t testing.TB, s stage, j *stream.Job, deliveries []delivery) []output {
	t.Helper()
	return playChanged(t, s, j, deliveries, nil)
}

// playChanged is play, with something done to every event before the job reads it.
func playChanged(t testing.TB, s stage, j *stream.Job, deliveries []delivery, change func(b *event.Batch, i int)) []output {
	t.Helper()
	if err := j.Err(); err != nil {
		t.Fatal(err)
	}
	p := &player{t: t, stage: s, job: j, change: change, backend: state.NewMemory(), logs: make([][]delivery, s.partitions)}
	p.decoders = make([]adapter.Decoder, s.partitions)
	for i := range p.decoders {
		p.decoders[i] = native.New().NewDecoder(nil)
	}
	p.open()
	crash := rand.New(rand.NewPCG(s.crashes, 2))
	committed := make([]int, s.partitions)
	for from := 0; from < len(deliveries); from += s.batch {
		for _, d := range deliveries[from:min(from+s.batch, len(deliveries))] {
			to := int(d.key) % s.partitions
			p.logs[to] = append(p.logs[to], d)
		}
		p.read(1 + crash.IntN(3))
		if s.crashes != 0 && crash.IntN(4) == 0 {
			p.engine.Close()
			p.open()
			copy(p.offsets, committed)
			p.read(1)
		}
		p.commit()
		copy(committed, p.offsets)
	}
	p.commit()
	p.engine.Close()
	return p.outputs
}

func (p *player) open() {
	p.marks = stream.NewWatermarks(0, 1<<62)
	if p.newest != 0 {
		p.marks.Observe(0, "shop", p.newest, p.newest)
	}
	e, err := stream.NewEngine(stream.Config{
		Jobs: []*stream.Job{p.job}, Shards: p.stage.shards, Backend: p.backend, Workers: 2, Watermarks: p.marks, Memory: 1 << 30,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.engine, p.fronts, p.offsets = e, nil, make([]int, p.stage.partitions)
	for n := range p.stage.partitions {
		f, err := e.OpenFront(int32(n))
		if err != nil {
			p.t.Fatal(err)
		}
		p.fronts = append(p.fronts, f)
	}
}

// read lets every front read what its log has, in some batches.
func (p *player) read(batches int) {
	for n, log := range p.logs {
		for p.offsets[n] < len(log) {
			size := max(1, (len(log)-p.offsets[n])/batches)
			b := &event.Batch{}
			p.decode(b, n, log[p.offsets[n]:min(p.offsets[n]+size, len(log))])
			p.fronts[n].Process(b)
		}
		p.engine.Work()
	}
}

func (p *player) decode(b *event.Batch, partition int, deliveries []delivery) {
	b.Partition = int32(partition)
	for _, d := range deliveries {
		r := adapter.Record{Payload: d.payload, Source: "shop"}
		i := b.Add(int64(p.offsets[partition]), d.arrival, 0, d.payload)
		p.decoders[partition].Decode(b, i, &r)
		b.Source.Set(i, "shop")
		b.Verdict[i] = event.Accepted
		if d.late {
			b.Marks[i] |= event.Late
		}
		if p.change != nil {
			p.change(b, i)
		}
		p.offsets[partition]++
	}
}

// commit seals, with the watermark at the newest event that was delivered in time.
func (p *player) commit() {
	for n, log := range p.logs {
		for k := p.offsets[n] - 1; k >= 0 && k >= p.offsets[n]-2*p.stage.batch; k-- {
			p.newest = max(p.newest, log[k].at)
		}
	}
	if p.newest != 0 {
		p.marks.Observe(0, "shop", p.newest, p.newest)
	}
	sealed, err := p.engine.Seal(stream.SealRequest{Now: p.newest, Positions: map[int32]int64{}, Writer: p.backend})
	if err != nil {
		p.t.Fatal(err)
	}
	p.engine.Committed()
	for _, f := range p.fronts {
		f.Committed()
	}
	for _, f := range sealed.Failed {
		p.t.Fatalf("job %s failed: %s %s", f.Job, f.Reason, f.Stack)
	}
	for _, o := range sealed.Outputs {
		if o.Sink.Kind == stream.Table {
			p.outputs = append(p.outputs, output{o.Sink.Name, o.Row})
		}
	}
}
