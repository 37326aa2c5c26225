package metric

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/millrace/millrace/internal/store/olap"
)

// Of a table of very many rows, such as the best customers, the number that it is sorted by is
// kept for all of them, and added to; the others are then asked for the largest alone.

const (
	wordsOfRank = 6       // that one takes among values
	candidates  = 4       // times as many as are needed
	maxRanks    = 500_000 // of one result
	rankUnits   = 1_000_000
)

// ranks are sums by the value of a dimension, in millionths.
type ranks struct {
	mu   sync.Mutex
	sums map[string]int64
	null bool     // there are rows without a value, or with a sum that is too large
	list []string // candidates that were returned last
}

func (r *ranks) words() int {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return wordsOfRank * len(r.sums)
}

// rankable reports whether the number of a plan can be kept so.
func (p *plan) rankable() bool {
	one := p.parts[0]
	return len(p.parts) == 1 && one.kind == "simple" && one.dataset.Placed && (one.aggregate == "sum" || one.aggregate == "count") &&
		p.query.Grain == "" && len(p.query.Dimensions) == 1 && p.renewal() == byAdding
}

// ranked brings the ranks of a plan up to date; nil where there are too many.
func (s *Service) ranked(ctx context.Context, p *plan, version string, stored olap.Positions) (*ranks, error) {
	key := "rank " + p.keptAs(version)
	for range maxTurns {
		old := s.kept.get(key)
		if old != nil && old.ranks == nil && old.to.Equal(p.query.To) {
			return nil, nil
		}
		of, next := &plan{query: p.query, metrics: p.metrics, stored: p.stored}, &result{to: p.query.To, rewritten: stored.Rewritten}
		switch {
		case old == nil || old.ranks == nil || old.rewritten != stored.Rewritten || !old.to.Equal(p.query.To) || olap.Lag(old.at, stored.Offsets) > maxAdded:
			old = nil
		case maps.Equal(old.at, stored.Offsets):
			return old.ranks, nil
		default:
			of.since = old.begins(stored.Offsets)
			of.floor = stored.Trail.Floor(of.since)
		}
		if _, err := of.compile(nil); err != nil {
			return nil, err
		}
		dimension, number := quote(p.query.Dimensions[0]), quote(p.parts[0].name)
		rows, at, err := s.placed(ctx, of, of.statement.wrap(
			fmt.Sprintf("SELECT count(*) <= %[1]d, CASE WHEN count(*) <= %[1]d THEN list(%[2]s::VARCHAR) END, CASE WHEN count(*) <= %[1]d THEN list(TRY_CAST(coalesce(%[3]s, 0) * %[4]d AS BIGINT)) END\nFROM (",
				maxRanks, dimension, number, rankUnits), ") AS numbers"))
		if err != nil {
			return nil, err
		}
		if next.at = at; old != nil {
			next.at = moved(of.since, at)
		}
		if few, _ := rows[0][0].(bool); !few {
			s.kept.put(key, next)
			return nil, nil
		}
		if next.ranks = (&ranks{sums: make(map[string]int64)}); old != nil {
			next.ranks = old.ranks
		}
		add := func() *result {
			next.ranks.add(rows[0][1], rows[0][2])
			return next
		}
		if old == nil {
			s.kept.put(key, add())
			return next.ranks, nil
		}
		if _, ok := s.kept.advance(key, old, add); ok {
			return next.ranks, nil
		}
	}
	return nil, nil
}

func (r *ranks) add(names, sums any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all, _ := names.([]any)
	more, _ := sums.([]any)
	for i, v := range all {
		name, is := v.(string)
		n, fits := more[i].(int64)
		if !is || !fits {
			r.null = true
			continue
		}
		r.sums[name] += n
	}
}

// first are names in their order, those of the largest n sums among them: the same as the last
// time while they have these, so that what is asked about them is kept. It is nil where sums do
// not say which rows are the largest: there are fewer that are above 0, which others have that
// have no sum.
func (r *ranks) first(n int) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	most := r.largest(min(candidates*n, maxValues))
	if r.null || len(most) < n {
		return nil
	}
	for _, name := range most[:n] {
		if _, there := slices.BinarySearch(r.list, name); !there {
			slices.Sort(most)
			r.list = most
			break
		}
	}
	return r.list
}

// largest are the names of the largest sums above 0. mu is held.
func (r *ranks) largest(n int) []string {
	type rank struct {
		name string
		sum  int64
	}
	larger := func(a, b rank) int { return cmp.Or(cmp.Compare(b.sum, a.sum), strings.Compare(a.name, b.name)) }
	var most []rank
	for name, sum := range r.sums {
		one := rank{name, sum}
		if sum <= 0 || len(most) == n && larger(one, most[n-1]) > 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(most, one, larger)
		most = slices.Insert(most, at, one)
		most = most[:min(n, len(most))]
	}
	names := make([]string, len(most))
	for i := range most {
		names[i] = most[i].name
	}
	return names
}
