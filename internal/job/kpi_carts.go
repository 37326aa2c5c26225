package job

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"strings"
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
		Retain: p.retain(), TTL: p.CartTimeout,
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

// gauge takes the results of a commit together, by group and minute: so a minute is
// published once, however many changes there are before it.
type gauge struct {
	emit     func(stream.Element[KPI])
	open     *state.Counter[Group]            // carts, behind all minutes
	minutes  *state.Panes[Group, gaugeMinute] // that may change, by start
	lateness int64
	results  []groupResult // of this commit
}

type groupResult = stream.Element[window.Result[Group, figures]]

// gaugeMinute is a minute of a group as it was published.
type gaugeMinute struct {
	Phase     window.Phase `state:"phase"`
	Revision  uint32       `state:"revision"`
	Retracted bool         `state:"retracted"`
	Open      int64        `state:"open"` // carts, at its end
	Figures   figures      `state:"figures"`
}

func (g *gauge) take(e groupResult) { g.results = append(g.results, e) }

// Advance implements [stream.Operator]. It comes behind the windows, which have published
// all that they will of minutes that take no more changes.
func (g *gauge) Advance(now stream.Times) error {
	slices.SortStableFunc(g.results, func(a, b groupResult) int {
		return cmp.Or(a.Value.Key.compare(b.Value.Key), cmp.Compare(a.Value.Start, b.Value.Start))
	})
	for rest := g.results; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].Value.Key == rest[0].Value.Key {
			n++
		}
		g.takeGroup(rest[:n])
		rest = rest[n:]
	}
	clear(g.results)
	g.results = g.results[:0]
	if now.Watermark != 0 {
		dropMinutes(g.minutes, now.Watermark-g.lateness)
	}
	return nil
}

func (g Group) compare(o Group) int {
	return cmp.Or(strings.Compare(g.Dimension, o.Dimension), strings.Compare(g.Member, o.Member))
}

// takeGroup takes the results of one group, by their minutes.
func (g *gauge) takeGroup(results []groupResult) {
	k, moved := results[0].Value.Key, int64(0)
	for i := range results {
		e := &results[i]
		start := int64(e.Value.Start)
		if i > 0 && moved != 0 {
			g.shift(&results[i-1], start, moved)
		}
		m, known := g.minutes.Pane(start).Upsert(k)
		switch {
		case !known:
			m.Open = g.openBefore(k, start)
		case i == 0 || results[i-1].Value.Start != e.Value.Start:
			m.Open += moved
		}
		change := e.Value.Value.Carts - m.Figures.Carts
		m.Open += change
		moved += change
		m.Figures, m.Phase = e.Value.Value, e.Value.Phase
		g.publish(e, e.Value.Start, m)
	}
	if moved != 0 {
		g.open.Add(k, moved)
		g.shift(&results[len(results)-1], math.MaxInt64, moved)
	}
}

// shift moves the open carts of the minutes behind a result, up to a minute.
func (g *gauge) shift(e *groupResult, until, by int64) {
	for _, start := range g.minutes.Starts() {
		if start <= int64(e.Value.Start) || start >= until || g.minutes.Pane(start).Get(e.Value.Key) == nil {
			continue
		}
		m, _ := g.minutes.Pane(start).Upsert(e.Value.Key)
		m.Open += by
		g.publish(e, event.Instant(start), m)
	}
}

// openBefore returns how many carts were open before a minute that is new: as at the end
// of the one before it, or at the beginning of the one behind.
func (g *gauge) openBefore(k Group, minute int64) int64 {
	starts := g.minutes.Starts()
	at, _ := slices.BinarySearch(starts, minute)
	for _, start := range slices.Backward(starts[:at]) {
		if m := g.minutes.Pane(start).Get(k); m != nil {
			return m.Open
		}
	}
	for _, start := range starts[at:] {
		if m := g.minutes.Pane(start).Get(k); m != nil && start != minute {
			return m.Open - m.Figures.Carts
		}
	}
	return g.open.Count(k)
}

// publish publishes a minute of the group of a result. When nothing has happened in it
// after all, it is taken away.
func (g *gauge) publish(e *groupResult, minute event.Instant, m *gaugeMinute) {
	nothing := m.Figures == figures{}
	if nothing && (m.Retracted || m.Revision == 0) {
		return
	}
	m.Retracted = nothing
	m.Revision++
	of := window.Result[Group, figures]{Key: e.Value.Key, Start: minute, Phase: m.Phase}
	row := m.Figures.row(of, m.Revision, m.Open)
	row.Retracted = nothing
	g.emit(stream.Element[KPI]{Value: row, Time: int64(minute) + microsPerMinute - 1, Cause: e.Cause})
}
