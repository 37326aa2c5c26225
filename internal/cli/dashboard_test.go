package cli_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/millrace/millrace/internal/dashboard"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/record/sqlite"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

// dashboards is the platform's own API of dashboards, on records that are kept.
func dashboards(t *testing.T) http.Handler {
	logger := slog.New(slog.DiscardHandler)
	metrics, err := metric.Open(metric.Config{Clock: clock.Real(), Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	records, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "records.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = records.Close() })
	boards, err := dashboard.Open(context.WithoutCancel(t.Context()), dashboard.Config{
		Catalogue: metrics, Records: records, Random: rand.Reader, Clock: clock.Real(), Logger: logger,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(boards.Close)
	g, err := gateway.New(context.WithoutCancel(t.Context()), gateway.Config{
		Dashboards: boards, Metrics: prometheus.NewRegistry(), Clock: clock.Real(), Logger: logger, Results: gateway.NewResults(logger), Tracer: noop.NewTracerProvider().Tracer(""),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}
