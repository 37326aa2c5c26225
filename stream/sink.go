package stream

import (
	"fmt"

	"github.com/millrace/millrace/stream/codec"
)

// SinkKind says where an output goes.
type SinkKind string

// The kinds of sinks.
const (
	Table SinkKind = "table" // of the analytics store
	Topic SinkKind = "topic" // of the log
	Feed  SinkKind = "feed"  // server-sent events, and nothing durable
)

// Sink is one output of a job.
type Sink struct {
	Kind   SinkKind
	Name   string
	Doc    string
	Schema codec.Schema // of the rows
	// Fingerprint is that of Schema.
	Fingerprint uint64
	Key         []string // fields of the row that say which result it is; a later revision replaces an earlier
}

// Output is a row for a sink.
type Output struct {
	Job   string
	Sink  *Sink
	Time  int64 // event time
	Cause Cause
	Row   []byte // in Sink.Schema
}

// ToTable writes the values of a stream as rows of a table. key names the
// fields that identify a result; a row of equal key replaces the one before.
func ToTable[T any](in Stream[T], name, doc string, key ...string) { to(in, Table, name, doc, key) }

// ToTopic writes the values of a stream to a topic of the log, by the key that the
// named fields make.
func ToTopic[T any](in Stream[T], name, doc string, key ...string) { to(in, Topic, name, doc, key) }

// ToFeed hands the values of a stream to whoever listens.
func ToFeed[T any](in Stream[T], name, doc string, key ...string) { to(in, Feed, name, doc, key) }

func to[T any](in Stream[T], kind SinkKind, name, doc string, key []string) {
	rows, err := codec.For[T]()
	if err != nil {
		in.n.job.fail(fmt.Errorf("%s %s: %w", kind, name, err))
		return
	}
	sink := Sink{Kind: kind, Name: name, Doc: doc, Schema: rows.Schema(), Key: key}
	To(in, sink, func(dst []byte, v T) []byte { return rows.Append(dst, &v) })
}

// To writes the values of a stream to a sink whose rows have no Go type: encode appends
// a value in the form of the sink's schema. It is called from several partitions and
// shards at a time. The sink's fingerprint is set here.
func To[T any](in Stream[T], sink Sink, encode func(dst []byte, v T) []byte) {
	j := in.n.job
	title := fmt.Sprintf("%s %s", sink.Kind, sink.Name)
	if sink.Schema.Root() == nil {
		j.fail(fmt.Errorf("%s has no schema", title))
		return
	}
	sink.Fingerprint = sink.Schema.Fingerprint()
	j.sinks = append(j.sinks, sink)
	n := j.add(title, []*node{in.n})
	n.build = func(x *instance) (any, error) {
		return func(e Element[T]) {
			x.outputs = append(x.outputs, Output{
				Job: j.name, Sink: &sink, Time: e.Time, Cause: e.Cause, Row: encode(nil, e.Value),
			})
		}, nil
	}
}
