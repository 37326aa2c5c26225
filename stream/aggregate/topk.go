package aggregate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Frequent is one of the most frequent values. How often it occurred is at least
// Count−Error and at most Count.
type Frequent struct {
	Value string `state:"value"`
	Count int64  `state:"count"`
	Error int64  `state:"error"`
}

// Counters are those of the Space-Saving algorithm, by value.
//
// A. Metwally, D. Agrawal, A. El Abbadi: Efficient computation of frequent and
// top-k elements in data streams, ICDT 2005. The merge is that of M. Cafaro, M.
// Pulimeno, P. Tempesta: A parallel space saving algorithm, 2016.
type Counters struct {
	Items []Frequent `state:"items"`
}

// countersPer is how many counters there are for each value asked for.
const countersPer = 10

// TopK are the k most frequent values of of, most frequent first. Counts are exact
// while there are at most 10·k different values. Beyond, each is too high by
// at most its Error, which is at most 1/(10·k) of all that was counted, and
// a value more frequent than that is never missing.
func TopK[T any](k int, of func(T) string) Aggregator[T, Counters, []Frequent] {
	return TopKBy(k, of, func(T) int64 { return 1 })
}

// TopKBy is [TopK] where each value counts with a weight, such as a quantity. A
// weight that is not positive counts nothing.
func TopKBy[T any](k int, of func(T) string, weight func(T) int64) Aggregator[T, Counters, []Frequent] {
	if k < 1 || k > 1000 {
		return Aggregator[T, Counters, []Frequent]{Err: fmt.Errorf("the %d most frequent values: ask for 1 to 1,000", k)}
	}
	limit := k * countersPer
	return Aggregator[T, Counters, []Frequent]{
		Add: func(acc *Counters, v T, _ At) {
			if w := weight(v); w > 0 {
				acc.add(of(v), w, limit)
			}
		},
		Merge:  func(acc, other *Counters) { acc.merge(other, limit) },
		Result: func(acc *Counters) []Frequent { return acc.top(k) },
	}
}

func (c *Counters) find(value string) (int, bool) {
	return slices.BinarySearchFunc(c.Items, value, func(f Frequent, v string) int { return strings.Compare(f.Value, v) })
}

func (c *Counters) add(value string, weight int64, limit int) {
	i, found := c.find(value)
	if found {
		c.Items[i].Count = plus(c.Items[i].Count, weight)
		return
	}
	var least Frequent
	if len(c.Items) >= limit {
		j := c.least()
		least = c.Items[j]
		c.Items = slices.Delete(c.Items, j, j+1)
		i, _ = c.find(value)
	}
	c.Items = slices.Insert(c.Items, i, Frequent{value, plus(least.Count, weight), least.Count})
}

// plus adds counts and stops at the greatest.
func plus(a, b int64) int64 {
	if s := a + b; s >= a {
		return s
	}
	return 1<<63 - 1
}

// least returns the counter that is given to a new value: the lowest, the first of
// those by value.
func (c *Counters) least() int {
	at := 0
	for i := range c.Items {
		if c.Items[i].Count < c.Items[at].Count {
			at = i
		}
	}
	return at
}

// unseen is how often a value without a counter may have occurred.
func (c *Counters) unseen(limit int) int64 {
	if len(c.Items) < limit {
		return 0
	}
	return c.Items[c.least()].Count
}

func (c *Counters) merge(o *Counters, limit int) {
	mine, others := c.unseen(limit), o.unseen(limit)
	merged := make([]Frequent, 0, len(c.Items)+len(o.Items))
	for i, j := 0, 0; i < len(c.Items) || j < len(o.Items); {
		order := 0
		switch {
		case j == len(o.Items):
			order = -1
		case i == len(c.Items):
			order = 1
		default:
			order = strings.Compare(c.Items[i].Value, o.Items[j].Value)
		}
		var f Frequent
		switch {
		case order < 0:
			f = c.Items[i]
			f.Count, f.Error = plus(f.Count, others), plus(f.Error, others)
			i++
		case order > 0:
			f = o.Items[j]
			f.Count, f.Error = plus(f.Count, mine), plus(f.Error, mine)
			j++
		default:
			f = Frequent{c.Items[i].Value, plus(c.Items[i].Count, o.Items[j].Count), plus(c.Items[i].Error, o.Items[j].Error)}
			i, j = i+1, j+1
		}
		merged = append(merged, f)
	}
	if len(merged) > limit {
		slices.SortFunc(merged, byCount)
		merged = merged[:limit]
		slices.SortFunc(merged, func(a, b Frequent) int { return strings.Compare(a.Value, b.Value) })
	}
	c.Items = merged
}

func byCount(a, b Frequent) int {
	if c := cmp.Compare(b.Count, a.Count); c != 0 {
		return c
	}
	return strings.Compare(a.Value, b.Value)
}

func (c *Counters) top(k int) []Frequent {
	all := slices.Clone(c.Items)
	slices.SortFunc(all, byCount)
	return all[:min(k, len(all))]
}
