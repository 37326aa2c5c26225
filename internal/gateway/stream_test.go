package gateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/gateway"
)

// live follows a view and hands over its events.
type live struct {
	events chan [2]string // name, data
	cancel context.CancelFunc
}

func (p *platform) follow(query string) *live {
	p.t.Helper()
	return p.listen("/api/v1/overview/stream"+query, "")
}

// listen follows a stream from behind an event.
func (p *platform) listen(path, after string) *live {
	p.t.Helper()
	ctx, cancel := context.WithCancel(p.t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", p.server.URL+path, nil)
	p.must(err)
	if after != "" {
		r.Header.Set("Last-Event-ID", after)
	}
	answer, err := p.server.Client().Do(r)
	p.must(err)
	if ct := answer.Header.Get("Content-Type"); answer.StatusCode != 200 || ct != "text/event-stream" {
		p.t.Fatalf("stream: %d %s", answer.StatusCode, ct)
	}
	l := &live{events: make(chan [2]string, 1000), cancel: cancel}
	go func() {
		defer answer.Body.Close()
		defer close(l.events)
		name := ""
		lines := bufio.NewScanner(answer.Body)
		lines.Buffer(nil, 4<<20)
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				name = text
			} else if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				select {
				case l.events <- [2]string{name, data}:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return l
}

// next returns the next event of a name.
func (l *live) next(t *testing.T, name string) string {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		select {
		case e, open := <-l.events:
			if !open {
				t.Fatalf("the stream ended before %q", name)
			}
			if e[0] == name {
				return e[1]
			}
		case <-deadline:
			t.Fatalf("no event %q", name)
		}
	}
}

func TestALiveViewTellsWhatChanges(t *testing.T) {
	p := start(t)
	p.write(0, december()...)
	l := p.follow("?grain=day")
	defer l.cancel()
	var o gateway.OverviewAnswer
	p.must(json.Unmarshal([]byte(l.next(t, "overview")), &o))
	if o.KPIs.Orders != 3 || o.Grain != "day" || o.Platform.EventsPerSecond != 1000 {
		t.Errorf("the first overview is %+v", o)
	}
	p.mu.Lock()
	p.status.EventsPerSecond = 2000
	p.mu.Unlock()
	contains(t, l.next(t, "platform"), `"events_per_second":2000`)
	p.write(1, sold{at: "2010-12-04 10:00", order: "1", customer: "1", product: "1", kind: "sale", quantity: 1, price: "1", country: "GB"})
	p.must(json.Unmarshal([]byte(l.next(t, "overview")), &o))
	if o.KPIs.Orders != 4 {
		t.Errorf("the overview after a new order has %d", o.KPIs.Orders)
	}
	// Silence is told, too: the client must know that the view is alive.
	contains(t, l.next(t, "platform"), `"events_per_second":2000`)
}

// Many who watch the same view cost one computation.
func TestSubscribersShareAView(t *testing.T) {
	p := start(t)
	p.write(0, december()...)
	const watchers = 20
	var all []*live
	for range watchers {
		l := p.follow("")
		defer l.cancel()
		all = append(all, l)
	}
	for _, l := range all {
		l.next(t, "overview")
	}
	if n := p.store.queries.Load(); n > 8 {
		t.Errorf("%d watchers took %d queries", watchers, n)
	}
	_, metrics, _ := p.do("GET", "/metrics", "")
	contains(t, metrics, "millrace_live_streams 20", "millrace_live_views 1")
	for _, l := range all {
		l.cancel()
	}
	p.eventually("all streams are gone", func() bool {
		_, metrics, _ := p.do("GET", "/metrics", "")
		return strings.Contains(metrics, "millrace_live_streams 0") && strings.Contains(metrics, "millrace_live_views 0")
	})
}

func (p *platform) eventually(what string, done func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if done() {
			return
		}
	}
	p.t.Fatalf("not within a minute: %s", what)
}

func TestLiveViewsAreBounded(t *testing.T) {
	p := start(t, func(c *gateway.Config) { c.Limits.Streams, c.Limits.Views = 3, 2 })
	for _, query := range []string{"", "?grain=day"} {
		defer p.follow(query).cancel()
	}
	contains(t, p.problem("GET", "/api/v1/overview/stream?grain=hour", "", 429), "different live views")
	defer p.follow("").cancel()
	contains(t, p.problem("GET", "/api/v1/overview/stream", "", 429), "http.max_streams")
}

func TestAProblemIsToldAndOvercome(t *testing.T) {
	p := start(t)
	p.write(0, december()...)
	failure := context.DeadlineExceeded
	p.store.fail.Store(&failure)
	l := p.follow("")
	defer l.cancel()
	contains(t, l.next(t, "problem"), `"status":503`)
	p.store.fail.Store(nil)
	l.next(t, "overview")
}

func TestCloseEndsLiveViews(t *testing.T) {
	p := start(t)
	l := p.follow("")
	defer l.cancel()
	l.next(t, "overview")
	p.gateway.Close()
	for range l.events { // until the server ends the stream
	}
	p.problem("GET", "/api/v1/overview/stream", "", 503)
}
