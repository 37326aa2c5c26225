package match_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/match"
	"github.com/millrace/millrace/stream/pattern"
	"github.com/millrace/millrace/stream/streamtest"
)

// BenchmarkPattern finds a followed by b in events of 10,000 customers, of which one in
// 8 is an a and one in 8 a b.
func BenchmarkPattern(b *testing.B) {
	j := stream.NewJob("journeys", 1)
	type visit struct {
		Customer string `state:"customer"`
		Type     byte   `state:"type"`
	}
	all := stream.Events(j, "visits", func(b *event.Batch, i int, emit func(visit)) {
		emit(visit{b.CustomerID[i], b.Type.Values[b.Type.Codes[i]][0]})
	})
	p, err := pattern.Begin[visit]("a").Where(func(v visit) bool { return v.Type == 'a' }).
		FollowedBy("b").Where(func(v visit) bool { return v.Type == 'b' }).Within(time.Second).Compile()
	if err != nil {
		b.Fatal(err)
	}
	byCustomer := stream.KeyBy(all, "by customer", func(v visit) string { return v.Customer })
	found := match.Pattern(byCustomer, "journey", p, func(m pattern.Match[visit]) int64 { return m.End() - m.Start() },
		match.Options[visit, int64]{Lateness: time.Second, TTL: time.Hour})
	stream.ToFeed(found.Matches, "found", "what matched")
	customers := make([]string, 10_000)
	for i := range customers {
		customers[i] = fmt.Sprintf("customer-%d", i)
	}
	types := []string{"a", "c", "c", "c", "b", "c", "c", "c"}
	streamtest.Throughput(b, j, func(n int) streamtest.Event {
		return streamtest.Event{Time: 1_000_000_000_000 + int64(n)*20, Type: types[n/7%8], Customer: customers[n*7919%10_000]}
	})
}
