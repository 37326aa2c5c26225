package channel_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/alert/channel"
)

// pagerDutyShape is that of https://developer.pagerduty.com/docs/events-api-v2:
// routing_key has 32 characters, event_action is trigger, acknowledge or resolve,
// dedup_key has at most 255 characters and is required but for trigger; a trigger has a
// payload with summary (at most 1,024), source and severity (critical, error, warning or
// info); links have href and text. The answer is 202.
func pagerDutyShape(r received) error {
	s := shapeOf(r.body).only("routing_key", "event_action", "dedup_key", "payload", "client", "client_url", "links", "images").
		text("routing_key", 32).text("event_action", 20, "trigger", "acknowledge", "resolve").text("dedup_key", 255)
	s.require(r.method == http.MethodPost && r.path == "/v2/enqueue", "%s %s", r.method, r.path)
	if s.object["event_action"] != "trigger" {
		return s.err()
	}
	p := shapeOf(s.object["payload"]).only("summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details").
		text("summary", 1024).text("source", 1024).text("severity", 10, "critical", "error", "warning", "info").text("timestamp", 40)
	_, err := time.Parse("2006-01-02T15:04:05.000Z0700", p.object["timestamp"].(string))
	if err != nil {
		_, err = time.Parse(time.RFC3339, p.object["timestamp"].(string))
	}
	p.require(err == nil, "timestamp: %v", err)
	links, _ := s.object["links"].([]any)
	for _, l := range links {
		p.errs = append(p.errs, shapeOf(l).only("href", "text").text("href", 2048).text("text", 200).errs...)
	}
	s.errs = append(s.errs, p.errs...)
	return s.err()
}

func TestPagerDuty(t *testing.T) {
	s := serve(t, func(r received) (int, any, error) {
		return http.StatusAccepted, map[string]any{"status": "success", "message": "Event processed", "dedup_key": r.body["dedup_key"]}, pagerDutyShape(r)
	})
	c := channel.NewPagerDuty(channel.PagerDutyConfig{
		RoutingKey: "0123456789abcdef0123456789abcdef", URL: s.URL + "/v2/enqueue", Client: client(t), Clock: fake(),
	})
	const key = "millrace-0123456789abcdef0123"
	for i, step := range []struct {
		kind   alert.Kind
		action string
	}{{alert.KindOpen, "trigger"}, {alert.KindUpdate, "trigger"}, {alert.KindAcknowledge, "acknowledge"}, {alert.KindClose, "resolve"}} {
		if ref := send(t, c, message(i+1, step.kind)); ref != key {
			t.Errorf("%s: ref %q", step.kind, ref)
		}
		if got := s.last().body; got["event_action"] != step.action || got["dedup_key"] != key {
			t.Errorf("%s: action %v, dedup_key %v", step.kind, got["event_action"], got["dedup_key"])
		}
	}
	// Sent again after a crash it is the same alert.
	send(t, c, message(1, alert.KindOpen))
	if got := s.last().body["dedup_key"]; got != key {
		t.Errorf("again: dedup_key %v", got)
	}
	before := s.count()
	send(t, c, message(1, alert.KindTest))
	if s.count() != before+2 || s.last().body["event_action"] != "resolve" {
		t.Error("a test leaves an alert open")
	}
}
