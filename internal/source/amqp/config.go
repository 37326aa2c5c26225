package amqpsource

import (
	"crypto/tls"
	"log/slog"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/intake"
)

// Config describes a queue to take messages from.
type Config struct {
	URL   string
	TLS   *tls.Config // of amqps URLs; nil: the system's authorities
	Queue string
	// Existing says that the queue must be there. Otherwise it is declared where it
	// is not, of type Type ("": quorum), and bound to Exchange by each of BindingKeys.
	Existing    bool
	Type        string
	Exchange    string
	BindingKeys []string
	Prefetch    int // messages that wait for their acknowledgement; 2,000
	// Headers are the names of headers that the adapter is told; "*" is all.
	Headers []string
	// Envelope tells the adapter message id, routing key, exchange and headers.
	Envelope bool

	// Intake has the source, its adapter, the log and the limits.
	Intake intake.Config
	Clock  clock.Clock
	Logger *slog.Logger
	Random func() float64 // for the jitter of retries

	LagInterval time.Duration // between two looks at the queue's length; 5 s
}

// retryFor is how long messages wait for a log that takes nothing, before they go back
// to the queue: long, as a quorum queue counts their returns and gives up after 20 of
// them, and well below the 30 minutes after which the broker closes the channel.
const retryFor = 10 * time.Minute

func (c Config) withDefaults() Config {
	if c.Type == "" {
		c.Type = "quorum"
	}
	if c.Prefetch <= 0 {
		c.Prefetch = 2000
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.LagInterval <= 0 {
		c.LagInterval = 5 * time.Second
	}
	if c.Intake.RetryFor <= 0 {
		c.Intake.RetryFor = retryFor
	}
	c.Intake.Stream = "amqp:" + c.Queue
	return c
}
