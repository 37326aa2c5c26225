package job

import (
	"slices"
	"time"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
)

// distinctPerMinute marks, in each minute, the first fact that there is of a thing, for
// each grouping: so that an order of many lines is one order of its country, and
// two views are one session. It is exact, and which of equal facts is the
// first does not matter to a sum. Facts that are nothing but another of the same go no
// further.
func distinctPerMinute(in stream.Keyed[thing, fact], name string, lateness time.Duration) stream.Stream[fact] {
	return stream.Connect(in.Stream, name, func(
		c *stream.Context, emit func(stream.Element[fact]),
	) (func(stream.Element[stream.Record[thing, fact]]), stream.Operator, error) {
		seen, err := state.OpenPanes[thing, appearances](c.Space, "seen", state.TableOptions{})
		if err != nil {
			return nil, nil, err
		}
		d := &distinct{c: c, emit: emit, seen: seen, lateness: stream.Micros(lateness)}
		return d.take, d, nil
	})
}

// appearances are the different dimensions that a thing had in a minute. There is
// hardly ever more than one.
type appearances struct {
	Of []dimensions `state:"of"`
}

type distinct struct {
	c        *stream.Context
	emit     func(stream.Element[fact])
	seen     *state.Panes[thing, appearances] // by minute
	lateness int64
}

const microsPerMinute = int64(time.Minute / time.Microsecond)

func (d *distinct) take(e stream.Element[stream.Record[thing, fact]]) {
	f := e.Value.Value
	minute := floorTo(e.Time, microsPerMinute)
	if w := d.c.Watermark(); w != 0 && minute+microsPerMinute+d.lateness <= w {
		d.c.Late()
		return
	}
	if f.ID != "" && f.Kind != nothing {
		f.first = d.firstIn(minute, e.Value.Key, f.dimensions)
	}
	if f.first != 0 || f.figures != (figures{}) {
		d.emit(stream.Element[fact]{Value: f, Time: e.Time, Cause: e.Cause})
	}
}

// firstIn returns the groupings in which a thing is new in a minute.
func (d *distinct) firstIn(minute int64, k thing, of dimensions) (first uint8) {
	pane := d.seen.Pane(minute)
	was := pane.Get(k)
	if was != nil && slices.Contains(was.Of, of) {
		return 0
	}
	for n := range groupings {
		in := func(o dimensions) bool { return o.group(n) == of.group(n) }
		if was == nil || !slices.ContainsFunc(was.Of, in) {
			first |= 1 << n
		}
	}
	now, _ := pane.Upsert(k)
	now.Of = append(now.Of, of)
	return first
}

// Advance implements [stream.Operator]: minutes that take nothing more go.
func (d *distinct) Advance(now stream.Times) error {
	for now.Watermark != 0 && len(d.seen.Starts()) > 0 && d.seen.Starts()[0]+microsPerMinute+d.lateness <= now.Watermark {
		d.seen.Drop(d.seen.Starts()[0])
	}
	return nil
}

// floorTo returns the multiple of a step at or before an instant.
func floorTo(at, step int64) int64 {
	rest := at % step
	if rest < 0 {
		rest += step
	}
	return at - rest
}
