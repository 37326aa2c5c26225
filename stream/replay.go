package stream

import "fmt"

// replay is the scratch memory of applying elements again.
type replay[T any] struct {
	running  bool
	elements []held[T]
	before   publications // that the replay replaces
	again    publications // that it makes
}

func newReplay[T any]() replay[T] {
	return replay[T]{
		before: publications{last: make(map[uint64]int)}, again: publications{last: make(map[uint64]int)},
	}
}

// replayFrom takes a key back to before the first of some elements, and applies it,
// the others, and what came since in their order.
func (t *timeline[K, S, T, R]) replayFrom(k K, l *lane[S], late []held[T]) {
	r := &t.replay
	r.elements = r.elements[:0]
	r.before.reset()
	r.again.reset()
	from, start := t.segmentBefore(k, l, sorted(late)[0].position)
	for number := from; number < l.Numbers.Next; number++ {
		t.load(k, t.segment(k, number))
		t.segments.Delete(segmentKey[K]{k, number})
	}
	t.load(k, &l.Open)
	r.elements = sorted(append(r.elements, late...))
	t.goBack(k, l, from, start)
	r.running = true
	for _, h := range r.elements {
		t.place(k, l, h)
	}
	t.wakeUntil(k, l, t.c.Watermark())
	r.running = false
	t.turn.Key = k
	t.revise(k, l, from)
	clear(r.elements)
}

// segmentBefore finds the newest segment that starts before a position.
func (t *timeline[K, S, T, R]) segmentBefore(k K, l *lane[S], p position) (number uint64, start segment) {
	if !l.Bare && l.Open.Start.reached(p) {
		return l.Numbers.Next, l.Open
	}
	for number = l.Numbers.Next; number > l.Numbers.First; number-- {
		if s := t.segment(k, number-1); s.Start.reached(p) {
			return number - 1, *s
		}
	}
	t.c.Fail(fmt.Errorf("BUG: key %v has nothing from before %d", k, p.At))
	return 0, segment{}
}

// load reads the elements and publications of a segment.
func (t *timeline[K, S, T, R]) load(k K, s *segment) {
	for b := s.Elements; len(b) > 0; {
		p, value, rest, err := cutEntry(b)
		h := held[T]{position: p}
		if err == nil {
			err = t.values.Decode(value, &h.value)
		}
		if err != nil {
			t.c.Fail(fmt.Errorf("element of key %v: %w", k, err))
		}
		t.replay.elements = append(t.replay.elements, h)
		b = rest
	}
	if err := s.eachPublished(t.replay.before.add); err != nil {
		t.c.Fail(fmt.Errorf("results of key %v: %w", k, err))
	}
}

// goBack makes the start of a segment the tip of its key.
func (t *timeline[K, S, T, R]) goBack(k K, l *lane[S], number uint64, s segment) {
	l.Numbers.Next = number
	l.position, l.Wake = s.Start, s.Wake
	var tip S
	if err := t.states.Decode(s.State, &tip); err != nil {
		t.c.Fail(fmt.Errorf("snapshot of key %v: %w", k, err))
	}
	l.Tip, l.Bare = tip, true
	t.start(l)
}

// revise publishes what a replay has changed: first what is not so any more, since what
// takes its place may have another ID, and a reader may know it by something else.
func (t *timeline[K, S, T, R]) revise(k K, l *lane[S], from uint64) {
	before, again := &t.replay.before, &t.replay.again
	for i, p := range before.list {
		if _, stands := again.of(p.id); stands || before.last[p.id] != i {
			continue
		}
		earlier, known := t.published(k, l, from, p.id)
		switch {
		case !known:
			t.sendRow(l, p, true)
		case !earlier.equal(p):
			t.sendRow(l, earlier, false)
		}
	}
	for i, p := range again.list {
		if again.last[p.id] != i {
			continue
		}
		if was, known := before.of(p.id); !known || !was.equal(p) {
			t.sendRow(l, p, false)
		}
	}
}

// published finds the newest publication of a result in the segments before a
// number.
func (t *timeline[K, S, T, R]) published(k K, l *lane[S], before uint64, id uint64) (newest publication, known bool) {
	for number := before; number > l.Numbers.Oldest && !known; number-- {
		err := t.segment(k, number-1).eachPublished(func(of uint64, p position, row []byte) {
			if of == id {
				newest, known = publication{p, id, row}, true
			}
		})
		if err != nil {
			t.c.Fail(fmt.Errorf("results of key %v: %w", k, err))
		}
	}
	return newest, known
}
