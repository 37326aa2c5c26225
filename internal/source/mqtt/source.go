package mqttsource

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/millrace/millrace/internal/source/intake"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/supervise"
)

// Source takes messages from topics of one broker.
type Source struct {
	cfg     Config
	meter   *meter.Source
	counter atomic.Int64 // of messages that the door gave an identity
}

// New returns a source. It connects when it is run.
func New(cfg Config) *Source {
	cfg = cfg.withDefaults()
	if cfg.Intake.Meters == nil {
		cfg.Intake.Meters = new(meter.Registry)
	}
	return &Source{cfg: cfg, meter: cfg.Intake.Meters.Source(cfg.Intake.Source, cfg.Intake.Adapter.Name())}
}

// Run takes messages until ctx ends; that is no error.
func (s *Source) Run(ctx context.Context) error {
	return supervise.Run(ctx, supervise.Options{
		Source: s.cfg.Intake.Source, Kind: "mqtt", Meter: s.meter, Clock: s.cfg.Clock, Logger: s.cfg.Logger, Random: s.cfg.Random,
	}, s.consume)
}

// session is a connection with its subscriptions, of either version.
type session interface {
	// ended says why the connection ended.
	ended() <-chan error
	// close sends the acknowledgements that are left and disconnects.
	close(ctx context.Context)
}

// delivery is a message as it came. acknowledge is called once the log has it.
type delivery struct {
	topic       string
	payload     []byte
	id          string // of the user property; "" when there is none
	acknowledge func()
}

// consumer takes the messages of one connection.
type consumer struct {
	source  *Source
	ctx     context.Context // of the attempt, for what the libraries call back
	intake  *intake.Intake[func()]
	refused chan error // by the log
}

// consume takes messages over one connection until something ends it.
func (s *Source) consume(ctx context.Context, connected func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := &consumer{source: s, ctx: ctx, refused: make(chan error, 1)}
	c.intake = intake.Open(ctx, s.cfg.Intake, c.landed)
	open := s.open5
	if s.cfg.Version == 3 {
		open = s.open3
	}
	conn, err := open(ctx, c)
	if err != nil {
		cancel()
		c.intake.Close()
		return fmt.Errorf("cannot connect to the MQTT broker at %s: %w", s.cfg.URL, err)
	}
	connected()
	select {
	case err = <-conn.ended():
		err = fmt.Errorf("the connection to the MQTT broker at %s ended: %w", s.cfg.URL, err)
	case err = <-c.refused:
		err = fmt.Errorf("messages are left to the MQTT broker: %w", err)
	case <-ctx.Done():
		err = ctx.Err()
	}
	cancel()
	c.intake.Close()
	conn.close(context.WithoutCancel(ctx))
	return err
}

// landed acknowledges messages, in the order in which they came. Those that the log
// refused are not, and come again with the next connection.
func (c *consumer) landed(acknowledge []func(), err error) {
	if err != nil {
		select {
		case c.refused <- err:
		default: // one is enough
		}
		return
	}
	for _, ack := range acknowledge {
		ack()
	}
}

// take hands one delivery over.
func (c *consumer) take(d *delivery) {
	m := c.source.message(d)
	// An error says that the connection is about to be closed; the message comes again.
	_ = c.intake.Take(c.ctx, &m, d.acknowledge)
}
