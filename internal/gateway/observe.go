package gateway

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// meter holds the gateway's own metrics.
type meter struct {
	requests *prometheus.HistogramVec
	overview prometheus.Histogram
	dropped  prometheus.Counter
}

func newMeter(registry prometheus.Registerer, v *views) (*meter, error) {
	m := &meter{
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "millrace_http_request_duration_seconds", Help: "Time to answer requests of the API.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
		}, []string{"method", "route", "status"}),
		overview: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "millrace_overview_duration_seconds", Help: "Time to compute an overview.",
			Buckets: prometheus.ExponentialBuckets(0.004, 2, 10),
		}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "millrace_live_dropped_total", Help: "Live views disconnected because their client read too slowly.",
		}),
	}
	streams := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "millrace_live_streams", Help: "Live views open.",
	}, func() float64 { streams, _ := v.count(); return float64(streams) })
	feeds := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "millrace_live_views", Help: "Distinct live views being computed.",
	}, func() float64 { _, feeds := v.count(); return float64(feeds) })
	for _, c := range []prometheus.Collector{m.requests, m.overview, m.dropped, streams, feeds} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("cannot register the gateway's metrics: %w", err)
		}
	}
	return m, nil
}

// observe serves a request within a span, measures it, and answers for a handler
// that panics.
func (g *Gateway) observe(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if !strings.HasPrefix(r.URL.Path, "/api/") {
		next.ServeHTTP(w, r)
		return
	}
	start := g.cfg.Clock.Now()
	ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	ctx, span := g.cfg.Tracer.Start(ctx, r.Method, trace.WithSpanKind(trace.SpanKindServer))
	defer span.End()
	answer := &statusWriter{ResponseWriter: w}
	r = r.WithContext(ctx)
	defer func() {
		cause := recover()
		if cause != nil {
			g.recovered(answer, r, cause)
		}
		g.measure(span, r, answer.code(), start)
		if cause != nil && answer.aborted {
			panic(http.ErrAbortHandler)
		}
	}()
	next.ServeHTTP(answer, r)
}

// recovered logs a panic and answers 500, or cuts the connection when an answer
// has begun, so that the client does not take a part for the whole.
func (g *Gateway) recovered(w *statusWriter, r *http.Request, cause any) {
	if err, ok := cause.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
		g.cfg.Logger.ErrorContext(r.Context(), "request panicked", slog.String("route", r.Pattern),
			slog.Any("cause", cause), slog.String("stack", string(debug.Stack())))
	}
	if w.status != 0 {
		w.aborted = true
		return
	}
	writeProblem(w, http.StatusInternalServerError, "The platform failed to answer; its log says why.")
}

func (g *Gateway) measure(span trace.Span, r *http.Request, status int, start time.Time) {
	route := r.Pattern[strings.IndexByte(r.Pattern, ' ')+1:]
	span.SetName(r.Method + " " + route)
	span.SetAttributes(
		attribute.String("http.request.method", r.Method),
		attribute.String("http.route", route),
		attribute.Int("http.response.status_code", status),
	)
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, http.StatusText(status))
	}
	g.meter.requests.WithLabelValues(r.Method, route, strconv.Itoa(status)).
		Observe(g.cfg.Clock.Now().Sub(start).Seconds())
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status  int
	aborted bool
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets [http.ResponseController] reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *statusWriter) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}
