package segment

import (
	"errors"
	"fmt"

	"github.com/millrace/millrace/adapter/internal/civil"
	"github.com/millrace/millrace/adapter/internal/jsonevent"
	"github.com/millrace/millrace/adapter/jsontext"
)

// Limits bound a batch. Zero is "no limit".
type Limits struct {
	Messages     int // in a batch
	MessageBytes int // of one message
}

// Batch is the body of /v1/batch or /v1/import, split.
type Batch struct {
	Messages []Message
	// Envelope is what [adapter.Record.Envelope] must carry: an object with the
	// batch's context and integrations, or empty.
	Envelope string
	// SentAt is the sender's clock at sending, in µs since 1970 UTC; 0 when it
	// did not say. Skew is receive time minus SentAt.
	SentAt   int64
	WriteKey string
}

// Message is one message of a batch.
type Message struct {
	Raw []byte // as received; points into the body
	// Reject is why it is no message: "not_an_object" or "too_large".
	Reject string
}

var (
	// ErrNotBatch says that a body is JSON, but no batch.
	ErrNotBatch = errors.New("not a Segment batch")
	// ErrTooMany says that a batch has more messages than allowed.
	ErrTooMany = errors.New("too many messages in the batch")
)

// SplitBatch splits the body of a batch in one pass. The error is a
// [*jsontext.SyntaxError], or wraps [ErrNotBatch] or [ErrTooMany]. The batch
// points into the body.
func SplitBatch(body []byte, limits Limits) (*Batch, error) {
	var (
		c                     jsontext.Cursor
		b                     = &Batch{}
		context, integrations string
		found                 bool
		err                   error
	)
	c.Reset(jsonevent.TextOf(body))
	if kind := c.Kind(); c.Err() == nil && kind != jsontext.Object && kind != jsontext.Invalid {
		return nil, fmt.Errorf("%w: the body is %s, want an object with \"batch\"", ErrNotBatch, kind)
	}
	for c.Object(); c.More(); {
		switch key := c.Key(); key.Raw {
		case "batch":
			if found = c.Kind() == jsontext.Array; !found {
				c.Value()
				continue
			}
			if err = b.split(&c, body, limits); err != nil {
				return nil, err
			}
		case "context":
			context = objectOf(c.Value())
		case "integrations":
			integrations = objectOf(c.Value())
		case "sentAt":
			b.SentAt, _ = civil.ParseRFC3339(textOf(c.Value()))
		case "writeKey":
			b.WriteKey = textOf(c.Value())
		default:
			c.Value()
		}
	}
	if err := c.End(); err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("%w: \"batch\" is missing or no array", ErrNotBatch)
	}
	b.Envelope = envelope(context, integrations)
	return b, nil
}

func (b *Batch) split(c *jsontext.Cursor, body []byte, limits Limits) error {
	b.Messages = b.Messages[:0]
	for c.Array(); c.More(); {
		if limits.Messages > 0 && len(b.Messages) == limits.Messages {
			return fmt.Errorf("%w: at most %d are allowed", ErrTooMany, limits.Messages)
		}
		from := c.Offset()
		kind := c.Kind()
		c.Value()
		n := len(c.From(from))
		m := Message{Raw: body[from : from+n : from+n]}
		switch {
		case kind != jsontext.Object:
			m.Reject = "not_an_object"
		case limits.MessageBytes > 0 && n > limits.MessageBytes:
			m.Reject = "too_large"
		}
		b.Messages = append(b.Messages, m)
	}
	return nil
}

func objectOf(v jsontext.Value) string {
	if v.Kind != jsontext.Object {
		return ""
	}
	return v.Raw
}

func textOf(v jsontext.Value) string {
	switch {
	case v.Kind != jsontext.String:
		return ""
	case v.Escaped:
		return string(jsontext.Unescape(nil, v.Raw))
	}
	return v.Raw
}

// envelope writes the members that are there, in this order.
func envelope(context, integrations string) string {
	switch {
	case context == "" && integrations == "":
		return ""
	case integrations == "":
		return `{"context":` + context + `}`
	case context == "":
		return `{"integrations":` + integrations + `}`
	}
	return `{"context":` + context + `,"integrations":` + integrations + `}`
}
