package basket

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// ErrTooMany says that more itemsets or rules are frequent than the settings allow.
var ErrTooMany = errors.New("too many itemsets")

// Settings bound what is looked for.
type Settings struct {
	MinSupport    float64 // share of baskets that have all items, above 0
	MinConfidence float64 // of rules, 0 to 1
	MaxItems      int     // of an itemset, at most [MostItems]
	MaxItemsets   int     // also bounds the rules
	// All is how many baskets there are, where those without frequent items are left
	// out; 0: those given.
	All int
}

// Least is in how many of all baskets an itemset must be.
func (s Settings) Least(all int) int {
	const rounding = 1e-9 // 0.07 of 100 is 7.000000000000001
	return max(int(math.Ceil(s.MinSupport*float64(all)-rounding)), 1)
}

// MostItems bounds itemsets: n items make 2ⁿ rules.
const MostItems = 8

// Itemset is items that are in one basket.
type Itemset struct {
	Items []string // sorted
	Count int      // baskets that have all of them
}

// Rule says that baskets with some items have others.
type Rule struct {
	If, Then   []string // sorted
	Count      int      // baskets that have all of them
	Support    float64  // Count by all baskets
	Confidence float64  // of the baskets with If, the share that has Then
	Lift       float64  // confidence by the share of all baskets that has Then
}

// Result is what was found.
type Result struct {
	Baskets  int
	Itemsets []Itemset // most frequent first
	Rules    []Rule    // of the highest lift first
}

// Mine finds the frequent itemsets of baskets, and their rules. An item counts once per basket,
// and a basket without items counts. The error wraps [ErrTooMany].
func Mine(baskets [][]string, s Settings) (*Result, error) {
	all := max(s.All, len(baskets))
	m := &miner{least: s.Least(all), settings: s}
	if err := m.grow(m.plant(baskets), nil); err != nil {
		return nil, err
	}
	r := &Result{Baskets: all, Itemsets: m.found}
	slices.SortFunc(r.Itemsets, func(a, b Itemset) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(len(a.Items), len(b.Items)), slices.Compare(a.Items, b.Items))
	})
	return r, r.deduce(s)
}

// miner collects frequent itemsets.
type miner struct {
	least    int
	settings Settings
	names    []string // of items, by number: the most frequent first
	found    []Itemset
}

// plant numbers the frequent items and makes the tree of all baskets.
func (m *miner) plant(baskets [][]string) *tree {
	counts := make(map[string]int)
	seen := make(map[string]int) // the last basket that had the item, from 1
	for b, items := range baskets {
		for _, item := range items {
			if seen[item] != b+1 {
				seen[item] = b + 1
				counts[item]++
			}
		}
	}
	for item, n := range counts {
		if n >= m.least {
			m.names = append(m.names, item)
		}
	}
	slices.SortFunc(m.names, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	number := make(map[string]int32, len(m.names))
	for i, name := range m.names {
		number[name] = int32(i)
	}
	t := newTree(len(m.names))
	var path []int32
	for _, items := range baskets {
		path = path[:0]
		for _, item := range items {
			if n, ok := number[item]; ok {
				path = append(path, n)
			}
		}
		slices.Sort(path)
		t.insert(slices.Compact(path), 1)
	}
	return t
}

// grow finds the itemsets of a tree, to which the suffix belongs.
func (m *miner) grow(t *tree, suffix []int32) error {
	for item := range int32(len(t.heads)) {
		if t.counts[item] < m.least {
			continue
		}
		set := append(slices.Clone(suffix), item)
		if len(m.found) >= m.settings.MaxItemsets {
			return fmt.Errorf("%w: more than %d are in %d baskets or more; raise min_support", ErrTooMany, m.settings.MaxItemsets, m.least)
		}
		m.found = append(m.found, Itemset{Items: m.spell(set), Count: t.counts[item]})
		if len(set) == m.settings.MaxItems {
			continue
		}
		if err := m.grow(t.condition(item, m.least), set); err != nil {
			return err
		}
	}
	return nil
}

func (m *miner) spell(set []int32) []string {
	items := make([]string, len(set))
	for i, n := range set {
		items[i] = m.names[n]
	}
	slices.Sort(items)
	return items
}

// deduce makes the rules of the itemsets.
func (r *Result) deduce(s Settings) error {
	counts := make(map[string]int, len(r.Itemsets))
	for _, set := range r.Itemsets {
		counts[key(set.Items)] = set.Count
	}
	for _, set := range r.Itemsets {
		for part := 1; part < 1<<len(set.Items)-1; part++ {
			var rule Rule
			for i, item := range set.Items {
				if part>>i&1 == 1 {
					rule.If = append(rule.If, item)
				} else {
					rule.Then = append(rule.Then, item)
				}
			}
			all := float64(r.Baskets)
			rule.Count, rule.Support = set.Count, float64(set.Count)/all
			rule.Confidence = float64(set.Count) / float64(counts[key(rule.If)])
			rule.Lift = rule.Confidence / (float64(counts[key(rule.Then)]) / all)
			if rule.Confidence < s.MinConfidence {
				continue
			}
			if len(r.Rules) >= s.MaxItemsets {
				return fmt.Errorf("%w: they make more than %d rules; raise min_confidence or min_support", ErrTooMany, s.MaxItemsets)
			}
			r.Rules = append(r.Rules, rule)
		}
	}
	slices.SortFunc(r.Rules, func(a, b Rule) int {
		return cmp.Or(cmp.Compare(b.Lift, a.Lift), cmp.Compare(b.Count, a.Count), slices.Compare(a.If, b.If), slices.Compare(a.Then, b.Then))
	})
	return nil
}

func key(items []string) string { return strings.Join(items, "\x00") }
