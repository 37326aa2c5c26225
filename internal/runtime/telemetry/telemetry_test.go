package telemetry_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/runtime/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLogger(t *testing.T) {
	logged := func(format, level, want string) {
		t.Helper()
		var out bytes.Buffer
		l, err := telemetry.NewLogger(&out, format, level)
		if err != nil {
			t.Fatal(err)
		}
		l.Info("started", "partitions", 8)
		if !strings.Contains(out.String(), want) || (want == "") != (out.Len() == 0) {
			t.Errorf("%s %s: got %q", format, level, out.String())
		}
	}
	logged("text", "info", "level=INFO msg=started partitions=8")
	logged("json", "debug", `"msg":"started","partitions":8`)
	logged("text", "warn", "")
	for _, bad := range [][2]string{{"xml", "info"}, {"text", "loud"}} {
		if _, err := telemetry.NewLogger(io.Discard, bad[0], bad[1]); err == nil {
			t.Errorf("took %v", bad)
		}
	}
}

func TestMetrics(t *testing.T) {
	w := httptest.NewRecorder()
	telemetry.MetricsHandler(telemetry.NewRegistry("v1.2.3")).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{`millrace_build_info{version="v1.2.3"} 1`, "go_goroutines", "process_cpu_seconds_total"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestNoEndpointNoTraces(t *testing.T) {
	p, stop, err := telemetry.NewTracerProvider(t.Context(), telemetry.TracerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, span := p.Tracer("test").Start(t.Context(), "x")
	if span.IsRecording() {
		t.Error("a span is recorded that goes nowhere")
	}
	if err := stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTracesReachTheCollector(t *testing.T) {
	paths := make(chan string, 1)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { paths <- r.URL.Path }))
	defer collector.Close()
	p, stop, err := telemetry.NewTracerProvider(t.Context(), telemetry.TracerOptions{Endpoint: collector.URL, SampleRatio: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, span := p.Tracer("test").Start(t.Context(), "x")
	span.End()
	if err := stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if path := <-paths; path != "/v1/traces" {
		t.Errorf("posted to %s", path)
	}
}

func TestUsage(t *testing.T) {
	u, err := telemetry.ReadUsage()
	if err != nil || u.CPU <= 0 || u.PeakRSSBytes < 1<<20 {
		t.Errorf("%+v, %v", u, err)
	}
}
