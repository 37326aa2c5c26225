package httpsource_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/eventlog"
	httpsource "github.com/millrace/millrace/internal/source/http"
)

// noLog acknowledges at once.
type noLog struct{}

func (noLog) Append(context.Context, []eventlog.Entry) error { return nil }
func (noLog) AppendAsync(_ context.Context, e []eventlog.Entry, done func([]eventlog.Entry, error)) {
	done(e, nil)
}
func (noLog) Partition([]byte) int32 { return 0 }

// rewinder is a body that can be sent again.
type rewinder struct{ bytes.Reader }

func (*rewinder) Close() error { return nil }

// sink is a response writer that keeps its header map.
type sink struct {
	h      http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.h }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(status int)      { s.status = status }

func benchEvent(i int) string {
	return fmt.Sprintf(`{"messageId":"ajs-next-1720000000-%06d","type":"track","event":"Product Viewed","userId":"u-%d","anonymousId":"f8a0-22","timestamp":"2026-11-21T10:00:00.000Z","properties":{"product_id":"85123A","name":"WHITE HANGING HEART","price":2.55,"currency":"GBP"}}`, i, i)
}

func benchmarkDoor(b *testing.B, path, body string, events int, headers ...string) {
	d := open(b, func(c *httpsource.Config) { c.Appender = noLog{} })
	benchmarkRequest(b, d, path, body, events, headers...)
}

func benchmarkRequest(b *testing.B, d *door, path, body string, events int, headers ...string) {
	var r rewinder
	req, err := http.NewRequest("POST", path, &r)
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	req.ContentLength = int64(len(body))
	w := &sink{h: http.Header{}, status: http.StatusOK}
	data := []byte(body)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		r.Reset(data)
		req.Body = &r
		d.ServeHTTP(w, req)
	}
	if w.status >= http.StatusBadRequest {
		b.Fatalf("refused: %d %v", w.status, w.h)
	}
	b.ReportMetric(float64(b.N*events)/b.Elapsed().Seconds(), "events/s")
}

func BenchmarkSegmentMessage(b *testing.B) {
	benchmarkDoor(b, "/v1/track", benchEvent(1), 1, "Authorization", basic(segmentKey))
}

func BenchmarkSegmentBatch100(b *testing.B) {
	var all []string
	for i := range 100 {
		all = append(all, benchEvent(i))
	}
	benchmarkDoor(b, "/v1/batch", `{"batch":[`+strings.Join(all, ",")+`],"sentAt":"2026-11-21T10:00:00.000Z"}`, 100, "Authorization", basic(segmentKey))
}

func BenchmarkNativeNDJSON100(b *testing.B) {
	var all []string
	for i := range 100 {
		all = append(all, benchEvent(i))
	}
	benchmarkDoor(b, "/v1/events", strings.Join(all, "\n"), 100, "Content-Type", "application/x-ndjson", "Authorization", "Bearer "+nativeKey)
}

var _ io.ReadCloser = (*rewinder)(nil)
