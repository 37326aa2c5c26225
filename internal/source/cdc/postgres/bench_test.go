package postgres

import (
	"context"
	"testing"

	"github.com/millrace/millrace/adapter/debezium"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/cdc"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/resume"
	"github.com/millrace/millrace/internal/source/resumetest"
)

// sink acknowledges at once, so that what is measured is ours.
type sink struct{ *resumetest.Log }

func (sink) AppendAsync(_ context.Context, entries []eventlog.Entry, done func([]eventlog.Entry, error)) {
	done(entries, nil)
}

// A row change from the server's message to the log's record.
func BenchmarkChange(b *testing.B) {
	log := sink{resumetest.New()}
	cfg := Config{Source: "shop", Adapter: debezium.New(), Tables: []string{"orders"}, Clock: clock.Real()}
	cfg.setDefaults()
	cfg.Log = &resume.Log{Appender: log, Tail: log, Cursors: log, Clock: clock.Real()}
	source := &Source{cfg: cfg, tables: []table{{"public", "orders"}}, meter: new(meter.Registry).Source("shop", "debezium")}
	s := &session{Source: source, server: server{database: "shop"}}
	feed, err := cdc.OpenFeed(b.Context(), s.feed(s.streamName(), "bench"), cdc.Mark[uint64]{})
	if err != nil {
		b.Fatal(err)
	}
	r := &stream{session: s, feed: feed, shapes: make(map[uint32]*shape)}
	relation := message("").u32(16384).text("public").text("orders").bytes('d').u16(6)
	for i, c := range []struct {
		name string
		typ  int
	}{{"id", 20}, {"customer_id", 25}, {"status", 25}, {"total", 1700}, {"updated_at", 1184}, {"attributes", 3802}} {
		key := byte(0)
		if i == 0 {
			key = 1
		}
		relation = relation.bytes(key).text(c.name).u32(c.typ).u32(-1)
	}
	row := message("").u32(16384).tuple('N', "4711", "c-1029", "paid", "128.50", "2026-11-21 10:06:07.123456+00", `{"gift": true, "channel": "web"}`)
	begin := message("").u64(771).u64(814_963_567_123_456).u32(700)
	for kind, body := range map[byte]message{'B': begin, 'R': relation} {
		if err := r.logical(b.Context(), 5, kind, body); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := r.logical(b.Context(), 5, 'I', row); err != nil {
			b.Fatal(err)
		}
	}
}
