package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"syscall"

	"go.opentelemetry.io/otel/trace"
	"golang.org/x/net/netutil"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/gateway/console"
	"github.com/millrace/millrace/internal/pass"
	httpsource "github.com/millrace/millrace/internal/source/http"
	"github.com/millrace/millrace/internal/store/olap"
)

// server is the one HTTP listener: doors, API and console, as far as their
// targets run in this process.
type server struct {
	p        *platform
	tracer   trace.Tracer
	doors    bool
	api      bool
	listener net.Listener
	http     *http.Server
	gateway  *gateway.Gateway
}

// open listens, so that a port in use is an error at the start.
func (s *server) open(ctx context.Context) (err error) {
	cfg := s.p.cfg.HTTP
	s.listener, err = net.Listen("tcp", cfg.Listen)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("another process listens on %s; stop it, or set http.listen (--listen) to another address", cfg.Listen)
	case err != nil:
		return fmt.Errorf("cannot listen on %q (http.listen): %w", cfg.Listen, err)
	}
	address := s.listener.Addr().String()
	s.p.address.Store(&address)
	s.listener = netutil.LimitListener(s.listener, cfg.MaxConnections)
	mux := http.NewServeMux()
	if err := s.mount(ctx, mux); err != nil {
		return errors.Join(err, s.listener.Close())
	}
	s.http = &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: cfg.ReadHeaderTimeout,
		IdleTimeout:       cfg.IdleTimeout,
		MaxHeaderBytes:    int(cfg.MaxHeaderBytes),
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	return nil
}

func (s *server) mount(ctx context.Context, mux *http.ServeMux) error {
	if s.doors {
		doors, err := httpsource.New(s.p.doorConfig())
		if err != nil {
			return err
		}
		doors.Mount(mux)
	}
	if s.api {
		var err error
		if s.gateway, err = gateway.New(ctx, s.p.gatewayConfig(s.tracer)); err != nil {
			return err
		}
		s.gateway.Mount(mux)
		mux.Handle("/", console.Handler())
	} else {
		s.mountBare(mux)
	}
	if s.p.cfg.Telemetry.Pprof {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	}
	return nil
}

// run serves until the context ends, and then finishes the requests at hand.
func (s *server) run(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() { failed <- s.http.Serve(s.listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("the HTTP listener failed: %w", err)
	case <-ctx.Done():
	}
	if s.gateway != nil {
		s.gateway.Close()
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.p.cfg.HTTP.ShutdownGrace/2)
	defer cancel()
	if err := s.http.Shutdown(grace); err != nil {
		// What is cut off here has not been acknowledged.
		_ = s.http.Close()
	}
	<-failed
	return nil
}

func (s *server) close(context.Context) error {
	_ = s.listener.Close() // also when it was never served
	return nil
}

func (p *platform) doorConfig() httpsource.Config {
	l := p.cfg.Limits
	cfg := httpsource.Config{
		Limits: httpsource.Limits{
			EventBytes: int(l.EventBytes), BatchBytes: int(l.BatchBytes), BodyBytes: int(l.BodyBytes),
			BatchEvents: l.BatchEvents, InflightRequests: l.InflightRequests, FileUploads: l.FileUploads,
			ReadTimeout: p.cfg.HTTP.ReadTimeout,
		},
		Origins: p.cfg.HTTP.CORSOrigins, Appender: p.writer, Gate: gate{p}, Files: uploads{p},
		Meters: p.meters, Clock: p.clock, Logger: p.log,
	}
	if p.pass != nil {
		cfg.Verdicts = verdicts{p.pass}
	}
	for _, s := range p.catalog.sources {
		door := httpsource.Source{Name: s.Name, Adapter: s.adapter}
		for _, k := range s.WriteKeys {
			door.Keys = append(door.Keys, k)
		}
		cfg.Sources = append(cfg.Sources, door)
	}
	return cfg
}

func (p *platform) gatewayConfig(tracer trace.Tracer) gateway.Config {
	sql := p.cfg.OLAP.SQL
	return gateway.Config{
		Version: p.version, Topic: p.topic.Name(),
		Store: p.olap, Tables: olap.Tables(), Ledger: p.checkpoint.Ledger(),
		Process: process{p}, Audit: process{p}, Log: p.topic, Explain: explainer{p.catalog},
		Clock: p.clock, Logger: p.log, Tracer: tracer, Metrics: p.metrics,
		Limits: gateway.Limits{
			SQL:      olap.Limits{Rows: sql.MaxRows, Bytes: int64(sql.MaxResultBytes), Timeout: sql.Timeout},
			SQLBytes: int64(sql.MaxQueryBytes), Streams: p.cfg.HTTP.MaxStreams,
		},
	}
}

// gate closes the doors while the disk is full or the stores take no rows.
type gate struct{ p *platform }

func (g gate) Admit() (bool, string) {
	if g.p.guard.Low() {
		return false, g.p.guard.Reason()
	}
	return true, ""
}

// verdicts lets the doors wait for the pass.
type verdicts struct{ pass *pass.Pass }

func (v verdicts) Wait(ctx context.Context, partition int32, offset int64) (httpsource.VerdictInfo, error) {
	o, err := v.pass.Wait(ctx, partition, offset)
	return httpsource.VerdictInfo{EventID: o.EventID, Verdict: o.Verdict, Problems: o.Problems}, err
}
