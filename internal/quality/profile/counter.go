package profile

import (
	"cmp"
	"slices"
)

// counter counts the most frequent of many values with few slots: Space-Saving
// (Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in
// Data Streams, ICDT 2005). A count is too high by at most its error. Values are told
// apart by their hash, and slots are searched one by one: there are few, and neither a
// map nor a new text is made when a slot changes hands.
type counter struct {
	limit  int
	hashes []uint64
	slots  []slot
	full   bool // a value had to give way, so that not all values are there
}

type slot struct {
	value []byte
	count int64
	error int64
}

// add counts a value. It keeps a copy.
func (c *counter) add(hash uint64, value []byte, count, err int64) {
	for i, h := range c.hashes {
		if h == hash {
			c.slots[i].count += count
			c.slots[i].error += err
			return
		}
	}
	if len(c.slots) < c.limit {
		c.hashes = append(c.hashes, hash)
		c.slots = append(c.slots, slot{append(make([]byte, 0, len(value)), value...), count, err})
		return
	}
	c.full = true
	least := 0
	for i := range c.slots {
		if c.slots[i].count < c.slots[least].count {
			least = i
		}
	}
	s := &c.slots[least]
	c.hashes[least] = hash
	s.value, s.error, s.count = append(s.value[:0], value...), s.count+err, s.count+count
}

// merge adds the counts of another counter.
func (c *counter) merge(o *counter) {
	for _, i := range o.order() {
		s := &o.slots[i]
		c.add(o.hashes[i], s.value, s.count, s.error)
	}
	c.full = c.full || o.full
}

// order returns the indices of the slots, the highest count first.
func (c *counter) order() []int {
	all := make([]int, len(c.slots))
	for i := range all {
		all[i] = i
	}
	slices.SortFunc(all, func(a, b int) int {
		x, y := &c.slots[a], &c.slots[b]
		return cmp.Or(cmp.Compare(y.count, x.count), slices.Compare(x.value, y.value))
	})
	return all
}
