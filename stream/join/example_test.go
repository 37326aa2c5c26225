package join_test

import (
	"fmt"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/join"
	"github.com/millrace/millrace/stream/streamtest"
)

type sale struct {
	Customer, Order string
	Amount          event.Micros
}

func readSale(b *event.Batch, i int, emit func(sale)) {
	emit(sale{b.CustomerID[i], b.OrderID[i], b.Amount[i]})
}

func events(j *stream.Job, typ string) stream.Stream[sale] {
	return stream.Events(j, typ, readSale, stream.Types(typ))
}

// line is a row that is easy to read.
type line struct {
	Text string `state:"text"`
}

func lines(in stream.Stream[stream.Revised[string, string]]) stream.Stream[line] {
	return stream.Map(in, "lines", func(r stream.Revised[string, string]) line {
		if r.Retracted {
			return line{"not so: " + r.Value}
		}
		return line{r.Value}
	})
}

// show sends events as "time type customer order amount", a watermark as "time", and
// prints what comes out.
func show(job *stream.Job, script ...string) {
	k, err := streamtest.Open(streamtest.Config{}, job)
	if err != nil {
		panic(err)
	}
	defer k.Close()
	for _, s := range script {
		var at, typ, customer, order string
		var euros int
		if n, _ := fmt.Sscan(s, &at, &typ, &customer, &order, &euros); n > 1 {
			k.Send(0, streamtest.Event{
				Time: streamtest.At(at), Type: typ, Customer: customer, Order: order, Amount: event.Micros(euros) * 1_000_000,
			})
			continue
		}
		k.Watermark(streamtest.At(at))
		for _, row := range k.Commit() {
			fmt.Println(row.JSON)
		}
	}
}

// Orders and their payments, which have to come within an hour.
func ExampleInterval() {
	j := stream.NewJob("payments", 1)
	order := func(s sale) string { return s.Order }
	paid := join.Interval(
		stream.KeyBy(events(j, "order"), "orders by number", order),
		stream.KeyBy(events(j, "payment"), "payments by order", order),
		"orders with payments", join.Within(0, time.Hour).Keep(join.Left).Lateness(10*time.Minute),
		func(o, p *sale) string {
			if p == nil {
				return o.Order + " is not paid"
			}
			return fmt.Sprintf("%s: %s of %s", o.Order, p.Amount, o.Amount)
		},
	)
	stream.ToTable(lines(paid.Results), "paid", "orders and what was paid", "text")
	show(j,
		"10:00:00 order ann o1 30", "10:05:00 order bob o2 50", "10:10:00 payment ann o1 30",
		"10:30:00", // o1 has met its payment
		"11:06:00", // an hour has gone by since o2
		"11:04:00 payment bob o2 50",
		"11:07:00",
	)
	// Output:
	// {"text":"o1: 30.000 of 30.000"}
	// {"text":"o2 is not paid"}
	// {"text":"not so: o2 is not paid"}
	// {"text":"o2: 50.000 of 50.000"}
}

// What a customer paid for a product, and the price at that time.
func ExampleAsOf() {
	j := stream.NewJob("prices", 1)
	product := func(s sale) string { return s.Order }
	priced := join.AsOf(
		stream.KeyBy(events(j, "sale"), "sales by product", product),
		stream.KeyBy(events(j, "price"), "prices by product", product),
		"sales with prices", join.Versions[sale]{Lateness: time.Hour, TTL: 90 * 24 * time.Hour},
		func(s sale, price *sale) string {
			return fmt.Sprintf("%s paid %s of %s", s.Customer, s.Amount, price.Amount)
		},
	)
	stream.ToTable(lines(priced.Results), "priced", "sales and prices", "text")
	show(j,
		"09:00:00 price - shoes 60", "10:00:00 sale ann shoes 60", "10:20:00 sale bob shoes 55",
		"10:30:00",
		"10:15:00 price - shoes 55", // late: bob's sale is revised
		"10:31:00",
	)
	// Output:
	// {"text":"ann paid 60.000 of 60.000"}
	// {"text":"bob paid 55.000 of 60.000"}
	// {"text":"bob paid 55.000 of 55.000"}
}

// limits is the highest amount that passes, as of the newest rule.
type limits struct {
	Amount event.Micros `state:"amount"`
}

// Payments above a limit, which is changed while the job runs.
func ExampleBroadcast() {
	j := stream.NewJob("limits", 1)
	rules := stream.Broadcast(events(j, "limit"), "limits everywhere")
	large := join.Broadcast(
		stream.KeyBy(events(j, "payment"), "by customer", func(s sale) string { return s.Customer }), rules, "large payments",
		join.Rules[limits, sale]{
			Lateness: time.Hour,
			Apply:    func(l *limits, rule sale) { l.Amount = rule.Amount },
		},
		func(customer string, p sale, l *limits) (string, bool) {
			return fmt.Sprintf("%s pays %s, more than %s", customer, p.Amount, l.Amount), p.Amount > l.Amount
		},
	)
	stream.ToTable(lines(large.Results), "large", "payments above the limit", "text")
	show(j,
		"09:00:00 limit - - 100", "10:00:00 payment ann o1 150", "10:10:00 payment bob o2 120",
		"10:30:00",
		"10:05:00 limit - - 140", // holds from 10:05 on: bob's payment is none
		"10:31:00",
	)
	// Output:
	// {"text":"ann pays 150.000, more than 100.000"}
	// {"text":"bob pays 120.000, more than 100.000"}
	// {"text":"not so: bob pays 120.000, more than 100.000"}
}

// Payments with the newest known address of the customer.
func ExampleTable() {
	j := stream.NewJob("addresses", 1)
	customer := func(s sale) string { return s.Customer }
	found := join.Table(
		stream.KeyBy(events(j, "payment"), "payments by customer", customer),
		stream.KeyBy(events(j, "address"), "addresses by customer", customer),
		"payments with addresses", join.Rows{Kind: join.Left, TTL: 365 * 24 * time.Hour},
		func(p sale, address *sale) line {
			if address == nil {
				return line{p.Customer + ": no address"}
			}
			return line{p.Customer + ": " + address.Order}
		},
	)
	stream.ToTable(found, "addresses", "payments and addresses", "key")
	show(j, "10:00:00 payment ann o1 1", "10:01:00 address ann Vienna 0", "10:02:00 payment ann o2 1", "10:03:00")
	// Output:
	// {"key":"ann","value":{"text":"ann: no address"}}
	// {"key":"ann","value":{"text":"ann: Vienna"}}
}
