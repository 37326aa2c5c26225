package state

import (
	"errors"
	"slices"

	"github.com/millrace/millrace/stream/codec"
)

// Panes is a table per pane of a window, known by the start of the pane. A pane goes as a whole, at the cost of one
// write.
type Panes[K, V any] struct {
	keys    *codec.KeyCodec[K]
	f       *format[V]
	panes   map[int64]*Value[K, V]
	starts  []int64 // ascending
	dropped []int64 // since the last flush
	last    int64
	pane    *Value[K, V] // the one of last
	idle    []*Value[K, V]
	gone    Stats // counts of the panes that were dropped
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
	p := &Panes[K, V]{keys: keys, f: f, panes: map[int64]*Value[K, V]{}}
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
		return p.Pane(ordered(key[len(lo):])).t.opened(value)
	})
}

// Pane returns the table of the pane that begins at start, a new one when there is none. It is valid until the pane is
// dropped.
func (p *Panes[K, V]) Pane(start int64) *Value[K, V] {
	if p.pane != nil && p.last == start {
		return p.pane
	}
	pane, ok := p.panes[start]
	if !ok {
		pane = p.add(start)
	}
	p.last, p.pane = start, pane
	return pane
}

func (p *Panes[K, V]) add(start int64) *Value[K, V] {
	at, _ := slices.BinarySearch(p.starts, start)
	p.starts = slices.Insert(p.starts, at, start)
	suffix := appendOrdered(nil, start)
	pane := newValueIn(p.keys, p.f, suffix, &p.idle)
	p.panes[start] = pane
	return pane
}

// newValueIn is newValue in the memory of an idle table, if there is one.
func newValueIn[K, V any](keys *codec.KeyCodec[K], f *format[V], pane []byte, idle *[]*Value[K, V]) *Value[K, V] {
	last := len(*idle) - 1
	if last < 0 {
		return newValue(keys, f, pane)
	}
	v := (*idle)[last]
	*idle = (*idle)[:last]
	v.t.prefix = append(place(v.t.prefix[:0], f.space.prefix, placeEntry, f.d.id), pane...)
	v.stat = append(place(v.stat[:0], f.space.prefix, placeStat, f.d.id), pane...)
	return v
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
	pane, ok := p.panes[start]
	if !ok {
		return
	}
	delete(p.panes, start)
	at, _ := slices.BinarySearch(p.starts, start)
	p.starts = slices.Delete(p.starts, at, at+1)
	p.dropped = append(p.dropped, start)
	p.pane = nil
	c := pane.t.counts
	p.gone.Misses, p.gone.Evictions = p.gone.Misses+c.misses, p.gone.Evictions+c.evictions
	pane.t.reset()
	if len(p.idle) < maxIdle {
		p.idle = append(p.idle, pane)
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
	sum := p.gone
	sum.Table, sum.Kind = p.f.d.name, KindPanes
	for _, pane := range p.panes {
		sum.add(pane.t.stats())
	}
	return sum
}

func (p *Panes[K, V]) flush(w Writer) error {
	if err := p.f.flushShared(w); err != nil {
		return err
	}
	for _, start := range p.dropped {
		lo := appendOrdered(place(nil, p.f.space.prefix, placeEntry, p.f.d.id), start)
		if err := w.DeleteRange(lo, successor(lo)); err != nil {
			return err
		}
		if err := w.Delete(appendOrdered(place(nil, p.f.space.prefix, placeStat, p.f.d.id), start)); err != nil {
			return err
		}
	}
	p.dropped = p.dropped[:0]
	for _, start := range p.starts {
		pane := p.panes[start]
		if err := pane.t.flushTo(w, pane.stat); err != nil {
			return err
		}
	}
	return nil
}

func (p *Panes[K, V]) committed() {
	p.f.ignore = p.f.discard
	for _, start := range p.starts {
		p.panes[start].t.committed()
	}
}

func (p *Panes[K, V]) advance() error { return nil }

// evict begins with the oldest pane: it is used least.
func (p *Panes[K, V]) evict(bytes int64) (freed int64) {
	for _, start := range p.starts {
		if freed >= bytes {
			break
		}
		freed += p.panes[start].t.evict(bytes - freed)
	}
	return freed
}

func (p *Panes[K, V]) warm() error {
	for _, start := range slices.Backward(p.starts) {
		if err := p.panes[start].t.warm(); err != nil {
			return err
		}
	}
	return nil
}
