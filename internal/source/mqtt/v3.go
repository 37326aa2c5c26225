package mqttsource

import (
	"context"
	"errors"
	"fmt"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// session3 is a connection by MQTT 3.1.1.
type session3 struct {
	client mqtt.Client
	end    chan error
}

const (
	version311 = 4
	// quiesce is how long a disconnection waits at most for what is being sent, in ms:
	// acknowledgements that do not get out are messages that come again.
	quiesce = 5000
)

// open3 connects by MQTT 3.1.1 and subscribes.
func (s *Source) open3(ctx context.Context, c *consumer) (session, error) {
	three := &session3{end: make(chan error, 1)}
	three.client = mqtt.NewClient(mqtt.NewClientOptions().
		AddBroker(s.cfg.URL).SetTLSConfig(s.cfg.TLS).SetProtocolVersion(version311).
		SetClientID(s.cfg.ClientID).SetCleanSession(false).
		SetUsername(s.cfg.Username).SetPassword(s.cfg.Password).
		SetConnectTimeout(connectTime).SetWriteTimeout(connectTime).SetKeepAlive(keepAlive).
		SetAutoReconnect(false).SetConnectRetry(false).
		SetAutoAckDisabled(true).SetOrderMatters(true).
		// For every topic, since a session's messages may come before it is subscribed to.
		SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) {
			c.take(&delivery{topic: m.Topic(), payload: m.Payload(), acknowledge: m.Ack})
		}).
		SetConnectionLostHandler(func(_ mqtt.Client, err error) {
			select {
			case three.end <- err:
			default: // the first one counts
			}
		}))
	if err := wait(ctx, three.client.Connect()); err != nil {
		three.client.Disconnect(0)
		return nil, err
	}
	filters := make(map[string]byte)
	for _, filter := range s.cfg.filters() {
		filters[filter] = 1
	}
	token := three.client.SubscribeMultiple(filters, nil)
	if err := wait(ctx, token); err != nil {
		three.client.Disconnect(0)
		return nil, fmt.Errorf("cannot subscribe to %v: %w", s.cfg.filters(), err)
	}
	if subscribed, ok := token.(*mqtt.SubscribeToken); ok {
		for filter, granted := range subscribed.Result() {
			if granted > 2 {
				three.client.Disconnect(0)
				return nil, fmt.Errorf("the broker refuses the subscription to %q", filter)
			}
		}
	}
	return three, nil
}

// wait waits for the answer to a packet.
func wait(ctx context.Context, t mqtt.Token) error {
	ctx, cancel := context.WithTimeoutCause(ctx, connectTime, errors.New("the broker does not answer"))
	defer cancel()
	select {
	case <-t.Done():
		return t.Error()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (t *session3) ended() <-chan error { return t.end }

func (t *session3) close(context.Context) { t.client.Disconnect(quiesce) }
