package health

import (
	"sync"

	"github.com/millrace/millrace/event"
)

// parts is in how many slices a window moves on.
const parts = 16

// tally counts judged events, and those of them with errors that count.
type tally struct{ events, errors int64 }

func (t *tally) add(o tally) {
	t.events += o.events
	t.errors += o.errors
}

func (t tally) share() float64 {
	if t.events == 0 {
		return 0
	}
	return float64(t.errors) / float64(t.events)
}

// window is the newest events of a source, at least size of them once they came, in
// slices of which the oldest leaves when it is not needed any more.
type window struct {
	size   int64
	ring   []tally // the oldest first
	open   tally   // the slice that fills
	sum    tally   // of ring
	since  tally   // since the window was emptied
	worst  tally   // the full window with the largest share, since it was asked for
	recent map[event.Category]int64
}

func (w *window) sliceSize() int64 { return max(1, (w.size+parts-1)/parts) }

func (w *window) add(t tally) {
	w.since.add(t)
	w.open.add(t)
	if w.open.events >= w.sliceSize() {
		w.ring = append(w.ring, w.open)
		w.sum.add(w.open)
		w.open = tally{}
	}
	for len(w.ring) > 1 && w.now().events-w.ring[0].events >= w.size {
		w.sum.events -= w.ring[0].events
		w.sum.errors -= w.ring[0].errors
		w.ring = append(w.ring[:0], w.ring[1:]...)
	}
	if n := w.now(); n.events >= w.size && n.share() >= w.worst.share() {
		w.worst = n
	}
}

// now is the window up to the newest event, whether it is full or not.
func (w *window) now() tally {
	t := w.sum
	t.add(w.open)
	return t
}

func (w *window) empty() {
	clear(w.recent)
	*w = window{size: w.size, ring: w.ring[:0], recent: w.recent}
}

// meter has the window of each source. Workers add to it, once per batch.
type meter struct {
	mu      sync.Mutex
	windows map[string]*window
}

// reading is what a window says.
type reading struct {
	now, since, worst tally
	category          event.Category // that most errors have; empty when there are none
}

// read returns what a source's window says, and forgets the worst.
func (m *meter) read(source string) reading {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := m.windows[source]
	r := w.reading()
	w.worst = tally{}
	return r
}

// peek is read for those who only look.
func (m *meter) peek(source string) reading {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.windows[source].reading()
}

func (w *window) reading() reading {
	r := reading{now: w.now(), since: w.since, worst: w.worst}
	for category, n := range w.recent {
		if best := w.recent[r.category]; n > best || n == best && category < r.category {
			r.category = category
		}
	}
	return r
}

func (m *meter) empty(source string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.windows[source].empty()
}
