package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"

	"golang.org/x/net/netutil"

	"github.com/millrace/millrace/internal/schema/consumer"
	"github.com/millrace/millrace/internal/schema/registry"
	"github.com/millrace/millrace/internal/store/record"
	"github.com/millrace/millrace/internal/store/record/postgres"
	"github.com/millrace/millrace/internal/store/record/sqlite"
)

// openRecords opens the record store.
func (p *platform) openRecords(ctx context.Context) (err error) {
	if p.records, err = p.openRecordStore(ctx); err != nil {
		return err
	}
	p.consumers = consumer.NewStore(p.records)
	return nil
}

func (p *platform) openRecordStore(ctx context.Context) (record.Store, error) {
	if url := p.cfg.Records.URL.Reveal(); url != "" {
		ctx, cancel := context.WithTimeout(ctx, connectTimeout)
		defer cancel()
		return postgres.Open(ctx, postgres.Config{URL: url})
	}
	if err := os.MkdirAll(p.dir("records"), 0o755); err != nil {
		return nil, fmt.Errorf("cannot make the record store's folder: %w", err)
	}
	return sqlite.Open(ctx, sqlite.Config{Path: p.dir("records", "records.db")})
}

func (p *platform) closeRecords() error { return p.records.Close() }

// registryServer is the schema registry, and its own listener if it has one.
type registryServer struct {
	*registry.Registry
	listener net.Listener // nil for none
	http     *http.Server
}

func (p *platform) openRegistry(ctx context.Context) (err error) {
	s := &registryServer{Registry: registry.New(registry.Config{Store: p.records, ID: "millrace", Changed: p.schemaChanged})}
	if address := p.cfg.Schema.Listen; address != "" {
		if s.listener, err = net.Listen("tcp", address); err != nil {
			return fmt.Errorf("cannot listen on %q (schema.listen): %w", address, err)
		}
		s.listener = netutil.LimitListener(s.listener, p.cfg.HTTP.MaxConnections)
		p.log.Info("the schema registry listens", "address", s.listener.Addr().String())
		s.http = &http.Server{
			Handler: s.Handler(""), ReadHeaderTimeout: p.cfg.HTTP.ReadHeaderTimeout, ReadTimeout: p.cfg.HTTP.ReadTimeout,
			IdleTimeout: p.cfg.HTTP.IdleTimeout, MaxHeaderBytes: int(p.cfg.HTTP.MaxHeaderBytes),
			BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		}
	}
	p.registry = s
	return nil
}

// runRegistry serves the listener until the context ends.
func (p *platform) runRegistry(ctx context.Context) error {
	s := p.registry
	if s.listener == nil {
		<-ctx.Done()
		return nil
	}
	failed := make(chan error, 1)
	go func() { failed <- s.http.Serve(s.listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("the schema registry's listener failed: %w", err)
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.cfg.HTTP.ShutdownGrace/2)
	defer cancel()
	if err := s.http.Shutdown(ending); err != nil {
		_ = s.http.Close() // what is cut off here was not answered
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("the schema registry's listener failed: %w", err)
	}
	return nil
}

func (p *platform) closeRegistry() error {
	if p.registry != nil && p.registry.listener != nil {
		_ = p.registry.listener.Close() // closed already, unless it was never served
	}
	return nil
}
