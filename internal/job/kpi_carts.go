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
		if g.open, err = state.OpenCounter[Group](c.Space, "open", state.TableOptions{}); err != nil {
			return nil, nil, err
		}
		g.minutes, err = state.OpenPanes[Group, gaugeMinute](c.Space, "minutes", state.TableOptions{})
		return g.take, g, err
	})
}

type gauge struct {
	emit     func(stream.Element[KPI])
	open     *state.Counter[Group]            // carts, behind all minutes
	minutes  *state.Panes[Group, gaugeMinute] // that may change, by start
	lateness int64
	later    []int64 // scratch
}

// gaugeMinute is a minute of a group as it was published.
type gaugeMinute struct {
	Phase     window.Phase `state:"phase"`
	Revision  uint32       `state:"revision"`
	Retracted bool         `state:"retracted"`
	Figures   figures      `state:"figures"`
}

func (g *gauge) take(e stream.Element[window.Result[Group, figures]]) {
	r := &e.Value
	m, _ := g.minutes.Pane(int64(r.Start)).Upsert(r.Key)
	change := r.Value.Carts - m.Figures.Carts
	m.Figures, m.Phase = r.Value, r.Phase
	open := g.open.Count(r.Key)
	if change != 0 {
		open = g.open.Add(r.Key, change)
	}
	behind := g.behind(int64(r.Start))
	for _, start := range behind {
		if later := g.minutes.Pane(start).Get(r.Key); later != nil {
			open -= later.Figures.Carts
		}
	}
	g.publish(&e, r.Start, m, open)
	if change == 0 {
		return
	}
	for _, start := range behind {
		if g.minutes.Pane(start).Get(r.Key) != nil {
			later, _ := g.minutes.Pane(start).Upsert(r.Key)
			open += later.Figures.Carts
			g.publish(&e, event.Instant(start), later, open)
		}
	}
}

// behind returns the starts of the minutes behind one.
func (g *gauge) behind(start int64) []int64 {
	all := g.minutes.Starts()
	at, _ := slices.BinarySearch(all, start+1)
	g.later = append(g.later[:0], all[at:]...)
	return g.later
}

// publish publishes a minute of the group of a result. When nothing has happened in it
// after all, it is taken away.
func (g *gauge) publish(e *stream.Element[window.Result[Group, figures]], minute event.Instant, m *gaugeMinute, open int64) {
	nothing := m.Figures == figures{}
	if nothing && (m.Retracted || m.Revision == 0) {
		return
	}
	m.Retracted = nothing
	m.Revision++
	of := window.Result[Group, figures]{Key: e.Value.Key, Start: minute, Phase: m.Phase}
	row := m.Figures.row(of, m.Revision, open)
	row.Retracted = nothing
	g.emit(stream.Element[KPI]{Value: row, Time: int64(minute) + microsPerMinute - 1, Cause: e.Cause})
}

// Advance implements [stream.Operator]. It comes behind the windows, which have published
// all that they will of minutes that take no more changes.
func (g *gauge) Advance(now stream.Times) error {
	if now.Watermark != 0 {
		dropMinutes(g.minutes, now.Watermark-g.lateness)
	}
	return nil
}
