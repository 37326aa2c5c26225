package stream

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// publish is what [Turn.Emit] does.
func (t *timeline[K, S, T, R]) publish(id uint64, v R) {
	l := t.lane
	if !l.Bare {
		t.row = v
		t.scratch = t.rows.Append(t.scratch[:0], &t.row)
		l.Open.publish(id, l.position, t.scratch)
		if t.replay.running {
			t.replay.again.add(id, l.position, t.scratch)
			return
		}
	}
	t.send(l, id, l.position, false, v)
}

func (t *timeline[K, S, T, R]) send(l *lane[S], id uint64, p position, retracted bool, v R) {
	l.Revision++
	t.emit(Element[Revised[K, R]]{
		Value: Revised[K, R]{Key: t.turn.Key, ID: id, Revision: l.Revision, Retracted: retracted, Value: v},
		Time:  p.At, Cause: p.Cause,
	})
}

func (t *timeline[K, S, T, R]) sendRow(l *lane[S], p publication, retracted bool) {
	var v R
	if err := t.rows.Decode(p.row, &v); err != nil {
		t.c.Fail(fmt.Errorf("result of key %v: %w", t.turn.Key, err))
	}
	t.send(l, p.id, p.position, retracted, v)
}

// publication is one publication of a result.
type publication struct {
	position
	id  uint64
	row []byte
}

func (p publication) equal(o publication) bool { return p.At == o.At && bytes.Equal(p.row, o.row) }

// publications are a list with the place of the last one of each result.
type publications struct {
	list []publication
	last map[uint64]int
}

func (p *publications) add(id uint64, at position, row []byte) {
	p.last[id] = len(p.list)
	p.list = append(p.list, publication{at, id, bytes.Clone(row)})
}

func (p *publications) of(id uint64) (publication, bool) {
	i, ok := p.last[id]
	if !ok {
		return publication{}, false
	}
	return p.list[i], true
}

func (p *publications) reset() {
	clear(p.list)
	p.list = p.list[:0]
	clear(p.last)
}

// eachPublished calls fn for the publications of a segment in order.
func (s *segment) eachPublished(fn func(id uint64, p position, row []byte)) error {
	for b := s.Published; len(b) > 0; {
		id, n := binary.Uvarint(b)
		if n <= 0 {
			return errSegment
		}
		p, row, rest, err := cutEntry(b[n:])
		if err != nil {
			return err
		}
		fn(id, p, row)
		b = rest
	}
	return nil
}
