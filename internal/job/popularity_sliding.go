package job

import (
	"slices"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
)

// slidingUses keeps the uses of each product in the two newest windows that the
// watermark has passed: the present one and the one before it. Uses are counted per
// step. When time moves on, a step comes into the present window, passes to the one
// before it, and leaves that: so a use is looked at three times, however long the
// windows are, and not at all when time jumps over both.
func slidingUses(in stream.Keyed[string, use], name string, p Params) stream.Stream[Popular] {
	return stream.Connect(in.Stream, name, func(
		c *stream.Context, emit func(stream.Element[Popular]),
	) (func(stream.Element[stream.Record[string, use]]), stream.Operator, error) {
		s := &slider{
			c: c, emit: emit, weights: p.Weights, size: stream.Micros(p.PopularityWindow), step: stream.Micros(p.PopularityStep),
			refresh: stream.Micros(p.Refresh), inTurn: make(map[string]bool),
		}
		var err error
		if s.steps, err = state.OpenPanes[string, stepUses](c.Space, "steps", state.TableOptions{}); err != nil {
			return nil, nil, err
		}
		if s.products, err = state.OpenValue[string, standing](c.Space, "products", state.TableOptions{}); err != nil {
			return nil, nil, err
		}
		if s.ends, err = state.OpenValue[bool, int64](c.Space, "until", state.TableOptions{}); err != nil {
			return nil, nil, err
		}
		if until := s.ends.Get(true); until != nil {
			s.until = *until
		}
		return s.take, s, nil
	})
}

type slider struct {
	c        *stream.Context
	emit     func(stream.Element[Popular])
	weights  Weights
	size     int64
	step     int64
	steps    *state.Panes[string, stepUses] // by start
	products *state.Value[string, standing]
	ends     *state.Value[bool, int64] // until, under the key true
	until    int64                     // end of the present window; 0 when time is not known
	refresh  int64
	slid     int64 // processing time at which the window slid last

	changed []string // products, in this turn
	inTurn  map[string]bool
}

// stepUses are the uses of a product in a step.
type stepUses struct {
	Uses  Uses         `state:"uses"`
	Cause stream.Cause `state:"cause"` // newest
}

// standing is how a product stands.
type standing struct {
	Windows  [2]Uses      `state:"windows"` // the present one, the one before
	Shown    [2]Uses      `state:"shown"`   // as published
	Revision uint32       `state:"revision"`
	Cause    stream.Cause `state:"cause"`
}

// A step is in one of the two windows, or waits to come into the present one, or has
// left both.
const (
	coming = -1
	gone   = 2
)

// place returns where a step is when the present window ends at until.
func (s *slider) place(start, until int64) int {
	switch {
	case until == 0 || start >= until:
		return coming
	case start >= until-s.size:
		return 0
	case start >= until-2*s.size:
		return 1
	}
	return gone
}

func (s *slider) take(e stream.Element[stream.Record[string, use]]) {
	start := floorTo(e.Time, s.step)
	at := s.place(start, s.until)
	if at == gone {
		s.c.Late()
		return
	}
	k, one := e.Value.Key, stepUses{e.Value.Value.Uses, e.Cause}
	cell, _ := s.steps.Pane(start).Upsert(k)
	cell.Uses.add(one.Uses, 1)
	if cell.Cause.Before(e.Cause) {
		cell.Cause = e.Cause
	}
	if at != coming {
		s.move(k, &one, coming, at)
	}
}

// move takes uses of a product from one place to another.
func (s *slider) move(k string, u *stepUses, from, to int) {
	p, _ := s.products.Upsert(k)
	if from != coming {
		p.Windows[from].add(u.Uses, -1)
	}
	if to != gone {
		p.Windows[to].add(u.Uses, 1)
	}
	if p.Cause.Before(u.Cause) {
		p.Cause = u.Cause
	}
	if !s.inTurn[k] {
		s.inTurn[k] = true
		s.changed = append(s.changed, k)
	}
}

// Advance implements [stream.Operator].
func (s *slider) Advance(now stream.Times) error {
	if until := floorTo(now.Watermark, s.step); now.Watermark != 0 && until > s.until {
		if now.Now-s.slid >= s.refresh {
			s.slid = now.Now
			if err := s.slide(until); err != nil {
				return err
			}
		}
		s.skip(until)
	}
	slices.Sort(s.changed)
	for _, k := range s.changed {
		s.publish(k)
	}
	clear(s.changed)
	clear(s.inTurn)
	s.changed = s.changed[:0]
	return nil
}

// slide moves the end of the present window on.
func (s *slider) slide(until int64) error {
	for _, start := range slices.Clone(s.steps.Starts()) {
		from, to := s.place(start, s.until), s.place(start, until)
		if from != to && (from != coming || to != gone) {
			err := s.steps.Pane(start).Scan(func(k string, u *stepUses) error {
				s.move(k, u, from, to)
				return nil
			})
			if err != nil {
				return err
			}
		}
		if to == gone {
			s.steps.Drop(start)
		}
	}
	s.until = until
	s.ends.Set(true, until)
	return nil
}

// skip drops the steps that will not come into a window, since time has jumped over them.
func (s *slider) skip(until int64) {
	for _, start := range slices.Clone(s.steps.Starts()) {
		if s.place(start, s.until) == coming && s.place(start, until) == gone {
			s.steps.Drop(start)
		}
	}
}

// publish publishes how a product stands, if it has not been so before. One that is not
// in use any more is taken away.
func (s *slider) publish(k string) {
	p, _ := s.products.Upsert(k)
	used := p.Windows != [2]Uses{}
	if p.Windows == p.Shown {
		if !used {
			s.products.Delete(k)
		}
		return
	}
	p.Shown = p.Windows
	p.Revision++
	row := Popular{Product: k, Until: event.Instant(s.until), Revision: p.Revision, Retracted: !used, Uses: p.Windows[0]}
	row.Score, row.Before = s.weights.score(p.Windows[0]), s.weights.score(p.Windows[1])
	row.Trend = row.Score - row.Before
	e := stream.Element[Popular]{Value: row, Time: s.until - 1, Cause: p.Cause}
	if !used {
		s.products.Delete(k)
	}
	s.emit(e)
}
