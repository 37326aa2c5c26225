package mysql

import (
	"context"
	"net"
	"testing"

	"github.com/millrace/millrace/adapter/debezium"
	"github.com/millrace/millrace/internal/runtime/clock"
)

func TestSourceStopsThoughTheServerSaysNothing(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s, err := New(Config{
		Address: listener.Addr().String(), Source: "shop", Adapter: debezium.New(), Tables: []string{"shop.orders"},
		Clock: clock.Real(), Random: func() float64 { return 0 },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
