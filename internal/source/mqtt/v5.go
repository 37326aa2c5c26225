package mqttsource

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net"
	"net/url"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
)

// ackInterval is how often acknowledgements are sent.
const ackInterval = 5 * time.Millisecond

// session5 is a connection by MQTT 5.
type session5 struct {
	source *Source
	client *paho.Client
	end    chan error
}

// open5 connects by MQTT 5 and subscribes.
func (s *Source) open5(ctx context.Context, c *consumer) (session, error) {
	conn, err := s.dial(ctx)
	if err != nil {
		return nil, err
	}
	five := &session5{source: s, end: make(chan error, 1)}
	five.client = paho.NewClient(paho.ClientConfig{
		ClientID: s.cfg.ClientID, Conn: conn, PacketTimeout: connectTime,
		EnableManualAcknowledgment: true, SendAcksInterval: ackInterval,
		OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
			c.take(s.delivery5(&p))
			return true, nil
		}},
		OnClientError: five.fail,
		OnServerDisconnect: func(d *paho.Disconnect) {
			five.fail(fmt.Errorf("the broker said good-bye with reason 0x%02x%s", d.ReasonCode, reason(d.Properties)))
		},
	})
	// From here on the client closes conn.
	if err := five.connect(ctx); err != nil {
		return nil, err
	}
	if err := five.subscribe(ctx); err != nil {
		_ = five.client.Disconnect(&paho.Disconnect{})
		return nil, err
	}
	return five, nil
}

func reason(p *paho.DisconnectProperties) string {
	if p == nil || p.ReasonString == "" {
		return ""
	}
	return ": " + p.ReasonString
}

func (s *Source) delivery5(p *paho.PublishReceived) *delivery {
	m := p.Packet
	d := &delivery{topic: m.Topic, payload: m.Payload, acknowledge: func() {}}
	if m.Properties != nil {
		d.id = m.Properties.User.Get(s.cfg.IDProperty)
	}
	if m.QoS > 0 {
		client := p.Client
		// Fails when the connection is gone: the message comes again.
		d.acknowledge = func() { _ = client.Ack(m) }
	}
	return d
}

func (f *session5) connect(ctx context.Context) error {
	cfg := &f.source.cfg
	expiry := uint32(min(cfg.SessionExpiry.Seconds(), math.MaxUint32))
	inFlight := uint16(min(cfg.ReceiveMaximum, math.MaxUint16))
	ack, err := f.client.Connect(ctx, &paho.Connect{
		ClientID: cfg.ClientID, CleanStart: false, KeepAlive: uint16(keepAlive.Seconds()),
		Username: cfg.Username, UsernameFlag: cfg.Username != "",
		Password: []byte(cfg.Password), PasswordFlag: cfg.Password != "",
		Properties: &paho.ConnectProperties{SessionExpiryInterval: &expiry, ReceiveMaximum: &inFlight, RequestProblemInfo: true},
	})
	if err != nil && ack != nil {
		return fmt.Errorf("the broker answered with reason 0x%02x: %w", ack.ReasonCode, err)
	}
	return err
}

// subscribe subscribes anew with every connection, as the settings may have changed.
// Retained messages come with a new subscription only.
func (f *session5) subscribe(ctx context.Context) error {
	var topics []paho.SubscribeOptions
	shared := f.source.cfg.Group != ""
	for _, filter := range f.source.cfg.filters() {
		o := paho.SubscribeOptions{Topic: filter, QoS: 1, RetainHandling: 1}
		if shared {
			o.RetainHandling = 0 // shared subscriptions have no retained messages
		}
		topics = append(topics, o)
	}
	if _, err := f.client.Subscribe(ctx, &paho.Subscribe{Subscriptions: topics}); err != nil {
		return fmt.Errorf("cannot subscribe to %v: %w", f.source.cfg.filters(), err)
	}
	return nil
}

func (f *session5) fail(err error) {
	if err == nil {
		err = errors.New("no reason is known")
	}
	select {
	case f.end <- err:
	default: // the first one counts
	}
}

func (f *session5) ended() <-chan error { return f.end }

func (f *session5) close(ctx context.Context) {
	// The client sends acknowledgements in intervals and has no call that sends what is
	// left.
	_ = f.source.cfg.Clock.Sleep(ctx, 20*ackInterval)
	_ = f.client.Disconnect(&paho.Disconnect{})
	<-f.client.Done()
}

// dial opens the connection to the broker.
func (s *Source) dial(ctx context.Context) (net.Conn, error) {
	u, err := url.Parse(s.cfg.URL)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	if secure(u.Scheme) {
		conn, err := (&tls.Dialer{Config: s.cfg.TLS}).DialContext(ctx, "tcp", u.Host)
		if err != nil {
			return nil, err
		}
		return packets.NewThreadSafeConn(conn), nil
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", u.Host)
}

func secure(scheme string) bool { return scheme == "tls" || scheme == "ssl" || scheme == "mqtts" }
