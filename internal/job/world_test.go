package job_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/codec"
	"github.com/millrace/millrace/stream/state"
)

// told is an event as its sender tells it.
type told struct {
	payload []byte
	at      int64
	key     string // which the log is partitioned by
}

// reader decodes what a sender tells. fix judges and corrects an event as the rules of
// its source do, and reports whether it is accepted.
type reader struct {
	adapter.Decoder
	source string
	fix    func(b *event.Batch, i int) bool
}

// arrival is the log of a shop: batches in the order in which they come, and the event
// time that has been reached behind each.
type arrival struct {
	batches []*event.Batch
	marks   []int64
	offsets map[int32]int64 // next
	last    int64           // newest event time
	known   map[event.ID]bool
}

// arrive lets events come in any order within a disorder, in batches of one partition.
func arrive(r reader, all []told, partitions int, disorder time.Duration, random *rand.Rand) *arrival {
	type place struct {
		told
		at int64
	}
	order := make([]place, len(all))
	for i, e := range all {
		order[i] = place{e, e.at + random.Int64N(max(1, disorder.Microseconds()))}
	}
	slices.SortStableFunc(order, func(a, b place) int { return int(a.at - b.at) })
	a := &arrival{offsets: make(map[int32]int64), known: make(map[event.ID]bool)}
	reached := int64(0)
	const size = 1500
	for chunk := range slices.Chunk(order, size) {
		split := make([]*event.Batch, partitions)
		for _, e := range chunk {
			p := int32(xxh3.HashString(e.key) % uint64(partitions))
			if split[p] == nil {
				split[p] = &event.Batch{Partition: p}
			}
			a.add(r, split[p], e.told)
		}
		for _, b := range split {
			if b != nil {
				a.batches = append(a.batches, b)
				a.marks = append(a.marks, reached)
			}
		}
		// Time moves on when the whole chunk is there.
		reached = a.last
		a.marks[len(a.marks)-1] = reached
	}
	return a
}

func (a *arrival) add(r reader, b *event.Batch, e told) {
	offset := a.offsets[b.Partition]
	a.offsets[b.Partition]++
	i := b.Add(offset, e.at, 0, e.payload)
	b.Source.Set(i, r.source)
	r.Decode(b, i, &adapter.Record{Payload: e.payload, Source: r.source, Position: offset})
	b.Verdict[i] = event.Quarantined
	if len(b.Problems) > 0 && b.Problems[len(b.Problems)-1].Event == int32(i) {
		panic(fmt.Sprintf("%s: %v", e.payload, b.Problems[len(b.Problems)-1]))
	}
	switch {
	case a.known[b.ID[i]]:
		b.Verdict[i] = event.Duplicate
	case r.fix == nil || r.fix(b, i):
		b.Verdict[i] = event.Accepted
	}
	a.known[b.ID[i]] = true
	a.last = max(a.last, b.Time[i])
}

// failer is a test, or one draw of a property.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// shop runs jobs over an arrival.
type shop struct {
	t          failer
	jobs       []*stream.Job
	partitions int
	shards     int
	backend    *state.Memory
	engine     *stream.Engine
	fronts     []*stream.Front
	watermarks *stream.Watermarks
	now        int64
	mark       int64
	results    tables
}

func openShop(t failer, jobs []*stream.Job, partitions, shards int) *shop {
	t.Helper()
	s := &shop{t: t, jobs: jobs, partitions: partitions, shards: shards, backend: state.NewMemory(), results: make(tables)}
	s.open()
	return s
}

func (s *shop) open() {
	s.t.Helper()
	s.watermarks = stream.NewWatermarks(0, 1<<62)
	engine, err := stream.NewEngine(stream.Config{Jobs: s.jobs, Shards: s.shards, Backend: s.backend, Workers: 2, Watermarks: s.watermarks})
	if err != nil {
		s.t.Fatal(err)
	}
	s.engine, s.fronts = engine, nil
	for p := range s.partitions {
		f, err := engine.OpenFront(int32(p))
		if err != nil {
			s.t.Fatal(err)
		}
		s.fronts = append(s.fronts, f)
	}
}

// live processes an arrival, with commits now and then and crashes at random: what
// was not committed is lost, and comes again.
func (s *shop) live(a *arrival, random *rand.Rand, crashes int) {
	s.t.Helper()
	committed, mark := 0, int64(0)
	for i := 0; i < len(a.batches); {
		s.fronts[a.batches[i].Partition].Process(a.batches[i])
		s.engine.Work()
		s.mark = max(s.mark, a.marks[i])
		i++
		switch draw := random.IntN(10); {
		case draw < 4:
			s.commit()
			committed, mark = i, s.mark
		case draw == 4 && crashes > 0:
			crashes--
			s.engine.Close()
			s.open()
			i, s.mark = committed, mark
		}
	}
	s.commit()
}

// reach moves event time on, and commits.
func (s *shop) reach(at int64) {
	s.t.Helper()
	s.mark = at
	s.now += time.Hour.Microseconds() // so that early results are due
	s.commit()
}

func (s *shop) commit() {
	s.t.Helper()
	if s.mark != 0 {
		s.watermarks.Observe(0, "test", s.mark, s.mark)
	}
	s.now += 300_000
	sealed, err := s.engine.Seal(stream.SealRequest{Now: s.now, Positions: map[int32]int64{}, Writer: s.backend})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range sealed.Failed {
		s.t.Fatalf("job %s failed: %s\n%s", f.Job, f.Reason, f.Stack)
	}
	s.engine.Committed()
	for _, f := range s.fronts {
		f.Committed()
	}
	for i := range sealed.Outputs {
		if o := &sealed.Outputs[i]; o.Sink.Kind == stream.Table {
			s.results.add(s.t, o)
		}
	}
}

// tables are the rows that stand, by table and key.
type tables map[string]map[string]row

// row is a result, column by column.
type row map[string]string

func (r row) String() string {
	var b strings.Builder
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range r {
			if !yield(name) {
				return
			}
		}
	}) {
		fmt.Fprintf(&b, " %s=%s", name, r[name])
	}
	return b.String()
}

// key joins the values of columns.
func (r row) key(columns []string) string {
	values := make([]string, len(columns))
	for i, c := range columns {
		values[i] = r[c]
	}
	return strings.Join(values, "|")
}

func (tables tables) add(t failer, o *stream.Output) {
	t.Helper()
	text, err := codec.AppendJSON(nil, o.Sink.Schema, o.Row)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var members map[string]any
	if err := decoder.Decode(&members); err != nil {
		t.Fatal(err)
	}
	r := make(row)
	flatten(r, members)
	rows := tables[o.Sink.Name]
	if rows == nil {
		rows = make(map[string]row)
		tables[o.Sink.Name] = rows
	}
	key := r.key(o.Sink.Key)
	if was := rows[key]; was != nil && was["retracted"] != "true" && number(was["revision"]) >= number(r["revision"]) {
		t.Fatalf("%s: revision %s of %s after %s", o.Sink.Name, r["revision"], key, was["revision"])
	}
	rows[key] = r
}

func number(text string) (n int64) {
	_, _ = fmt.Sscan(text, &n)
	return n
}

func flatten(r row, members map[string]any) {
	for name, v := range members {
		switch v := v.(type) {
		case map[string]any:
			inner := make(row)
			flatten(inner, v)
			for column, text := range inner {
				if strings.HasPrefix(column, "attempts_") { // each party has them
					column = name + "_" + column
				}
				r[column] = text
			}
		default:
			r[name] = canonical(v)
		}
	}
}

// snapshot copies the rows of a table that stand.
func (tables tables) snapshot(name string) map[string]row {
	stand := make(map[string]row)
	for key, r := range tables[name] {
		if r["retracted"] != "true" {
			stand[key] = r
		}
	}
	return stand
}
