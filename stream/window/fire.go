package window

import (
	"slices"

	"github.com/millrace/millrace/stream"
)

// Advance implements [stream.Operator].
func (s *sliced[K, T, A, R]) Advance(now stream.Times) error {
	s.publishAgain()
	if now.Watermark != 0 {
		if passed := s.grid.slot(now.Watermark); passed > s.passed {
			s.fire(passed)
		}
	}
	if s.emission >= 0 {
		s.publishEarly(now.Now)
	}
	if now.Watermark != 0 {
		if closed := s.grid.slot(now.Watermark - s.lateness); closed > s.closed {
			s.closed = closed
			s.drop()
		}
	}
	s.slot = slotCache[K, A]{}
	s.turn++
	return nil
}

// publishAgain publishes the windows that had elements after they fired.
func (s *sliced[K, T, A, R]) publishAgain() {
	for _, c := range s.again {
		m, _ := s.marks.Pane(s.grid.start(c.at)).Upsert(c.key)
		m.Others++
		revision := m.Others
		if !m.Behind {
			revision++
		}
		v, cause := s.value(c.key, c.at)
		s.publish(s.result(c.key, c.at, Late, revision, v), cause)
	}
	clear(s.again)
	s.again = s.again[:0]
}

// fire publishes the windows that the watermark has passed, by their end.
func (s *sliced[K, T, A, R]) fire(passed int64) {
	var ends []int64
	for _, start := range s.panes.Starts() {
		n := s.grid.slot(start)
		for end, last := s.grid.endAfter(n, s.passed), min(passed, s.grid.lastEnd(n)); end <= last; end += s.grid.every {
			ends = append(ends, end)
		}
	}
	slices.Sort(ends)
	for _, end := range slices.Compact(ends) {
		if from := s.grid.startOf(end); from+1 == end {
			s.fireOne(end)
		} else {
			s.fireMerged(from, end)
		}
	}
	s.passed = passed
}

// fireOne publishes a window of one pane.
func (s *sliced[K, T, A, R]) fireOne(end int64) {
	s.check(s.panes.Pane(s.grid.start(end - 1)).Scan(func(k K, c *cell[A]) error {
		s.publish(s.result(k, end, OnTime, s.onTime(k, end), s.a.Result(&c.Acc)), c.Cause)
		return nil
	}))
}

// fireMerged publishes a window of several panes.
func (s *sliced[K, T, A, R]) fireMerged(from, end int64) {
	for n := from; n < end; n++ {
		if start := s.grid.start(n); s.panes.Has(start) {
			s.check(s.panes.Pane(start).Scan(s.mergeIn))
		}
	}
	for i, k := range s.keys {
		c := &s.cells[i]
		s.publish(s.result(k, end, OnTime, s.onTime(k, end), s.a.Result(&c.Acc)), c.Cause)
	}
	clear(s.merged)
	clear(s.keys)
	clear(s.cells)
	s.keys, s.cells = s.keys[:0], s.cells[:0]
}

func (s *sliced[K, T, A, R]) mergeIn(k K, c *cell[A]) error {
	i, known := s.merged[k]
	if !known {
		i = len(s.cells)
		s.merged[k] = i
		s.keys = append(s.keys, k)
		s.cells = append(s.cells, cell[A]{})
	}
	into := &s.cells[i]
	s.a.Merge(&into.Acc, &c.Acc)
	if into.Cause.Before(c.Cause) {
		into.Cause = c.Cause
	}
	return nil
}

// onTime returns the revision of the publication on time. Marks of a window that
// has not fired are those of early results.
func (s *sliced[K, T, A, R]) onTime(k K, end int64) uint32 {
	if s.emission < 0 {
		return 1
	}
	start := s.grid.start(end)
	if !s.marks.Has(start) {
		return 1
	}
	if m := s.marks.Pane(start).Get(k); m != nil {
		return m.Others + 1
	}
	return 1
}

// publishEarly publishes what has changed of windows that have not fired, if that
// is due; else it is remembered.
func (s *sliced[K, T, A, R]) publishEarly(now int64) {
	every := int64(s.emission) / 1000
	due := every == 0 || now-s.emitted >= every
	for _, c := range s.changed {
		if due {
			s.early(c)
		} else {
			s.pending.Pane(s.grid.start(c.at)).Set(c.key, true)
		}
	}
	clear(s.changed)
	s.changed = s.changed[:0]
	if !due {
		return
	}
	s.emitted = now
	for _, start := range slices.Clone(s.pending.Starts()) {
		n := s.grid.slot(start)
		s.check(s.pending.Pane(start).Scan(func(k K, _ *bool) error {
			s.early(change[K]{k, n})
			return nil
		}))
		s.pending.Drop(start)
	}
}

// early publishes the windows of a slot that have not fired, those that it changes.
func (s *sliced[K, T, A, R]) early(c change[K]) {
	for end, last := s.grid.endAfter(c.at, s.passed), s.grid.lastEnd(c.at); end <= last; end += s.grid.every {
		v, cause := s.value(c.key, end)
		digest := s.digest(&v)
		m, existed := s.marks.Pane(s.grid.start(end)).Upsert(c.key)
		if existed && m.Digest == digest {
			continue
		}
		m.Digest = digest
		m.Others++
		s.publish(s.result(c.key, end, Early, m.Others, v), cause)
	}
}

// drop removes what belongs only to windows that take nothing more.
func (s *sliced[K, T, A, R]) drop() {
	for _, start := range slices.Clone(s.panes.Starts()) {
		if s.grid.lastEnd(s.grid.slot(start)) > s.closed {
			break
		}
		s.panes.Drop(start)
		s.pending.Drop(start)
	}
	for _, start := range slices.Clone(s.marks.Starts()) {
		if s.grid.slot(start) > s.closed {
			break
		}
		s.marks.Drop(start)
	}
}
