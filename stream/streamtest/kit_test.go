package streamtest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
	"github.com/millrace/millrace/stream/streamtest"
)

// tick is a row that says what a job was told.
type tick struct {
	Key       string        `state:"key"`
	Count     int64         `state:"count"`
	Watermark event.Instant `state:"watermark"`
	Now       event.Instant `state:"now"`
}

type row = stream.Element[stream.Record[string, string]]

// counter counts events per customer, and shows the newest count at each commit.
type counter struct {
	table *state.Value[string, int64]
	last  string
	emit  func(stream.Element[tick])
}

func (c *counter) take(e row) {
	if e.Value.Key == "poison" {
		panic("poisoned")
	}
	n, _ := c.table.Upsert(e.Value.Key)
	*n++
	c.last = e.Value.Key
}

func (c *counter) Advance(t stream.Times) error {
	if c.last != "" {
		n := c.table.Get(c.last)
		c.emit(stream.Element[tick]{Value: tick{c.last, *n, event.Instant(t.Watermark), event.Instant(t.Now)}})
	}
	return nil
}

func counts() *stream.Job {
	job := stream.NewJob("counts", 1)
	all := stream.Events(job, "all", func(b *event.Batch, i int, emit func(string)) { emit(b.CustomerID[i]) })
	byCustomer := stream.KeyBy(all, "by customer", func(c string) string { return c })
	ticks := stream.Connect(byCustomer.Stream, "count", func(c *stream.Context, emit func(stream.Element[tick])) (func(row), stream.Operator, error) {
		table, err := state.OpenValue[string, int64](c.Space, "counts", state.TableOptions{})
		o := &counter{table: table, emit: emit}
		return o.take, o, err
	})
	stream.ToTable(ticks, "ticks", "", "key")
	return job
}

func TestTheKitDrivesAJob(t *testing.T) {
	k := streamtest.New(t, streamtest.Config{Partitions: 2}, counts())
	at := streamtest.At("10:00:00")
	ann := streamtest.Event{Time: at, Customer: "ann"}
	k.Send(0, ann, ann)
	k.Send(1, ann)
	k.Watermark(at)
	k.Clock(time.Minute)
	want := func(doing, row string) {
		t.Helper()
		if got := fmt.Sprint(k.Commit()); got != row {
			t.Errorf("%s:\n got %s\nwant %s", doing, got, row)
		}
	}
	want("three events", `[ticks {"key":"ann","count":3,"watermark":"2026-01-05T10:00:00Z","now":"2026-01-05T00:01:00Z"}]`)
	k.Send(0, ann)
	k.Watermark(at + 1)
	k.Crash()
	want("one again after a crash, and the watermark of the commit", `[ticks {"key":"ann","count":4,"watermark":"2026-01-05T10:00:00Z","now":"2026-01-05T00:01:00Z"}]`)
	k.Crash()
	want("nothing new", `[]`)
	k.Send(0, streamtest.Event{Time: at, Customer: "poison"})
	k.Commit()
	if f := k.Failed(); len(f) != 1 || !strings.Contains(f[0].Reason, "poisoned") {
		t.Errorf("failed: %+v", f)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	_, err := streamtest.Open(streamtest.Config{}, stream.NewJob("Wrong", 1))
	if err == nil || !strings.Contains(err.Error(), "reads no events") {
		t.Errorf("error %v", err)
	}
}
