package pgwire

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/internal/store/olap/olaptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// options change a server before it starts.
type options struct {
	server func(*Config)
	store  func(*duckdb.Config)
	access *query.Access
}

// instance is a server over a store with the events of olaptest.Shop.
type instance struct {
	t       testing.TB
	server  *Server
	store   *duckdb.Store
	address string
}

func start(t testing.TB, o options) *instance {
	t.Helper()
	c := duckdb.Config{Path: filepath.Join(t.TempDir(), "t.duckdb"), Now: time.Now}
	if o.store != nil {
		o.store(&c)
	}
	store, err := duckdb.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	shop := olap.Commit{Batches: []*event.Batch{olaptest.Shop()}, Positions: map[int32]int64{3: 16}}
	if err := store.Write(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	if o.access == nil {
		o.access = query.NewAccess(nil, &query.Role{})
	}
	cfg := Config{
		Version: "test", Database: "millrace", Asker: query.New(query.Config{Store: store, CacheBytes: 1 << 20, Now: time.Now, Logger: slog.New(slog.DiscardHandler)}), Access: o.access,
		MaxConnections: 300, MaxQueryBytes: 1 << 16, MaxStatements: 100,
		StartTimeout: time.Minute, IdleTimeout: time.Minute, WriteTimeout: time.Minute,
		Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler), Random: rand.Reader,
	}
	if o.server != nil {
		o.server(&cfg)
	}
	server, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return &instance{t, server, store, listener.Addr().String()}
}

func (i *instance) url(user, password, rest string) string {
	if password != "" {
		user += ":" + password
	}
	return fmt.Sprintf("postgres://%s@%s/millrace?sslmode=disable%s", user, i.address, rest)
}

func (i *instance) connect(rest string) *pgx.Conn {
	i.t.Helper()
	conn, err := pgx.Connect(i.t.Context(), i.url("ann", "", rest))
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(i.t.Context())) })
	return conn
}

// wants expects an error of the server.
func wants(t testing.TB, err error, code string) *pgconn.PgError {
	t.Helper()
	var e *pgconn.PgError
	if !asPg(err, &e) || e.Code != code {
		t.Errorf("the error is %v, want SQLSTATE %s", err, code)
		return &pgconn.PgError{}
	}
	return e
}
