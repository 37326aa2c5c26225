package intake

import (
	"context"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/meter"
)

// Space waits until the disk has room again. It is the disk guard.
type Space interface {
	Wait(ctx context.Context) error
}

// Limiter bounds a source's rate: Wait returns when the messages may come in.
type Limiter interface {
	Wait(ctx context.Context, events int, bytes int64) error
}

// Config describes the way from one source into the log.
type Config struct {
	Source   string // its name
	Adapter  adapter.Adapter
	Stream   string // of messages that name none, such as "amqp:orders"
	Appender eventlog.Appender
	Meters   *meter.Registry
	Clock    clock.Clock
	Space    Space   // nil: there is always room
	Limiter  Limiter // nil: no limit

	EventBytes   int           // longest payload; 1 MiB
	BatchRecords int           // messages handed to the log at once; 2,048
	BatchBytes   int           // their payloads; 1 MiB
	InFlight     int           // batches that wait for the log; 4
	RetryFor     time.Duration // how long a batch that the log refuses is tried again; 30 s
}

func (c Config) withDefaults() Config {
	if c.EventBytes <= 0 {
		c.EventBytes = 1 << 20
	}
	if c.BatchRecords <= 0 {
		c.BatchRecords = 2048
	}
	if c.BatchBytes <= 0 {
		c.BatchBytes = 1 << 20
	}
	if c.InFlight <= 0 {
		c.InFlight = 4
	}
	if c.RetryFor <= 0 {
		c.RetryFor = 30 * time.Second
	}
	if c.Meters == nil {
		c.Meters = new(meter.Registry)
	}
	return c
}

// Message is one payload as it was delivered.
type Message struct {
	// Payload belongs to the log until the source is told about the message.
	Payload  []byte
	Stream   string // where it came from; "": that of the configuration
	Envelope string // see [adapter.Record]
	Line     int64
	Reject   string // why the source refuses it; it is logged as a sample
}
