package job

import (
	"slices"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
)

// distinctPerMinute marks, in each minute, the first fact that there is of a thing, for
// each grouping: so that an order of many lines is one order of its country, and
// two views are one session. Which of equal facts is the first does not matter to a
// sum. Facts that are nothing but another of the same go no further.
func distinctPerMinute(in stream.Keyed[thingID, fact], name string, lateness time.Duration) stream.Stream[fact] {
	return stream.Connect(in.Stream, name, func(
		c *stream.Context, emit func(stream.Element[fact]),
	) (func(stream.Element[stream.Record[thingID, fact]]), stream.Operator, error) {
		d := &distinct{c: c, emit: emit, lateness: stream.Micros(lateness)}
		var err error
		if d.seen, err = state.OpenPanes[thingID, appearance](c.Space, "seen", state.TableOptions{}); err != nil {
			return nil, nil, err
		}
		d.further, err = state.OpenPanes[thingID, []groupIDs](c.Space, "further", state.TableOptions{})
		return d.take, d, err
	})
}

// thingID is the fingerprint of a thing, of 128 bits: there are many things, and they
// are kept for as long as events may be late.
type thingID = [16]byte

func (t thing) id() thingID {
	h := xxh3.HashString128(t.ID)
	h.Lo ^= uint64(t.Kind)
	return h.Bytes()
}

// groupIDs are fingerprints of the members of a fact's groups, but for the total.
type groupIDs [groupings - 1]uint64

func (d *dimensions) groupIDs() (ids groupIDs) {
	for n := range ids {
		ids[n] = xxh3.HashString(d.group(n + 1).Member)
	}
	return ids
}

// appearance is where a thing was first in a minute. There is hardly ever a further one.
type appearance struct {
	First   groupIDs `state:"first"`
	Further bool     `state:"further"`
}

type distinct struct {
	c        *stream.Context
	emit     func(stream.Element[fact])
	seen     *state.Panes[thingID, appearance] // by minute
	further  *state.Panes[thingID, []groupIDs] // likewise
	lateness int64
}

const microsPerMinute = int64(time.Minute / time.Microsecond)

func (d *distinct) take(e stream.Element[stream.Record[thingID, fact]]) {
	f := e.Value.Value
	minute := floorTo(e.Time, microsPerMinute)
	if w := d.c.Watermark(); w != 0 && minute+microsPerMinute+d.lateness <= w {
		d.c.Late()
		return
	}
	if f.ID != "" && f.Kind != nothing {
		f.first = d.firstIn(minute, e.Value.Key, f.groupIDs())
	}
	if f.first != 0 || f.figures != (figures{}) {
		d.emit(stream.Element[fact]{Value: f, Time: e.Time, Cause: e.Cause})
	}
}

// allGroupings has a bit for each.
const allGroupings = 1<<groupings - 1

// firstIn returns the groupings in which a thing is new in a minute.
func (d *distinct) firstIn(minute int64, k thingID, of groupIDs) (first uint8) {
	pane := d.seen.Pane(minute)
	was := pane.Get(k)
	switch {
	case was == nil:
		pane.Set(k, appearance{First: of})
		return allGroupings
	case was.First == of:
		return 0
	}
	var others []groupIDs
	if was.Further {
		others = *d.further.Pane(minute).Get(k)
		if slices.Contains(others, of) {
			return 0
		}
	}
	for n := range of {
		in := func(o groupIDs) bool { return o[n] == of[n] }
		if !in(was.First) && !slices.ContainsFunc(others, in) {
			first |= 1 << (n + 1)
		}
	}
	if !was.Further {
		now, _ := pane.Upsert(k)
		now.Further = true
	}
	now, _ := d.further.Pane(minute).Upsert(k)
	*now = append(*now, of)
	return first
}

// Advance implements [stream.Operator]: minutes that take nothing more go.
func (d *distinct) Advance(now stream.Times) error {
	if now.Watermark != 0 {
		dropMinutes(d.seen, now.Watermark-d.lateness)
		dropMinutes(d.further, now.Watermark-d.lateness)
	}
	return nil
}

// dropMinutes drops the panes of the minutes that are over at an instant.
func dropMinutes[K, V any](p *state.Panes[K, V], at int64) {
	for len(p.Starts()) > 0 && p.Starts()[0]+microsPerMinute <= at {
		p.Drop(p.Starts()[0])
	}
}

// floorTo returns the multiple of a step at or before an instant.
func floorTo(at, step int64) int64 {
	rest := at % step
	if rest < 0 {
		rest += step
	}
	return at - rest
}
