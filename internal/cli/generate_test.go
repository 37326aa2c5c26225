package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/cli"
)

// door takes events as the native door does: it counts the lines that are JSON,
// and is busy for the first requests.
type door struct {
	busy     int // requests to refuse
	lines    []string
	requests int
	key      string
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.requests++
	d.key = r.Header.Get("Authorization")
	if d.busy > 0 {
		d.busy--
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	good := 0
	for line := range strings.Lines(string(body)) {
		if json.Valid([]byte(line)) {
			good++
		}
		d.lines = append(d.lines, line)
	}
	if good == 0 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	fmt.Fprintf(w, `{"accepted":%d,"rejected":[]}`, good)
}

// generateAt sends events to a door and returns the summary.
func generateAt(t *testing.T, d *door, args ...string) (code int, summary map[string]any, took time.Duration) {
	t.Helper()
	return generateUntil(t, context.Background(), d, args...)
}

func generateUntil(t *testing.T, ctx context.Context, d *door, args ...string) (code int, summary map[string]any, took time.Duration) {
	t.Helper()
	server := httptest.NewServer(d)
	defer server.Close()
	var stdout, stderr bytes.Buffer
	start := time.Now()
	code = cli.Main(ctx, cli.Invocation{
		Args:   append([]string{"generate", "--json", "--to", server.URL}, args...),
		Env:    []string{"MILLRACE_WRITE_KEY=k"},
		Stdout: &stdout, Stderr: &stderr,
	})
	took = time.Since(start)
	if code == 0 {
		if err := json.Unmarshal(stdout.Bytes(), &summary); err != nil {
			t.Fatalf("%v in %s", err, stdout.String())
		}
	}
	return code, summary, took
}

func TestGenerateWaitsWhenTheDoorIsBusy(t *testing.T) {
	d := &door{busy: 1}
	code, summary, took := generateAt(t, d, "--rate", "max", "--events", "5000", "--broken", "0.1")
	if code != 0 || len(d.lines) != 5000 || summary["resent"] != 2000.0 || took < time.Second {
		t.Errorf("code %d, %d lines, %v resent, after %v; want all 5000, the 2000 of the first batch a second time after a second",
			code, len(d.lines), summary["resent"], took)
	}
	if d.key != "Bearer k" {
		t.Errorf("authorization %q", d.key)
	}
}

func TestGenerateKeepsTheRate(t *testing.T) {
	d := &door{}
	// Six minutes of event time in two seconds; the opening of the shop, 1,000
	// prices and the stock, comes at once.
	code, summary, took := generateAt(t, d, "--scenario", "steady", "--rate", "3000/s", "--speed", "180x", "--duration", "6m")
	if code != 0 || took < 1900*time.Millisecond || took > 20*time.Second {
		t.Errorf("code %d after %v, want 2 s", code, took)
	}
	if n, _ := summary["delivered"].(float64); n < 4000 || n > 9000 || int(n) != len(d.lines) {
		t.Errorf("%v delivered, %d lines at the door; want about 7000", n, len(d.lines))
	}
	if d.requests < 50 {
		t.Errorf("%d requests for two seconds: events were not sent when they were due", d.requests)
	}
}

func TestGenerateStopsWhenTheDoorLosesEvents(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"accepted":1,"rejected":[]}`)
	}))
	defer server.Close()
	var stdout, stderr bytes.Buffer
	code := cli.Main(context.Background(), cli.Invocation{
		Args:   []string{"generate", "--to", server.URL, "--write-key", "k", "--events", "10", "--rate", "max"},
		Stdout: &stdout, Stderr: &stderr,
	})
	if code != cli.ExitFailed || !strings.Contains(stderr.String(), "took 1 of 10 good events") {
		t.Errorf("code %d: %s", code, stderr.String())
	}
}

func TestGenerateToldToStopSaysWhatItDelivered(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 700*time.Millisecond)
	defer cancel()
	d := &door{}
	code, summary, _ := generateUntil(t, ctx, d, "--scenario", "steady", "--rate", "2000/s", "--speed", "60x")
	if n, _ := summary["delivered"].(float64); code != 0 || n < 1000 || int(n) != len(d.lines) {
		t.Errorf("code %d, %v delivered, %d lines at the door", code, n, len(d.lines))
	}
}
