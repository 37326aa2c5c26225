package stream_test

import (
	"fmt"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/streamtest"
)

// cart is what is known of a customer's cart.
type cart struct {
	Items int64        `state:"items"`
	Value event.Micros `state:"value"`
	Since int64        `state:"since"`
}

// Carts that were left for half an hour. The machine is written as if events came in
// order: one that comes late takes back what was published without it.
func ExampleTimeline() {
	j := stream.NewJob("left_carts", 1)
	type change struct {
		Customer string       `state:"customer"`
		Bought   bool         `state:"bought"`
		Value    event.Micros `state:"value"`
	}
	changes := stream.Events(j, "changes", func(b *event.Batch, i int, emit func(change)) {
		emit(change{b.CustomerID[i], b.Type.Values[b.Type.Codes[i]] == "bought", b.Amount[i]})
	})
	byCustomer := stream.KeyBy(changes, "by customer", func(c change) string { return c.Customer })
	type turn = stream.Turn[string, cart, cart]
	left := stream.Timeline(byCustomer, "carts", stream.Machine[string, cart, change, cart]{
		Apply: func(t *turn, c change) {
			if c.Bought {
				*t.State = cart{}
				t.WakeAt(0)
				return
			}
			if t.State.Items == 0 {
				t.State.Since = t.Time
			}
			t.State.Items++
			t.State.Value += c.Value
			t.WakeAt(t.Time + stream.Micros(30*time.Minute))
		},
		Wake: func(t *turn) {
			t.Emit(uint64(t.State.Since), *t.State)
			*t.State = cart{}
		},
		Retain: time.Hour, TTL: 24 * time.Hour,
	})
	type row struct {
		Customer string       `state:"customer"`
		Value    event.Micros `state:"value"`
		Left     bool         `state:"left"`
	}
	stream.ToTable(stream.Map(left.Results, "rows", func(r stream.Revised[string, cart]) row {
		return row{r.Key, r.Value.Value, !r.Retracted}
	}), "left_carts", "carts that were left", "customer")

	k, err := streamtest.Open(streamtest.Config{}, j)
	if err != nil {
		panic(err)
	}
	defer k.Close()
	send := func(at, typ, customer string, value event.Micros) {
		k.Send(0, streamtest.Event{Time: streamtest.At(at), Type: typ, Customer: customer, Amount: value * 1_000_000})
	}
	show := func(at string) {
		k.Watermark(streamtest.At(at))
		for _, row := range k.Commit() {
			fmt.Println(at, row.JSON)
		}
	}
	send("10:00:00", "added", "ann", 20)
	send("10:05:00", "added", "bob", 30)
	send("10:10:00", "added", "ann", 5)
	show("10:41:00")
	send("10:20:00", "bought", "bob", 0) // late
	show("10:42:00")
	// Output:
	// 10:41:00 {"customer":"bob","value":30.000,"left":true}
	// 10:41:00 {"customer":"ann","value":25.000,"left":true}
	// 10:42:00 {"customer":"bob","value":30.000,"left":false}
}
