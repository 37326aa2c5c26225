package dashboard

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

// slowly is a catalogue whose answers take a time of the clock, by metric, the first time that a
// range is asked for.
type slowly struct {
	Catalogue
	clock *clock.Fake

	mu     sync.Mutex
	takes  map[string]time.Duration // the first time
	again  map[string]time.Duration
	whole  map[string]bool // metrics whose answers are computed anew each time
	broken map[string]bool
	asked  map[string]int
	shown  int // not in the background
}

func (f *slowly) Query(ctx context.Context, q metric.Query) (*metric.Answer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !q.Background {
		f.shown++
	}
	name := q.Metrics[0]
	f.asked[name]++
	f.clock.Advance(f.takes[name])
	if again, known := f.again[name]; known {
		f.takes[name] = again
	}
	if f.broken[name] {
		return nil, errors.New("a disk")
	}
	a, err := f.Catalogue.Query(ctx, q)
	if err == nil {
		a.Added = !f.whole[name]
	}
	return a, err
}

// since returns the metrics that were asked for since it was asked last.
func (f *slowly) since() []string {
	names := slices.Sorted(maps.Keys(f.asked))
	f.asked = make(map[string]int)
	return names
}

// grown is a store that says it has so many records.
type grown struct {
	Store
	records int64
}

func (g *grown) Positions(ctx context.Context) (olap.Positions, error) {
	p, err := g.Store.Positions(ctx)
	p.Offsets = map[int32]int64{0: g.records}
	return p, err
}

const warmBoard = `version: 1
id: warm
title: Warm
range: 28d
rows:
  - charts:
      - {id: slow, kind: number, title: Slow, metrics: [orders]}
      - {id: quick, kind: number, title: Quick, metrics: [revenue]}
      - {id: whole, kind: number, title: Whole, metrics: [customers]}
      - {id: broken, kind: number, title: Broken, metrics: [visits]}
      - {id: no_less, kind: number, title: As slow again, metrics: [units]}
`

// TestWarm: charts that take long are asked before anybody opens them, and again when their range
// moves on or much came; others are not, until there is much more.
func TestWarm(t *testing.T) {
	s, _ := platform(t)
	now := clock.NewFake(time.Date(2026, 11, 23, 10, 5, 0, 0, time.UTC))
	board, err := Parse([]byte(warmBoard), "warm.yaml", s.cfg.Catalogue.Catalog())
	if err != nil {
		t.Fatal(err)
	}
	catalogue := &slowly{
		Catalogue: s.cfg.Catalogue, clock: now, takes: map[string]time.Duration{"orders": time.Second, "customers": time.Second, "visits": time.Second, "units": time.Second},
		again: map[string]time.Duration{"orders": 50 * time.Millisecond}, whole: map[string]bool{"customers": true}, broken: map[string]bool{"visits": true}, asked: make(map[string]int),
	}
	store := &grown{Store: s.cfg.Store}
	s.cfg.Catalogue, s.cfg.Store, s.cfg.Clock = catalogue, store, now
	known := make(map[string]*warmth)
	all := []string{"customers", "orders", "revenue", "units", "visits"}
	for _, c := range []struct {
		what    string
		records int64
		after   time.Duration
		want    []string
	}{
		{"few records", warmBehind - 1, 0, nil},
		{"enough of them", warmBehind, 0, all},
		{"nothing came", warmBehind, time.Minute, nil},
		{"some came", warmBehind + 1000, time.Minute, nil},
		{"the range moves on", warmBehind + 1000, 15 * time.Minute, []string{"orders", "units", "visits"}},
		{"much came", 2*warmBehind + 1000, 0, []string{"orders", "visits"}},
		{"thrice of what there was", 3*warmBehind + 2000, 0, all},
	} {
		now.Advance(c.after)
		store.records = c.records
		r := Request{}
		charts, err := s.prepare(board, &r)
		if err != nil {
			t.Fatal(err)
		}
		for _, chart := range charts {
			if err := s.warmChart(t.Context(), chart, &r, chart.ID, known); err != nil {
				t.Fatal(err)
			}
		}
		if got := catalogue.since(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v were asked, want %v", c.what, got, c.want)
		}
	}
	if catalogue.shown > 0 {
		t.Errorf("%d questions did not give way", catalogue.shown)
	}
}

// TestWarmBoards asks the charts of all boards, and forgets those of boards that are gone.
func TestWarmBoards(t *testing.T) {
	s, _ := platform(t)
	s.cfg.Store = &grown{Store: s.cfg.Store, records: warmBehind}
	known := map[string]*warmth{"a board that is gone": {}}
	if err := s.warm(t.Context(), known); err != nil {
		t.Fatal(err)
	}
	if n := len(known); n < 50 || known["a board that is gone"] != nil {
		t.Errorf("%d charts are known", n)
	}
}
