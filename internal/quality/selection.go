package quality

import (
	"slices"

	"github.com/millrace/millrace/event"
)

// groups are the sets of types of events that rules and corrections are for. Group 0 is
// of all events.
type groups [][]string

// of returns the number of the group for these types.
func (g *groups) of(types []string) int {
	if len(types) == 0 {
		return 0
	}
	types = slices.Compact(slices.Sorted(slices.Values(types)))
	i := slices.IndexFunc(*g, func(have []string) bool { return slices.Equal(have, types) })
	if i < 0 {
		i = len(*g)
		*g = append(*g, types)
	}
	return i
}

// selection is the rows of a group, and their items.
type selection struct {
	rows, items []int32
	made        bool
}

// selections are those of a batch. Each is made when the first rule asks for it, and
// again when a correction has changed types.
type selections struct {
	groups groups
	of     []selection
	items  bool // somebody asks for items
	memo   []uint8
}

func (s *selections) begin(b *event.Batch, rows []int32) {
	s.forget()
	all := &s.of[0]
	all.rows, all.made = append(all.rows[:0], rows...), true
	if s.items {
		all.items = appendItems(b, rows, all.items[:0])
	}
}

func (s *selections) forget() {
	for i := range s.of[1:] {
		s.of[i+1].made = false
	}
}

func appendItems(b *event.Batch, rows, items []int32) []int32 {
	for _, i := range rows {
		from, to := b.ItemRange(int(i))
		for k := from; k < to; k++ {
			items = append(items, int32(k))
		}
	}
	return items
}

// get returns the positions of a group.
func (s *selections) get(b *event.Batch, group int, item bool) []int32 {
	sel := &s.of[group]
	if !sel.made {
		s.make(b, group, sel)
	}
	if item {
		return sel.items
	}
	return sel.rows
}

func (s *selections) make(b *event.Batch, group int, sel *selection) {
	sel.rows, sel.made = sel.rows[:0], true
	s.memo = blank(s.memo, len(b.Type.Values))
	for _, i := range s.of[0].rows {
		code := b.Type.Codes[i]
		if s.memo[code] == memoUnknown {
			s.memo[code] = memoOf(slices.Contains(s.groups[group], b.Type.Get(int(i))))
		}
		if s.memo[code] == memoTrue {
			sel.rows = append(sel.rows, i)
		}
	}
	if s.items {
		sel.items = appendItems(b, sel.rows, sel.items[:0])
	}
}
