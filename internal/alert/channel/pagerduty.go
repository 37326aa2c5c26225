package channel

import (
	"context"
	"net/http"
	"strings"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/runtime/clock"
)

// PagerDutyConfig says which service of PagerDuty is told.
type PagerDutyConfig struct {
	RoutingKey string // of an integration "Events API v2"
	URL        string // empty: https://events.pagerduty.com/v2/enqueue
	Client     *http.Client
	Clock      clock.Clock
}

// NewPagerDuty returns a channel to PagerDuty. An update is another trigger with the same
// dedup_key, which PagerDuty adds to the alert.
func NewPagerDuty(cfg PagerDutyConfig) alert.Channel {
	if cfg.URL == "" {
		cfg.URL = "https://events.pagerduty.com/v2/enqueue"
	}
	return &pagerDuty{cfg, caller{client: cfg.Client, clock: cfg.Clock, name: "PagerDuty"}}
}

type pagerDuty struct {
	cfg PagerDutyConfig
	caller
}

type pagerDutyEvent struct {
	RoutingKey string            `json:"routing_key"`
	Action     string            `json:"event_action"`
	DedupKey   string            `json:"dedup_key"`
	Client     string            `json:"client,omitempty"`
	ClientURL  string            `json:"client_url,omitempty"`
	Payload    *pagerDutyPayload `json:"payload,omitempty"`
	Links      []pagerDutyLink   `json:"links,omitempty"`
}

type pagerDutyPayload struct {
	Summary   string            `json:"summary"` // at most 1,024 characters
	Source    string            `json:"source"`
	Severity  string            `json:"severity"`
	Timestamp string            `json:"timestamp"`
	Component string            `json:"component"`
	Class     string            `json:"class"`
	Details   map[string]string `json:"custom_details"`
}

type pagerDutyLink struct {
	Href string `json:"href"`
	Text string `json:"text"`
}

const pagerDutySummary = 1024

// Send implements [alert.Channel].
func (p *pagerDuty) Send(ctx context.Context, m *alert.Message) (string, error) {
	e := pagerDutyEvent{RoutingKey: p.cfg.RoutingKey, Action: "trigger", DedupKey: "millrace-" + m.Incident}
	switch m.Kind {
	case alert.KindAcknowledge:
		e.Action = "acknowledge"
	case alert.KindClose:
		e.Action = "resolve"
	default:
		e.Client = "Millrace"
		e.Payload = &pagerDutyPayload{
			Summary: cut(heading(m), pagerDutySummary), Source: "millrace", Severity: string(m.Severity),
			Timestamp: m.At.UTC().Format("2006-01-02T15:04:05.000Z07:00"), Component: cut(m.Key, 250), Class: m.Rule,
			Details: map[string]string{"text": cut(m.Text, 4000), "key": m.Key, "since": m.Opened.UTC().Format("2006-01-02T15:04:05Z07:00")},
		}
		if strings.HasPrefix(m.Link, "http") {
			e.ClientURL = m.Link
			e.Links = []pagerDutyLink{{m.Link, "Show the events"}}
		}
	}
	_, err := p.do(ctx, request{method: http.MethodPost, url: p.cfg.URL, body: e})
	if err != nil || m.Kind != alert.KindTest {
		return e.DedupKey, err
	}
	// Nobody is to be kept awake by a test.
	_, err = p.do(ctx, request{method: http.MethodPost, url: p.cfg.URL, body: pagerDutyEvent{
		RoutingKey: p.cfg.RoutingKey, Action: "resolve", DedupKey: e.DedupKey,
	}})
	return e.DedupKey, err
}
