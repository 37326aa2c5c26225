package openlineage_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/eventlog/embedded"
	"github.com/millrace/millrace/internal/lineage/openlineage"
)

// TestKafka sends a run to a topic of a broker and reads it there: its events come in
// their order, and are valid.
func TestKafka(t *testing.T) {
	broker, err := embedded.Open(embedded.Config{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	const topic = "lineage"
	connect := func(opts ...kgo.Opt) *kgo.Client {
		c, err := kgo.NewClient(append(opts, kgo.SeedBrokers(broker.Address()))...)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	client := connect()
	if _, err := kadm.NewClient(client).CreateTopic(t.Context(), 1, 1, nil, topic); err != nil {
		t.Fatal(err)
	}
	h := newHarness(t, func(c *openlineage.Config) { c.Transport = openlineage.NewKafka(client, topic) })
	run := h.Begin(t.Context(), openlineage.Begun{Job: "import.shop", Type: openlineage.JobType{Processing: "BATCH", Type: "IMPORT"}})
	run.Progress(nil, nil)
	run.End(t.Context(), nil, nil, nil)
	h.flush(t) // which closes the client
	if s := h.Stats(); s.Sent != 3 || s.Dropped+s.Refused != 0 {
		t.Errorf("sent, refused, dropped: %+v", s)
	}
	reader := connect(kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer reader.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for len(h.outbox.events) < 3 {
		fetched := reader.PollFetches(ctx)
		if err := fetched.Err(); err != nil {
			t.Fatal(err)
		}
		fetched.EachRecord(func(r *kgo.Record) { h.outbox.events = append(h.outbox.events, r.Value) })
	}
	if got := h.outbox.types(t); !slices.Equal(got, []string{"START import.shop", "RUNNING import.shop", "COMPLETE import.shop"}) {
		t.Errorf("the topic has %v", got)
	}
	compiler := oracle(t)
	for _, text := range h.outbox.events {
		check(t, compiler, text, map[string]bool{})
	}
}
