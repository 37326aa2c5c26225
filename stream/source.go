package stream

import (
	"fmt"
	"math"
	"slices"

	"github.com/millrace/millrace/event"
)

// source is where a job reads the log's accepted events.
type source struct {
	n       *node
	types   []string // event types; empty: all
	sources []string // configured sources; empty: all
	late    bool     // reads the late ones only
}

// SourceOption narrows what a source reads.
type SourceOption func(*source)

// Types reads only events of these types. It is cheaper than a filter: other
// events are not looked at one by one.
func Types(types ...string) SourceOption {
	return func(s *source) { s.types = append(s.types, types...) }
}

// From reads only events of these configured sources, and only their watermarks
// hold the job's time.
func From(sources ...string) SourceOption {
	return func(s *source) { s.sources = append(s.sources, sources...) }
}

// Late reads the events that came too late instead of the others.
func Late() SourceOption { return func(s *source) { s.late = true } }

// Events reads accepted events. read looks at event i of a batch and emits any
// number of values made from it, at the event's own time; strings that it
// keeps from the batch are valid for good, but each holds the memory of the whole
// batch: what goes into state is better cloned (strings.Clone). An event without a
// time is read at its receive time.
func Events[T any](j *Job, name string, read func(b *event.Batch, i int, emit func(T)), options ...SourceOption) Stream[T] {
	n := j.add(name, nil)
	s := &source{n: n}
	for _, o := range options {
		o(s)
	}
	for _, t := range s.types {
		if t == "" {
			j.fail(fmt.Errorf("source %q: an event type is empty", name))
		}
	}
	j.sources = append(j.sources, s)
	n.build = func(x *instance) (any, error) {
		emit, err := emitter[T](x, n)
		if err != nil {
			return nil, err
		}
		var of Element[T]
		each := func(v T) {
			x.made++
			x.grow()
			of.Value = v
			emit(of)
		}
		return func(b *event.Batch, i int) {
			of.Time = timeOf(b, i)
			of.Cause = Cause{b.Partition, b.Offset[i]}
			x.allow(1)
			read(b, i, each)
		}, nil
	}
	return Stream[T]{n}
}

// reader is a source in one instance.
type reader struct {
	*source
	x    *instance
	take func(b *event.Batch, i int)

	wanted  []bool // per code of the type column: scratch of a batch
	sources []bool // per code of the source column
}

// process reads the batch's accepted events that the source wants.
func (r *reader) process(b *event.Batch) {
	r.wanted = match(r.wanted, &b.Type, r.types)
	r.sources = match(r.sources, &b.Source, r.source.sources)
	floor := r.x.floor()
	for i, v := range b.Verdict {
		if v != event.Accepted || !r.wanted[b.Type.Codes[i]] || !r.sources[b.Source.Codes[i]] {
			continue
		}
		marked := b.Marks[i].Has(event.Late)
		behind := !marked && timeOf(b, i) < floor
		if behind && !r.late {
			r.x.late++
		}
		if (marked || behind) == r.late {
			r.take(b, i)
		}
	}
}

// timeOf is the time that jobs take an event at.
func timeOf(b *event.Batch, i int) int64 {
	if t := b.Time[i]; t != 0 {
		return t
	}
	return b.Received[i]
}

// floor is the time below which the job takes no events any more. It is that of the newest
// seal, as is the time of all operators until the next one.
func (x *instance) floor() int64 {
	if w := x.times[0].Watermark; w != 0 && x.run.job.lateness >= 0 {
		return w - x.run.job.lateness
	}
	return math.MinInt64
}

// match says for each value of a dictionary whether it is one of the wanted.
func match(dst []bool, d *event.Dict, wanted []string) []bool {
	dst = dst[:0]
	for _, v := range d.Values {
		dst = append(dst, len(wanted) == 0 || slices.Contains(wanted, v))
	}
	if len(dst) == 0 {
		dst = append(dst, len(wanted) == 0) // no row has a value
	}
	return dst
}

// Reading says which accepted events a source of a job reads. Without types, or without
// sources, it reads all.
type Reading struct {
	Types   []string
	Sources []string // configured
	Late    bool     // the late ones, instead of the others
}

// Reads lists what the job reads.
func (j *Job) Reads() []Reading {
	all := make([]Reading, 0, len(j.sources))
	for _, s := range j.sources {
		all = append(all, Reading{slices.Clone(s.types), slices.Clone(s.sources), s.late})
	}
	return all
}
