package metric

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
)

// TestKeptTogether lets several ask the same questions while visits come in, so that they bring
// the same results up to date at the same time, and compares with all rows at the end.
func TestKeptTogether(t *testing.T) {
	s := newScript(t)
	rng := rand.New(rand.NewPCG(9, 20261123))
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(0, 0, 40)
	var queries []Query
	for _, name := range []string{"sessions", "pages_per_session", "customers_28d", "view_to_cart_rate", "orders"} {
		queries = append(queries, Query{Metrics: []string{name}, Currency: "EUR", From: from, To: to}, Query{Metrics: []string{name}, Currency: "EUR", Grain: "day", From: from, To: to})
	}
	done, failed := make(chan struct{}), make(chan error, 4)
	for range cap(failed) {
		go func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					failed <- nil
					return
				default:
				}
				if _, err := s.service.Query(t.Context(), queries[i%len(queries)]); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	for n := range 12 {
		s.Write(s.Batch(0, strings.Join(visit(rng, n+1, from.Add(time.Duration(rng.IntN(900))*time.Hour)), "\n")))
	}
	close(done)
	for range cap(failed) {
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
	}
	for _, q := range queries {
		got, err := s.service.Query(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		q.Rows = true
		want, err := s.service.Query(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if tabulate(got, nil) != tabulate(want, nil) {
			t.Errorf("%v: got\n%swant\n%s", q.Metrics, tabulate(got, nil), tabulate(want, nil))
		}
	}
}

// TestValues keeps values in tables that grow, with how often they are there.
func TestValues(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 20261123))
	set, bag := &values{}, &values{often: []uint32{}}
	times := make(map[uint64]int)
	for range 20_000 {
		h := seeded(rng.Uint64N(3000), seedOf(1, 2))
		if times[h] > 0 && rng.IntN(2) == 0 {
			if times[h]--; bag.remove(h) != (times[h] == 0) {
				t.Fatalf("%x is there %d times", h, times[h])
			}
			continue
		}
		_, known := times[h]
		if set.add(h) == known || bag.add(h) != (times[h] == 0) || !set.has(h) {
			t.Fatalf("%x is there %d times", h, times[h])
		}
		times[h]++
	}
	if set.n != len(times) || bag.words() != len(times) || 4*set.n > 3*len(set.table) {
		t.Errorf("%d and %d values of %d in %d places", set.n, bag.n, len(times), len(set.table))
	}
}

// TestKeptTable asks for the best customers, of whom there are too many to keep: the others' numbers
// are not computed, unless too few have any revenue.
func TestKeptTable(t *testing.T) {
	s := newScript(t)
	counted := &statements{Store: s.Store}
	s.service.cfg.Store = counted
	s.service.kept.most = 5
	named := regexp.MustCompile(`\bc[0-9]`)
	var lines []string
	for n := range 60 {
		customer, price := n%15, 1+n%15%4
		if customer > 8 {
			price = 0 // of no revenue
		}
		lines = append(lines, fmt.Sprintf(`{"id":"%d","type":"order_completed","time":"2026-03-02T10:%02d:00Z","customer_id":"c%d","currency":"EUR","order_id":"o%d","amount":5,"items":[{"product_id":"A","kind":"sale","quantity":1,"price":%d}]}`, n, n%60, customer, n/2, price))
	}
	s.Write(s.Batch(0, strings.Join(lines, "\n")))
	for _, c := range []struct {
		limit  int
		metric string
		fewer  bool
	}{{3, "revenue", true}, {8, "revenue", true}, {9, "revenue", false}, {12, "revenue", false}, {3, "order_lines", true}} {
		q := Query{
			Metrics: []string{"revenue", "orders", "order_lines"}, Dimensions: []string{"customer_id"}, Currency: "EUR", Order: []Order{{c.metric, true}}, Limit: c.limit,
			From: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC),
		}
		ask := func(q Query) string {
			a, err := s.service.Query(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			return tabulate(a, q.Dimensions)
		}
		ask(q)
		for round := range 3 { // more orders come
			got, fewer := ask(q), named.MatchString(counted.values)
			rows := q
			rows.Rows = true
			if want := ask(rows); got != want || fewer != c.fewer {
				t.Errorf("round %d, %+v: only of some: %v; got\n%swant\n%s", round, c, fewer, got, want)
			}
			n := fmt.Sprint(100*c.limit + 10*len(c.metric) + round)
			s.Write(s.Batch(0, fmt.Sprintf(`{"id":"%s","type":"order_completed","time":"2026-03-02T10:00:00Z","customer_id":"c%d","currency":"EUR","order_id":"o%s","amount":5,"items":[{"product_id":"A","kind":"sale","quantity":1,"price":5}]}`, n, round, n)))
		}
	}
}

// short is a store that lacks memory for lists.
type short struct {
	Store
	refused int
}

func (s *short) Query(ctx context.Context, q olap.Query) (*olap.Result, error) {
	if strings.Contains(q.SQL, "list(") && strings.Contains(q.SQL, "hash(") {
		s.refused++
		return nil, &olap.Error{Kind: olap.ErrLimit, Message: "too much memory"}
	}
	return s.Store.Query(ctx, q)
}

// TestKeptWithoutMemory counts where the values take more memory than there is.
func TestKeptWithoutMemory(t *testing.T) {
	s := newScript(t)
	store := &short{Store: s.Store}
	s.service.cfg.Store = store
	rng := rand.New(rand.NewPCG(11, 20261123))
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for round := range 3 {
		for n := range 10 {
			s.Write(s.Batch(0, strings.Join(visit(rng, 100*round+n, from.Add(time.Duration(rng.IntN(90))*time.Hour)), "\n")))
		}
		for _, name := range []string{"sessions", "view_to_cart_rate", "customers_28d"} {
			q := Query{Metrics: []string{name}, Currency: "EUR", Grain: "day", From: from, To: from.AddDate(0, 0, 5)}
			got, err := s.service.Query(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			q.Rows = true
			want, err := s.service.Query(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if tabulate(got, nil) != tabulate(want, nil) {
				t.Errorf("%s: got\n%swant\n%s", name, tabulate(got, nil), tabulate(want, nil))
			}
		}
	}
	if store.refused != 3 { // it is not tried again
		t.Errorf("lists were asked for %d times", store.refused)
	}
}
