package streamtest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/codec"
	"github.com/millrace/millrace/stream/state"
)

// Config is where the jobs run. Zero fields are 1.
type Config struct {
	Partitions int
	Shards     int
	Workers    int
	Memory     int64 // bytes of state in memory; 0 is no limit
}

// Kit is an engine over a backend in memory, and a log of the events it was sent.
// One goroutine uses it.
type Kit struct {
	fail    func(error)
	cfg     Config
	jobs    []*stream.Job
	backend *state.Memory
	log     [][]Event // per partition

	engine     *stream.Engine
	watermarks *stream.Watermarks
	fronts     []*stream.Front
	read       []int // events of the log that the engine has
	now        int64
	mark       int64 // event time of all sources
	sealed     committed
	failed     []stream.Failure
}

// committed is what the newest commit has kept.
type committed struct {
	read []int
	mark int64
}

// Row is one output of a job.
type Row struct {
	Job  string
	Sink string
	Time int64  // event time
	JSON string // the row
}

func (r Row) String() string { return r.Sink + " " + r.JSON }

// Source is the source of events that name none.
const Source = "test"

// New opens an engine. It closes with the test, which fails when the engine does.
func New(t testing.TB, cfg Config, jobs ...*stream.Job) *Kit {
	t.Helper()
	k, err := Open(cfg, jobs...)
	if err != nil {
		t.Fatal(err)
	}
	k.fail = func(err error) {
		t.Helper()
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	return k
}

// Open is [New] without a test, for examples. A failure of the engine panics.
func Open(cfg Config, jobs ...*stream.Job) (*Kit, error) {
	cfg.Partitions, cfg.Shards, cfg.Workers = max(1, cfg.Partitions), max(1, cfg.Shards), max(1, cfg.Workers)
	k := &Kit{cfg: cfg, jobs: jobs, backend: state.NewMemory(), log: make([][]Event, cfg.Partitions), now: At("00:00:00")}
	k.fail = func(err error) { panic(err) }
	k.sealed.read = make([]int, cfg.Partitions)
	return k, k.open()
}

func (k *Kit) open() error {
	k.watermarks = stream.NewWatermarks(0, 1<<62)
	engine, err := stream.NewEngine(stream.Config{
		Jobs: k.jobs, Shards: k.cfg.Shards, Backend: k.backend, Memory: k.cfg.Memory, Workers: k.cfg.Workers, Watermarks: k.watermarks,
	})
	if err != nil {
		return err
	}
	k.engine, k.fronts, k.read = engine, nil, slices.Clone(k.sealed.read)
	for p := range k.cfg.Partitions {
		f, err := engine.OpenFront(int32(p))
		if err != nil {
			return err
		}
		k.fronts = append(k.fronts, f)
	}
	k.mark = 0
	if k.sealed.mark != 0 {
		k.Watermark(k.sealed.mark)
	}
	return nil
}

// Send appends events to the log of a partition, which the engine reads at once, as one
// batch.
func (k *Kit) Send(partition int, events ...Event) {
	k.log[partition] = append(k.log[partition], events...)
	k.catchUp(partition)
}

// catchUp lets the engine read what it has not read.
func (k *Kit) catchUp(partition int) {
	b := &event.Batch{Partition: int32(partition)}
	for ; k.read[partition] < len(k.log[partition]); k.read[partition]++ {
		k.log[partition][k.read[partition]].addTo(b, int64(k.read[partition]))
	}
	if b.Len() == 0 {
		return
	}
	k.fronts[partition].Process(b)
	k.engine.Work()
}

// Watermark moves the event time of all sources to at; the next commit tells the
// jobs. Events themselves do not move it.
func (k *Kit) Watermark(at int64) {
	k.mark = max(k.mark, at)
	sources := map[string]bool{Source: true}
	for _, log := range k.log {
		for i := range log {
			sources[log[i].source()] = true
		}
	}
	for s := range sources {
		k.watermarks.Observe(0, s, k.mark, k.mark)
	}
}

// Clock moves processing time on; the next commit tells the jobs.
func (k *Kit) Clock(d time.Duration) { k.now += d.Microseconds() }

// Commit seals the engine, writes its state, and returns the rows that came out
// since the commit before.
func (k *Kit) Commit() []Row {
	positions := make(map[int32]int64)
	for p, n := range k.read {
		positions[int32(p)] = int64(n)
	}
	sealed, err := k.engine.Seal(stream.SealRequest{Now: k.now, Positions: positions, Writer: k.backend})
	if err != nil {
		k.fail(err)
	}
	k.engine.Committed()
	for _, f := range k.fronts {
		f.Committed()
	}
	k.sealed = committed{slices.Clone(k.read), k.mark}
	k.failed = append(k.failed, sealed.Failed...)
	rows := make([]Row, 0, len(sealed.Outputs))
	for _, o := range sealed.Outputs {
		text, err := codec.AppendJSON(nil, o.Sink.Schema, o.Row)
		if err != nil {
			k.fail(fmt.Errorf("row of %q: %w", o.Sink.Name, err))
		}
		rows = append(rows, Row{Job: o.Job, Sink: o.Sink.Name, Time: o.Time, JSON: string(text)})
	}
	return rows
}

// Replace commits, and lets the engine run other jobs from there on. On an error it runs
// those that it ran.
func (k *Kit) Replace(jobs ...*stream.Job) ([]Row, error) {
	rows := k.Commit()
	if err := k.engine.Replace(jobs); err != nil {
		return rows, err
	}
	k.jobs = jobs
	return rows, nil
}

// Crash throws the engine away and opens it again as of the newest commit. It reads
// the events since then again. The watermark is that of the commit.
func (k *Kit) Crash() {
	k.engine.Close()
	if err := k.open(); err != nil {
		k.fail(err)
	}
	for p := range k.log {
		k.catchUp(p)
	}
}

// Close gives the memory of the engine back. The kit is of no more use. The end of
// the test does it, too.
func (k *Kit) Close() {
	if k.engine != nil {
		k.engine.Close()
		k.engine = nil
	}
}

// Failed returns the jobs that were stopped, and why.
func (k *Kit) Failed() []stream.Failure { return k.failed }

// StateKeys returns how many keys the backend holds, for tests that state goes.
func (k *Kit) StateKeys() int { return k.backend.Len() }
