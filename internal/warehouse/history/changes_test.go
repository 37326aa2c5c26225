package history

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

// reads counts statements by what they read.
type reads struct {
	metric.Store
	changes, rows, all int
	short              bool // there is no memory for lists
}

func (r *reads) Query(ctx context.Context, q olap.Query) (*olap.Result, error) {
	r.all++
	if r.short && strings.Contains(q.SQL, "list(hash(") {
		return nil, &olap.Error{Kind: olap.ErrLimit, Message: "too much memory"}
	}
	if strings.Contains(q.SQL, changes) {
		r.changes++
	}
	if strings.Contains(q.SQL, stored) {
		r.rows++
	}
	return r.Store.Query(ctx, q)
}

// askable are random questions about orders of customers.
func askable(rng *rand.Rand, c *metric.Catalog) (queries []metric.Query) {
	from, to := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 9, 6, 0, 0, 0, time.UTC)
	for _, m := range c.All() {
		if m.Datasets()[0] != metric.CustomerOrders {
			continue
		}
		for range 6 {
			q := metric.Query{Metrics: []string{m.Name}, Currency: "EUR", From: from, To: to}
			for _, d := range []string{"country", "order_number", "first_month", "months_since_first", "customer_id", "day_of_week"} {
				if rng.IntN(5) == 0 {
					q.Dimensions = append(q.Dimensions, d)
				}
			}
			if rng.IntN(4) == 0 {
				q.Filters = []metric.Filter{{Dimension: "country", Operator: "in", Values: []string{"DE", "FR"}}}
			}
			if rng.IntN(2) == 0 {
				q.Grain = []string{"day", "week", "month"}[rng.IntN(3)]
			}
			if rng.IntN(3) == 0 {
				q.Compare = "previous"
			}
			queries = append(queries, q)
		}
	}
	return queries
}

// TestMetricsByChanges asks the same questions again and again while orders come in disorder and
// change those before them, and compares with what all rows give. Steps note what they change, in
// some rounds less than questions need, and persons are erased.
func TestMetricsByChanges(t *testing.T) {
	const seed = 20261124
	rng := rand.New(rand.NewPCG(8, seed))
	w := newWorld(t, 1000)
	counted := &reads{Store: w.store}
	open := func() *metric.Service {
		s, err := metric.Open(metric.Config{
			Store: counted, Keeps: w.keeper.Keeps, Stand: w.keeper.Stand, Nudge: w.keeper.Nudge,
			Engine: "duckdb", Timeout: time.Minute, Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	queries := askable(rng, s.Catalog())
	short := false
	for turn := range 12 {
		w.Write(w.Batch(int32(turn%2), random(rng, turn*60, 1+rng.IntN(60))))
		if turn == 7 {
			if err := w.keeper.Erase(t.Context(), "customer_id", "c4", func(context.Context) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		w.catchUp()
		w.keeper.cfg.maxChanges = []int64{10, maxChanges}[turn/2%2]
		for _, q := range queries {
			*counted = reads{Store: w.store, short: short}
			got, err := s.Query(t.Context(), q)
			if err != nil {
				t.Fatalf("seed %d, %+v: %v", seed, q, err)
			}
			if counted.rows == 0 && counted.changes == 0 {
				t.Fatalf("turn %d, %+v: neither rows nor changes were read", turn, q)
			}
			if turn == 3 && q.Metrics[0] != "days_between_orders" && counted.rows > 0 {
				t.Fatalf("turn %d, %+v: all rows were read, not what changed", turn, q)
			}
			*counted = reads{Store: w.store, short: short}
			again, err := s.Query(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if counted.all > 0 || show(again) != show(got) {
				t.Fatalf("turn %d, %+v: asked again with %d statements, was\n%s\nis\n%s", turn, q, counted.all, show(got), show(again))
			}
			q.Rows = true
			want, err := s.Query(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if show(got) != show(want) {
				t.Fatalf("seed %d, turn %d, %+v: got\n%swant\n%s", seed, turn, q, show(got), show(want))
			}
		}
		if turn == 9 {
			w.open(1000)
			s, short = open(), true
		}
	}
}

// TestMetricsLag asks while the table lacks orders: what may lag does, and says so.
func TestMetricsLag(t *testing.T) {
	w := newWorld(t, 1000)
	s, err := metric.Open(metric.Config{
		Store: w.store, Keeps: w.keeper.Keeps, Stand: w.keeper.Stand, Nudge: w.keeper.Nudge,
		Engine: "duckdb", Timeout: time.Minute, Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
	w.Write(w.Batch(0, order(1, 1, 7, day, "EUR", "sale")))
	w.step()
	w.Write(w.Batch(0, order(2, 2, 7, day, "EUR", "sale")))
	for _, c := range []struct {
		lag    time.Duration
		want   string
		behind bool
	}{{time.Hour, "1", true}, {0, "2", false}, {time.Nanosecond, "2", false}, {time.Hour, "1", true}} {
		a, err := s.Query(t.Context(), metric.Query{Metrics: []string{"customer_orders"}, Currency: "EUR", Lag: c.lag})
		if err != nil {
			t.Fatal(err)
		}
		if *a.Rows[0].Values[0] != c.want || a.Behind != c.behind || a.Exact == c.behind || fmt.Sprint(a.Positions) != map[bool]string{true: "map[0:1]", false: "map[0:2]"}[c.behind] {
			t.Errorf("%v: %s orders as of %v, behind %v, exact %v", c.lag, *a.Rows[0].Values[0], a.Positions, a.Behind, a.Exact)
		}
	}
	if len(w.keeper.nudged) != 1 {
		t.Error("the next step was not asked for")
	}
	w.step()
	a, err := s.Query(t.Context(), metric.Query{Metrics: []string{"customer_orders"}, Currency: "EUR", Lag: time.Hour})
	if err != nil || *a.Rows[0].Values[0] != "2" || a.Behind {
		t.Errorf("behind the step: %+v, %v", a, err)
	}
}
