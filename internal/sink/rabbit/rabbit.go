// Package rabbit delivers messages to an exchange of RabbitMQ. The broker confirms each;
// after a failure it may get one twice, with the same message id.
package rabbit

import (
	"context"
	"errors"
	"fmt"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/sink"
)

// Config says where to publish.
type Config struct {
	Name       string // of the sink
	URL        string
	Exchange   string
	RoutingKey string // empty: the message's key
	Clock      clock.Clock
}

// Rabbit is the destination.
type Rabbit struct {
	cfg     Config
	conn    *amqp.Connection
	channel *amqp.Channel

	returns  <-chan amqp.Return     // comes before the confirmation of the message
	returned map[string]amqp.Return // what came back, by message id
}

// Open connects.
func Open(cfg Config) (*Rabbit, error) {
	conn, err := amqp.DialConfig(cfg.URL, amqp.Config{Properties: amqp.Table{"connection_name": "millrace sink " + cfg.Name}})
	if err != nil {
		return nil, fmt.Errorf("cannot connect to RabbitMQ: %w", err)
	}
	r := &Rabbit{cfg: cfg, conn: conn, returned: make(map[string]amqp.Return)}
	if r.channel, err = conn.Channel(); err == nil {
		err = r.channel.Confirm(false)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot open a channel of RabbitMQ: %w", err), conn.Close())
	}
	// The connection stands still while a return is not taken: all that are possible fit.
	r.returns = r.channel.NotifyReturn(make(chan amqp.Return, 2*publishedAtOnce))
	return r, nil
}

// collect takes what has come back.
func (r *Rabbit) collect() {
	for {
		select {
		case back, open := <-r.returns:
			if !open {
				return
			}
			r.returned[back.MessageId] = back
		default:
			return
		}
	}
}

// maxRoutingKey is the longest routing key of the protocol.
const maxRoutingKey = 255

// publishedAtOnce bounds the messages without a confirmation.
const publishedAtOnce = 256

// confirmTime bounds the wait for confirmations.
const confirmTime = 10 * time.Second

// closeTime bounds the farewell to a broker that may be gone.
const closeTime = 5 * time.Second

// Close implements [sink.Destination].
func (r *Rabbit) Close() error {
	err := r.conn.CloseDeadline(r.cfg.Clock.Now().Add(closeTime))
	if err != nil && !errors.Is(err, amqp.ErrClosed) {
		return fmt.Errorf("cannot close the connection to RabbitMQ: %w", err)
	}
	return nil
}

// Deliver implements [sink.Destination].
func (r *Rabbit) Deliver(ctx context.Context, batch []sink.Message) error {
	for i := range batch {
		if m := &batch[i]; !m.Done && r.cfg.RoutingKey == "" && len(m.Key) > maxRoutingKey {
			return &sink.RefusedError{Index: i, Reason: fmt.Errorf("its key of %d bytes is no routing key, which has at most %d", len(m.Key), maxRoutingKey)}
		}
	}
	// A broker that is short of memory or disk does not read: nothing else ends a write.
	stop := context.AfterFunc(ctx, func() { _ = r.conn.CloseDeadline(r.cfg.Clock.Now().Add(time.Second)) })
	defer stop()
	for from := 0; from < len(batch); {
		to := min(len(batch), from+publishedAtOnce)
		if err := r.publish(ctx, batch, from, to); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// publish publishes a piece of the batch and waits for its confirmations.
func (r *Rabbit) publish(ctx context.Context, batch []sink.Message, from, to int) error {
	r.collect()
	clear(r.returned)
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
			return fmt.Errorf("cannot publish to RabbitMQ: %w: %w", sink.ErrLost, err)
		}
		confirms[i-from] = confirm
	}
	// A quorum queue without a leader may never confirm what it was sent meanwhile.
	ctx, cancel := context.WithTimeout(ctx, confirmTime)
	defer cancel()
	refused := 0
	for i, c := range confirms {
		if c == nil {
			continue
		}
		acked, err := c.WaitContext(ctx)
		if err != nil {
			return fmt.Errorf("RabbitMQ did not confirm: %w: %w", sink.ErrLost, err)
		}
		batch[from+i].Done = acked
		if !acked {
			refused++
		}
	}
	if err := r.unroutable(batch[from:to]); err != nil || refused == 0 {
		return err
	}
	return fmt.Errorf("RabbitMQ did not take %d messages (nack)", refused)
}

// unroutable reports a message that came back, which is before its confirmation comes: no
// queue is bound for its key.
func (r *Rabbit) unroutable(piece []sink.Message) error {
	r.collect()
	var refused error
	for i := range piece {
		m := &piece[i]
		if back, ok := r.returned[r.cfg.Name+":"+m.ID()]; ok {
			m.Done = false
			refused = fmt.Errorf("no queue takes messages of exchange %q with routing key %q (%s): declare and bind one", back.Exchange, back.RoutingKey, back.ReplyText)
		}
	}
	return refused
}
