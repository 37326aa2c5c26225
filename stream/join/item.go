package join

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/stream"
)

// Kind says which elements have a result of their own when they meet nothing.
type Kind int

// The kinds of joins.
const (
	Inner Kind = iota // none
	Left              // those of the left stream
	Full              // those of both
)

// Joined are the outputs of a join.
type Joined[K comparable, L, R, O any] struct {
	Results stream.Stream[stream.Revised[K, O]]
	Late    stream.Stream[Late[K, L, R]]
}

// Late is an element that came too late: the one that is not nil.
type Late[K comparable, L, R any] struct {
	Key   K  `state:"key"`
	Left  *L `state:"left"`
	Right *R `state:"right"`
}

func lateLeft[K comparable, L, R any](e stream.Element[stream.Record[K, L]]) stream.Element[Late[K, L, R]] {
	return stream.Element[Late[K, L, R]]{Value: Late[K, L, R]{Key: e.Value.Key, Left: &e.Value.Value}, Time: e.Time, Cause: e.Cause}
}

func lateRight[K comparable, L, R any](e stream.Element[stream.Record[K, R]]) stream.Element[Late[K, L, R]] {
	return stream.Element[Late[K, L, R]]{Value: Late[K, L, R]{Key: e.Value.Key, Right: &e.Value.Value}, Time: e.Time, Cause: e.Cause}
}

// mark is what tells an element from all others of its side and key.
type mark struct {
	At     int64        `state:"at"`
	Cause  stream.Cause `state:"cause"`
	Number uint32       `state:"number"` // among those of one event
}

// compare orders by time, then cause; elements of one event are equal.
func (m mark) compare(o mark) int {
	if m.At != o.At {
		return cmp.Compare(m.At, o.At)
	}
	if m.Cause.Partition != o.Cause.Partition {
		return cmp.Compare(m.Cause.Partition, o.Cause.Partition)
	}
	return cmp.Compare(m.Cause.Offset, o.Cause.Offset)
}

// later is the cause of what two elements make together.
func later(a, b mark) stream.Cause {
	if a.compare(b) < 0 {
		return b.Cause
	}
	return a.Cause
}

func (m mark) appendTo(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(m.Cause.Partition))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(m.Cause.Offset))
	return binary.LittleEndian.AppendUint32(dst, m.Number)
}

// The tags of results, so that those of one element differ from those of another side.
const (
	tagPair  = 'p'
	tagLeft  = 'l'
	tagRight = 'r'
)

// resultID names a result by what it is made of.
func resultID(tag byte, marks ...mark) uint64 {
	var space [48]byte
	b := append(space[:0], tag)
	for i := range marks {
		b = marks[i].appendTo(b)
	}
	return xxh3.Hash(b)
}

// item is an element that may still meet others.
type item[V any] struct {
	mark    `state:"mark"`
	Matched bool `state:"matched"`
	Lone    bool `state:"lone"` // its result without a match has been published
	Value   V    `state:"value"`
}

// place finds where a mark belongs in a list in order, and numbers it. Most belong at
// the end.
func place[E any](list []E, of func(*E) mark, m *mark) int {
	i := len(list)
	for i > 0 && of(&list[i-1]).compare(*m) > 0 {
		i--
	}
	for n := i; n > 0 && of(&list[n-1]).compare(*m) == 0; n-- {
		m.Number++
	}
	return i
}

func (i *item[V]) of() mark { return i.mark }

// between returns the elements with times from lo to hi.
func between[V any](list []item[V], lo, hi int64) []item[V] {
	from, _ := slices.BinarySearchFunc(list, lo, func(i item[V], at int64) int { return cmp.Compare(i.At, at) })
	to := from
	for to < len(list) && list[to].At <= hi {
		to++
	}
	return list[from:to]
}

// panes is a grid of time.
type panes struct{ width int64 }

func (p panes) start(at int64) int64 {
	q := at / p.width
	if at%p.width < 0 {
		q--
	}
	return q * p.width
}

// newPanes returns panes of at least a second, so many that what is kept for the
// lateness is at most 64.
func newPanes(width, lateness time.Duration) panes {
	return panes{max(width, lateness/64, time.Second).Microseconds()}
}

// horizon is the time up to which elements are too late.
type horizon struct {
	c        *stream.Context
	lateness int64
}

func (h horizon) floor() int64 {
	if h.c.Watermark() == 0 {
		return math.MinInt64
	}
	return h.c.Watermark() - h.lateness
}
