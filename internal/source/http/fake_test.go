package httpsource_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/runtime/clock"
	httpsource "github.com/millrace/millrace/internal/source/http"
	"github.com/millrace/millrace/internal/source/meter"
)

// fakeAdapter routes by the value of "userId", found by plain search.
type fakeAdapter struct{ name string }

func (a fakeAdapter) Name() string                                 { return a.name }
func (a fakeAdapter) Version() string                              { return "1" }
func (a fakeAdapter) NewDecoder(adapter.Telemetry) adapter.Decoder { return fakeDecoder{} }

type fakeDecoder struct{}

func (fakeDecoder) RouteKey(dst []byte, r *adapter.Record) ([]byte, error) {
	_, rest, ok := bytes.Cut(r.Payload, []byte(`"userId":"`))
	if !ok {
		return dst, adapter.ErrUndecodable
	}
	return append(dst, rest[:bytes.IndexByte(rest, '"')]...), nil
}

func (fakeDecoder) IdempotencyKey(dst []byte, r *adapter.Record) []byte {
	return append(dst, r.Payload...)
}
func (fakeDecoder) Decode(*event.Batch, int, *adapter.Record) {}

// fileAdapter is an adapter whose records come in files.
type fileAdapter struct{ fakeAdapter }

func (fileAdapter) Next([]byte, bool) (int, []byte, int) { return 0, nil, 0 }
func (fileAdapter) Header([]byte) (string, bool, error)  { return "", false, adapter.ErrUndecodable }

// fakeLog keeps a copy of what it is given.
type fakeLog struct {
	mu      sync.Mutex
	entries []eventlog.Entry
	err     error
	hold    chan struct{} // when not nil, Append says so on it and waits until it is closed
}

func (l *fakeLog) Append(_ context.Context, entries []eventlog.Entry) error {
	if l.hold != nil {
		l.hold <- struct{}{}
		<-l.hold
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err
	}
	for i := range entries {
		e := &entries[i]
		e.Partition, e.Offset = l.Partition(e.Key), int64(len(l.entries))
		c := *e
		c.Key, c.Record.Payload = bytes.Clone(e.Key), bytes.Clone(e.Record.Payload)
		l.entries = append(l.entries, c)
	}
	return nil
}

func (l *fakeLog) AppendAsync(ctx context.Context, entries []eventlog.Entry, done func([]eventlog.Entry, error)) {
	done(entries, l.Append(ctx, entries))
}

func (l *fakeLog) Partition(key []byte) int32 { return int32(len(key) % 3) }

// table shows the log as a scenario expects it: one line per record.
func (l *fakeLog) table() string {
	var b strings.Builder
	for _, e := range l.entries {
		r := &e.Record
		key := string(e.Key)
		if len(key) == 16 && !strings.HasPrefix(key, "u") {
			key = "digest"
		}
		fmt.Fprintf(&b, "%s %s %s line=%d key=%s skew=%d", r.Source, r.Adapter, r.Stream, r.Line, key, r.Skew)
		if r.Envelope != "" {
			fmt.Fprintf(&b, " envelope=%s", r.Envelope)
		}
		if r.Reject != "" {
			fmt.Fprintf(&b, " reject=%s", r.Reject)
		}
		fmt.Fprintf(&b, " %s\n", r.Payload)
	}
	return b.String()
}

const (
	segmentKey = "wk_segment"
	nativeKey  = "wk_native"
	fileKey    = "wk_file"
)

var start = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

type door struct {
	*httpsource.Handler
	log    *fakeLog
	meters *meter.Registry
}

func open(t testing.TB, change func(*httpsource.Config)) *door {
	t.Helper()
	d := &door{log: &fakeLog{}, meters: &meter.Registry{}}
	cfg := httpsource.Config{
		Sources: []httpsource.Source{
			{Name: "web", Adapter: fakeAdapter{"segment"}, Keys: [][32]byte{sha256.Sum256([]byte(segmentKey))}},
			{Name: "shop", Adapter: fakeAdapter{"native"}, Keys: [][32]byte{sha256.Sum256([]byte(nativeKey))}},
			{Name: "orders", Adapter: fileAdapter{fakeAdapter{"csv"}}, Keys: [][32]byte{sha256.Sum256([]byte(fileKey))}},
		},
		Appender: d.log, Clock: clock.NewFake(start), Meters: d.meters,
	}
	if change != nil {
		change(&cfg)
	}
	h, err := httpsource.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	d.Handler = h
	return d
}

// send posts a body. Headers come in pairs of name and value.
func (d *door) send(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	return d.sendBytes(method, target, []byte(body), headers...)
}

func (d *door) sendBytes(method, target string, body []byte, headers ...string) *httptest.ResponseRecorder {
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	r := httptest.NewRequest(method, target, reader)
	r.Header.Set("X-Request-Id", "req-1")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

func expect(t *testing.T, w *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	got := strings.TrimSuffix(w.Body.String(), "\n")
	if w.Code != status || got != body {
		t.Errorf("got %d\n%s\nwant %d\n%s", w.Code, got, status, body)
	}
}

func expectLog(t *testing.T, l *fakeLog, want string) {
	t.Helper()
	if got := l.table(); got != want {
		t.Errorf("the log holds\n%swant\n%s", got, want)
	}
}

var _ http.Handler = (*httpsource.Handler)(nil)
