package history

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/warehouse/warehousetest"
)

// byHand puts orders of customers in turn without SQL.
type byHand map[string]map[string]int64 // customer, order, time in us

func (h byHand) add(b *event.Batch) {
	for i := range b.Len() {
		from, _ := b.ItemRange(i)
		customer, order := b.CustomerID[i], b.OrderID[i]
		if b.Verdict[i] != event.Accepted || b.Items.Kind.Get(from) != event.KindSale || strings.HasPrefix(customer, "guest:") {
			continue
		}
		if h[customer] == nil {
			h[customer] = make(map[string]int64)
		}
		if at, known := h[customer][order]; !known || b.Time[i] < at {
			h[customer][order] = b.Time[i]
		}
	}
}

// months says of each month how many orders there were, how many of them were first ones, and the
// sum of the orders' numbers.
func (h byHand) months() string {
	type tally struct{ orders, first, numbers int }
	all := make(map[string]tally)
	for _, orders := range h {
		times := make([]int64, 0, len(orders))
		for _, at := range orders {
			times = append(times, at)
		}
		slices.SortFunc(times, cmp.Compare)
		for n, at := range times {
			month := time.UnixMicro(at).UTC().Format("2006-01")
			t := all[month]
			t.orders++
			t.numbers += n + 1
			if n == 0 {
				t.first++
			}
			all[month] = t
		}
	}
	var rows []string
	for month, t := range all {
		rows = append(rows, fmt.Sprintf("[%s %d %d %d]", month, t.orders, t.first, t.numbers))
	}
	slices.Sort(rows)
	return "[" + strings.Join(rows, " ") + "]"
}

// TestOnlineRetail puts the orders of a real shop's year in turn: in the order of the file, and with lines that
// come in any order, so that orders get lines over many steps.
func TestOnlineRetail(t *testing.T) {
	for _, c := range []struct {
		name    string
		every   int
		shuffle bool
	}{{"the year", 1, false}, {"lines in any order", 5, true}} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 60_000)
			lines := warehousetest.Retail(t, c.every)
			if c.shuffle {
				rand.New(rand.NewPCG(9, 20261123)).Shuffle(len(lines), func(i, k int) { lines[i], lines[k] = lines[k], lines[i] })
			}
			hand := make(byHand)
			const parts = 8
			for k := range parts {
				b := w.RetailBatch(int32(k%3), lines[len(lines)*k/parts:len(lines)*(k+1)/parts])
				hand.add(b)
				w.Write(b)
				if k < parts-1 { // the last part is behind the table at first
					w.catchUp()
				}
			}
			for _, when := range []string{"before the last step", "when it has all"} {
				got := w.query("SELECT strftime(ordered_at, '%Y-%m') AS month, count(*), count(*) FILTER (order_number = 1), sum(order_number)::BIGINT FROM customer_orders GROUP BY 1 ORDER BY 1")
				if want := hand.months(); got != want {
					t.Errorf("%s: got\n%s, want\n%s", when, got, want)
				}
				w.want(when)
				w.catchUp()
			}
		})
	}
}
