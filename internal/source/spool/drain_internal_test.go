package spool

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/eventlog"
)

func TestASegmentIsNotLeftWhileItHasMore(t *testing.T) {
	one, two := &segment{first: 1, durable: 100}, &segment{first: 9, durable: 8}
	s := &Spool{segments: []*segment{one, two}}
	for _, c := range []struct {
		name string
		from *segment
		at   int64
		next *segment
		grew bool
	}{
		{"before all", nil, 0, one, false},
		{"a group was written since", one, 60, nil, true},
		{"read to its end", one, 100, two, false},
		{"the newest", two, 8, nil, false},
		{"the newest, not yet read", two, 0, nil, true},
	} {
		if next, grew := s.segmentAfter(c.from, c.at); next != c.next || grew != c.grew {
			t.Errorf("%s: got %v, %v", c.name, next, grew)
		}
	}
}

func TestMetadataThatNobodyReadsMakesARefusedRecord(t *testing.T) {
	r := adapter.Record{Source: "till", Adapter: "native", Stream: "mqtt:" + strings.Repeat("x", 1<<16), Payload: bytes.Repeat([]byte("p"), 5000)}
	d := drainer{spool: &Spool{o: Options{Logger: slog.New(slog.DiscardHandler)}}}
	d.add(&frame{sequence: 7, received: time.Unix(1, 0).UnixMicro(), key: []byte("k"), meta: eventlog.AppendMeta(nil, &r), payload: r.Payload})
	d.add(&frame{sequence: 8, meta: []byte("no metadata"), payload: []byte("short")})
	if got := d.entries[0].Record; got.Source != "till" || got.Adapter != "native" || got.Stream != "" ||
		got.Reject != "envelope_too_large" || len(got.Payload) != 1024 || string(d.entries[0].Key) != "k" {
		t.Errorf("the record is %.200v", got)
	}
	if got := d.entries[1].Record; got.Source != "" || got.Reject != "envelope_too_large" || string(got.Payload) != "short" {
		t.Errorf("the record is %v", got)
	}
}
