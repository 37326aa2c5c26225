package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/stream"
)

// query is a job, and how the records of a partition become its input.
type query struct {
	job  *stream.Job
	open func() intake // for one partition
}

// intake makes the records of one partition the input of a job.
type intake struct {
	// take decodes a record and returns its event time in ms; 0 of an event that the query
	// does not want.
	take func(r *kgo.Record) (ms int64, err error)
	// put gives the job what has been decoded.
	put func(f *stream.Front)
}

var queries = map[string]func(j *stream.Job, a *arguments) (open func() intake, err error){
	"ysb": ysb, "q3": q3, "q4": q4, "q5": q5, "q8": q8, "q11": q11, "q18": q18, "cep": cep,
}

func newQuery(a *arguments) (q query, err error) {
	build := queries[a.query]
	if build == nil {
		return q, fmt.Errorf("unknown query %q: want one of %s", a.query, strings.Join(slices.Sorted(maps.Keys(queries)), ", "))
	}
	q.job = stream.NewJob(a.query, 1)
	q.open, err = build(q.job, a)
	return q, err
}

// buffer collects elements for an input of the job.
type buffer[T any] struct {
	port     stream.Port[T]
	elements []stream.Element[T]
}

func (b *buffer[T]) add(v T, ms int64, r *kgo.Record) {
	b.elements = append(b.elements, stream.Element[T]{Value: v, Time: ms * 1000, Cause: stream.Cause{Partition: r.Partition, Offset: r.Offset}})
}

func (b *buffer[T]) put(f *stream.Front) {
	b.port.Put(f, b.elements)
	b.elements = b.elements[:0]
}

// nexmark makes the intake of a query over some types of events, which collect puts into
// buffers.
func nexmark(wanted kind, collect func(e *fields, r *kgo.Record), put func(f *stream.Front)) intake {
	d := new(decoder)
	take := func(r *kgo.Record) (int64, error) {
		found, err := d.nexmark(jsontext.View(r.Value), wanted)
		if !found || err != nil {
			return 0, err
		}
		if d.kind != end {
			collect(&d.fields, r)
		}
		return d.time, nil
	}
	return intake{take, put}
}

// nexmarkOne is nexmark for queries over one type of event.
func nexmarkOne[T any](wanted kind, port stream.Port[T], value func(e *fields, r *kgo.Record) T) func() intake {
	return func() intake {
		b := &buffer[T]{port: port}
		return nexmark(wanted, func(e *fields, r *kgo.Record) { b.add(value(e, r), e.time, r) }, b.put)
	}
}
