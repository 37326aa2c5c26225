package dashboard

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/millrace/millrace/internal/warehouse/metric"
)

// gated is a catalogue that answers a metric once its gate opens, and notes what it is asked.
type gated struct {
	Catalogue
	metric string
	gate   chan struct{}

	mu    sync.Mutex
	asked []string
}

func (g *gated) Query(ctx context.Context, q metric.Query) (*metric.Answer, error) {
	g.mu.Lock()
	if name := q.Metrics[0]; !slices.Contains(g.asked, name) {
		g.asked = append(g.asked, name)
	}
	g.mu.Unlock()
	if q.Metrics[0] == g.metric {
		select {
		case <-g.gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return g.Catalogue.Query(ctx, q)
}

// TestSlowChartHoldsBackNone: what is answered is told while a chart is still computed, and
// charts are computed from the top of the board.
func TestSlowChartHoldsBackNone(t *testing.T) {
	s, _ := platform(t)
	slow := &gated{Catalogue: s.cfg.Catalogue, metric: "revenue", gate: make(chan struct{})}
	s.cfg.Catalogue = slow
	type told struct{ Charts, Pending []string }
	messages, leave, err := s.Subscribe(t.Context(), Subscription{
		ID: "executive", Request: Request{Range: "all", Charts: []string{"revenue", "orders", "customers", "repeat"}},
		Encode: func(f *Frame) []byte {
			one := told{Pending: f.Pending}
			if f.Result != nil {
				for _, a := range f.Result.Charts {
					one.Charts = append(one.Charts, a.ID)
				}
			}
			text, _ := json.Marshal(one)
			return text
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	here := make(map[string]bool)
	var last told
	until := func(charts ...string) {
		t.Helper()
		for text := range messages {
			last = told{}
			if err := json.Unmarshal(text, &last); err != nil {
				t.Fatal(err)
			}
			for _, id := range last.Charts {
				here[id] = true
			}
			if !slices.ContainsFunc(charts, func(id string) bool { return !here[id] }) {
				return
			}
		}
		t.Fatalf("the view ended with %v", here)
	}
	until("orders", "customers", "repeat")
	if here["revenue"] || !slices.Equal(last.Pending, []string{"revenue"}) {
		t.Errorf("told are %v, pending is %q; want all but the revenue, which is pending", here, last.Pending)
	}
	close(slow.gate)
	until("revenue")
	if len(last.Pending) != 0 {
		t.Errorf("%q are pending at the end", last.Pending)
	}
	slow.mu.Lock()
	defer slow.mu.Unlock()
	// Two at a time, of which one is stuck; so the others take turns.
	turns := slices.DeleteFunc(slices.Clone(slow.asked), func(name string) bool { return name == slow.metric })
	if !slices.Equal(turns, []string{"orders", "customers", "repeat_rate"}) {
		t.Errorf("asked in the order %q, not in that of the board", turns)
	}
}

// TestAmountsNameTheirCurrency: those of order lines that of the lines, those that were
// converted that of the shop.
func TestAmountsNameTheirCurrency(t *testing.T) {
	s, world := platform(t)
	world.Write(world.Batch(0, strings.ReplaceAll(sold, "ID", "1")))
	for name, want := range map[string]string{"revenue": "EUR", "order_value_base": "CHF", "orders": "EUR", "events": ""} {
		a, err := s.cfg.Catalogue.Query(t.Context(), metric.Query{Metrics: []string{name}})
		if err != nil {
			t.Fatal(err)
		}
		if a.Currency != want {
			t.Errorf("%s is in %q, want %q", name, a.Currency, want)
		}
	}
}
