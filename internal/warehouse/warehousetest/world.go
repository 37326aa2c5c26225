// Package warehousetest feeds an analytics store as the pass does, for tests of what is
// computed from its tables: native events by script, and the orders of Online Retail.
package warehousetest

import (
	"bufio"
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/examples/onlineretail"
	"github.com/millrace/millrace/internal/store/olap"
)

// World writes events to a store.
type World struct {
	T     testing.TB
	Store olap.Store
	next  map[int32]int64
}

// New returns a world of a store, which may have events already.
func New(t testing.TB, store olap.Store) *World {
	t.Helper()
	w := &World{T: t, Store: store, next: make(map[int32]int64)}
	p, err := store.Positions(t.Context())
	w.must(err)
	for partition, offset := range p.Offsets {
		w.next[partition] = offset
	}
	return w
}

func (w *World) must(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// received is when the log takes the first event.
var received = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// Batch decodes native events, one JSON object a line, as records of a partition from its
// next offset on. Those without an id get one of their text.
func (w *World) Batch(partition int32, lines string) *event.Batch {
	w.T.Helper()
	b := &event.Batch{Partition: partition}
	decoder := native.New().NewDecoder(nil)
	for line := range strings.Lines(lines) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		w.decode(b, decoder, []byte(line), 0)
	}
	return b
}

func (w *World) decode(b *event.Batch, d adapter.Decoder, payload []byte, occurrence uint32) {
	w.T.Helper()
	offset := w.next[b.Partition]
	w.next[b.Partition]++
	at := received.UnixMicro() + offset*1000
	i := b.Add(offset, at, offset, payload)
	b.Source.Set(i, "shop")
	b.Stream.Set(i, "test")
	d.Decode(b, i, &adapter.Record{Payload: payload, Source: "shop", Stream: "test", Received: at, Occurrence: occurrence})
	for _, p := range b.Problems {
		w.T.Fatalf("%s: %s: %s", payload, p.Field, p.Message)
	}
	b.Verdict[i] = event.Accepted
}

// Write stores batches in one commit.
func (w *World) Write(batches ...*event.Batch) {
	w.T.Helper()
	c := olap.Commit{Batches: batches, Positions: make(map[int32]int64)}
	for _, b := range batches {
		c.Positions[b.Partition] = w.next[b.Partition]
	}
	w.must(w.Store.Write(w.T.Context(), c))
}

// Retail returns every step-th record of Online Retail, in the order of the file.
func Retail(t testing.TB, step int) []Line {
	t.Helper()
	z, err := zstd.NewReader(bytes.NewReader(onlineretail.Data()))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var lines []Line
	in := bufio.NewScanner(z)
	seen := make(map[string]uint32)
	for n := 0; in.Scan(); n++ {
		if n == 0 || n%step != 0 {
			continue
		}
		text := strings.Clone(in.Text())
		seen[text]++
		lines = append(lines, Line{[]byte(text), seen[text]})
	}
	if in.Err() != nil {
		t.Fatal(in.Err())
	}
	return lines
}

// Line is a record of Online Retail, and its number among equal ones.
type Line struct {
	Text       []byte
	Occurrence uint32
}

// RetailBatch decodes lines as records of a partition. Those without a price are not
// accepted, and guests have a customer of their own, as the example's rules do.
func (w *World) RetailBatch(partition int32, lines []Line) *event.Batch {
	w.T.Helper()
	a, err := onlineretail.Adapter()
	w.must(err)
	d := a.NewDecoder(nil)
	b := &event.Batch{Partition: partition}
	for _, l := range lines {
		w.decode(b, d, l.Text, l.Occurrence)
		i := b.Len() - 1
		from, _ := b.ItemRange(i)
		if b.Items.Price[from] <= 0 {
			b.Verdict[i] = event.Duplicate // it is in no table of accepted events
		}
		if b.CustomerID[i] == "" {
			b.CustomerID[i] = "guest:" + b.OrderID[i]
		}
	}
	return b
}
