package job

import (
	"cmp"
	"slices"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
)

// slidingUses counts the uses of each product in hopping windows, and publishes a
// window that differs from the one a step before. A use changes the windows at three
// ends only: where it comes in, where it passes to the window before, and where it
// leaves that. So a use costs three rows, and not one for each window that has it.
func slidingUses(in stream.Keyed[string, use], name string, p Params) stream.Stream[score] {
	return stream.Connect(in.Stream, name, func(
		c *stream.Context, emit func(stream.Element[score]),
	) (func(stream.Element[stream.Record[string, use]]), stream.Operator, error) {
		s := &slider{
			c: c, emit: emit, weights: p.Weights, size: stream.Micros(p.PopularityWindow), step: stream.Micros(p.PopularityStep),
			lateness: stream.Micros(p.Lateness),
		}
		var err error
		if s.lanes, err = state.OpenValue[string, usesLane](c.Space, "products", state.TableOptions{}); err != nil {
			return nil, nil, err
		}
		s.due, err = state.OpenTimers[string](c.Space, "changes")
		return s.take, s, err
	})
}

type slider struct {
	c        *stream.Context
	emit     func(stream.Element[score])
	weights  Weights
	size     int64
	step     int64
	lateness int64
	lanes    *state.Value[string, usesLane]
	due      *state.Timers[string] // when the product changes next, or something of it goes
	ends     []int64               // scratch
}

// usesLane is what is kept of a product.
type usesLane struct {
	Steps     []usesStep   `state:"steps"`     // by start
	Published []usesRow    `state:"published"` // by end; those that may change
	Settled   int64        `state:"settled"`   // ends up to here have been gone through
	Dirty     int64        `state:"dirty"`     // ends from here have to be again; 0: none
	Cause     stream.Cause `state:"cause"`
}

type usesStep struct {
	Start int64 `state:"start"`
	Uses  Uses  `state:"uses"`
}

type usesRow struct {
	End       int64  `state:"end"`
	Revision  uint32 `state:"revision"`
	Retracted bool   `state:"retracted"`
	Now       Uses   `state:"now"`
	Before    Uses   `state:"before"`
}

func compareStep(s usesStep, start int64) int { return cmp.Compare(s.Start, start) }
func compareRow(r usesRow, end int64) int     { return cmp.Compare(r.End, end) }

func (s *slider) take(e stream.Element[stream.Record[string, use]]) {
	start := floorTo(e.Time, s.step)
	watermark := s.c.Watermark()
	if watermark != 0 && start+s.step+s.lateness <= watermark {
		s.c.Late()
		return
	}
	l, _ := s.lanes.Upsert(e.Value.Key)
	at, found := slices.BinarySearchFunc(l.Steps, start, compareStep)
	if !found {
		l.Steps = slices.Insert(l.Steps, at, usesStep{Start: start})
	}
	l.Steps[at].Uses.add(e.Value.Value.Uses)
	if l.Cause.Before(e.Cause) {
		l.Cause = e.Cause
	}
	end := start + s.step
	if end <= l.Settled && (l.Dirty == 0 || end < l.Dirty) {
		l.Dirty = end
	}
	if next, ok := s.due.Get(e.Value.Key); !ok || next > end {
		s.due.Set(e.Value.Key, end)
	}
}

// Advance implements [stream.Operator].
func (s *slider) Advance(now stream.Times) error {
	if now.Watermark == 0 {
		return nil
	}
	return s.due.PopDue(now.Watermark, func(k string, _ int64) {
		l, _ := s.lanes.Upsert(k)
		s.settle(k, l, now.Watermark)
		s.drop(l, now.Watermark)
		if len(l.Steps) == 0 && len(l.Published) == 0 {
			s.lanes.Delete(k)
			return
		}
		s.due.Set(k, s.next(l, now.Watermark))
	})
}

// changes lists the ends from one to another at which a window of the product
// differs from the one a step before, or did.
func (s *slider) changes(l *usesLane, from, to int64) []int64 {
	s.ends = s.ends[:0]
	add := func(end int64) {
		if from <= end && end <= to {
			s.ends = append(s.ends, end)
		}
	}
	for _, c := range l.Steps {
		add(c.Start + s.step)
		add(c.Start + s.step + s.size)
		add(c.Start + s.step + 2*s.size)
	}
	for _, r := range l.Published {
		add(r.End)
	}
	slices.Sort(s.ends)
	s.ends = slices.Compact(s.ends)
	return s.ends
}

// sum counts the uses in the window that ends at an instant.
func (s *slider) sum(l *usesLane, end int64) (u Uses) {
	from, _ := slices.BinarySearchFunc(l.Steps, end-s.size, compareStep)
	for ; from < len(l.Steps) && l.Steps[from].Start < end; from++ {
		u.add(l.Steps[from].Uses)
	}
	return u
}

// settle publishes what has changed of the windows that the watermark has passed.
func (s *slider) settle(k string, l *usesLane, watermark int64) {
	from := l.Settled + 1
	if l.Dirty != 0 {
		from = l.Dirty
	}
	l.Settled, l.Dirty = max(l.Settled, watermark), 0
	newest := s.weights.score(s.sum(l, floorTo(watermark, s.step)))
	for _, end := range s.changes(l, from, watermark) {
		row := usesRow{End: end, Now: s.sum(l, end), Before: s.sum(l, end-s.size)}
		differs := row.Now != s.sum(l, end-s.step) || row.Before != s.sum(l, end-s.step-s.size)
		at, known := slices.BinarySearchFunc(l.Published, end, compareRow)
		if known {
			was := l.Published[at]
			row.Revision = was.Revision
			if !differs && was.Retracted || differs && !was.Retracted && was.Now == row.Now && was.Before == row.Before {
				continue
			}
		} else if !differs {
			continue
		}
		row.Revision++
		row.Retracted = !differs
		if known {
			l.Published[at] = row
		} else {
			l.Published = slices.Insert(l.Published, at, row)
		}
		s.publish(k, l, &row, newest)
	}
}

func (s *slider) publish(k string, l *usesLane, r *usesRow, newest int64) {
	p := Popular{Product: k, Until: event.Instant(r.End), Revision: r.Revision, Retracted: r.Retracted, Uses: r.Now}
	p.Score, p.Before = s.weights.score(r.Now), s.weights.score(r.Before)
	p.Trend = p.Score - p.Before
	s.emit(stream.Element[score]{Value: score{p, newest}, Time: r.End - 1, Cause: l.Cause})
}

// drop removes steps that are in no window that may still change or is to come, and
// rows that no use can change.
func (s *slider) drop(l *usesLane, watermark int64) {
	l.Steps = slices.DeleteFunc(l.Steps, func(c usesStep) bool { return s.stepGoes(c) <= watermark })
	l.Published = slices.DeleteFunc(l.Published, func(r usesRow) bool { return r.End+s.lateness <= watermark })
}

func (s *slider) stepGoes(c usesStep) int64 { return c.Start + 2*s.step + 2*s.size + s.lateness }

// next is the watermark at which something of the product changes or goes.
func (s *slider) next(l *usesLane, watermark int64) (next int64) {
	at := func(t int64) {
		if t > watermark && (next == 0 || t < next) {
			next = t
		}
	}
	for _, c := range l.Steps {
		at(c.Start + s.step)
		at(c.Start + s.step + s.size)
		at(c.Start + s.step + 2*s.size)
		at(s.stepGoes(c))
	}
	for _, r := range l.Published {
		at(r.End + s.lateness)
	}
	return next
}
