package declared_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/generate"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/codec"
	"github.com/millrace/millrace/stream/state"
)

const lateness = 10 * time.Minute

// world is the log of a generated shop: batches in the order in which they come.
type world struct {
	batches []*event.Batch
	marks   []int64         // event time that has been reached behind each
	offsets map[int32]int64 // next
	last    int64           // newest event time
}

// newWorld lets a shop live for so many events, which come in any order within half the
// lateness.
func newWorld(t *testing.T, events, partitions int) *world {
	t.Helper()
	c, err := generate.Scenario("default")
	if err != nil {
		t.Fatal(err)
	}
	c.Seed, c.Rate, c.Products, c.Customers, c.Regulars = 11, 2, 60, 5_000, 300
	c.Duplicates, c.Late, c.Broken, c.Skewed = 0, 0, 0, 0
	shop, err := generate.New(c)
	if err != nil {
		t.Fatal(err)
	}
	type told struct {
		payload []byte
		key     uint64
		arrival int64
	}
	random := rand.New(rand.NewPCG(3, 4))
	all := make([]told, events)
	for i := range all {
		e := shop.Next()
		all[i] = told{bytes.Clone(e.Payload), xxh3.Hash(e.Key), e.At + random.Int64N(lateness.Microseconds()/2)}
	}
	slices.SortStableFunc(all, func(a, b told) int { return int(a.arrival - b.arrival) })
	w := &world{offsets: make(map[int32]int64)}
	decoder := native.New().NewDecoder(nil)
	for chunk := range slices.Chunk(all, 500) {
		split := make([]*event.Batch, partitions)
		for _, e := range chunk {
			p := int32(e.key % uint64(partitions))
			if split[p] == nil {
				split[p] = &event.Batch{Partition: p}
				w.batches = append(w.batches, split[p])
				w.marks = append(w.marks, w.last)
			}
			b := split[p]
			i := b.Add(w.offsets[p], e.arrival, 0, e.payload)
			decoder.Decode(b, i, &adapter.Record{Payload: e.payload, Source: "shop", Position: w.offsets[p]})
			b.Source.Set(i, "shop")
			b.Verdict[i] = event.Accepted
			w.offsets[p]++
		}
		for _, b := range split {
			for i := range b.Len() {
				w.last = max(w.last, b.Time[i])
			}
		}
		w.marks[len(w.marks)-1] = w.last - lateness.Microseconds()/2
	}
	return w
}

// sell makes sales of the items that were looked at: the analytics store keeps no others.
func (w *world) sell() {
	for _, b := range w.batches {
		for i := range b.Items.Len() {
			b.Items.Kind.Set(i, event.KindSale)
		}
	}
}

// record is a result, column by column.
type record map[string]string

// run runs jobs over the world, with commits and crashes at random, until all time is
// over. It returns the rows of their tables that stand, by table.
func (w *world) run(t *testing.T, jobs []*stream.Job, shards int, random *rand.Rand) map[string][]record {
	t.Helper()
	x := &runner{t: t, jobs: jobs, shards: shards, partitions: len(w.offsets), backend: state.NewMemory(), tables: make(map[string]map[string]record)}
	x.open()
	committed, mark, crashes := 0, int64(0), 5
	for i := 0; i < len(w.batches); {
		x.fronts[w.batches[i].Partition].Process(w.batches[i])
		x.engine.Work()
		x.mark = max(x.mark, w.marks[i])
		i++
		switch draw := random.IntN(10); {
		case draw < 4:
			x.commit()
			committed, mark = i, x.mark
		case draw == 4 && crashes > 0:
			crashes--
			x.engine.Close()
			x.open()
			i, x.mark = committed, mark
		}
	}
	x.commit()
	x.mark = w.last + (72 * time.Hour).Microseconds()
	x.commit()
	x.mark += (72 * time.Hour).Microseconds()
	x.commit()
	x.engine.Close()
	stand := make(map[string][]record)
	for name, rows := range x.tables {
		for _, r := range rows {
			if r["retracted"] != "true" {
				stand[name] = append(stand[name], r)
			}
		}
	}
	return stand
}

// runner is an engine over a backend in memory.
type runner struct {
	t          *testing.T
	jobs       []*stream.Job
	partitions int
	shards     int
	backend    *state.Memory
	engine     *stream.Engine
	fronts     []*stream.Front
	watermarks *stream.Watermarks
	now, mark  int64
	tables     map[string]map[string]record
}

func (x *runner) open() {
	x.t.Helper()
	x.watermarks = stream.NewWatermarks(0, 1<<62)
	engine, err := stream.NewEngine(stream.Config{Jobs: x.jobs, Shards: x.shards, Backend: x.backend, Workers: 2, Watermarks: x.watermarks})
	if err != nil {
		x.t.Fatal(err)
	}
	x.engine, x.fronts = engine, nil
	for p := range x.partitions {
		f, err := engine.OpenFront(int32(p))
		if err != nil {
			x.t.Fatal(err)
		}
		x.fronts = append(x.fronts, f)
	}
}

func (x *runner) commit() {
	x.t.Helper()
	if x.mark > 0 {
		x.watermarks.Observe(0, "shop", x.mark, x.mark)
	}
	x.now += time.Second.Microseconds()
	sealed, err := x.engine.Seal(stream.SealRequest{Now: x.now, Positions: map[int32]int64{}, Writer: x.backend})
	if err != nil {
		x.t.Fatal(err)
	}
	for _, f := range sealed.Failed {
		x.t.Fatalf("job %s failed in %s: %s\n%s", f.Job, f.Place, f.Reason, f.Stack)
	}
	x.engine.Committed()
	for _, f := range x.fronts {
		f.Committed()
	}
	for i := range sealed.Outputs {
		x.add(&sealed.Outputs[i])
	}
}

// add takes a row in, as a table does: it replaces that of its key.
func (x *runner) add(o *stream.Output) {
	if o.Sink.Kind != stream.Table {
		return
	}
	text, err := codec.AppendJSON(nil, o.Sink.Schema, o.Row)
	if err != nil {
		x.t.Fatal(err)
	}
	var members map[string]any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&members); err != nil {
		x.t.Fatal(err)
	}
	r, rows := make(record), x.tables[o.Sink.Name]
	for name, v := range members {
		r[name] = canonical(v)
	}
	if rows == nil {
		rows = make(map[string]record)
		x.tables[o.Sink.Name] = rows
	}
	key := fmt.Sprint(len(rows))
	if len(o.Sink.Key) > 0 {
		key = ""
		for _, name := range o.Sink.Key {
			key += r[name] + "|"
		}
	}
	rows[key] = r
}

// canonical writes a value of JSON or of the database so that equal ones are equal.
func canonical(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case time.Time:
		return event.Instant(v.UnixMicro()).String()
	case float64:
		return strconv.FormatFloat(v, 'g', 12, 64)
	case json.Number:
		return trimmed(string(v))
	case olapDecimal:
		return trimmed(v.String())
	case string:
		if _, err := event.ParseMicros(v); err == nil {
			return trimmed(v)
		}
		if d, err := time.ParseDuration(v); err == nil {
			return strconv.FormatInt(d.Nanoseconds(), 10)
		}
		return v
	}
	return fmt.Sprint(v)
}

type olapDecimal interface{ String() string }

// trimmed takes zeros off the end of a decimal number, and rounds one with many digits.
func trimmed(n string) string {
	if f, err := strconv.ParseFloat(n, 64); err == nil && (strings.Contains(n, "e") || len(n) > 15 && strings.Contains(n, ".")) {
		return strconv.FormatFloat(f, 'g', 12, 64)
	}
	if strings.Contains(n, ".") {
		n = strings.TrimRight(strings.TrimRight(n, "0"), ".")
	}
	return n
}
