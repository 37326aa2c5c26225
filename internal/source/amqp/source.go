package amqpsource

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/millrace/millrace/internal/source/intake"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/supervise"
)

// Source takes messages from one queue.
type Source struct {
	cfg   Config
	meter *meter.Source
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
		Source: s.cfg.Intake.Source, Kind: "amqp", Meter: s.meter, Clock: s.cfg.Clock, Logger: s.cfg.Logger, Random: s.cfg.Random,
	}, s.consume)
}

const (
	dialTime  = 10 * time.Second
	heartbeat = 10 * time.Second
)

// connect opens a connection. The URL holds a password, so errors do not repeat it.
func (s *Source) connect(ctx context.Context) (*amqp.Connection, error) {
	conn, err := amqp.DialConfig(s.cfg.URL, amqp.Config{
		TLSClientConfig: s.cfg.TLS, Heartbeat: heartbeat, Locale: "en_US",
		Properties: amqp.Table{"product": "millrace", "connection_name": "millrace " + s.cfg.Intake.Source},
		Dial: func(network, address string) (net.Conn, error) {
			c, err := (&net.Dialer{Timeout: dialTime}).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			// The library removes the deadline once the connection is open.
			return c, c.SetDeadline(s.cfg.Clock.Now().Add(dialTime))
		},
	})
	if err != nil {
		return nil, fmt.Errorf("cannot connect to RabbitMQ: %w", err)
	}
	return conn, nil
}

// consume takes messages over one connection until something ends it.
func (s *Source) consume(ctx context.Context, connected func()) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // what is not acknowledged is delivered again
	if err := s.prepare(conn); err != nil {
		return err
	}
	c, err := s.open(ctx, conn)
	if err != nil {
		return err
	}
	connected()
	err = c.take(ctx)
	// No further deliveries, while those that are on their way are acknowledged.
	_ = c.channel.Cancel(consumerTag, false)
	c.intake.Close()
	return err
}

const consumerTag = "millrace"

// consumer takes messages over one channel.
type consumer struct {
	source     *Source
	channel    *amqp.Channel
	status     *amqp.Channel // for what would hold up the other
	intake     *intake.Intake[uint64]
	deliveries <-chan amqp.Delivery
	closed     chan *amqp.Error
	cancelled  chan string
	refused    chan error // by the log
}

func (s *Source) open(ctx context.Context, conn *amqp.Connection) (*consumer, error) {
	channel, err := conn.Channel()
	if err != nil {
		return nil, fmt.Errorf("cannot open a channel: %w", err)
	}
	status, err := conn.Channel()
	if err != nil {
		return nil, fmt.Errorf("cannot open a channel: %w", err)
	}
	c := &consumer{
		source: s, channel: channel, status: status,
		closed:    channel.NotifyClose(make(chan *amqp.Error, 1)),
		cancelled: channel.NotifyCancel(make(chan string, 1)),
		refused:   make(chan error, 1),
	}
	if err := channel.Qos(s.cfg.Prefetch, 0, false); err != nil {
		return nil, fmt.Errorf("cannot set the prefetch to %d: %w", s.cfg.Prefetch, err)
	}
	c.deliveries, err = channel.Consume(s.cfg.Queue, consumerTag, false, false, false, false, nil)
	if err != nil {
		return nil, fmt.Errorf("cannot consume queue %q: %w", s.cfg.Queue, err)
	}
	c.intake = intake.Open(ctx, s.cfg.Intake, c.landed)
	return c, nil
}

// landed acknowledges messages. Deliveries go through the intake in their order, so
// that the last one's tag stands for all before it.
func (c *consumer) landed(tags []uint64, err error) {
	last := tags[len(tags)-1]
	if err == nil {
		_ = c.channel.Ack(last, true) // if the channel is gone, take has learnt it too
		return
	}
	_ = c.channel.Nack(last, true, true)
	select {
	case c.refused <- err:
	default: // one is enough
	}
}

// take hands deliveries over until ctx ends or something goes wrong.
func (c *consumer) take(ctx context.Context) error {
	lag := c.source.cfg.Clock.NewTicker(c.source.cfg.LagInterval)
	defer lag.Stop()
	for {
		select {
		case d, open := <-c.deliveries:
			if !open {
				return c.ended(ctx)
			}
			if err := c.hand(ctx, &d); err != nil {
				return err
			}
		case err := <-c.refused:
			return fmt.Errorf("messages went back to queue %q: %w", c.source.cfg.Queue, err)
		case _, open := <-c.cancelled:
			if !open {
				return c.ended(ctx)
			}
			return c.errCancelled()
		case <-lag.C:
			if err := c.measure(); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (c *consumer) errCancelled() error {
	return fmt.Errorf("RabbitMQ cancelled the consumer of queue %q: it was deleted, or its node is gone", c.source.cfg.Queue)
}

// ended says why there are no more deliveries. At the end of a channel everything is
// closed at once, so that the reason has to be looked for.
func (c *consumer) ended(ctx context.Context) error {
	select {
	case _, open := <-c.cancelled:
		if open {
			return c.errCancelled()
		}
	default:
	}
	select {
	case err := <-c.closed:
		if err == nil {
			return errors.New("the connection to RabbitMQ was closed")
		}
		return fmt.Errorf("RabbitMQ closed the channel: %w", err)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// measure sets the lag to the messages that wait in the queue.
func (c *consumer) measure() error {
	queue, err := c.status.QueueDeclarePassive(c.source.cfg.Queue, true, false, false, false, nil)
	if err != nil {
		return fmt.Errorf("cannot look up queue %q: %w", c.source.cfg.Queue, err)
	}
	c.source.meter.SetLag(int64(queue.Messages))
	return nil
}
