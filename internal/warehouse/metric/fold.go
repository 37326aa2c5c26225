package metric

import (
	"context"
	"errors"
	"maps"
	"math/big"
	"slices"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
)

// What is accumulated is made of the numbers of single days (hours or minutes where the grain is
// that), which are kept and added to like those of any question. A count of different values in
// a window of days is one more for a new value of a day in those windows in which no other day
// has it: the days beside it tell.

// maxBeside bounds the days that are looked at beside the one of a value.
const maxBeside = 100

// window are the units of time that are added up in a bucket.
type window struct {
	at       time.Time // start of the bucket; zero without a grain
	from, to time.Time // of units that begin in between; zero from: all before
}

// windows are the numbers of different values in windows, by dimensions, part and window.
type windows map[string][][]int64

// fold returns the plan of the numbers of single days; nil where they cannot be kept.
func (p *plan) fold() *plan {
	q := *p.query
	unit := p.unit()
	folded := &Metric{Name: "fold"}
	for _, one := range p.parts {
		switch {
		case one.kind != "cumulative" || !one.dataset.Placed || one.window != p.parts[0].window || one.toDate != p.parts[0].toDate,
			!one.distinct() && !slices.Contains([]string{"sum", "count", "min", "max"}, one.aggregate),
			one.distinct() && (one.toDate != "" || unit != "day" || one.window > maxBeside):
			return nil
		}
		simple := *one
		simple.kind = "simple"
		folded.parts = append(folded.parts, &simple)
	}
	if p.renewal() == never {
		return nil
	}
	q.From, q.Grain, q.Order, q.Limit, q.Compare = p.lowest(p.parts[0]).at, unit, nil, 0, ""
	return &plan{query: &q, metrics: []*Metric{folded}, stored: p.stored, kept: p.kept, windows: p.listWindows()}
}

// unit is what rows are folded into before they are accumulated.
func (p *plan) unit() string {
	if g := p.query.Grain; g == "hour" || g == "minute" {
		return g
	}
	return "day"
}

// listWindows are the windows of the buckets of the range.
func (p *plan) listWindows() (all []window) {
	q, one := p.query, p.parts[0]
	add := func(at, ends time.Time) {
		w := window{at: at, to: Truncate(ends, p.unit())}
		if w.to.Before(ends) {
			w.to = Next(w.to, p.unit())
		}
		switch last := ends.Add(-time.Microsecond); one.toDate {
		case "":
			w.from = Truncate(last, "day").AddDate(0, 0, 1-one.window)
		case "all":
		default:
			w.from = Truncate(last, one.toDate)
		}
		all = append(all, w)
	}
	if q.Grain == "" {
		add(time.Time{}, q.To)
		return all
	}
	for at := Truncate(q.From, q.Grain); at.Before(q.To); at = Next(at, q.Grain) {
		ends := Next(at, q.Grain)
		if q.To.Before(ends) {
			ends = q.To
		}
		add(at, ends)
	}
	return all
}

// accumulated answers a plan of accumulated numbers by the numbers of single days; false where
// those are too many to keep.
func (s *Service) accumulated(ctx context.Context, p, folded *plan, version string, have Derived, stored olap.Positions) ([]partial, bool, error) {
	if _, err := folded.compile(have.Rollups); err != nil {
		return nil, false, err
	}
	key := "fold " + p.keptAs(version)
	old := s.kept.get(key)
	how := folded.renewal()
	if old != nil && (old.large || old.limit(how) != how) {
		return nil, false, nil
	}
	if old != nil && how == byValues && !slices.Equal(old.over, folded.windows) {
		old = nil
	}
	r, err := s.renewed(ctx, folded, key, old, how, have, stored)
	switch {
	case errors.Is(err, errTooMany):
		s.kept.put(key, &result{to: p.query.To, large: true})
		return nil, false, nil
	case err != nil || r == nil || r.limit(how) != how:
		return nil, false, err
	}
	return folded.accumulate(r), true, nil
}

// accumulate makes the numbers of windows of those of single days.
func (p *plan) accumulate(r *result) (sum []partial) {
	by := make(map[string][]partial)
	for _, row := range r.rows {
		name := key(time.Time{}, row.dimensions)
		by[name] = append(by[name], row)
	}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		days := by[name]
		slices.SortFunc(days, func(a, b partial) int { return a.time.Compare(b.time) })
		first, next := 0, 0
		one := p.nothing(time.Time{}, days[0].dimensions)
		for i, w := range p.windows {
			if i == 0 || !w.from.Equal(p.windows[i-1].from) {
				for first < len(days) && days[first].time.Before(w.from) {
					first++
				}
				one, next = p.nothing(time.Time{}, one.dimensions), first
			}
			for ; next < len(days) && days[next].time.Before(w.to); next++ {
				for k, part := range p.parts {
					if !part.distinct() {
						one.parts[k] = part.plus(one.parts[k], days[next].parts[k])
					}
				}
			}
			if first == next {
				continue
			}
			numbers := slices.Clone(one.parts)
			for k, part := range p.parts {
				if counts := r.windows[name]; part.distinct() && counts != nil {
					numbers[k] = new(big.Rat).SetInt64(counts[k][i])
				}
			}
			sum = append(sum, partial{time: w.at, dimensions: one.dimensions, parts: numbers})
		}
	}
	return sum
}
