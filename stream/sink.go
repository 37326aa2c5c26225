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
	j := in.n.job
	title := fmt.Sprintf("%s %s", kind, name)
	rows, err := codec.For[T]()
	if err != nil {
		j.fail(fmt.Errorf("%s: %w", title, err))
		return
	}
	sink := Sink{Kind: kind, Name: name, Doc: doc, Schema: rows.Schema(), Key: key}
	sink.Fingerprint = sink.Schema.Fingerprint()
	j.sinks = append(j.sinks, sink)
	n := j.add(title, []*node{in.n})
	n.build = func(x *instance) (any, error) {
		return func(e Element[T]) {
			x.outputs = append(x.outputs, Output{
				Job: j.name, Sink: &sink, Time: e.Time, Cause: e.Cause, Row: rows.Append(nil, &e.Value),
			})
		}, nil
	}
}
