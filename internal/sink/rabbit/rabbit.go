// Package rabbit delivers messages to an exchange of RabbitMQ. The broker confirms each;
// after a failure it may get one twice, with the same message id.
package rabbit

import (
	"context"
	"errors"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/millrace/millrace/internal/sink"
)

// Config says where to publish.
type Config struct {
	Name       string // of the sink
	URL        string
	Exchange   string
	RoutingKey string // empty: the message's key
}

// Rabbit is the destination.
type Rabbit struct {
	cfg      Config
	conn     *amqp.Connection
	channel  *amqp.Channel
	returned chan amqp.Return
}

// Open connects.
func Open(cfg Config) (*Rabbit, error) {
	conn, err := amqp.DialConfig(cfg.URL, amqp.Config{Properties: amqp.Table{"connection_name": "millrace sink " + cfg.Name}})
	if err != nil {
		return nil, fmt.Errorf("cannot connect to RabbitMQ: %w", err)
	}
	r := &Rabbit{cfg: cfg, conn: conn}
	if r.channel, err = conn.Channel(); err == nil {
		err = r.channel.Confirm(false)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot open a channel of RabbitMQ: %w", err), conn.Close())
	}
	// Returns come before the confirmation of their message, and must not block the
	// connection: one batch's fit.
	r.returned = r.channel.NotifyReturn(make(chan amqp.Return, maxReturned))
	return r, nil
}

// maxReturned bounds the returned messages that are remembered; a batch is published in
// pieces no longer than it.
const maxReturned = 256

// Close implements [sink.Destination].
func (r *Rabbit) Close() error {
	if err := r.conn.Close(); err != nil && !errors.Is(err, amqp.ErrClosed) {
		return fmt.Errorf("cannot close the connection to RabbitMQ: %w", err)
	}
	return nil
}

// Deliver implements [sink.Destination].
func (r *Rabbit) Deliver(ctx context.Context, batch []sink.Message) error {
	for from := 0; from < len(batch); {
		to := min(len(batch), from+maxReturned)
		if err := r.publish(ctx, batch, from, to); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// publish publishes a piece of the batch and waits for its confirmations.
func (r *Rabbit) publish(ctx context.Context, batch []sink.Message, from, to int) error {
	confirms := make([]*amqp.DeferredConfirmation, to-from)
	for i := from; i < to; i++ {
		m := &batch[i]
		if m.Done {
			continue
		}
		key := r.cfg.RoutingKey
		if key == "" {
			key = string(m.Key)
		}
		// Mandatory: what no queue takes comes back instead of being lost.
		confirm, err := r.channel.PublishWithDeferredConfirmWithContext(ctx, r.cfg.Exchange, key, true, false, amqp.Publishing{
			ContentType: "application/json", DeliveryMode: amqp.Persistent, MessageId: r.cfg.Name + ":" + m.ID(),
			Timestamp: m.Time, Body: m.Value,
		})
		if err != nil {
			return fmt.Errorf("cannot publish to RabbitMQ: %w", err)
		}
		confirms[i-from] = confirm
	}
	for i, c := range confirms {
		if c == nil {
			continue
		}
		acked, err := c.WaitContext(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("RabbitMQ did not confirm: %w", err)
		case !acked:
			return errors.New("RabbitMQ did not take a message (nack)")
		}
		batch[from+i].Done = true
	}
	return r.unroutable(batch[from:to])
}

// unroutable reports a message that came back: no queue is bound for its key.
func (r *Rabbit) unroutable(piece []sink.Message) error {
	var refused error
	for {
		select {
		case back := <-r.returned:
			for i := range piece {
				if m := &piece[i]; r.cfg.Name+":"+m.ID() == back.MessageId {
					m.Done = false
					refused = fmt.Errorf("no queue takes messages of exchange %q with routing key %q (%s): declare and bind one", back.Exchange, back.RoutingKey, back.ReplyText)
				}
			}
		default:
			return refused
		}
	}
}
