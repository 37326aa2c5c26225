package quality

import (
	"encoding/binary"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/event"
)

// uniqueCheck demands that a value does not come again within some time, in the
// partition. What it remembers is a [window] of the task; without a task, as in the
// passport of one event, it says nothing.
type uniqueCheck struct {
	field  *field
	with   []*field
	within int64 // µs
	keys   int
	index  int // of its window
	unmet  fault
}

// Limits of uniqueness.
const (
	maxWithin     = 168 * time.Hour
	defaultUnique = 100_000
	maxUnique     = 5_000_000
)

func (c *uniqueCheck) scan(a *applier, sel, hits []int32) []int32 {
	if a.windows == nil {
		return hits
	}
	w, b := &a.windows[c.index], a.batch
	for _, p := range sel {
		if b.Verdict[p] == event.Quarantined || a.missing1(c.field, p) {
			continue
		}
		if w.seen(c.key(a, p), b.Received[p], c.within, c.keys) {
			hits = append(hits, p)
		}
	}
	return hits
}

func (c *uniqueCheck) fault(*applier, int32) fault { return c.unmet }
func (c *uniqueCheck) demands() []string           { return []string{c.unmet.message} }

// key digests the values. That of two different ones is the same once in 2^64.
func (c *uniqueCheck) key(a *applier, p int32) uint64 {
	if len(c.with) == 0 && c.field.textual() {
		return xxh3.HashString(a.textAt(c.field, p))
	}
	text := a.appendKey(a.scratch[:0], c.field, p)
	for _, f := range c.with {
		text = a.appendKey(text, f, p)
	}
	a.scratch = text
	return xxh3.Hash(text)
}

// appendKey appends a value behind its length, so that "ab","c" is not "a","bc".
func (a *applier) appendKey(dst []byte, f *field, p int32) []byte {
	start := len(dst)
	dst = a.appendValue(append(dst, 0, 0, 0, 0), f, p)
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst
}

// window remembers the keys of accepted events, by the time of receipt. It is a function
// of the events that the task has judged since it was opened; see ADR 080.
type window struct {
	last  map[uint64]int64 // key → receive time, µs
	queue []entry          // in the order of receipt; a ring from first on
	first int
	count int
}

type entry struct {
	key uint64
	at  int64
}

// seen reports whether the key came within the time before, and remembers it if not.
func (w *window) seen(key uint64, at, within int64, most int) bool {
	if w.last == nil {
		w.last = make(map[uint64]int64)
	}
	for w.count > 0 && at-w.queue[w.first].at >= within {
		w.drop()
	}
	if before, ok := w.last[key]; ok && at-before < within {
		return true
	}
	if w.count >= most {
		w.drop()
	}
	if w.count == len(w.queue) {
		w.grow(most)
	}
	w.queue[(w.first+w.count)%len(w.queue)] = entry{key, at}
	w.count++
	w.last[key] = at
	return false
}

// drop forgets the oldest key, unless it was remembered anew since.
func (w *window) drop() {
	oldest := w.queue[w.first]
	w.first = (w.first + 1) % len(w.queue)
	w.count--
	if w.last[oldest.key] == oldest.at {
		delete(w.last, oldest.key)
	}
}

func (w *window) grow(most int) {
	queue := make([]entry, min(max(64, 2*len(w.queue)), most))
	for i := range w.count {
		queue[i] = w.queue[(w.first+i)%len(w.queue)]
	}
	w.queue, w.first = queue, 0
}

func (s *source) compileUnique(at string, spec *uniqueSpec, f *field) check {
	c := &uniqueCheck{field: f, keys: defaultUnique, index: s.set.windows, unmet: fault{event.Business, "came before, within " + spec.Within}}
	s.set.windows++
	if f.item {
		s.Fail(at, "%s is a field of items; uniqueness is of events. Use a field of the event, such as order_id", f.name)
	}
	within, err := time.ParseDuration(spec.Within)
	if err != nil || within <= 0 || within > maxWithin {
		s.Fail(at+".within", "cannot take %q; want a duration such as 10m or 24h, at most 168h", spec.Within)
	}
	c.within = within.Microseconds()
	if s.Has(at + ".keys") {
		if c.keys = spec.Keys; c.keys < 1 || c.keys > maxUnique {
			s.Fail(at+".keys", "cannot take %d keys; want 1 to %d", spec.Keys, maxUnique)
		}
	}
	for i, name := range spec.With {
		place := s.item(at+".with", i)
		other := s.find(place, name)
		switch {
		case other == nil:
		case other.item:
			s.Fail(place, "%s is a field of items; uniqueness is of events", name)
		default:
			c.with = append(c.with, other)
		}
	}
	return c
}
