package explain_test

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/examples/onlineretail"
	"github.com/millrace/millrace/internal/generate"
	"github.com/millrace/millrace/internal/lineage/explain"
	"github.com/millrace/millrace/internal/result"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
)

// world is a shop whose events have been judged, stored and read by jobs.
type world struct {
	t     *testing.T
	store olap.Store
	jobs  []*stream.Job
	mark  int64
	made  []*event.Batch // a fresh copy of each batch that came
	to    map[int32]int64
}

const partitions = 3

// told is an event as its sender tells it.
type told struct {
	payload []byte
	at      int64
	key     string
}

// source decodes and judges what a sender tells.
type source struct {
	name    string
	decoder func() adapter.Decoder
	fix     func(b *event.Batch, i int) bool // nil: all is accepted
}

// add decodes and judges one event.
func (s *source) add(d adapter.Decoder, b *event.Batch, offset int64, e told) {
	i := b.Add(offset, e.at, 0, e.payload)
	b.Source.Set(i, s.name)
	b.Versions.Set(i, s.name+"@1")
	d.Decode(b, i, &adapter.Record{Payload: e.payload, Source: s.name, Position: offset})
	b.Verdict[i] = event.Accepted
	if s.fix != nil && !s.fix(b, i) {
		b.Verdict[i] = event.Quarantined
	}
}

func retail(t *testing.T, lines int) (*source, []told) {
	t.Helper()
	a, err := onlineretail.Adapter()
	if err != nil {
		t.Fatal(err)
	}
	zr, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer zr.Close()
	text, err := zr.DecodeAll(onlineretail.Data(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &source{name: onlineretail.Name, decoder: func() adapter.Decoder { return a.NewDecoder(nil) }, fix: func(b *event.Batch, i int) bool {
		if b.CustomerID[i] == "" {
			b.CustomerID[i] = "guest:" + b.OrderID[i]
		}
		from, _ := b.ItemRange(i)
		return b.Items.Price[from] > 0
	}}
	d := s.decoder()
	var all []told
	for first := true; len(all) < lines; {
		advance, record, _ := a.Next(text, true)
		text = text[advance:]
		if first {
			first = false
			continue
		}
		rec := adapter.Record{Payload: record, Source: s.name}
		key, err := d.RouteKey(nil, &rec)
		if err != nil {
			t.Fatal(err)
		}
		b := &event.Batch{}
		d.Decode(b, b.Add(0, 0, 0, record), &rec)
		all = append(all, told{record, b.Time[0], string(key)})
	}
	return s, all
}

// generated is some hours of the life of a shop.
func generated(t *testing.T, seed uint64, events int) (*source, []told) {
	t.Helper()
	c, err := generate.Scenario("default")
	if err != nil {
		t.Fatal(err)
	}
	c.Seed, c.Rate, c.Products, c.Customers, c.Regulars = seed, 2, 200, 20_000, 300
	c.Duplicates, c.Late, c.Broken, c.Skewed = 0, 0, 0, 0
	s, err := generate.New(c)
	if err != nil {
		t.Fatal(err)
	}
	var all []told
	for range events {
		e := s.Next()
		all = append(all, told{bytes.Clone(e.Payload), e.At, string(e.Key)})
	}
	return &source{name: "shop", decoder: func() adapter.Decoder { return native.New().NewDecoder(nil) }}, all
}

// live lets events come, in batches, to the store and to jobs.
func live(t *testing.T, s *source, all []told, jobs []*stream.Job) *world {
	t.Helper()
	store, err := duckdb.Open(duckdb.Config{Path: filepath.Join(t.TempDir(), "world.duckdb"), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	w := &world{t: t, store: store, jobs: jobs, to: make(map[int32]int64)}
	slices.SortStableFunc(all, func(a, b told) int { return int(a.at - b.at) })
	batches := w.batches(s, all)
	w.made = w.batches(s, all)
	results, to := w.run(batches)
	for _, b := range batches {
		w.to[b.Partition] = max(w.to[b.Partition], b.Offset[b.Len()-1]+1)
	}
	c := olap.Commit{Batches: batches, Positions: w.to, Results: results, ResultsTo: to}
	if err := store.Write(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) batches(s *source, all []told) (batches []*event.Batch) {
	offsets := make(map[int32]int64)
	known := make(map[event.ID]bool)
	d := s.decoder()
	for chunk := range slices.Chunk(all, 1000) {
		split := make([]*event.Batch, partitions)
		for _, e := range chunk {
			p := int32(xxh3.HashString(e.key) % partitions)
			if split[p] == nil {
				split[p] = &event.Batch{Partition: p}
			}
			b := split[p]
			s.add(d, b, offsets[p], e)
			offsets[p]++
			if i := b.Len() - 1; known[b.ID[i]] {
				b.Verdict[i] = event.Duplicate
			} else {
				known[b.ID[i]] = true
			}
			w.mark = max(w.mark, e.at)
		}
		for _, b := range split {
			if b != nil {
				batches = append(batches, b)
			}
		}
	}
	return batches
}

// run gives the batches to the jobs, with a commit behind each few, and time that goes on
// for a while behind the last.
func (w *world) run(batches []*event.Batch) (rows []olap.JobRows, to uint64) {
	w.t.Helper()
	if len(w.jobs) == 0 {
		return nil, 0
	}
	tables := make(map[string]*result.Table)
	var defined []olap.JobTable
	for _, j := range w.jobs {
		for _, sink := range j.Sinks() {
			if sink.Kind != stream.Table {
				continue
			}
			table, err := result.NewTable(&sink)
			if err != nil {
				w.t.Fatal(err)
			}
			tables[sink.Name], defined = table, append(defined, table.Table)
		}
	}
	if err := w.store.Define(context.Background(), defined); err != nil {
		w.t.Fatal(err)
	}
	marks, backend := stream.NewWatermarks(5*time.Minute, time.Hour), state.NewMemory()
	engine, err := stream.NewEngine(stream.Config{Jobs: w.jobs, Shards: 4, Backend: backend, Workers: 2, Watermarks: marks, Memory: 1 << 28})
	if err != nil {
		w.t.Fatal(err)
	}
	defer engine.Close()
	var fronts []*stream.Front
	for p := range int32(partitions) {
		f, err := engine.OpenFront(p)
		if err != nil {
			w.t.Fatal(err)
		}
		fronts = append(fronts, f)
	}
	now := int64(0)
	seal := func() {
		now += 2_000_000
		sealed, err := engine.Seal(stream.SealRequest{Now: now, Positions: map[int32]int64{}, Writer: backend})
		if err != nil {
			w.t.Fatal(err)
		}
		engine.Committed()
		for _, f := range fronts {
			f.Committed()
		}
		to = w.add(tables, &sealed, to)
	}
	for p := range int32(partitions) {
		marks.Reached(p, 0) // so that time waits for all of them, as it does in the pass
	}
	reached := make([]int64, partitions)
	for _, b := range batches {
		fronts[b.Partition].Process(b)
		engine.Work()
		reached[b.Partition] = max(reached[b.Partition], newestOf(b))
		marks.Observe(b.Partition, "world", reached[b.Partition], reached[b.Partition])
		seal()
	}
	w.mark = slices.Max(reached) + time.Minute.Microseconds()
	for p := range int32(partitions) {
		marks.Observe(p, "world", w.mark+5*time.Minute.Microseconds(), w.mark)
	}
	seal()
	for _, d := range defined {
		rows = append(rows, tables[d.Name].Take())
	}
	return rows, to
}

// newestOf is the newest time of the accepted events of a batch.
func newestOf(b *event.Batch) (at int64) {
	for i, v := range b.Verdict {
		if v == event.Accepted {
			at = max(at, b.Time[i])
		}
	}
	return at
}

// add takes what a seal publishes.
func (w *world) add(tables map[string]*result.Table, sealed *stream.Sealed, number uint64) (next uint64) {
	w.t.Helper()
	for _, f := range sealed.Failed {
		w.t.Fatalf("job %s: %s\n%s", f.Job, f.Reason, f.Stack)
	}
	for _, o := range sealed.Outputs {
		if o.Sink.Kind != stream.Table {
			continue
		}
		if err := tables[o.Sink.Name].Add(number, o.Row); err != nil {
			w.t.Fatal(err)
		}
		number++
	}
	return number
}

// List and Watermark make a world [explain.Jobs].
func (w *world) List() []*stream.Job    { return w.jobs }
func (w *world) Watermark(string) int64 { return w.mark }

func (w *world) explainer() *explain.Explainer {
	return explain.New(explain.Config{Store: w.store, Jobs: w, Events: w})
}

// query reads a statement.
func (w *world) query(sql string) [][]any {
	w.t.Helper()
	r, err := w.store.Query(context.Background(), olap.Query{SQL: sql, Limits: olap.Limits{Rows: 100_000, Bytes: 1 << 28}})
	if err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
	rows, err := r.All()
	if err != nil {
		w.t.Fatal(err)
	}
	return rows
}

// Read implements [explain.Reader]: what came is decoded and judged again.
func (w *world) Read(_ context.Context, offsets map[int32][]int64, visit func(*event.Batch) error) error {
	for _, b := range w.made {
		wanted := offsets[b.Partition]
		at, _ := slices.BinarySearch(wanted, b.Offset[0])
		if at == len(wanted) || wanted[at] > b.Offset[b.Len()-1] {
			continue
		}
		if err := visit(b); err != nil {
			return err
		}
	}
	return nil
}
