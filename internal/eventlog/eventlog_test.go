package eventlog_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/eventlog/embedded"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/runtime/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// broker starts an embedded broker over dir, and opens the raw topic on it.
func broker(t *testing.T, dir, listen string, partitions int) (*embedded.Broker, *eventlog.Topic) {
	t.Helper()
	b, err := embedded.Open(embedded.Config{Dir: dir, Listen: listen, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	cfg := config.Default().Log
	cfg.Partitions = partitions
	topic, err := eventlog.OpenTopic(t.Context(), eventlog.Config{Log: cfg, Seeds: []string{b.Address()}, Dial: b.Dial()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(topic.Close)
	return b, topic
}

func writer(t *testing.T, topic *eventlog.Topic, hooks ...kgo.Hook) *eventlog.Writer {
	t.Helper()
	w, err := eventlog.OpenWriter(topic, hooks...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

func entries(stream string, from, n int) []eventlog.Entry {
	out := make([]eventlog.Entry, n)
	for i := range out {
		out[i] = eventlog.Entry{
			Key: fmt.Appendf(nil, "customer-%d", i%17),
			Record: adapter.Record{
				Payload: fmt.Appendf(nil, `{"n":%d}`, from+i), Source: "web", Adapter: "native", Stream: stream,
				Line: int64(from + i), Position: int64(from + i + 1),
			},
		}
	}
	return out
}

func TestWhatIsAcknowledgedIsThereAfterARestart(t *testing.T) {
	for _, listen := range []string{"", "127.0.0.1:0"} {
		t.Run("listen="+listen, func(t *testing.T) {
			dir := t.TempDir()
			b, topic := broker(t, dir, listen, 3)
			w := writer(t, topic)
			batch := entries("a.csv", 0, 1000)
			if err := w.Append(t.Context(), batch); err != nil {
				t.Fatal(err)
			}
			w.Close()
			topic.Close()
			b.Close()

			_, topic = broker(t, dir, listen, 3)
			for _, e := range batch[:20] {
				s, err := topic.Get(t.Context(), e.Partition, e.Offset)
				if err != nil {
					t.Fatal(err)
				}
				if string(s.Record.Payload) != string(e.Record.Payload) || s.Record.Line != e.Record.Line || s.Record.Source != "web" {
					t.Fatalf("coordinates %d/%d hold %q line %d", e.Partition, e.Offset, s.Record.Payload, s.Record.Line)
				}
			}
			if _, err := topic.Get(t.Context(), 0, 1<<40); !errors.Is(err, eventlog.ErrGone) {
				t.Fatalf("offset behind the end: %v", err)
			}
		})
	}
}

func TestReadBackFindsTheRecordsOfAStream(t *testing.T) {
	_, topic := broker(t, t.TempDir(), "127.0.0.1:0", 4)
	w := writer(t, topic)
	append1 := func(stream string, from, n int) {
		t.Helper()
		if err := w.Append(t.Context(), entries(stream, from, n)); err != nil {
			t.Fatal(err)
		}
	}
	append1("a.csv", 0, 100)
	cursor, err := topic.EndOffsets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	append1("a.csv", 100, 50)
	append1("b.csv", 0, 50)
	seen := map[int64]int{}
	err = topic.Positions(t.Context(), "web", "a.csv", cursor, func(_ int32, _, position int64) { seen[position]++ })
	if err != nil {
		t.Fatal(err)
	}
	for position := int64(101); position <= 150; position++ {
		if seen[position] != 1 {
			t.Fatalf("position %d was read back %d times", position, seen[position])
		}
	}
	if len(seen) != 50 {
		t.Fatalf("read back %d positions, want 50", len(seen))
	}
}

func TestEntriesOfOneCallerKeepTheirOrder(t *testing.T) {
	_, topic := broker(t, t.TempDir(), "127.0.0.1:0", 4)
	w := writer(t, topic)
	var landed sync.WaitGroup
	for k := range 50 {
		landed.Add(1)
		w.AppendAsync(t.Context(), entries("a.csv", k*100, 100), func(_ []eventlog.Entry, err error) {
			defer landed.Done()
			if err != nil {
				t.Error(err)
			}
		})
	}
	landed.Wait()
	last := map[int32]int64{}
	err := topic.Positions(t.Context(), "web", "a.csv", nil, func(p int32, _, position int64) {
		if position <= last[p] {
			t.Fatalf("partition %d: position %d after %d", p, position, last[p])
		}
		last[p] = position
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPartitionAgreesWithOtherKafkaClients(t *testing.T) {
	_, topic := broker(t, t.TempDir(), "", 7)
	w := writer(t, topic)
	oracle := kgo.StickyKeyPartitioner(nil).ForTopic("t")
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "key")
		if key == nil {
			key = []byte{}
		}
		want := oracle.Partition(&kgo.Record{Key: key}, 7)
		if got := w.Partition(key); int(got) != want {
			t.Fatalf("key %x: partition %d, other clients say %d", key, got, want)
		}
	})
}

func TestMetadataSurvivesTheHeader(t *testing.T) {
	var parser eventlog.MetaParser
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-z\t\n\r\\ "é]{0,12}`)
		want := adapter.Record{
			Source: text.Draw(t, "source"), Adapter: text.Draw(t, "adapter"), Stream: text.Draw(t, "stream"),
			Request: text.Draw(t, "request"), Envelope: text.Draw(t, "envelope"), Reject: text.Draw(t, "reject"),
			Line: rapid.Int64Range(-1e17, 1e17).Draw(t, "line"), Position: rapid.Int64Range(0, 1e17).Draw(t, "position"),
			Occurrence: rapid.Uint32().Draw(t, "occurrence"), Skew: rapid.Int64Range(-1e17, 1e17).Draw(t, "skew"),
		}
		var got adapter.Record
		if err := parser.Parse(eventlog.AppendMeta(nil, &want), &got); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", want) {
			t.Fatalf("got  %#v\nwant %#v", got, want)
		}
	})
}

func FuzzMetaParser(f *testing.F) {
	f.Add([]byte("1\tweb\tnative\thttp\t\t\t1\t2\t0\t-5\treq"))
	f.Add([]byte("1\t\t\t\t\t\t\t\t\t\t"))
	f.Add([]byte(strings.Repeat("\t", 12)))
	f.Fuzz(func(t *testing.T, header []byte) {
		var p eventlog.MetaParser
		var r, again adapter.Record
		if p.Parse(header, &r) != nil {
			return
		}
		if err := p.Parse(eventlog.AppendMeta(nil, &r), &again); err != nil || fmt.Sprintf("%#v", r) != fmt.Sprintf("%#v", again) {
			t.Fatalf("%q reads as %#v, written again as %#v (%v)", header, r, again, err)
		}
	})
}

func TestRetentionRemovesWhatIsProcessedAndNothingElse(t *testing.T) {
	b, topic := broker(t, t.TempDir(), "", 1)
	now := clock.NewFake(time.Unix(1_700_000_000, 0))
	processed := map[int32]int64{}
	r := eventlog.NewRetention(topic, b, func() map[int32]int64 { return processed }, now, slog.New(slog.DiscardHandler))
	w := writer(t, topic, r)
	start := func() int64 {
		t.Helper()
		if err := r.Apply(t.Context()); err != nil {
			t.Fatal(err)
		}
		s, err := topic.StartOffsets(context.WithoutCancel(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		return s[0]
	}
	if err := w.Append(t.Context(), entries("a", 0, 100)); err != nil {
		t.Fatal(err)
	}
	if got := start(); got != 0 {
		t.Fatalf("a fresh log starts at %d", got)
	}
	now.Advance(config.Default().Log.Retention + time.Hour)
	if got := start(); got != 0 {
		t.Fatalf("unprocessed records were removed: the log starts at %d", got)
	}
	processed[0] = 60
	if got := start(); got != 60 {
		t.Fatalf("the log starts at %d, want 60: the rest is not processed", got)
	}
}

// Topics besides the raw one are bounded in size, whatever the age of their records; the
// broker itself never removes what is in the raw one, whoever starts its cleaner.
func TestTheBrokersOwnRetention(t *testing.T) {
	b, raw := broker(t, t.TempDir(), "127.0.0.1:0", 1)
	cfg := config.Default().Log
	cfg.Partitions, cfg.TopicRetention = 1, config.MiB
	topic, err := eventlog.OpenTopic(t.Context(), eventlog.Config{Log: cfg, Seeds: []string{b.Address()}})
	if err != nil {
		t.Fatal(err)
	}
	defer topic.Close()
	if err := writer(t, raw).Append(t.Context(), entries("a", 0, 100)); err != nil {
		t.Fatal(err)
	}
	for name, kilobytes := range map[string]int{"old": 100, "large": 3000} {
		if err := topic.EnsureSource(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		client, err := topic.Client(kgo.DefaultProduceTopic(name), kgo.ProducerBatchMaxBytes(64<<10), kgo.ProducerBatchCompression(kgo.NoCompression()))
		if err != nil {
			t.Fatal(err)
		}
		for range kilobytes {
			client.Produce(t.Context(), &kgo.Record{Value: make([]byte, 1000), Timestamp: time.Unix(1_300_000_000, 0)}, nil)
		}
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		client.Close()
	}
	b.Cluster().ApplyRetention()
	starts, err := raw.StartOffsets(t.Context())
	if err != nil || starts[0] != 0 {
		t.Errorf("the raw topic starts at %d: %v", starts[0], err)
	}
	if n := b.Bytes("old", 0); n < 100_000 {
		t.Errorf("old records were removed: %d bytes are left", n)
	}
	if n := b.Bytes("large", 0); n == 0 || n > int64(config.MiB) {
		t.Errorf("the large topic has %d bytes", n)
	}
}

func TestAPortInUseIsSaidClearly(t *testing.T) {
	b, _ := broker(t, t.TempDir(), "127.0.0.1:0", 1)
	_, err := embedded.Open(embedded.Config{Dir: t.TempDir(), Listen: b.Address()})
	if err == nil || !strings.Contains(err.Error(), "log.listen") || !strings.Contains(err.Error(), b.Address()) {
		t.Fatalf("error %v does not name the address and the setting", err)
	}
}

// A partition that is held is not read, what the client had fetched of it neither; then it
// goes on where it was.
func TestAHeldPartitionWaits(t *testing.T) {
	_, topic := broker(t, t.TempDir(), "", 2)
	if err := writer(t, topic).Append(t.Context(), entries("s", 0, 2000)); err != nil {
		t.Fatal(err)
	}
	c, err := eventlog.OpenConsumer(topic, map[int32]int64{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ends, err := topic.EndOffsets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	read := make(map[int32]int64)
	poll := func(until func() bool) {
		t.Helper()
		for !until() {
			if err := c.Poll(t.Context(), func(p int32, records []*kgo.Record) {
				if records[0].Offset != read[p] {
					t.Fatalf("partition %d goes on at %d, it was read up to %d", p, records[0].Offset, read[p])
				}
				read[p] += int64(len(records))
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.Hold([]int32{0})
	poll(func() bool { return read[1] == ends[1] })
	if read[0] != 0 {
		t.Errorf("%d records of the held partition were read", read[0])
	}
	c.Hold([]int32{1})
	poll(func() bool { return read[0] == ends[0] })
	c.Hold(nil)
	if ends[0] == 0 || ends[1] == 0 {
		t.Errorf("the ends are %v: the test needs records in both partitions", ends)
	}
}
