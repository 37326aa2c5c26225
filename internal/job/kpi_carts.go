package job

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
	"github.com/millrace/millrace/stream/window"
)

// openCarts are the changes of the number of open carts. A cart is open from its first
// product until it is ordered, emptied, or left alone for Params.CartTimeout.
func openCarts(j *stream.Job, p Params) stream.Stream[fact] {
	timeout := stream.Micros(p.CartTimeout)
	changes := stream.Timeline(cartEvents(j), "carts", stream.Machine[string, cart, cartEvent, cartChange]{
		Apply: func(t *stream.Turn[string, cart, cartChange], e cartEvent) {
			was := *t.State
			switch e.Do {
			case orderCart:
				*t.State = cart{}
			case addToCart, takeFromCart:
				t.State.change(&e, t.Time)
				if len(t.State.Lines) == 0 {
					*t.State = cart{}
				}
			}
			publishChange(t, was)
			if t.State.Opened == 0 {
				t.WakeAt(0)
				return
			}
			t.WakeAt(t.Time + timeout)
		},
		Wake: func(t *stream.Turn[string, cart, cartChange]) {
			was := *t.State
			*t.State = cart{}
			publishChange(t, was)
		},
		Retain: p.Lateness, TTL: p.CartTimeout,
	})
	return stream.Map(changes.Results, "cart changes", func(r stream.Revised[string, cartChange]) fact {
		f := fact{dimensions: r.Value.Of, figures: figures{Carts: r.Value.Open}}
		if r.Retracted {
			f.Carts = -f.Carts
		}
		return f
	})
}

// cartChange is 1 for a cart that opens, -1 for one that closes.
type cartChange struct {
	Open int64      `state:"open"`
	Of   dimensions `state:"of"`
}

// publishChange publishes that a cart has opened or closed. The id has the content in it:
// what turns out otherwise later is another result, and this one is retracted, so that
// the two add up.
func publishChange(t *stream.Turn[string, cart, cartChange], was cart) {
	var c cartChange
	switch {
	case was.Opened == 0 && t.State.Opened != 0:
		c = cartChange{1, t.State.Of}
	case was.Opened != 0 && t.State.Opened == 0:
		c = cartChange{-1, was.Of}
	default:
		return
	}
	b := binary.BigEndian.AppendUint64(nil, uint64(t.Time))
	b = binary.BigEndian.AppendUint64(b, uint64(t.Cause.Partition))
	b = binary.BigEndian.AppendUint64(b, uint64(t.Cause.Offset))
	b = append(b, byte(c.Open))
	b = append(append(append(append(append(b, c.Of.Channel...), 0), c.Of.Country...), 0), c.Of.Device...)
	t.Emit(xxh3.Hash(b), c)
}

// withOpenCarts makes the rows of the minutes of a group. Open carts are the sum of
// all changes up to the end of the minute, so a late change revises the minutes behind
// its own, too.
func withOpenCarts(sums stream.Stream[window.Result[Group, figures]], name string, lateness time.Duration) stream.Stream[KPI] {
	return stream.Connect(sums, name, func(
		c *stream.Context, emit func(stream.Element[KPI]),
	) (func(stream.Element[window.Result[Group, figures]]), stream.Operator, error) {
		g := &gauge{emit: emit, lateness: stream.Micros(lateness)}
		var err error
		if g.lines, err = state.OpenValue[Group, gaugeLine](c.Space, "groups", state.TableOptions{}); err != nil {
			return nil, nil, err
		}
		g.due, err = state.OpenTimers[Group](c.Space, "closing")
		return g.take, g, err
	})
}

type gauge struct {
	emit     func(stream.Element[KPI])
	lines    *state.Value[Group, gaugeLine]
	due      *state.Timers[Group] // when the oldest minute takes no more changes
	lateness int64
}

// gaugeLine is what is kept of a group: how many carts were open before its minutes,
// and the minutes that may change.
type gaugeLine struct {
	Before  int64         `state:"before"`
	Minutes []gaugeMinute `state:"minutes"` // by start
}

type gaugeMinute struct {
	Start    event.Instant `state:"start"`
	End      event.Instant `state:"end"`
	Phase    window.Phase  `state:"phase"`
	Revision uint32        `state:"revision"`
	Figures  figures       `state:"figures"`
}

func (g *gauge) take(e stream.Element[window.Result[Group, figures]]) {
	r := e.Value
	l, _ := g.lines.Upsert(r.Key)
	at, found := slices.BinarySearchFunc(l.Minutes, r.Start, func(m gaugeMinute, start event.Instant) int { return int(m.Start - start) })
	if !found {
		l.Minutes = slices.Insert(l.Minutes, at, gaugeMinute{Start: r.Start, End: r.End})
	}
	changed := l.Minutes[at].Figures.Carts != r.Value.Carts
	l.Minutes[at].Figures, l.Minutes[at].Phase = r.Value, r.Phase
	open := l.Before
	for i := range l.Minutes {
		m := &l.Minutes[i]
		open += m.Figures.Carts
		if i < at || i > at && !changed {
			continue
		}
		m.Revision++
		of := window.Result[Group, figures]{Key: r.Key, Start: m.Start, Phase: m.Phase}
		g.emit(stream.Element[KPI]{Value: m.Figures.row(of, m.Revision, open), Time: int64(m.End) - 1, Cause: e.Cause})
	}
	if at == 0 {
		g.due.Set(r.Key, int64(l.Minutes[0].End)+g.lateness)
	}
}

// Advance implements [stream.Operator]. It comes behind the windows, which have published
// all that they will of minutes that take no more changes.
func (g *gauge) Advance(now stream.Times) error {
	if now.Watermark == 0 {
		return nil
	}
	return g.due.PopDue(now.Watermark, func(k Group, _ int64) {
		l, _ := g.lines.Upsert(k)
		closed := 0
		for closed < len(l.Minutes) && int64(l.Minutes[closed].End)+g.lateness <= now.Watermark {
			l.Before += l.Minutes[closed].Figures.Carts
			closed++
		}
		l.Minutes = slices.Delete(l.Minutes, 0, closed)
		if len(l.Minutes) > 0 {
			g.due.Set(k, int64(l.Minutes[0].End)+g.lateness)
		}
	})
}
