//go:build sources

package e2e

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/millrace/millrace/internal/servicetest"
)

func TestEachMessageOfRabbitMQOnceThroughKills(t *testing.T) {
	t.Parallel()
	server := servicetest.RabbitMQ(t)
	url := servicetest.RabbitURL(server)
	config := fmt.Sprintf("sources:\n  - {name: till, adapter: native, amqp: {url: %q, queue: till}}\n", url)
	chaos(t, config, server, func(lines []string) error { return publishAMQP(url, lines) })
}

// publishAMQP publishes messages and waits until the queue's node has confirmed them.
func publishAMQP(url string, lines []string) error {
	conn, err := amqp.Dial(url)
	if err != nil {
		return err
	}
	defer conn.Close()
	channel, err := conn.Channel()
	if err != nil {
		return err
	}
	if err := channel.Confirm(false); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	returned := channel.NotifyReturn(make(chan amqp.Return, len(lines)))
	var confirms []*amqp.DeferredConfirmation
	for _, line := range lines {
		c, err := channel.PublishWithDeferredConfirmWithContext(ctx, "", "till", true, false, amqp.Publishing{
			DeliveryMode: amqp.Persistent, Body: []byte(line),
		})
		if err != nil {
			return err
		}
		confirms = append(confirms, c)
	}
	for _, c := range confirms {
		if ok, err := c.WaitContext(ctx); err != nil || !ok {
			return errors.Join(errors.New("not confirmed"), err)
		}
	}
	if len(returned) > 0 {
		return errors.New("there is no queue yet")
	}
	return nil
}
