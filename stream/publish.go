package stream

import (
	"bytes"
	"fmt"
	"slices"
)

// publish is what [Turn.Emit] does.
func (t *timeline[K, S, T, R]) publish(id uint64, v R) {
	k, at, cause := t.turn.Key, t.turn.Time, t.turn.Cause
	if t.replaying {
		t.redone = append(t.redone, publication{ID: id, At: at, Row: t.rows.Append(nil, &v)})
		return
	}
	l := t.lane
	l.Revision++
	if t.retain > 0 {
		t.pubs.Set(k, l.Published, publication{ID: id, At: at, Revision: l.Revision, Row: t.rows.Append(nil, &v)})
		l.Published++
	}
	t.send(k, cause, at, Revised[K, R]{Key: k, ID: id, Revision: l.Revision, Value: v})
}

func (t *timeline[K, S, T, R]) send(k K, cause Cause, at int64, r Revised[K, R]) {
	t.emit(Element[Revised[K, R]]{r, at, cause})
}

// currentResults returns the newest publication of each result of a key.
func (t *timeline[K, S, T, R]) currentResults(k K, l *lane[S]) map[uint64]publication {
	current := make(map[uint64]publication)
	for number := l.Oldest; number < l.Published; number++ {
		if p := t.pubs.Get(k, number); p != nil {
			q := *p
			q.Row = bytes.Clone(p.Row)
			current[p.ID] = q
		}
	}
	return current
}

// compare replaces the publications from a number on by those of a replay, and
// publishes what has changed.
func (t *timeline[K, S, T, R]) compare(k K, l *lane[S], from uint64, current map[uint64]publication) {
	before := make(map[uint64]publication) // results as of the snapshot
	for number := l.Oldest; number < from; number++ {
		if p := t.pubs.Get(k, number); p != nil {
			before[p.ID] = publication{p.ID, p.At, p.Revision, p.Retracted, bytes.Clone(p.Row)}
		}
	}
	number := from
	for ; t.pubs.Get(k, number) != nil; number++ {
		t.pubs.Delete(k, number)
	}
	l.Published = from
	final := make(map[uint64]int) // number of the last one of each result
	for i, p := range t.redone {
		final[p.ID] = i
	}
	for i, p := range t.redone {
		if final[p.ID] == i {
			t.publishAgain(k, l, &p, current)
		}
		t.pubs.Set(k, l.Published, p)
		l.Published++
	}
	for _, id := range sortedIDs(current) {
		was := current[id]
		if _, again := final[id]; again || was.Retracted {
			continue
		}
		p, known := before[id]
		if known && bytes.Equal(p.Row, was.Row) && p.Retracted == was.Retracted {
			continue
		}
		if !known {
			p = was
			p.Retracted = true
		}
		l.Revision++
		p.Revision = l.Revision
		t.sendRow(k, l, &p)
		t.pubs.Set(k, l.Published, p)
		l.Published++
	}
}

// publishAgain sends the last publication of a result in a replay, unless it is
// as the result stood.
func (t *timeline[K, S, T, R]) publishAgain(k K, l *lane[S], p *publication, current map[uint64]publication) {
	was, known := current[p.ID]
	if known && !was.Retracted && bytes.Equal(was.Row, p.Row) {
		p.Revision = was.Revision
		return
	}
	l.Revision++
	p.Revision = l.Revision
	t.sendRow(k, l, p)
}

func (t *timeline[K, S, T, R]) sendRow(k K, l *lane[S], p *publication) {
	var v R
	if err := t.rows.Decode(p.Row, &v); err != nil {
		t.c.Fail(fmt.Errorf("result of key %v: %w", k, err))
	}
	t.send(k, l.Cause, p.At, Revised[K, R]{Key: k, ID: p.ID, Revision: p.Revision, Retracted: p.Retracted, Value: v})
}

func sortedIDs(m map[uint64]publication) []uint64 {
	ids := make([]uint64, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// letGo drops what is kept for elements that can no longer come: those behind the
// watermark by more than is retained.
func (t *timeline[K, S, T, R]) letGo(k K, l *lane[S]) {
	floor := t.c.Watermark() - t.retain
	if l.At <= floor {
		t.dropHeld(k, l, l.Kept)
		l.Snapshots = nil
	} else {
		n := 0
		for n+1 < len(l.Snapshots) && l.Snapshots[n+1].At <= floor {
			n++
		}
		if n == 0 && (len(l.Snapshots) == 0 || l.Snapshots[0].At > floor) {
			return
		}
		t.dropHeld(k, l, l.Snapshots[n].Kept)
		l.Snapshots = slices.Clone(l.Snapshots[n:])
	}
	l.Trimmed, l.Floor = true, max(l.Floor, min(floor, l.At))
	t.dropPublished(k, l, floor)
}

func (t *timeline[K, S, T, R]) dropHeld(k K, l *lane[S], to uint64) {
	for ; l.First < to; l.First++ {
		t.held.Delete(k, l.First)
	}
}

// dropPublished forgets the oldest publications once they can neither be revised
// nor be what a revision goes back to.
func (t *timeline[K, S, T, R]) dropPublished(k K, l *lane[S], floor int64) {
	for ; l.Oldest < l.Published; l.Oldest++ {
		p := t.pubs.Get(k, l.Oldest)
		if p != nil && p.At > floor-t.settle {
			return
		}
		t.pubs.Delete(k, l.Oldest)
	}
}
