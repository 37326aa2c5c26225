package mqttsource

import (
	"crypto/tls"
	"log/slog"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/intake"
)

// The forms of payloads.
const (
	JSON   = "json"   // the payload is the record
	Text   = "text"   // any text, made a record by the door
	Number = "number" // a number as text, made a record by the door
)

// Config describes topics to take messages from.
type Config struct {
	URL      string // tcp://host:1883 (or mqtt://), tls://host:8883 (or mqtts://, ssl://)
	TLS      *tls.Config
	Version  int // 5 or 3 (3.1.1); 5
	Username string
	Password string
	// ClientID names the session, so it must be the same after a restart, and no other
	// client's.
	ClientID string
	Topics   []string // filters, such as store/+/till/#
	// Group shares the messages among all that subscribe with it. "": none.
	Group          string
	SessionExpiry  time.Duration // how long the broker keeps what is missed (MQTT 5); 24 h
	ReceiveMaximum int           // messages that wait for their acknowledgement (MQTT 5); 1,000

	Payload string // JSON, Text or Number; JSON
	// IDProperty is the user property with a message's identity (MQTT 5); id.
	IDProperty string
	// Envelope tells the adapter topic and identity.
	Envelope bool

	// Intake has the source, its adapter, the log and the limits.
	Intake intake.Config
	Clock  clock.Clock
	Logger *slog.Logger
	Random func() float64 // for the jitter of retries
}

const defaultSessionExpiry = 24 * time.Hour

func (c Config) withDefaults() Config {
	if c.Version == 0 {
		c.Version = 5
	}
	if c.SessionExpiry <= 0 {
		c.SessionExpiry = defaultSessionExpiry
	}
	if c.ReceiveMaximum <= 0 {
		c.ReceiveMaximum = 1000
	}
	if c.Payload == "" {
		c.Payload = JSON
	}
	if c.IDProperty == "" {
		c.IDProperty = "id"
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.Intake.Stream = "mqtt:" + strings.Join(c.Topics, ",")
	return c
}

// filters are the topics as they are subscribed to.
func (c *Config) filters() []string {
	all := make([]string, 0, len(c.Topics))
	for _, topic := range c.Topics {
		if c.Group != "" {
			topic = "$share/" + c.Group + "/" + topic
		}
		all = append(all, topic)
	}
	return all
}

const (
	connectTime = 10 * time.Second
	keepAlive   = 20 * time.Second
)
