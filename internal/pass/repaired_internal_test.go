package pass

import (
	"bytes"
	"slices"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/eventlog/embedded"
	"github.com/millrace/millrace/internal/runtime/config"
)

// Acts are found in whatever order they are asked for, and what is read ahead stays
// within its bound.
func TestRepairsAreReadAheadWithinABound(t *testing.T) {
	b, err := embedded.Open(embedded.Config{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	cfg := config.Default().Log
	cfg.Partitions = 1
	topic, err := eventlog.OpenTopic(t.Context(), eventlog.Config{Log: cfg, Seeds: []string{b.Address()}})
	if err != nil {
		t.Fatal(err)
	}
	defer topic.Close()
	writer, err := eventlog.OpenWriter(topic)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	acts := make([]eventlog.ActEntry, 60)
	for i := range acts {
		acts[i].Act = eventlog.Act{Kind: event.Redrive, ID: event.NewID("shop", []byte{byte(i)}).String(), By: "ann"}
		acts[i].Record = adapter.Record{Source: "shop", Adapter: "words", Payload: bytes.Repeat([]byte{byte(i)}, 1000)}
	}
	if err := writer.AppendActs(t.Context(), acts); err != nil {
		t.Fatal(err)
	}
	order := make([]int64, len(acts))
	for i := range order {
		order[i] = int64(i)
	}
	slices.Reverse(order[10:])
	const limit = 10_000
	r := newRepairs(topic, 0, limit)
	r.to, r.window = int64(len(acts)), aheadOffsets
	for _, at := range order {
		k, err := r.take(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		if k.Offset != at || k.Value[0] != byte(at) {
			t.Errorf("asked for %d, got %d", at, k.Offset)
		}
		held := 0
		for _, k := range r.ahead {
			held += weightOf(k)
		}
		if held != r.bytes || held > limit+2000 {
			t.Errorf("behind offset %d %d bytes are held, counted are %d", at, held, r.bytes)
		}
	}
	if _, err := r.take(t.Context(), 0); err != nil {
		t.Errorf("an act that was taken is gone: %v", err)
	}
	if _, err := r.take(t.Context(), r.to); err == nil {
		t.Error("an act behind the end was found")
	}
}
