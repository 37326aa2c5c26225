package eventlog_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/eventlog"
)

func messages(topic string, from, to int) []eventlog.Message {
	var all []eventlog.Message
	for n := from; n < to; n++ {
		all = append(all, eventlog.Message{
			Topic: topic, Number: uint64(n), Key: fmt.Appendf(nil, "k%d", n%7), Value: fmt.Appendf(nil, `{"n":%d}`, n), Time: time.UnixMicro(int64(n) * 1000),
		})
	}
	return all
}

func publisher(t *testing.T, topic *eventlog.Topic, name string) *eventlog.Publisher {
	t.Helper()
	p, err := eventlog.OpenPublisher(topic, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// published reads a topic until want records have come, and a moment longer.
func published(t *testing.T, topic *eventlog.Topic, name string, want int) []*kgo.Record {
	t.Helper()
	client, err := topic.Client(kgo.ConsumeTopics(name), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.FetchMaxWait(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var all []*kgo.Record
	limit, wait := time.Minute, 300*time.Millisecond
	for {
		d := limit
		if len(all) >= want {
			d = wait
		}
		ctx, cancel := context.WithTimeout(t.Context(), d)
		fetches := client.PollFetches(ctx)
		cancel()
		if fetches.NumRecords() == 0 {
			return all
		}
		all = append(all, fetches.Records()...)
	}
}

// onceEach checks that the topic has the numbers below want, once each, and in their
// order within each key.
func onceEach(t *testing.T, records []*kgo.Record, want int) {
	t.Helper()
	seen, newest := make(map[string]int), make(map[string]int)
	for _, r := range records {
		n := 0
		if _, err := fmt.Sscanf(string(r.Value), `{"n":%d}`, &n); err != nil {
			t.Fatal(err)
		}
		seen[string(r.Value)]++
		if before, ok := newest[string(r.Key)]; ok && n <= before {
			t.Errorf("key %s has %d behind %d", r.Key, n, before)
		}
		newest[string(r.Key)] = n
		if !r.Timestamp.Equal(time.UnixMicro(int64(n) * 1000)) {
			t.Errorf("result %d has the time %v", n, r.Timestamp)
		}
	}
	if len(seen) != want || len(records) != want {
		t.Errorf("%d results, of them %d different; want %d", len(records), len(seen), want)
	}
}

func TestResultsArePublishedOnce(t *testing.T) {
	_, topic := broker(t, t.TempDir(), "", 3)
	p := publisher(t, topic, "shop")
	for _, part := range [][2]int{{0, 50}, {30, 80}, {80, 81}, {0, 81}} {
		if err := p.Publish(t.Context(), messages("alerts", part[0], part[1])); err != nil {
			t.Fatal(err)
		}
	}
	// The next process begins where its outbox does.
	p = publisher(t, topic, "shop")
	if err := p.Publish(t.Context(), append(messages("alerts", 40, 200), messages("totals", 200, 300)...)); err != nil {
		t.Fatal(err)
	}
	onceEach(t, published(t, topic, "alerts", 200), 200)
	if n := len(published(t, topic, "totals", 100)); n != 100 {
		t.Errorf("the other topic has %d results", n)
	}
}

// After a failure the publisher does not know what the topic has, and reads it back.
func TestAFailedPublishIsRepeated(t *testing.T) {
	_, topic := broker(t, t.TempDir(), "", 2)
	p := publisher(t, topic, "shop")
	if err := p.Publish(t.Context(), messages("alerts", 0, 10)); err != nil {
		t.Fatal(err)
	}
	given, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Publish(given, messages("alerts", 10, 20)); err == nil {
		t.Fatal("publishing under an ended context succeeded")
	}
	if err := p.Publish(t.Context(), messages("alerts", 0, 30)); err != nil {
		t.Fatal(err)
	}
	onceEach(t, published(t, topic, "alerts", 30), 30)
}

// A new data folder numbers from 0 again: its results are others.
func TestAnotherNumberingIsNotMistakenForTheOwn(t *testing.T) {
	_, topic := broker(t, t.TempDir(), "", 1)
	for _, name := range []string{"before", "after"} {
		if err := publisher(t, topic, name).Publish(t.Context(), messages("alerts", 0, 5)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(published(t, topic, "alerts", 10)); n != 10 {
		t.Errorf("%d results of two publishers, want 10", n)
	}
}

func TestTheRawTopicTakesNoResults(t *testing.T) {
	_, topic := broker(t, t.TempDir(), "", 1)
	err := publisher(t, topic, "shop").Publish(t.Context(), messages(topic.Name(), 0, 1))
	if err == nil || !strings.Contains(err.Error(), "choose another") {
		t.Errorf("error: %v", err)
	}
}
