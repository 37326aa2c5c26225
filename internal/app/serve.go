package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"syscall"

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
	listener net.Listener
	http     *http.Server
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
	s.http = &http.Server{
		Handler:           lastOfItsConnection(s.handler()),
		ReadHeaderTimeout: cfg.ReadHeaderTimeout,
		IdleTimeout:       cfg.IdleTimeout,
		MaxHeaderBytes:    int(cfg.MaxHeaderBytes),
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	return nil
}

// lastOfItsConnection closes the connection behind a request without an announced
// length. Where a proxy in front takes another end for it than we do, what stands
// behind ours is no request of anybody. RFC 9112, section 6.1, asks for this where a
// request has both a length and an encoding; the header of the length is gone by now.
func lastOfItsConnection(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TransferEncoding) > 0 && r.ProtoMajor == 1 {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	if s.p.doors != nil {
		s.p.doors.Mount(mux)
	}
	if s.p.registry != nil {
		mux.Handle("/registry/", s.p.registry.Handler("/registry"))
	}
	if s.p.gateway != nil {
		s.p.gateway.Mount(mux)
		page := console.Handler()
		mux.Handle("/", page)
		mux.Handle("/shared/", s.p.framed(page))
	} else {
		s.p.mountProbes(mux)
	}
	if s.p.cfg.Telemetry.Pprof {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	}
	return mux
}

// run serves until it is stopped.
func (s *server) run(context.Context) error {
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("the HTTP listener failed: %w", err)
	}
	return nil
}

// stop takes no more requests and finishes those at hand.
func (s *server) stop(ctx context.Context) error {
	if s.p.gateway != nil {
		s.p.gateway.Close()
	}
	ctx, cancel := context.WithTimeout(ctx, s.p.cfg.HTTP.ShutdownGrace/2)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		// What is cut off here has not been acknowledged.
		_ = s.http.Close()
	}
	return nil
}

func (s *server) close() error {
	_ = s.listener.Close() // closed already, unless it was never served
	return nil
}

func (p *platform) openDoors(context.Context) (err error) {
	p.doors, err = httpsource.New(p.doorConfig())
	return err
}

func (p *platform) openGateway(ctx context.Context) (err error) {
	p.gateway, err = gateway.New(context.WithoutCancel(ctx), p.gatewayConfig())
	return err
}

func (p *platform) doorConfig() httpsource.Config {
	l := p.cfg.Limits
	cfg := httpsource.Config{
		Limits: httpsource.Limits{
			EventBytes: int(l.EventBytes), BatchBytes: int(l.BatchBytes), BodyBytes: int(l.BodyBytes),
			BatchEvents: l.BatchEvents, InflightRequests: l.InflightRequests, FileUploads: l.FileUploads,
			ReadTimeout: p.cfg.HTTP.ReadTimeout,
		},
		Origins: p.cfg.HTTP.CORSOrigins, Appender: p.appender, Gate: gate{p}, Files: p.uploads(),
		Meters: p.meters, Clock: p.clock, Logger: p.log,
	}
	if p.pass != nil {
		cfg.Verdicts = verdicts{p.pass}
	}
	for _, s := range p.catalog.sources {
		door := httpsource.Source{Name: s.Name, Adapter: s.adapter, Control: p.control.Source(s.Name), AppIDs: s.Snowplow.AppIDs, Webhook: webhookOf(&s.Webhook)}
		for _, k := range s.WriteKeys {
			door.Keys = append(door.Keys, k.Sum())
		}
		cfg.Sources = append(cfg.Sources, door)
	}
	return cfg
}

func (p *platform) gatewayConfig() gateway.Config {
	sql := p.cfg.OLAP.SQL
	cfg := gateway.Config{
		Version: p.version, Topic: p.topic.Name(),
		Store: p.olap, Queries: userQueries{p.access, p.queries}, Numbers: p.numbers(), Tables: olap.Tables(), Ledger: p.checkpoint.Ledger(),
		Process: process{p}, Jobs: process{p}, Results: p.results, Runs: process{p}, Sinks: process{p}, Audit: process{p}, Trail: p.trail, Versions: p.trail, Controls: p.control, Log: p.topic, Explain: explainer{p.catalog}, Rules: rulesAPI{p},
		Escalations: p.alerts, Quarantine: p.quarantine, Lineage: &p.lineage, Checks: p.checks, CheckRuns: p.checks, Catalogue: p.catalogue, Analyses: p.analysis,
		Clock: p.clock, Logger: p.log, Tracer: p.tracer, Metrics: p.metrics,
		Limits: gateway.Limits{
			SQL:      olap.Limits{Rows: sql.MaxRows, Bytes: int64(sql.MaxResultBytes), Timeout: sql.Timeout},
			SQLBytes: int64(sql.MaxQueryBytes), SQLMemory: int64(p.cfg.OLAP.MemoryLimit), SQLAtOnce: sql.MaxConcurrent, Streams: p.cfg.HTTP.MaxStreams,
		},
	}
	if p.rollups != nil {
		cfg.Rollups = p.rollups
		cfg.Erasers = append(cfg.Erasers, p.rollups)
	}
	if p.history != nil {
		cfg.Erasers = append(cfg.Erasers, p.history)
	}
	if p.health != nil {
		cfg.Health = p.health
	}
	cfg.Reconcile = p.reconcile
	cfg.Dashboards = p.dashboards
	cfg.Lake = p.lake
	cfg.Saved = p.saved
	if p.profiles != nil {
		cfg.Profiles = p.profiles
	}
	return cfg
}

// gate closes the doors while the disk is full or the stores take no rows.
type gate struct{ p *platform }

func (g gate) Admit() (bool, string) {
	if reason := g.p.guard.Reason(); reason != "" {
		return false, reason
	}
	if g.p.stalled() {
		return false, stalledReason
	}
	return true, ""
}

// verdicts lets the doors wait for the pass.
type verdicts struct{ pass *pass.Pass }

func (v verdicts) Wait(ctx context.Context, partition int32, offset int64) (httpsource.VerdictInfo, error) {
	o, err := v.pass.Wait(ctx, partition, offset)
	return httpsource.VerdictInfo{EventID: o.EventID, Verdict: o.Verdict, Problems: o.Problems}, err
}
