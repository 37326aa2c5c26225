package redissource

import (
	"crypto/tls"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/resume"
)

// Config describes a stream to take events from.
type Config struct {
	Address  string
	Username string
	Password string
	DB       int
	TLS      *tls.Config // nil: none
	Key      string      // of the stream
	Latest   bool        // a new source begins behind what is in the stream
	// Field is the field of an entry that is the record. "": payload, else data,
	// else all fields as an object of JSON; "*": always all fields.
	Field string

	Source  string
	Adapter adapter.Adapter
	// Envelope tells the adapter an entry's id, and its key if it has that field.
	Envelope bool
	Log      *resume.Log
	Counts   resume.Cursors // how many entries were read, see [count]
	Meters   *meter.Registry
	Clock    clock.Clock
	Logger   *slog.Logger
	Random   func() float64 // for the jitter of retries

	EventBytes   int           // longest record; 1 MiB
	BatchRecords int           // entries read at once; 1,000
	Checkpoint   time.Duration // between two cursors, and two looks at what was removed; 5 s
}

func (c Config) withDefaults() Config {
	if c.EventBytes <= 0 {
		c.EventBytes = 1 << 20
	}
	if c.BatchRecords <= 0 {
		c.BatchRecords = 1000
	}
	if c.Checkpoint <= 0 {
		c.Checkpoint = 5 * time.Second
	}
	if c.Meters == nil {
		c.Meters = new(meter.Registry)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// blockTime bounds the wait for entries, so that cursors are saved in quiet times.
const blockTime = time.Second

func (c *Config) client() *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr: c.Address, Username: c.Username, Password: c.Password, DB: c.DB, TLSConfig: c.TLS,
		// Entries as arrays, which keep the order of their fields.
		Protocol: 2, ClientName: "millrace", DisableIdentity: true,
		MaxRetries: -1, PoolSize: 2, ReadTimeout: 10 * time.Second, ContextTimeoutEnabled: true,
	})
}
