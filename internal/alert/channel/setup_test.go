package channel_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/alert/channel"
	"github.com/millrace/millrace/internal/runtime/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// service is a recording server that stands for a vendor: it takes what the vendor
// documents, and notes what the vendor would not take.
type service struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	requests []received
	faults   []http.HandlerFunc // answers of the next requests
}

type received struct {
	method, path, query string
	header              http.Header
	raw                 []byte
	body                map[string]any
}

// serve starts a service. answer gets each request that no fault takes; the error is what
// the vendor would say about it.
func serve(t *testing.T, answer func(received) (status int, body any, err error)) *service {
	s := &service{t: t}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		in := received{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Clone(), raw, nil}
		if len(raw) > 0 {
			if err := json.Unmarshal(raw, &in.body); err != nil {
				t.Errorf("%s %s: the body is no JSON object: %v", r.Method, r.URL.Path, err)
			}
			if got := r.Header.Get("Content-Type"); got != "application/json" {
				t.Errorf("%s %s: Content-Type is %q", r.Method, r.URL.Path, got)
			}
		}
		s.mu.Lock()
		var fault http.HandlerFunc
		if len(s.faults) > 0 {
			fault, s.faults = s.faults[0], s.faults[1:]
		}
		s.mu.Unlock()
		if fault != nil {
			fault(w, r)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.requests = append(s.requests, in)
		status, body, err := answer(in)
		if err != nil {
			t.Errorf("%s %s: the vendor would refuse it: %v\n%s", r.Method, r.URL.Path, err, raw)
		}
		if text, ok := body.(string); ok {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		if body != nil {
			_ = json.NewEncoder(w).Encode(body)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *service) fail(faults ...http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, faults...)
}

func (s *service) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

func (s *service) last() received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[len(s.requests)-1]
}

// shape checks an object against what a vendor documents.
type shape struct {
	object map[string]any
	errs   []string
}

func shapeOf(object any) *shape {
	o, ok := object.(map[string]any)
	if !ok {
		return &shape{errs: []string{fmt.Sprintf("%v is no object", object)}}
	}
	return &shape{object: o}
}

// text asks for a string of 1 to max characters, or of one of some values.
func (s *shape) text(name string, limit int, oneof ...string) *shape {
	v, ok := s.object[name].(string)
	switch n := utf8.RuneCountInString(v); {
	case !ok || n == 0:
		s.errs = append(s.errs, fmt.Sprintf("%s is %v; a string is required", name, s.object[name]))
	case n > limit:
		s.errs = append(s.errs, fmt.Sprintf("%s has %d characters, at most %d are taken", name, n, limit))
	}
	for _, allowed := range oneof {
		if v == allowed {
			return s
		}
	}
	if len(oneof) > 0 {
		s.errs = append(s.errs, fmt.Sprintf("%s is %q, not one of %q", name, v, oneof))
	}
	return s
}

// only refuses members that are not documented.
func (s *shape) only(names ...string) *shape {
	for name := range s.object {
		known := false
		for _, n := range names {
			known = known || n == name
		}
		if !known {
			s.errs = append(s.errs, "there is no member "+name)
		}
	}
	return s
}

func (s *shape) require(ok bool, format string, args ...any) *shape {
	if !ok {
		s.errs = append(s.errs, fmt.Sprintf(format, args...))
	}
	return s
}

func (s *shape) err() error {
	if len(s.errs) == 0 {
		return nil
	}
	return fmt.Errorf("%s", strings.Join(s.errs, "; "))
}

// message is one with everything that is awkward: long, with markup and other scripts.
func message(seq int, kind alert.Kind) *alert.Message {
	return &alert.Message{
		Incident: "0123456789abcdef0123", Target: "t", Seq: seq, Kind: kind, Rule: "web-broken", Key: "web||",
		Severity: alert.Error, Title: "Quarantine: <source> web & " + strings.Repeat("größer ", 400),
		Text: "First line\nsecond <line> & " + strings.Repeat("数量", 6000), Link: "https://millrace.example/quarantine?source=web&rule=x",
		Opened: noon, At: noon.Add(time.Minute), By: "ann", Reason: "we know",
	}
}

func client(t *testing.T) *http.Client {
	c := channel.NewClient()
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func fake() *clock.Fake { return clock.NewFake(noon) }

// send sends a message that must be taken.
func send(t *testing.T, c alert.Channel, m *alert.Message) string {
	t.Helper()
	ref, err := c.Send(t.Context(), m)
	if err != nil {
		t.Fatalf("%s: %v", m.Kind, err)
	}
	return ref
}
