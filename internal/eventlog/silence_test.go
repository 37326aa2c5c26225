package eventlog_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/eventlog/embedded"
	"github.com/millrace/millrace/internal/runtime/config"
)

// silent is a connection on which, once it is muted, requests are lost on the way.
type silent struct {
	net.Conn
	muted *atomic.Bool
}

func (s silent) Write(b []byte) (int, error) {
	if s.muted.Load() {
		return len(b), nil
	}
	return s.Conn.Write(b)
}

func TestASilentBrokerIsUnavailableSoon(t *testing.T) {
	b, err := embedded.Open(embedded.Config{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	var muted atomic.Bool
	cfg := eventlog.Config{Log: config.Default().Log, Seeds: []string{b.Address()}}
	cfg.Partitions, cfg.ProduceTimeout = 1, time.Second
	dial := b.Dial()
	cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return silent{conn, &muted}, err
	}
	topic, err := eventlog.OpenTopic(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(topic.Close)
	w := writer(t, topic)
	if err := w.Append(t.Context(), entries("a.csv", 0, 10)); err != nil {
		t.Fatal(err)
	}
	muted.Store(true)
	began := time.Now()
	if err := w.Append(t.Context(), entries("a.csv", 10, 10)); !errors.Is(err, eventlog.ErrUnavailable) {
		t.Errorf("the error is %v", err)
	}
	// The client's own bounds add up to 20 s and more.
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s to find out, with a timeout of %s", took, cfg.ProduceTimeout)
	}
}
