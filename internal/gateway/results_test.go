package gateway_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/codec"
)

// publish commits n results of the tests' job, numbered from first on.
func (p *platform) publish(first uint64, n int) {
	p.t.Helper()
	c, err := codec.For[total]()
	p.must(err)
	sink := p.Jobs()[0].Sinks[0]
	sink.Fingerprint = sink.Schema.Fingerprint()
	var outputs []stream.Output
	for i := range n {
		row := c.Append(nil, &total{Page: fmt.Sprintf("p%d", i), Start: 1_767_366_245_000_000, Paid: event.Micros(i) * 1_000_000})
		outputs = append(outputs, stream.Output{Job: "pages", Sink: &sink, Time: 1_767_366_245_000_000, Row: row})
	}
	p.results.Publish(first, outputs)
}

func (l *live) result(t *testing.T) (r gateway.ResultEvent) {
	t.Helper()
	if err := json.Unmarshal([]byte(l.next(t, "result")), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestListenersGetResults(t *testing.T) {
	p := start(t)
	p.publish(7, 3)
	l := p.listen("/api/v1/jobs/pages/results?output=totals&last=2", "")
	defer l.cancel()
	got := l.result(t)
	if got.Number != 8 || got.Job != "pages" || got.Output != "totals" || got.Time != "2026-01-02T15:04:05Z" || got.Row["page"] != "p1" || got.Row["paid"] != 1.0 {
		t.Errorf("first result %+v", got)
	}
	p.publish(10, 1)
	for _, number := range []uint64{9, 10} {
		if got := l.result(t); got.Number != number {
			t.Errorf("result %d, want %d", got.Number, number)
		}
	}
}

func TestAListenerThatComesAgainMissesNothingOrIsTold(t *testing.T) {
	p := start(t)
	p.publish(100, 1500) // of which the newest 1000 are kept, from 600 on
	for _, test := range []struct {
		after string
		gap   bool
		first uint64
	}{
		{"1598", false, 1599},
		{"599", false, 600},
		{"598", true, 600},
		{"3", true, 600},
	} {
		l := p.listen("/api/v1/jobs/pages/results", test.after)
		e := <-l.events
		if gap := e[0] == "gap"; gap != test.gap {
			t.Errorf("behind %s: gap %v", test.after, gap)
		} else if gap {
			contains(t, e[1], `{"after":`+test.after+`}`)
			e = <-l.events
		}
		var r gateway.ResultEvent
		if err := json.Unmarshal([]byte(e[1]), &r); err != nil || r.Number != test.first {
			t.Errorf("behind %s: first result is %d, want %d (%v)", test.after, r.Number, test.first, err)
		}
		l.cancel()
	}
	// Nothing has been published since the platform started anew.
	fresh := start(t)
	l := fresh.listen("/api/v1/jobs/pages/results", "5")
	defer l.cancel()
	l.next(t, "gap")
}

func TestWrongListenersAreTold(t *testing.T) {
	p := start(t, func(c *gateway.Config) { c.Limits.Streams = 1 })
	contains(t, p.problem("GET", "/api/v1/jobs/none/results", "", 404), "/api/v1/jobs lists them")
	contains(t, p.problem("GET", "/api/v1/jobs/pages/results?output=x", "", 404), "has no output")
	defer p.listen("/api/v1/jobs/pages/results", "").cancel()
	contains(t, p.problem("GET", "/api/v1/jobs/pages/results", "", 429), "http.max_streams")
}

func TestCloseEndsListeners(t *testing.T) {
	p := start(t)
	l := p.listen("/api/v1/jobs/pages/results", "")
	p.publish(1, 1)
	l.result(t)
	p.gateway.Close()
	for range l.events { // until the server ends the stream
	}
}

// A listener that does not read is dropped, and does not hold up the commits.
func TestASlowListenerIsDropped(t *testing.T) {
	p := start(t)
	l := p.listen("/api/v1/jobs/pages/results", "")
	defer l.cancel()
	for first := uint64(0); ; first += 1000 {
		p.publish(first, 1000)
		_, metrics, _ := p.do("GET", "/metrics", "")
		if strings.Contains(metrics, "millrace_live_dropped_total 1\n") {
			return
		}
		if first > 10_000_000 {
			t.Fatal("it was never dropped")
		}
	}
}
