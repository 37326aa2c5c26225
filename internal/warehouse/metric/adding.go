package metric

import (
	"maps"
	"math/big"
	"slices"
	"time"
)

// adding adds numbers of a part of the rows to a result.
type adding struct {
	*plan
	rows    []partial
	index   map[string]int // of rows, by time and dimensions
	values  *values        // nil: no values are known
	windows windows
	cloned  map[string]bool // of windows
}

// added fills the result that follows an old one, to which the numbers of further rows are
// added. Values that are known count no more.
func (p *plan) added(old, next *result, others []partial) *result {
	next.values, next.windows, next.over, next.rows = old.values, old.windows, p.windows, old.rows
	if len(others) == 0 {
		return next
	}
	a := &adding{plan: p, rows: slices.Clone(old.rows), index: make(map[string]int, len(old.rows)), values: old.values, cloned: make(map[string]bool)}
	for i := range a.rows {
		a.index[key(a.rows[i].time, a.rows[i].dimensions)] = i
	}
	if p.windows != nil { // what is later needs not be looked at, where nothing is known
		slices.SortFunc(others, func(a, b partial) int { return a.time.Compare(b.time) })
		a.windows = maps.Clone(old.windows)
		if a.windows == nil {
			a.windows = make(windows)
		}
	}
	for i := range others {
		a.add(&others[i])
	}
	next.rows, next.windows = a.rows, a.windows
	return next
}

// nothing is a row of which nothing is known.
func (p *plan) nothing(at time.Time, dimensions []*string) partial {
	return partial{time: at, dimensions: dimensions, parts: make([]*big.Rat, len(p.parts))}
}

func (a *adding) add(other *partial) {
	name := key(other.time, other.dimensions)
	i, there := a.index[name]
	if !there {
		i = len(a.rows)
		a.index[name] = i
		a.rows = append(a.rows, a.nothing(other.time, other.dimensions))
	}
	row := a.rows[i]
	row.parts = slices.Clone(row.parts)
	for k, one := range a.parts {
		more := other.parts[k]
		if one.distinct() && a.values != nil {
			more = new(big.Rat).SetInt64(a.count(i, k, other.values[k]) - a.lost(i, k, other.left))
		}
		row.parts[k] = one.plus(row.parts[k], more)
	}
	row.n += other.n
	row.gone = other.left != nil && row.n == 0
	a.rows[i] = row
}

// count adds hashes of values of a part of a row. It returns how many are new.
func (a *adding) count(row, part int, hashes []uint64) (n int64) {
	seed := seedOf(row, part)
	var s *slide
	for _, h := range hashes {
		if !a.values.add(seeded(h, seed)) {
			continue
		}
		n++
		if a.plan.windows == nil {
			continue
		}
		if s == nil {
			s = a.slide(row, part)
		}
		s.count(a.values, h)
	}
	return n
}

// lost takes values of a part of a row away. It returns how many are not there any more.
func (a *adding) lost(row, part int, left [][]uint64) (n int64) {
	if left == nil {
		return 0
	}
	seed := seedOf(row, part)
	for _, h := range left[part] {
		if a.values.remove(seeded(h, seed)) {
			n++
		}
	}
	return n
}

// slide counts new values of a day in the windows that it is in.
type slide struct {
	windows       []window // that the day is in
	counts        []int64  // of them
	before, after []beside
}

// beside is a day on which a value may be, too.
type beside struct {
	at   time.Time
	seed uint64
}

func (a *adding) slide(row, part int) *slide {
	at, dimensions := a.rows[row].time, a.rows[row].dimensions
	all := a.plan.windows
	low, _ := slices.BinarySearchFunc(all, at, func(w window, at time.Time) int {
		if w.to.After(at) {
			return 1
		}
		return -1
	})
	high, _ := slices.BinarySearchFunc(all, at, func(w window, at time.Time) int {
		if w.from.After(at) {
			return 1
		}
		return -1
	})
	s := &slide{}
	if low >= high {
		return s
	}
	s.windows, s.counts = all[low:high], a.counts(dimensions)[part][low:high]
	look := func(days []beside, at time.Time) []beside {
		if i, there := a.index[key(at, dimensions)]; there {
			days = append(days, beside{at, seedOf(i, part)})
		}
		return days
	}
	step := Next(at, a.query.Grain).Sub(at)
	for day := at.Add(-step); !day.Before(s.windows[0].from); day = day.Add(-step) {
		s.before = look(s.before, day)
	}
	for day := at.Add(step); day.Before(s.windows[len(s.windows)-1].to); day = day.Add(step) {
		s.after = look(s.after, day)
	}
	return s
}

// counts are those of all windows by part, which can be changed.
func (a *adding) counts(dimensions []*string) [][]int64 {
	name := key(time.Time{}, dimensions)
	if !a.cloned[name] {
		a.cloned[name] = true
		old, own := a.windows[name], make([][]int64, len(a.parts))
		for k := range own {
			own[k] = make([]int64, len(a.plan.windows))
			if old != nil {
				copy(own[k], old[k])
			}
		}
		a.windows[name] = own
	}
	return a.windows[name]
}

func (s *slide) count(known *values, h uint64) {
	has := func(days []beside) (at time.Time) {
		for _, d := range days {
			if known.has(seeded(h, d.seed)) {
				return d.at
			}
		}
		return at
	}
	before, after := has(s.before), has(s.after)
	for i, w := range s.windows {
		if !before.IsZero() && !before.Before(w.from) || !after.IsZero() && after.Before(w.to) {
			continue
		}
		s.counts[i]++
	}
}
