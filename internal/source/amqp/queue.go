package amqpsource

import (
	"errors"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"
)

// prepare declares the queue unless it is there, whatever its type then is, and binds
// it. A refused declaration closes its channel, so each attempt has its own.
func (s *Source) prepare(conn *amqp.Connection) error {
	err := with(conn, func(ch *amqp.Channel) error {
		_, err := ch.QueueDeclarePassive(s.cfg.Queue, true, false, false, false, nil)
		return err
	})
	var refused *amqp.Error
	if errors.As(err, &refused) && refused.Code == amqp.NotFound && !s.cfg.Existing {
		err = with(conn, func(ch *amqp.Channel) error {
			_, err := ch.QueueDeclare(s.cfg.Queue, true, false, false, false, amqp.Table{amqp.QueueTypeArg: s.cfg.Type})
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("cannot use queue %q: %w", s.cfg.Queue, err)
	}
	for _, key := range s.cfg.BindingKeys {
		err := with(conn, func(ch *amqp.Channel) error {
			return ch.QueueBind(s.cfg.Queue, key, s.cfg.Exchange, false, nil)
		})
		if err != nil {
			return fmt.Errorf("cannot bind queue %q to exchange %q by %q: %w", s.cfg.Queue, s.cfg.Exchange, key, err)
		}
	}
	return nil
}

// with does something over a channel of its own.
func with(conn *amqp.Connection, do func(*amqp.Channel) error) error {
	ch, err := conn.Channel()
	if err != nil {
		return err
	}
	defer func() { _ = ch.Close() }() // a refusal has closed it
	return do(ch)
}
