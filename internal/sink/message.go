package sink

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Message is one record of the topic. Its memory belongs to the runner.
type Message struct {
	Topic     string
	Partition int32
	Offset    int64
	Key       []byte
	Value     []byte
	Time      time.Time

	// Done says that the destination has it. A destination sets it when it has taken a
	// part of a batch, and leaves out those that have it when the batch comes again.
	Done bool
}

// ID names the message among all of its topic: it is the same whenever it is delivered.
func (m *Message) ID() string {
	b := append(make([]byte, 0, len(m.Topic)+24), m.Topic...)
	b = strconv.AppendInt(append(b, ':'), int64(m.Partition), 10)
	return string(strconv.AppendInt(append(b, ':'), m.Offset, 10))
}

// Destination is where messages go. It serves one goroutine.
type Destination interface {
	// Deliver returns nil when the destination has all messages that are not done.
	// Messages of one partition come in their order. After an error it is called again
	// with the same batch, unless the error is a [*RefusedError] or wraps [ErrLost].
	Deliver(ctx context.Context, batch []Message) error
	Close() error
}

// Positioned is a destination that keeps, atomically with the messages, how far it has
// them.
type Positioned interface {
	Destination
	// Positions returns the offset of the next message per partition of the topic. A
	// partition that is not in it has brought nothing yet. saved are positions that it had
	// some time ago, so that it need not look further back.
	Positions(ctx context.Context, topic string, saved map[int32]int64) (map[int32]int64, error)
}

// ErrLost is wrapped by errors after which the destination is of no use: it is closed and
// opened anew.
var ErrLost = errors.New("the connection is lost")

// RefusedError says that the destination will never take one message of the batch.
type RefusedError struct {
	Index  int // of the message in the batch
	Reason error
}

// Error implements error.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("the destination refused message %d of the batch: %v", e.Index, e.Reason)
}

// Unwrap returns the reason.
func (e *RefusedError) Unwrap() error { return e.Reason }

// LaterError says that the destination asked to be left alone for a while.
type LaterError struct {
	After  time.Duration
	Reason error
}

// Error implements error.
func (e *LaterError) Error() string { return e.Reason.Error() }

// Unwrap returns the reason.
func (e *LaterError) Unwrap() error { return e.Reason }

// later is how long the destination wants to be left alone.
func later(err error) time.Duration {
	var l *LaterError
	if errors.As(err, &l) {
		return l.After
	}
	return 0
}
