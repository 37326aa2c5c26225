package amqpsource

import (
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/intake"
)

func TestTheReasonOfAnEndIsFoundAmongAllThatIsClosed(t *testing.T) {
	source := New(Config{
		Queue: "till", Clock: clock.NewFake(time.Unix(0, 0)), Intake: intake.Config{Source: "shop", Adapter: native.New()},
	})
	for range 50 { // select takes any that is ready
		for _, reason := range []string{"CHANNEL_ERROR", "cancelled the consumer of queue \"till\"", "connection to RabbitMQ was closed"} {
			deliveries, closed, cancelled := make(chan amqp.Delivery), make(chan *amqp.Error, 1), make(chan string, 1)
			switch {
			case strings.HasPrefix(reason, "CHANNEL"):
				closed <- &amqp.Error{Code: 504, Reason: reason}
			case strings.HasPrefix(reason, "cancelled"):
				cancelled <- consumerTag
			}
			close(deliveries)
			close(closed)
			close(cancelled)
			c := &consumer{source: source, deliveries: deliveries, closed: closed, cancelled: cancelled}
			if err := c.take(t.Context()); err == nil || !strings.Contains(err.Error(), reason) {
				t.Fatalf("got %v, want %s", err, reason)
			}
		}
	}
}
