package gateway

import (
	"fmt"
	"strings"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
)

func timeOf(v any) time.Time {
	t, _ := v.(time.Time)
	return t.UTC()
}

// timeline tells what happened to an event, in order. Steps of the pass carry no
// time: they take place within one commit.
func timeline(p *Passport, stored *eventlog.Stored, e *Explanation) []Step {
	var steps []Step
	add := func(at time.Time, step, format string, args ...any) {
		s := Step{Step: step, Detail: fmt.Sprintf(format, args...)}
		if !at.IsZero() {
			at = at.UTC()
			s.At = &at
		}
		steps = append(steps, s)
	}
	happened, received := p.times(stored, e)
	if !happened.IsZero() {
		add(happened, "happened", "Event time, as the sender says.")
	}
	add(received, "received", "Source %s, %s.", p.Source.Name, p.Source.place())
	add(received, "logged", "Durable in topic %s, partition %d, offset %d.", p.Coordinates.Topic, p.Coordinates.Partition, p.Coordinates.Offset)
	if e != nil {
		add(time.Time{}, "decoded", "Adapter %s, version %s.", p.Source.Adapter, e.AdapterVersion)
	}
	for _, c := range p.Changes {
		step := "corrected"
		if c.Kind == "enrichment" {
			step = "enriched"
		}
		add(time.Time{}, step, "%s: %s from %q to %q.", c.Rule, c.Field, c.Before, c.After)
	}
	switch p.Verdict {
	case "accepted":
		for _, w := range p.warnings(e) {
			add(time.Time{}, "warned", "Rule %s: %s.", w.Rule, strings.TrimSuffix(w.Message, "."))
		}
		add(time.Time{}, "accepted", "No rule of severity quarantine was broken.")
		add(time.Time{}, "stored", "1 row of events, %d of order_lines, %d of product_events.", len(p.Lines), len(p.Products))
	case "quarantined":
		for _, q := range p.Quarantine {
			if q.text("state") == "purged" {
				add(time.Time{}, "quarantined", "Rule %s. It was purged: nothing else of it is shown.", q.text("rule"))
				continue
			}
			add(time.Time{}, "quarantined", "Rule %s: %s.", q.text("rule"), q.text("message"))
		}
	case "rejected":
		add(time.Time{}, "rejected", "%s.", reject(stored))
	case "duplicate":
		add(time.Time{}, "duplicate", "Received before within the dedup horizon.")
	case "pending":
		add(time.Time{}, "pending", "Not processed yet.")
	}
	for _, d := range p.Duplicates {
		if d.Partition != p.Coordinates.Partition || d.Offset != p.Coordinates.Offset {
			add(d.ReceivedAt, "duplicate", "Delivered again by %s, %s; partition %d, offset %d.", d.Source,
				PassportSource{Stream: d.Stream, Line: d.Line}.place(), d.Partition, d.Offset)
		}
	}
	return steps
}

// warnings are what rules of severity warn say of an accepted event. By other versions
// of the rules nobody can tell what they said then.
func (p *Passport) warnings(e *Explanation) []event.Problem {
	if e == nil || p.Versions != e.Versions {
		return nil
	}
	return e.Problems
}

// times finds event and receive time in whatever is there.
func (p *Passport) times(stored *eventlog.Stored, e *Explanation) (happened, received time.Time) {
	if e != nil {
		happened = e.EventTime
	}
	if stored != nil {
		received = stored.Time
	}
	rows := p.Quarantine
	if p.Event != nil {
		rows = []Fields{p.Event}
	}
	if len(rows) > 0 && happened.IsZero() {
		happened = timeOf(rows[0]["event_time"])
	}
	if len(rows) > 0 && received.IsZero() {
		received = timeOf(rows[0]["received_at"])
	}
	if happened.Unix() <= 0 && happened.Year() <= 1 {
		happened = time.Time{}
	}
	return happened, received
}

func (s PassportSource) place() string {
	if s.Request != "" {
		return fmt.Sprintf("%s, request %s, event %d of it", s.Stream, s.Request, s.Line+1)
	}
	return fmt.Sprintf("%s, line %d", s.Stream, s.Line)
}

func reject(stored *eventlog.Stored) string {
	if stored == nil || stored.Record.Reject == "" {
		return "Refused at the door"
	}
	return "Refused at the door: " + stored.Record.Reject
}
