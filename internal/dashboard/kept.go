package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

// Bounds of what is kept.
const (
	maxAnswers    = 1024
	maxAnswerRows = 300_000
	maxLag        = 5 * time.Second // what a chart may lack where it has to be kept in turn: to wait for it takes as long
)

// kept holds answers with the positions that they reflect. Equal questions at the same
// positions share one answer, also while it is being computed.
type kept struct {
	mu      sync.Mutex
	answers map[string]*answer // by question
	rows    int
	clock   uint64 // counts uses
}

// answer is the answer to a question, when done is closed.
type answer struct {
	positions string
	done      chan struct{}
	cancel    context.CancelFunc
	waiting   int    // for it; guarded by kept.mu
	used      uint64 // guarded by kept.mu
	rows      int    // guarded by kept.mu

	// Set before done is closed.
	result *metric.Answer
	err    error
}

// key writes a question so that equal ones are equal.
func key(q *metric.Query, version string) string {
	text, err := json.Marshal(q)
	if err != nil {
		panic("BUG: a query cannot be encoded: " + err.Error())
	}
	return version + string(text)
}

// asker answers queries as of positions.
func (s *Service) asker(positions string) ask {
	return func(ctx context.Context, q metric.Query) (*metric.Answer, error) { return s.ask(ctx, q, positions) }
}

// ask answers a query as of positions, which the store has passed.
func (s *Service) ask(ctx context.Context, q metric.Query, positions string) (*metric.Answer, error) {
	a := s.join(key(&q, s.cfg.Catalogue.Catalog().Version()), q, positions)
	select {
	case <-a.done:
		return a.result, a.err
	case <-ctx.Done():
		s.kept.mu.Lock()
		defer s.kept.mu.Unlock()
		if a.waiting--; a.waiting == 0 {
			a.cancel() // nobody wants it any more
		}
		return nil, ctx.Err()
	}
}

// join finds the answer to a question, or begins to compute it.
func (s *Service) join(key string, q metric.Query, positions string) *answer {
	k := &s.kept
	k.mu.Lock()
	defer k.mu.Unlock()
	k.clock++
	if a := k.answers[key]; a != nil && a.positions == positions && a.usable() {
		a.used = k.clock
		a.waiting++
		return a
	}
	a := &answer{positions: positions, done: make(chan struct{}), waiting: 1, used: k.clock}
	k.dropLocked(key)
	k.answers[key] = a
	k.boundLocked()
	ctx, cancel := context.WithTimeout(s.ctx, s.cfg.Limits.ChartTimeout)
	a.cancel = cancel
	s.active.Add(1)
	go func() {
		defer s.active.Done()
		defer cancel()
		a.result, a.err = s.compute(ctx, q)
		k.mu.Lock()
		defer k.mu.Unlock()
		close(a.done)
		switch {
		case a.err != nil && k.answers[key] == a && !errors.Is(a.err, metric.ErrQuery):
			k.dropLocked(key) // asking again may succeed
		case a.result != nil && k.answers[key] == a:
			a.rows = len(a.result.Rows)
			k.rows += a.rows
			k.boundLocked()
		}
	}()
	return a
}

// usable reports whether an answer that is there, or coming, can be waited for.
func (a *answer) usable() bool {
	select {
	case <-a.done:
		return a.result == nil || !a.result.Behind
	default:
		return a.waiting > 0 // without anybody waiting it has been given up
	}
}

func (k *kept) dropLocked(key string) {
	if a := k.answers[key]; a != nil {
		k.rows -= a.rows
		delete(k.answers, key)
	}
}

// boundLocked drops what was not used for longest.
func (k *kept) boundLocked() {
	for len(k.answers) > maxAnswers || k.rows > maxAnswerRows && len(k.answers) > 1 {
		oldest := ""
		for key, a := range k.answers {
			if oldest == "" || a.used < k.answers[oldest].used {
				oldest = key
			}
		}
		k.dropLocked(oldest)
	}
}

// compute runs a query when it is its turn.
func (s *Service) compute(ctx context.Context, q metric.Query) (*metric.Answer, error) {
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	case <-ctx.Done():
		return nil, s.late(ctx.Err())
	}
	q.Lag = maxLag
	a, err := s.cfg.Catalogue.Query(ctx, q)
	if err != nil {
		return nil, s.late(err)
	}
	return a, nil
}

// ErrLate says that a chart took too long.
var ErrLate = errors.New("the chart took too long")

func (s *Service) late(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, olap.ErrTimeout) {
		return fmt.Errorf("%w: more than %s; choose a shorter range, or fewer dimensions", ErrLate, s.cfg.Limits.ChartTimeout)
	}
	return err
}

// positions writes the positions that the stored rows reflect.
func (s *Service) positions(ctx context.Context) (string, map[int32]int64, error) {
	p, err := s.cfg.Store.Positions(ctx)
	if err != nil {
		return "", nil, fmt.Errorf("cannot read the positions of the analytics store: %w", err)
	}
	var b strings.Builder
	for _, partition := range slices.Sorted(maps.Keys(p.Offsets)) {
		fmt.Fprintf(&b, "%d:%d ", partition, p.Offsets[partition])
	}
	return b.String(), p.Offsets, nil
}

// spanFor is how long the extent is not looked up again while events come: the newest event
// only decides whether the data are history.
const spanFor = 5 * time.Second

// spanOf keeps the extent.
type spanOf struct {
	mu        sync.Mutex
	extent    extent
	at        map[int32]int64 // positions that it reflects
	rewritten uint64          // of the store then
	known     time.Time
}

// extent returns the event times of the first and the newest event.
func (s *Service) extent(ctx context.Context) (extent, error) {
	k := &s.span
	k.mu.Lock()
	defer k.mu.Unlock()
	now := s.cfg.Clock.Now()
	if now.Sub(k.known) < spanFor && !k.extent.newest.IsZero() {
		return k.extent, nil
	}
	stored, err := s.cfg.Store.Positions(ctx)
	if err != nil {
		return extent{}, err
	}
	from, old := "events", extent{}
	if !k.extent.newest.IsZero() && k.rewritten == stored.Rewritten {
		if maps.Equal(k.at, stored.Offsets) {
			return k.extent, nil
		}
		since := maps.Clone(stored.Offsets)
		for p := range since {
			since[p] = k.at[p]
		}
		from, old = olap.PlacedRows("events")+" WHERE "+olap.Behind(since, stored.Trail.Floor(since)), k.extent
	}
	result, err := s.cfg.Store.Query(ctx, olap.Query{SQL: "SELECT min(event_time), max(event_time) FROM " + from, Limits: olap.Limits{Rows: 1, Timeout: s.cfg.Limits.ChartTimeout}})
	if err != nil {
		return extent{}, s.late(err)
	}
	rows, err := result.All()
	if err != nil {
		return extent{}, s.late(err)
	}
	first, _ := rows[0][0].(time.Time) // NULL without events
	newest, _ := rows[0][1].(time.Time)
	if !old.newest.IsZero() && (first.IsZero() || old.first.Before(first)) {
		first = old.first
	}
	if newest.Before(old.newest) {
		newest = old.newest
	}
	k.extent, k.at, k.rewritten, k.known = extent{first, newest}, stored.Offsets, stored.Rewritten, now
	return k.extent, nil
}
