package pass

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/result"
	"github.com/millrace/millrace/stream"
)

const (
	publishBatch    = 1000            // results handed to the log at once
	retryPublish    = 2 * time.Second // after the log refused some
	registerTimeout = 10 * time.Second
)

// topicWriter brings results from the outbox to topics of the log. It is behind the
// commits by as much as the log makes it; the outbox keeps what it has not delivered.
type topicWriter struct {
	p         *Pass
	publisher *eventlog.Publisher
	next      atomic.Uint64     // number of the first result that it has not seen to
	ready     chan struct{}     // has one token when there may be something to deliver
	ids       map[string]uint32 // of schemas in the registry, by topic and fingerprint
}

func newTopicWriter(p *Pass) (*topicWriter, error) {
	publisher, err := eventlog.OpenPublisher(p.cfg.Topic, p.cfg.Name)
	if err != nil {
		return nil, fmt.Errorf("cannot publish results of jobs: %w", err)
	}
	t := &topicWriter{p: p, publisher: publisher, ready: make(chan struct{}, 1), ids: make(map[string]uint32)}
	t.wake()
	return t, nil
}

// mirrored adds, behind each result that somebody wants in a topic besides, its copy for it.
func (j *jobs) mirrored(outputs []stream.Output) []stream.Output {
	if len(j.p.cfg.Mirrors) == 0 {
		return outputs
	}
	all := make([]stream.Output, 0, 2*len(outputs))
	for _, o := range outputs {
		all = append(all, o)
		topic, wanted := j.p.cfg.Mirrors[o.Sink.Name]
		if !wanted || o.Sink.Kind == stream.Topic {
			continue
		}
		mirror := j.mirrors[o.Sink]
		if mirror == nil {
			of := *o.Sink
			of.Kind, of.Name = stream.Topic, topic
			mirror = &of
			j.mirrors[o.Sink] = mirror
		}
		o.Sink = mirror
		all = append(all, o)
	}
	return all
}

// message is a result in the form in which the outbox keeps it for its topic.
func (j *jobs) message(o *stream.Output) ([]byte, error) {
	w := j.messages[o.Sink]
	if w == nil {
		var err error
		if w, err = j.newMessages(o.Sink); err != nil {
			return nil, err
		}
		j.messages[o.Sink] = w
	}
	return w.AppendMessage(nil, o.Row)
}

// messages writes rows as they go to a topic.
type messages interface {
	AppendMessage(dst, row []byte) ([]byte, error)
}

func (j *jobs) newMessages(sink *stream.Sink) (messages, error) {
	if j.p.cfg.Pass.Jobs.TopicFormat != "avro" {
		return result.NewJSON(sink)
	}
	a, err := result.NewAvro(sink)
	if err != nil {
		return nil, err
	}
	// Results may be delivered when their job is another, or is no more.
	return a, j.p.cfg.Checkpoint.Put(schemaKey(a.Fingerprint()), []byte(a.Text))
}

// schemaKey is where the checkpoint store keeps the schema of results that wait.
func schemaKey(fingerprint []byte) string { return "avro/" + hex.EncodeToString(fingerprint) }

// framed gives a value of Avro the id of its schema in the registry, which may have to
// be asked; other values stay as they are.
func (t *topicWriter) framed(ctx context.Context, topic string, value []byte) ([]byte, error) {
	print, ok := result.AvroFingerprint(value)
	if !ok || t.p.cfg.Schemas == nil {
		return value, nil
	}
	key := topic + "/" + string(print)
	id, known := t.ids[key]
	if !known {
		text, found, err := t.p.cfg.Checkpoint.Get(schemaKey(print))
		if err != nil {
			return nil, err
		}
		if !found {
			return value, nil // written by a binary that kept no schemas
		}
		ctx, cancel := context.WithTimeout(ctx, registerTimeout)
		defer cancel()
		if id, err = t.p.cfg.Schemas.Register(ctx, topic+"-value", string(text)); err != nil {
			return nil, fmt.Errorf("cannot register the schema of topic %q: %w", topic, err)
		}
		t.ids[key] = id
	}
	return result.Framed(value, id), nil
}

// deliver brings results to topics until it is stopped; a process without jobs has
// none.
func (j *jobs) deliver(ctx context.Context, stop <-chan struct{}) error {
	if j == nil {
		return nil
	}
	return j.topics.run(ctx, stop)
}

// closeTopics frees what a pass that does not run would have delivered with.
func (j *jobs) closeTopics() {
	if j != nil {
		j.topics.publisher.Close()
	}
}

// wake says that there may be something to deliver.
func (t *topicWriter) wake() { signal(t.ready) }

// run delivers until the pass has failed. Closing stop makes it deliver the rest, if
// the log takes it, and return.
func (t *topicWriter) run(ctx context.Context, stop <-chan struct{}) error {
	defer t.publisher.Close()
	refused := false
	for stopping := false; !stopping; {
		select {
		case <-t.p.failed:
			return nil
		case <-stop:
			stopping = true
		case <-t.ready:
		}
		err := t.deliver(ctx)
		if eventlog.IsFenced(err) {
			return fmt.Errorf("another process publishes the results of this data folder: %w", err)
		}
		if err == nil {
			refused = false
			continue
		}
		if !refused {
			t.p.cfg.Logger.Warn("results of jobs cannot be delivered to their topics; they wait and are tried again", "error", err)
		}
		refused = true
		select {
		case <-stop:
			stopping = true
		case <-t.p.failed:
			return nil
		case <-t.p.cfg.Clock.After(retryPublish):
			t.wake()
		}
	}
	return nil
}

var errEnough = errors.New("enough results for one batch")

// deliver publishes what the outbox has.
func (t *topicWriter) deliver(ctx context.Context) error {
	for {
		var messages []eventlog.Message
		from := t.next.Load()
		next := from
		err := t.p.cfg.Checkpoint.Outputs(from, func(number uint64, stored []byte) error {
			if len(messages) == publishBatch {
				return errEnough
			}
			next = number + 1
			e, err := result.Parse(stored)
			if err != nil {
				return fmt.Errorf("result %d: %w", number, err)
			}
			if e.Kind != stream.Topic {
				return nil
			}
			m := eventlog.Message{Topic: e.Sink, Number: number, Time: time.UnixMicro(e.Time)}
			if m.Key, m.Value, err = result.ParseMessage(bytes.Clone(e.Row)); err != nil {
				return fmt.Errorf("result %d: %w", number, err)
			}
			if m.Value, err = t.framed(ctx, m.Topic, m.Value); err != nil {
				return err
			}
			messages = append(messages, m)
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			return err
		}
		if err := t.publish(ctx, messages); err != nil {
			return err
		}
		t.next.Store(next)
		if next == from {
			return nil
		}
	}
}

func (t *topicWriter) publish(ctx context.Context, messages []eventlog.Message) error {
	if len(messages) == 0 {
		return nil
	}
	return t.publisher.Publish(ctx, messages)
}
