package state

import (
	"cmp"
	"errors"
	"slices"

	"github.com/millrace/millrace/stream/codec"
)

// Panes is a table per pane of a window, known by the start of the pane. A pane goes as a whole, at the cost of one
// write.
type Panes[K, V any] struct {
	keys    *codec.KeyCodec[K]
	f       *format[V]
	panes   map[int64]*pane[K, V]
	starts  []int64 // ascending
	dropped []int64 // since the last flush, of those that the backend has
	last    int64
	pane    *Value[K, V] // the one of last
	idle    []*pane[K, V]

	// There may be thousands of panes, of which a commit changes a few: only those are
	// flushed, and counted anew.
	touched  []*pane[K, V] // since the last flush
	inFlight []*pane[K, V]
	sum      Stats // of all panes, as of when each was counted; and the counts of those that were dropped
}

// pane is one pane of Panes.
type pane[K, V any] struct {
	*Value[K, V]
	start   int64
	touched bool  // it is on the list
	stored  bool  // the backend has something of it
	counted Stats // its part of the sum
}

// maxIdle is how many dropped panes keep their memory for new ones.
const maxIdle = 4

// OpenPanes opens the panes of a name. They have no TTL: drop them.
func OpenPanes[K, V any](s *Space, name string, opt TableOptions) (*Panes[K, V], error) {
	if opt.TTL != 0 {
		return nil, s.wrap(name, "cannot open", errors.New("panes have no TTL: drop them when their window is over"))
	}
	keys, err := codec.KeyFor[K]()
	if err != nil {
		return nil, s.wrap(name, "cannot open", err)
	}
	f, err := openFormat[V](s, name, KindPanes, []codec.Schema{keys.Schema()}, opt)
	if err != nil {
		return nil, err
	}
	p := &Panes[K, V]{keys: keys, f: f, panes: map[int64]*pane[K, V]{}}
	if err := p.open(); err != nil {
		return nil, s.wrap(name, "cannot open", err)
	}
	s.members = append(s.members, p)
	return p, nil
}

func (p *Panes[K, V]) open() error {
	if p.f.ignore {
		return nil
	}
	lo := place(nil, p.f.space.prefix, placeStat, p.f.d.id)
	return p.f.space.backend.Scan(lo, successor(lo), func(key, value []byte) error {
		if len(key) != len(lo)+8 {
			return errEntry
		}
		start := ordered(key[len(lo):])
		opened := p.Pane(start)
		x := p.panes[start]
		x.stored = true
		p.touch(x)
		return opened.t.opened(value)
	})
}

// Pane returns the table of the pane that begins at start, a new one when there is none. It is valid until the pane is
// dropped.
func (p *Panes[K, V]) Pane(start int64) *Value[K, V] {
	if p.pane != nil && p.last == start {
		return p.pane
	}
	x, ok := p.panes[start]
	if !ok {
		x = p.add(start)
	}
	p.last, p.pane = start, x.Value
	return p.pane
}

func (p *Panes[K, V]) add(start int64) *pane[K, V] {
	at, _ := slices.BinarySearch(p.starts, start)
	p.starts = slices.Insert(p.starts, at, start)
	x := p.memory(appendOrdered(nil, start))
	x.start, x.stored = start, false
	p.panes[start] = x
	return x
}

// memory returns an empty pane, in the memory of an idle one, if there is one.
func (p *Panes[K, V]) memory(suffix []byte) *pane[K, V] {
	last := len(p.idle) - 1
	if last < 0 {
		x := &pane[K, V]{Value: newValue(p.keys, p.f, suffix)}
		x.t.onTouch = func() { p.touch(x) }
		return x
	}
	x := p.idle[last]
	p.idle = p.idle[:last]
	x.t.prefix = append(place(x.t.prefix[:0], p.f.space.prefix, placeEntry, p.f.d.id), suffix...)
	x.stat = append(place(x.stat[:0], p.f.space.prefix, placeStat, p.f.d.id), suffix...)
	return x
}

// touch notes that a pane changes in some way.
func (p *Panes[K, V]) touch(x *pane[K, V]) {
	if !x.touched {
		x.touched = true
		p.touched = append(p.touched, x)
	}
}

// count brings the sum up to date with a pane.
func (p *Panes[K, V]) count(x *pane[K, V]) {
	now := x.t.stats()
	p.sum.add(now)
	p.sum.subtract(x.counted)
	x.counted = now
}

// Has reports whether there is a pane that begins at start.
func (p *Panes[K, V]) Has(start int64) bool {
	_, ok := p.panes[start]
	return ok
}

// Starts returns the starts of all panes, ascending. The slice is valid until the next call of Pane or Drop.
func (p *Panes[K, V]) Starts() []int64 { return p.starts }

// Drop removes a pane with all its entries.
func (p *Panes[K, V]) Drop(start int64) {
	x, ok := p.panes[start]
	if !ok {
		return
	}
	delete(p.panes, start)
	at, _ := slices.BinarySearch(p.starts, start)
	p.starts = slices.Delete(p.starts, at, at+1)
	if x.stored {
		p.dropped = append(p.dropped, start)
	}
	p.pane = nil
	p.count(x)
	misses, evictions := x.counted.Misses, x.counted.Evictions
	x.t.reset()
	p.count(x)
	p.sum.Misses, p.sum.Evictions = p.sum.Misses+misses, p.sum.Evictions+evictions
	if len(p.idle) < maxIdle {
		p.idle = append(p.idle, x)
	}
}

// reset empties a table whose entries are deleted from the backend as a whole.
func (t *table[V]) reset() {
	t.charge = 0
	t.settle()
	t.count, t.live, t.flushed, t.hand = 0, 0, 0, 0
	t.index.reset()
	t.entries.reset()
	t.extras.reset()
	t.arena = arena{}
	t.free, t.dirty, t.inFlight = t.free[:0], t.dirty[:0], t.inFlight[:0]
	t.counts = counts{}
}

// Stats returns the figures of all panes together.
func (p *Panes[K, V]) Stats() Stats { return p.stats() }

func (p *Panes[K, V]) stats() Stats {
	for _, x := range p.touched {
		if p.has(x) {
			p.count(x)
		}
	}
	sum := p.sum
	sum.Table, sum.Kind = p.f.d.name, KindPanes
	return sum
}

// has reports whether a pane was not dropped.
func (p *Panes[K, V]) has(x *pane[K, V]) bool { return p.panes[x.start] == x }

func (p *Panes[K, V]) flush(w Writer) error {
	if err := p.f.flushShared(w); err != nil {
		return err
	}
	if err := p.flushDropped(w); err != nil {
		return err
	}
	slices.SortFunc(p.touched, func(a, b *pane[K, V]) int { return cmp.Compare(a.start, b.start) })
	for _, x := range p.touched {
		x.touched = false
		if !p.has(x) {
			continue
		}
		x.stored = true
		if err := x.t.flushTo(w, x.stat); err != nil {
			return err
		}
		p.count(x)
		p.inFlight = append(p.inFlight, x)
	}
	clear(p.touched)
	p.touched = p.touched[:0]
	return nil
}

// flushDropped removes panes that were dropped: one write for all between which none
// stands, since a store pays for each range that it deletes.
func (p *Panes[K, V]) flushDropped(w Writer) error {
	slices.Sort(p.dropped)
	for len(p.dropped) > 0 {
		run := 1
		for run < len(p.dropped) && !p.standsBetween(p.dropped[run-1], p.dropped[run]) {
			run++
		}
		for _, of := range []byte{placeEntry, placeStat} {
			at := place(nil, p.f.space.prefix, of, p.f.d.id)
			lo, last := appendOrdered(slices.Clone(at), p.dropped[0]), appendOrdered(at, p.dropped[run-1])
			if err := w.DeleteRange(lo, successor(last)); err != nil {
				return err
			}
		}
		p.dropped = p.dropped[run:]
	}
	p.dropped = nil
	return nil
}

// standsBetween reports whether there is a pane between two starts, or at one of them.
func (p *Panes[K, V]) standsBetween(from, to int64) bool {
	at, _ := slices.BinarySearch(p.starts, from)
	return at < len(p.starts) && p.starts[at] <= to
}

func (p *Panes[K, V]) committed() {
	p.f.ignore = p.f.discard
	for _, x := range p.inFlight {
		if p.has(x) {
			x.t.committed()
			p.count(x)
		}
	}
	clear(p.inFlight)
	p.inFlight = p.inFlight[:0]
}

func (p *Panes[K, V]) advance() error { return nil }

// evict begins with the oldest pane: it is used least.
func (p *Panes[K, V]) evict(bytes int64) (freed int64) {
	for _, start := range p.starts {
		if freed >= bytes {
			break
		}
		x := p.panes[start]
		freed += x.t.evict(bytes - freed)
		p.count(x)
	}
	return freed
}

func (p *Panes[K, V]) warm() error {
	for _, start := range slices.Backward(p.starts) {
		x := p.panes[start]
		p.touch(x)
		if err := x.t.warm(); err != nil {
			return err
		}
	}
	return nil
}
