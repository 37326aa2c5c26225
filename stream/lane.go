package stream

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math"
)

// lane is what a timeline keeps of one key.
//
// The elements that may have to be applied again are in segments, in their order.
// Each begins with the state that was before them, and has what they published. The
// newest segment is open and in the lane; the others are entries of their own, so
// that an element does not rewrite all that is kept. A key that nothing can come
// before any more is bare: it has its tip and no segment.
type lane[S any] struct {
	position `state:"position"` // of the newest element or wake that was applied
	Tip      S                  `state:"tip"`
	Wake     int64              `state:"wake"`
	Armed    int64              `state:"armed"`    // time of the wake timer
	Trimming bool               `state:"trimming"` // a trim timer is set
	Bare     bool               `state:"bare"`
	Revision uint32             `state:"revision"`
	Open     segment            `state:"open"`
	Numbers  segments           `state:"numbers"`
	waiting  bool               `state:"-"` // elements wait for the commit
}

// segments are the numbers of a lane's closed segments. Those before First have only
// what they published; it is kept for Settle.
type segments struct {
	Oldest uint64 `state:"oldest"`
	First  uint64 `state:"first"`
	Next   uint64 `state:"next"`
}

type segmentKey[K comparable] struct {
	Key    K
	Number uint64
}

// position is a place in the order of a key's elements.
type position struct {
	At    int64 `state:"at"`
	Cause Cause `state:"cause"`
	Woken bool  `state:"woken"` // by a wake, which is before all elements of its time
}

func (p position) compare(o position) int {
	if p.At != o.At {
		return cmp.Compare(p.At, o.At)
	}
	if p.Cause.Partition != o.Cause.Partition {
		return cmp.Compare(p.Cause.Partition, o.Cause.Partition)
	}
	return cmp.Compare(p.Cause.Offset, o.Cause.Offset)
}

// reached reports whether an element comes behind a position. Of one event the
// element that came later does.
func (p position) reached(e position) bool {
	return e.At > p.At || e.At == p.At && (p.Woken || e.compare(p) >= 0)
}

// begin makes a new lane.
func (l *lane[S]) begin() {
	l.At, l.Bare = math.MinInt64, true
}

// segment is a part of a key's elements, and what is needed to apply them again.
type segment struct {
	Start     position `state:"start"`
	Wake      int64    `state:"wake"`  // that was asked for at the start
	State     []byte   `state:"state"` // at the start
	Count     uint32   `state:"count"`
	Elements  []byte   `state:"elements"`
	Published []byte   `state:"published"`
	Newest    int64    `state:"newest"` // time of the newest publication
}

// A segment is full at so many elements or bytes.
const (
	segmentElements = 32
	segmentBytes    = 8 << 10
)

func (s *segment) full() bool {
	return s.Count >= segmentElements || len(s.Elements)+len(s.Published) >= segmentBytes
}

// hold adds an element: time, cause, length, bytes.
func (s *segment) hold(p position, value []byte) {
	s.Count++
	s.Elements = appendEntry(s.Elements, p.At, p.Cause, value)
}

// publish adds a publication: result, and as an element.
func (s *segment) publish(id uint64, p position, row []byte) {
	s.Newest = p.At
	s.Published = binary.AppendUvarint(s.Published, id)
	s.Published = appendEntry(s.Published, p.At, p.Cause, row)
}

func appendEntry(dst []byte, at int64, cause Cause, value []byte) []byte {
	dst = binary.AppendVarint(dst, at)
	dst = binary.AppendVarint(dst, int64(cause.Partition))
	dst = binary.AppendVarint(dst, cause.Offset)
	dst = binary.AppendUvarint(dst, uint64(len(value)))
	return append(dst, value...)
}

var errSegment = errors.New("a segment of the timeline is damaged")

// cutEntry takes an entry off the front of b.
func cutEntry(b []byte) (p position, value, rest []byte, err error) {
	var numbers [3]int64
	for i := range numbers {
		v, n := binary.Varint(b)
		if n <= 0 {
			return p, nil, nil, errSegment
		}
		numbers[i], b = v, b[n:]
	}
	length, n := binary.Uvarint(b)
	if n <= 0 || length > uint64(len(b)-n) {
		return p, nil, nil, errSegment
	}
	b = b[n:]
	p = position{At: numbers[0], Cause: Cause{int32(numbers[1]), numbers[2]}}
	return p, b[:length], b[length:], nil
}

// start begins the open segment at the tip, when there is none.
func (t *timeline[K, S, T, R]) start(l *lane[S]) {
	if !l.Bare {
		return
	}
	l.Bare = false
	l.Open = segment{Start: l.position, Wake: l.Wake, State: t.states.Append(nil, &l.Tip), Newest: math.MinInt64}
}

// cut closes the open segment, and begins the next one at the tip.
func (t *timeline[K, S, T, R]) cut(k K, l *lane[S]) {
	t.segments.Set(segmentKey[K]{k, l.Numbers.Next}, l.Open)
	l.Numbers.Next++
	size, published := len(l.Open.Elements), len(l.Open.Published)
	l.Bare = true
	t.start(l)
	l.Open.Elements = make([]byte, 0, size+size/8)
	l.Open.Published = make([]byte, 0, published+published/8)
}

// segment returns a closed segment of a key, valid until the next call of the table.
func (t *timeline[K, S, T, R]) segment(k K, number uint64) *segment {
	s := t.segments.Get(segmentKey[K]{k, number})
	if s == nil {
		t.c.Fail(errSegment)
	}
	return s
}

// boundary is the time at which the segment behind a closed one starts.
func (t *timeline[K, S, T, R]) boundary(k K, l *lane[S], number uint64) int64 {
	if number+1 == l.Numbers.Next {
		return l.Open.Start.At
	}
	return t.segment(k, number+1).Start.At
}

// trim lets go of what no element can belong before any more.
func (t *timeline[K, S, T, R]) trim(k K, l *lane[S]) {
	floor, n := t.floor(), &l.Numbers
	for n.First < n.Next && t.boundary(k, l, n.First) <= floor {
		t.strip(k, n.First)
		n.First++
	}
	if n.First == n.Next && !l.Bare && l.At <= floor {
		if len(l.Open.Published) > 0 && l.Open.Newest > floor-t.settle {
			t.segments.Set(segmentKey[K]{k, n.Next}, l.Open)
			t.strip(k, n.Next)
			n.Next++
			n.First++
		}
		l.Open, l.Bare = segment{}, true
	}
	for n.Oldest < n.First && t.segment(k, n.Oldest).Newest <= floor-t.settle {
		t.segments.Delete(segmentKey[K]{k, n.Oldest})
		n.Oldest++
	}
	if l.At+t.ttl <= floor && n.Oldest == n.First {
		if l.Armed != 0 {
			t.wakes.Cancel(k)
		}
		t.lanes.Delete(k)
		return
	}
	t.trims.Set(k, max(t.nextTrim(k, l), t.c.Watermark()+t.retain/16+1))
}

// strip leaves of a segment what it published.
func (t *timeline[K, S, T, R]) strip(k K, number uint64) {
	s, _ := t.segments.Upsert(segmentKey[K]{k, number})
	s.State, s.Elements, s.Count = nil, nil, 0
	if len(s.Published) == 0 {
		s.Newest = math.MinInt64
	}
}

// nextTrim is the watermark at which something can be let go of.
func (t *timeline[K, S, T, R]) nextTrim(k K, l *lane[S]) int64 {
	switch n := &l.Numbers; {
	case n.First < n.Next:
		return t.boundary(k, l, n.First) + t.retain
	case !l.Bare:
		return l.At + t.retain
	case n.Oldest < n.First:
		return t.segment(k, n.Oldest).Newest + t.settle + t.retain
	}
	return l.At + t.ttl + t.retain
}
