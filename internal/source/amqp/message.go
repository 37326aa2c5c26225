package amqpsource

import (
	"context"
	"fmt"
	"maps"
	"slices"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/millrace/millrace/internal/source/intake"
	"github.com/millrace/millrace/internal/source/route"
)

// hand gives a delivery to the intake.
func (c *consumer) hand(ctx context.Context, d *amqp.Delivery) error {
	m := intake.Message{Payload: d.Body}
	if c.source.cfg.Envelope {
		m.Envelope = c.source.envelope(d)
		if len(m.Envelope) > route.MaxEnvelope {
			m.Envelope, m.Reject = "", route.EnvelopeTooLarge
		}
	}
	return c.intake.Take(ctx, &m, d.DeliveryTag)
}

func (s *Source) envelope(d *amqp.Delivery) string {
	e := route.Envelope{ID: d.MessageId, Key: d.RoutingKey, Topic: d.Exchange}
	if len(s.cfg.Headers) > 0 && len(d.Headers) > 0 {
		for _, name := range slices.Sorted(maps.Keys(d.Headers)) {
			if s.cfg.Headers[0] == "*" || slices.Contains(s.cfg.Headers, name) {
				e.Headers = append(e.Headers, route.Header{Name: name, Value: fmt.Sprint(d.Headers[name])})
			}
		}
	}
	return string(e.Append(nil))
}
