package check

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
)

// TestWindowsSayWhatTheTableSays holds the two forms of checks together: over random rows,
// what observers aggregate equals what the store computes.
func TestWindowsSayWhatTheTableSays(t *testing.T) {
	conditions := []string{
		`amount > 10.5`, `country in ["GB", "FR"]`, `not (country == "GB")`, `customer_id startsWith "c1" or amount < 0`,
		`len(order_id) > 1`, `order_id matches "^[0-9]+$"`, `event_time >= date("2011-12-05 12:00:00")`, `abs(amount) * 2 <= 20`,
		`country contains "K"`, `order_id endsWith "7" and country != ""`, `received_at - event_time < duration("6h")`, `late == false`,
		`partition in 0..0`, `corrected or not warned`, `amount + 1.5 > 3`, `-amount < 0`,
	}
	var text strings.Builder
	text.WriteString("version: 1\nchecks:\n")
	add := func(name, rest string) {
		fmt.Fprintf(&text, "  - {name: %s, owner: x, window: {size: 24h, lateness: 0s}, %s}\n", name, rest)
	}
	for i, c := range conditions {
		add(fmt.Sprintf("ratio_%d", i), fmt.Sprintf("kind: ratio, max: 0, condition: '%s'", c))
		add(fmt.Sprintf("filter_%d", i), fmt.Sprintf("kind: sum, column: amount, max: 0, filter: '%s'", c))
	}
	for i, rest := range []string{
		"kind: nulls, column: customer_id", "kind: nulls, column: country", "kind: set, column: country, values: [GB, uk]",
		"kind: set, column: amount, values: [1, 2.5]", "kind: range, column: amount, low: 0, high: 10", "kind: regex, column: order_id, pattern: '7$'",
		"kind: length, column: order_id, low: 2", "kind: length, column: country, high: 1", "kind: format, column: country, format: country",
		"kind: type, column: order_id, type: integer", "kind: unique, column: order_id", "kind: unique, columns: [order_id, country]",
		"kind: distinct, column: order_id, max: 0", "kind: distinct, column: country, max: 0", "kind: average, column: amount, max: 0", "kind: volume, max: 0",
		"kind: unique, column: event_id", "kind: range, column: event_time, low: 2011-12-05 06:00:00", "kind: distinct, column: amount, max: 0",
	} {
		add(fmt.Sprintf("kind_%d", i), rest)
	}
	w := newWorld(t)
	if err := w.start(text.String()); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for partition := range int32(2) {
		b := w.batch(partition, randomEvents(rng, 400))
		for i := range b.Len() {
			b.Marks[i] = event.Mark(rng.IntN(8))
		}
		w.judge(b)
	}
	w.clock.Advance(24 * time.Hour)
	for partition := range int32(2) { // the day is over
		w.judge(w.batch(partition, "06T00:00:01\n"))
	}
	w.flush()
	if err := w.service.windows.step(t.Context()); err != nil || len(w.published) == 0 {
		t.Fatal(err)
	}
	for _, c := range w.set.All() {
		streamed := w.service.Last(c.Name)
		if streamed == nil || !c.Streams() {
			t.Fatalf("%s was not computed from the observers: %v, streams %t", c.Name, streamed, c.Streams())
		}
		stored := w.service.evaluator.run(t.Context(), []job{{c, span{streamed.WindowStart.UnixMicro(), streamed.WindowEnd.UnixMicro()}}})[0]
		if stored.Status == Unknown || stored.Actual != streamed.Actual || stored.Rows != streamed.Rows || stored.Failing != streamed.Failing {
			t.Errorf("%s (%s):\n observers %s\n table     %s", c.Name, c.Content, line(streamed), line(&stored))
		}
	}
}

func randomEvents(rng *rand.Rand, n int) string {
	var b strings.Builder
	pick := func(values ...string) string { return values[rng.IntN(len(values))] }
	for range n {
		at := epoch.Add(time.Duration(rng.Int64N(int64(24 * time.Hour))))
		fmt.Fprintf(&b, "%s amount=%s", at.Format("02T15:04:05"), pick("1", "2.5", "-3", "10.50", "10.500001", "0", "99"))
		for _, field := range []string{pick("", "country=GB", "country=FR", "country=uk", "country=UK"), pick("", "customer=c1", "customer=c12", "customer=x"), pick("", "order=7", fmt.Sprintf("order=%d", rng.IntN(200)), "order=A17", "order=Ä7")} {
			if field != "" {
				b.WriteString(" " + field)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
