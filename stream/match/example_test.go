package match_test

import (
	"fmt"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/match"
	"github.com/millrace/millrace/stream/pattern"
	"github.com/millrace/millrace/stream/streamtest"
)

type payment struct {
	Customer string
	Refused  bool
	Amount   event.Micros
}

func readPayment(b *event.Batch, i int, emit func(payment)) {
	emit(payment{b.CustomerID[i], b.Type.Values[b.Type.Codes[i]] == "refused", b.Amount[i]})
}

type alert struct {
	Text string `state:"text"`
}

// Three refused payments, then one that goes through, within ten minutes.
func ExamplePattern() {
	p, err := pattern.Begin[payment]("refused").Where(func(p payment) bool { return p.Refused }).Times(3).
		FollowedBy("paid").Where(func(p payment) bool { return !p.Refused }).
		Within(10 * time.Minute).Skip(pattern.PastLastEvent).Compile()
	if err != nil {
		panic(err)
	}
	j := stream.NewJob("card_testing", 1)
	byCustomer := stream.KeyBy(stream.Events(j, "payments", readPayment), "by customer", func(p payment) string { return p.Customer })
	found := match.Pattern(byCustomer, "card testing", p,
		func(m pattern.Match[payment]) alert {
			paid, _ := m.First("paid")
			return alert{fmt.Sprintf("%s paid %s after %d tries", paid.Customer, paid.Amount, len(m.All("refused")))}
		},
		match.Options[payment, alert]{
			Lateness: time.Minute, TTL: time.Hour,
			TimedOut: func(t pattern.Timeout[payment]) alert {
				first, _ := t.First("refused")
				return alert{fmt.Sprintf("%s gave up after %d tries", first.Customer, len(t.All("refused")))}
			},
		})
	text := func(r stream.Revised[string, alert]) alert { return r.Value }
	stream.ToTable(stream.Map(found.Matches, "alerts", text), "alerts", "cards that are tried out", "text")
	stream.ToTable(stream.Map(found.Timeouts, "gave up", text), "gave_up", "cards that were refused", "text")

	k, err := streamtest.Open(streamtest.Config{}, j)
	if err != nil {
		panic(err)
	}
	defer k.Close()
	for _, e := range []streamtest.Event{
		{Time: streamtest.At("10:00:00"), Type: "refused", Customer: "eve", Amount: 1_000_000},
		{Time: streamtest.At("10:00:20"), Type: "refused", Customer: "eve", Amount: 1_000_000},
		{Time: streamtest.At("10:01:00"), Type: "paid", Customer: "eve", Amount: 900_000_000},
		{Time: streamtest.At("10:00:40"), Type: "refused", Customer: "eve", Amount: 1_000_000}, // late
		{Time: streamtest.At("10:02:00"), Type: "refused", Customer: "bob", Amount: 2_000_000},
	} {
		k.Send(0, e)
	}
	for _, at := range []string{"10:02:00", "10:30:00"} {
		k.Watermark(streamtest.At(at))
		for _, row := range k.Commit() {
			fmt.Println(row)
		}
	}
	// Output:
	// alerts {"text":"eve paid 900.000 after 3 tries"}
	// gave_up {"text":"bob gave up after 1 tries"}
}
