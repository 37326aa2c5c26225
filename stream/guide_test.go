package stream_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/state"
	"github.com/millrace/millrace/stream/streamtest"
	"github.com/millrace/millrace/stream/window"
)

// The code of docs/stream.md.

type purchase struct {
	Customer string
	Country  string
	Amount   event.Micros
}

func readPurchase(b *event.Batch, i int, emit func(purchase)) {
	emit(purchase{b.CustomerID[i], b.Country.Get(i), b.Amount[i]})
}

func (p purchase) country() string      { return p.Country }
func (p purchase) customer() string     { return p.Customer }
func (p purchase) amount() event.Micros { return p.Amount }

func revenue() *stream.Job {
	job := stream.NewJob("revenue", 1).Describe("Revenue of each country per hour.")
	orders := stream.Events(job, "orders", readPurchase, stream.Types("order_completed"))
	byCountry := stream.KeyBy(orders, "by country", purchase.country)
	perHour := window.Aggregate(byCountry, "per hour", window.Tumbling(time.Hour), aggregate.Sum(purchase.amount),
		window.Lateness(10*time.Minute))
	stream.ToTable(perHour, "revenue", "Revenue of each country per hour.", "key", "start", "end")
	return job
}

func TestRevenue(t *testing.T) {
	k := streamtest.New(t, streamtest.Config{Partitions: 2, Shards: 4}, revenue())
	buy := func(partition int, at, country string, euros event.Micros) {
		k.Send(partition, streamtest.Event{
			Time: streamtest.At(at), Type: "order_completed", Country: country, Amount: euros * event.MicrosPerUnit,
		})
	}
	expect := func(at string, want ...string) {
		t.Helper()
		k.Watermark(streamtest.At(at))
		if got := fmt.Sprint(k.Commit()); got != fmt.Sprint(want) {
			t.Errorf("at %s:\n got %s\nwant %s", at, got, want)
		}
	}
	buy(0, "10:05:00", "AT", 20)
	buy(1, "10:50:00", "AT", 30)
	expect("10:55:00") // the hour is not over
	k.Crash()
	expect("11:00:00", `revenue {"key":"AT","start":"2026-01-05T10:00:00Z","end":"2026-01-05T11:00:00Z","revision":1,"phase":"on_time","retracted":false,"value":50.000}`)
	buy(0, "10:59:00", "AT", 1) // late, within the lateness
	expect("11:05:00", `revenue {"key":"AT","start":"2026-01-05T10:00:00Z","end":"2026-01-05T11:00:00Z","revision":2,"phase":"late","retracted":false,"value":51.000}`)
	expect("11:30:00")
	buy(0, "10:59:30", "AT", 1) // too late
	expect("11:31:00")
}

// hotKey folds in the partitions first.
func hotKey() *stream.Job {
	job := stream.NewJob("orders_per_minute", 1)
	orders := stream.Events(job, "orders", readPurchase, stream.Types("order_completed"))
	all := func(purchase) string { return "all" }
	perMinute := window.AggregateBy(orders, "per minute", all, window.Tumbling(time.Minute), aggregate.Count[purchase](),
		window.Emit(window.EveryCommit))
	stream.ToTable(perMinute, "orders_per_minute", "Orders per minute.", "key", "start", "end")
	return job
}

// best is what the operator below keeps of a customer.
type best struct {
	Amount event.Micros `state:"amount"`
	Orders int64        `state:"orders"`
}

// record is a customer's new highest order.
type record struct {
	Customer string       `state:"customer"`
	Amount   event.Micros `state:"amount"`
	Orders   int64        `state:"orders"` // until then
}

// records publishes an order that is the highest of its customer.
func records(in stream.Keyed[string, purchase]) stream.Stream[record] {
	type element = stream.Element[stream.Record[string, purchase]]
	return stream.Connect(in.Stream, "records", func(
		c *stream.Context, emit func(stream.Element[record]),
	) (take func(element), op stream.Operator, err error) {
		table, err := state.OpenValue[string, best](c.Space, "best", state.TableOptions{TTL: 365 * 24 * time.Hour})
		take = func(e element) {
			b, known := table.Upsert(e.Value.Key)
			b.Orders++
			if amount := e.Value.Value.Amount; !known || amount > b.Amount {
				b.Amount = amount
				emit(stream.Element[record]{Value: record{e.Value.Key, amount, b.Orders}, Time: e.Time, Cause: e.Cause})
			}
		}
		return take, nil, err
	})
}

func highest() *stream.Job {
	job := stream.NewJob("highest_orders", 1)
	orders := stream.Events(job, "orders", readPurchase, stream.Types("order_completed"))
	byCustomer := stream.KeyBy(orders, "by customer", purchase.customer)
	stream.ToTable(records(byCustomer), "highest_orders", "The highest order of each customer.", "customer")
	return job
}

func TestAnOperatorOfOnesOwn(t *testing.T) {
	k := streamtest.New(t, streamtest.Config{Shards: 2}, highest())
	var got []string
	for i, euros := range []event.Micros{20, 15, 35} {
		k.Send(0, streamtest.Event{
			Time: streamtest.At("10:00:00") + int64(i), Type: "order_completed", Customer: "ann", Amount: euros * event.MicrosPerUnit,
		})
		k.Watermark(streamtest.At("10:00:00"))
		for _, row := range k.Commit() {
			got = append(got, row.JSON)
		}
		k.Crash()
	}
	want := []string{`{"customer":"ann","amount":20.000,"orders":1}`, `{"customer":"ann","amount":35.000,"orders":3}`}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("rows %s, want %s", got, want)
	}
}

func TestAHotKeyIsCountedOnce(t *testing.T) {
	k := streamtest.New(t, streamtest.Config{Partitions: 3, Shards: 2}, hotKey())
	for p := range 3 {
		k.Send(p, streamtest.Event{Time: streamtest.At("10:00:01"), Type: "order_completed"}, streamtest.Event{Time: streamtest.At("10:00:02"), Type: "order_completed"})
	}
	rows := k.Commit()
	if len(rows) != 1 || !strings.Contains(rows[0].JSON, `"value":6}`) {
		t.Errorf("rows %s, want one with 6 orders", rows)
	}
}

// A function that emits without end is stopped, and so is a job whose events become more than
// it said; one that makes many of a few is not.
func TestAJobThatMakesTooManyElementsIsStopped(t *testing.T) {
	for name, c := range map[string]struct {
		copies, events int
		stopped        bool
	}{"many of one": {1000, 1, false}, "as many as allowed": {2, 5000, false}, "too many": {4, 5000, true}, "without end": {1 << 40, 1, true}} {
		job := stream.NewJob("copies", 1).Limit(stream.Limits{Expansion: 3})
		orders := stream.Events(job, "orders", readPurchase)
		copies := stream.FlatMap(orders, "copies", func(p purchase, emit func(purchase)) {
			for range c.copies {
				emit(p)
			}
		})
		stream.ToFeed(stream.Filter(copies, "none", func(purchase) bool { return false }), "none", "")
		k := streamtest.New(t, streamtest.Config{}, job)
		k.Send(0, make([]streamtest.Event, c.events)...)
		k.Commit()
		failed := k.Failed()
		if len(failed) > 0 != c.stopped || c.stopped && !strings.Contains(failed[0].Reason, "more than 3 elements each") {
			t.Errorf("%s: failed %+v, want stopped %v", name, failed, c.stopped)
		}
	}
}

// TestTheGuideShowsWhatCompiles holds each block of Go in the guide against the files that
// are compiled and tested: it must stand in one of them, but for its indentation.
func TestTheGuideShowsWhatCompiles(t *testing.T) {
	guide, err := os.ReadFile("../docs/stream.md")
	if err != nil {
		t.Fatal(err)
	}
	var compiled []string
	for _, pattern := range []string{"*_test.go", "*/*_test.go", "../examples/customshop/*.go"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("no files %s (%v)", pattern, err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			compiled = append(compiled, flush(string(text)))
		}
	}
	blocks := strings.Split(string(guide), "```go\n")[1:]
	if len(blocks) < 8 {
		t.Errorf("the guide has %d blocks of Go; is it the right file?", len(blocks))
	}
	for _, b := range blocks {
		code, _, _ := strings.Cut(b, "```")
		found := false
		for _, text := range compiled {
			found = found || strings.Contains(text, flush(code))
		}
		if !found {
			t.Errorf("docs/stream.md shows code that stands in no compiled file:\n%s", code)
		}
	}
}

// flush takes the indentation of all lines away.
func flush(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n")
}
