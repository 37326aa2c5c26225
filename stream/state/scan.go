package state

import (
	"bytes"
	"errors"
	"slices"
)

// errEnough ends a scan of the backend early.
var errEnough = errors.New("enough")

// scan calls fn for the entries whose keys begin with prefix, in their order. The value is valid during fn, which must
// not use the table.
func (t *table[V]) scan(prefix []byte, fn func(key []byte, v *V) error) error {
	switch {
	case t.complete() && t.order != nil:
		return t.walk(prefix, fn)
	case t.complete():
		for _, i := range t.resident(prefix) {
			if t.head(i).flags&deleted == 0 {
				if err := fn(t.keyOf(i), t.value(i)); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return t.merge(prefix, fn)
}

// walk is scan over an ordered table in memory. One that fn ends early has cost no more than what fn has seen.
func (t *table[V]) walk(prefix []byte, fn func(key []byte, v *V) error) error {
	var before [maxHeight]*uint32
	for i := t.order.seek(prefix, &before); i != noEntry && bytes.HasPrefix(t.keyOf(i), prefix); i = t.order.next(i) {
		if t.head(i).flags&deleted != 0 {
			continue
		}
		if err := fn(t.keyOf(i), t.value(i)); err != nil {
			return err
		}
	}
	return nil
}

// resident returns the entries in memory below prefix, in the order of their keys.
func (t *table[V]) resident(prefix []byte) []uint32 {
	var found []uint32
	for i := range t.entries.len {
		if t.head(i).flags&used != 0 && bytes.HasPrefix(t.keyOf(i), prefix) {
			found = append(found, i)
		}
	}
	t.sort(found)
	return found
}

func (t *table[V]) sort(entries []uint32) {
	slices.SortFunc(entries, func(a, b uint32) int { return bytes.Compare(t.keyOf(a), t.keyOf(b)) })
}

// unsettled returns the entries below prefix that the backend does not have, or has otherwise, in order.
func (t *table[V]) unsettled(prefix []byte) []uint32 {
	var found []uint32
	for _, i := range t.dirty {
		if bytes.HasPrefix(t.keyOf(i), prefix) {
			found = append(found, i)
		}
	}
	for _, i := range t.inFlight {
		if t.head(i).flags&dirty == 0 && bytes.HasPrefix(t.keyOf(i), prefix) {
			found = append(found, i)
		}
	}
	t.sort(found)
	return found
}

// merge is scan over the backend and what memory has beyond it.
func (t *table[V]) merge(prefix []byte, fn func(key []byte, v *V) error) error {
	ours := t.unsettled(prefix)
	show := func(i uint32) error {
		if t.head(i).flags&deleted != 0 {
			return nil
		}
		return fn(t.keyOf(i), t.value(i))
	}
	var v V
	lo := append(slices.Clone(t.prefix), prefix...)
	err := t.f.space.backend.Scan(lo, successor(lo), func(key, value []byte) error {
		key = key[len(t.prefix):]
		for ; len(ours) > 0 && bytes.Compare(t.keyOf(ours[0]), key) < 0; ours = ours[1:] {
			if err := show(ours[0]); err != nil {
				return err
			}
		}
		if i := t.find(key, t.hash(key)); i != noEntry {
			if len(ours) > 0 && ours[0] == i {
				ours = ours[1:]
			}
			return show(i)
		}
		if _, err := t.f.decode(value, &v); err != nil {
			return t.f.space.wrap(t.f.d.name, "cannot read an entry of", err)
		}
		return fn(key, &v)
	})
	for ; err == nil && len(ours) > 0; ours = ours[1:] {
		err = show(ours[0])
	}
	return err
}

// warm brings all entries in until the budget is used up.
func (t *table[V]) warm() error {
	if t.complete() {
		return nil
	}
	lo := t.prefix
	err := t.f.space.backend.Scan(lo, successor(lo), func(key, value []byte) error {
		key = key[len(t.prefix):]
		hash := t.hash(key)
		if t.find(key, hash) != noEntry {
			return nil
		}
		if d := t.charge - t.charged; d > settleBytes {
			t.settle()
		}
		if t.f.space.opt.Budget.over() > 0 || t.complete() {
			return errEnough
		}
		t.admit(key, hash, value)
		return t.f.space.err
	})
	if err != nil && !errors.Is(err, errEnough) {
		return t.f.space.wrap(t.f.d.name, "cannot read", err)
	}
	return nil
}
