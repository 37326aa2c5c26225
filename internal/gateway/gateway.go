package gateway

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Gateway serves the API. It is safe for concurrent use.
type Gateway struct {
	cfg   Config
	mux   *http.ServeMux
	spec  document
	meter *meter
	views *views

	rowCounts rowCounts

	// ctx ends with Close: live views stop and their connections with them.
	ctx    context.Context
	cancel context.CancelFunc
	active sync.WaitGroup
}

// New returns a gateway. It starts nothing until the first request; ctx bounds
// everything that requests start in the background.
func New(ctx context.Context, cfg Config) (*Gateway, error) {
	cfg.Limits = cfg.Limits.withDefaults()
	g := &Gateway{cfg: cfg, mux: http.NewServeMux()}
	g.ctx, g.cancel = context.WithCancel(ctx)
	g.views = newViews(g)
	var err error
	if g.meter, err = newMeter(cfg.Metrics, g.views); err != nil {
		return nil, err
	}
	cfg.Results.dropped = g.meter.dropped.Inc
	api := newAPI(g.mux)
	g.register(api)
	g.spec = newDocument(api)
	g.mux.HandleFunc("GET /healthz", g.healthz)
	g.mux.HandleFunc("GET /readyz", g.readyz)
	g.mux.HandleFunc("GET /openapi.json", g.spec.serveJSON)
	g.mux.HandleFunc("GET /openapi.yaml", g.spec.serveYAML)
	g.mux.HandleFunc("GET /docs", serveDocs)
	g.mux.Handle("GET /metrics", promhttp.HandlerFor(cfg.Metrics, promhttp.HandlerOpts{}))
	return g, nil
}

// Close ends live views. Requests that run are finished by the HTTP server's
// shutdown; call Close before it, or it waits for the views' clients.
func (g *Gateway) Close() {
	g.cancel()
	g.active.Wait()
}

// Mount registers everything that the gateway serves on the mux that it shares
// with doors and console.
func (g *Gateway) Mount(mux *http.ServeMux) {
	for _, pattern := range []string{"/api/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/openapi.yaml", "/docs"} {
		mux.Handle(pattern, g)
	}
}

// ServeHTTP serves the paths of [Gateway.Mount].
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if handler, pattern := g.mux.Handler(r); pattern == "" {
		g.unmatched(w, r, handler)
		return
	}
	if g.refusesRole(w, r) {
		return
	}
	g.observe(w, r, g.mux)
}

// unmatched turns the mux's own plain-text answers (404, 405, redirects) into
// problems.
func (g *Gateway) unmatched(w http.ResponseWriter, r *http.Request, handler http.Handler) {
	answer := &answerHead{header: make(http.Header), status: http.StatusOK}
	handler.ServeHTTP(answer, r)
	switch answer.status {
	case http.StatusMethodNotAllowed:
		allow := answer.header.Get("Allow")
		w.Header().Set("Allow", allow)
		writeProblem(w, answer.status, fmt.Sprintf("%s does not take %s; use %s.", r.URL.Path, r.Method, allow))
	default:
		writeProblem(w, http.StatusNotFound, fmt.Sprintf("There is nothing at %s; /docs lists what there is.", r.URL.Path))
	}
}

// answerHead keeps status and headers of an answer and drops its body.
type answerHead struct {
	header http.Header
	status int
}

func (a *answerHead) Header() http.Header         { return a.header }
func (a *answerHead) WriteHeader(status int)      { a.status = status }
func (a *answerHead) Write(b []byte) (int, error) { return len(b), nil }
