package kafkasource_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/runtime/clock"
	kafkasource "github.com/millrace/millrace/internal/source/kafka"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/resume"
	"github.com/millrace/millrace/internal/source/resumetest"
	"github.com/millrace/millrace/internal/source/transcode"
)

// foreign is a topic of another cluster, and the log that it goes to.
type foreign struct {
	t      *testing.T
	c      *cluster
	log    *resumetest.Log
	meters *meter.Registry
}

func newForeign(t *testing.T) *foreign {
	t.Helper()
	f := &foreign{t: t, c: start(t), log: resumetest.New()}
	if err := f.c.topic.EnsureSource(t.Context(), "orders"); err != nil {
		t.Fatal(err)
	}
	return f
}

// run takes events until enough says so.
func (f *foreign) run(enough func() bool, change func(*kafkasource.Config)) {
	f.t.Helper()
	f.meters = new(meter.Registry)
	cfg := kafkasource.Config{
		Topic: "orders", Source: "shop", Adapter: plain{}, Client: f.c.client, Clock: clock.Real(), Meters: f.meters,
		Log: &resume.Log{Appender: f.log, Tail: f.log, Cursors: f.log, Clock: clock.Real()}, Checkpoint: 10 * time.Millisecond,
		Random: func() float64 { return 0 },
	}
	change(&cfg)
	ctx, cancel := context.WithCancel(f.t.Context())
	done := make(chan error, 1)
	go func() { done <- kafkasource.New(cfg).Run(ctx) }()
	for deadline := time.Now().Add(time.Minute); !enough(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			f.t.Fatalf("waited too long; %d records, %+v", f.log.Total(), f.meters.Stats())
		}
	}
	cancel()
	if err := <-done; err != nil {
		f.t.Fatal(err)
	}
}

func (f *foreign) total(n int) func() bool { return func() bool { return f.log.Total() >= n } }

func (f *foreign) records() []string {
	var found []string
	for p := range int32(resumetest.Partitions) {
		for _, e := range f.log.Records(p) {
			found = append(found, fmt.Sprintf("%s %s %s", e.Record.Payload, e.Record.Envelope, e.Record.Reject))
		}
	}
	slices.Sort(found)
	return found
}

func TestANewSourceMayBeginAtTheEndOfATopic(t *testing.T) {
	f := newForeign(t)
	f.c.produce(t, 0, 10)
	latest := func(c *kafkasource.Config) { c.Latest = true }
	f.run(func() bool { all := f.meters.Stats(); return len(all) == 1 && all[0].State == meter.Running }, latest)
	f.c.produce(t, 10, 15) // while it does not run
	f.run(f.total(5), latest)
	if got := f.records(); len(got) != 5 || !strings.HasPrefix(got[0], "event-10") {
		t.Errorf("the log has %q", got)
	}
}

func TestAGroupAndTheMeterShowHowFarTheSourceIs(t *testing.T) {
	f := newForeign(t)
	f.c.produce(t, 0, 100)
	client, err := f.c.client()
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	committed := func() bool {
		offsets, err := admin.FetchOffsets(t.Context(), "millrace-shop")
		if err != nil {
			return false
		}
		sum := int64(0)
		offsets.Each(func(o kadm.OffsetResponse) { sum += o.At })
		return sum == 100
	}
	f.run(committed, func(c *kafkasource.Config) { c.Group = "millrace-shop" })
	if s := f.meters.Stats()[0]; s.Lag != 0 || s.Events != 100 {
		t.Errorf("%+v", s)
	}
}

func TestPartitionsThatAreAddedAreRead(t *testing.T) {
	f := newForeign(t)
	client, err := f.c.client(kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	produce := func(partition int32, value string) {
		t.Helper()
		err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "orders", Partition: partition, Value: []byte(value)}).FirstErr()
		if err != nil {
			t.Fatal(err)
		}
	}
	produce(0, "a")
	var added atomic.Bool
	f.run(func() bool {
		if f.log.Total() == 1 && !added.Swap(true) {
			admin := kadm.NewClient(client)
			if _, err := admin.CreatePartitions(t.Context(), 1, "orders"); err != nil {
				t.Fatal(err)
			}
			client.ForceMetadataRefresh()
			for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
				err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "orders", Partition: 3, Value: []byte("b")}).FirstErr()
				if err == nil {
					break
				}
				if time.Now().After(deadline) {
					t.Fatal(err)
				}
			}
		}
		return f.log.Total() == 2
	}, func(c *kafkasource.Config) { c.Latest = false })
}

// codec answers as a transcoder does, and as one whose registry is down.
type codec struct{ down atomic.Int32 }

func (c *codec) Append(_ context.Context, dst, record []byte, limit int) ([]byte, error) {
	switch {
	case c.down.Add(-1) >= 0:
		return dst, errors.New("connection refused")
	case record[len(record)-1] == '!':
		return dst, transcode.ErrUndecodable
	case record[len(record)-1] == '?':
		return dst, transcode.ErrSchemaUnknown
	case len(record) > limit/2:
		return dst, transcode.ErrTooLarge
	}
	return fmt.Appendf(dst, `{"was":%q}`, record), nil
}

func TestRecordsOfARegistryWaitForItAndAreTranscoded(t *testing.T) {
	f := newForeign(t)
	client, err := f.c.client()
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	record := func(key, value string, headers ...kgo.RecordHeader) *kgo.Record {
		return &kgo.Record{Topic: "orders", Key: []byte(key), Value: []byte(value), Headers: headers}
	}
	header := func(name, value string) kgo.RecordHeader { return kgo.RecordHeader{Key: name, Value: []byte(value)} }
	err = client.ProduceSync(t.Context(),
		record("k", "v1", header("b", "2"), header("a", "1"), header("secret", "x")),
		record("\x00key", "v2"), record("\x00!", "v3"), record("", "bad!"), record("", "new?"),
		record("", strings.Repeat("x", 60)), record("", ""), record(strings.Repeat("k", 20_000), "v4"),
	).FirstErr()
	if err != nil {
		t.Fatal(err)
	}
	c := new(codec)
	c.down.Store(3)
	f.run(f.total(8), func(cfg *kafkasource.Config) {
		cfg.Transcoder, cfg.Envelope, cfg.Headers, cfg.EventBytes = c, true, []string{"a", "b"}, 100
	})
	want := []string{
		` {"topic":"orders"} empty`,
		`bad! {"topic":"orders"} undecodable`,
		`new? {"topic":"orders"} schema_unknown`,
		strings.Repeat("x", 60) + ` {"topic":"orders"} too_large`,
		`{"was":"v1"} {"headers":{"a":"1","b":"2"},"key":"k","topic":"orders"} `,
		`{"was":"v2"} {"key":"{\"was\":\"\\x00key\"}","topic":"orders"} `,
		`{"was":"v3"} {"key":"\u0000!","topic":"orders"} `,
		`{"was":"v4"}  envelope_too_large`,
	}
	slices.Sort(want)
	if got := f.records(); !slices.Equal(got, want) {
		t.Errorf("the log has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if s := f.meters.Stats()[0]; s.Errors == 0 || s.Rejected != 5 {
		t.Errorf("%+v", s)
	}
}
