package gateway

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/store/olap"
)

// maxRelated bounds the rows of each table that a passport shows.
const maxRelated = 500

func (g *Gateway) passport(ctx context.Context, in *passportInput) (*Passport, error) {
	id, err := event.ParseID(in.ID)
	if err != nil {
		return nil, huma.Error400BadRequest("That is no event id.", &huma.ErrorDetail{Message: err.Error(), Location: "path.id", Value: in.ID})
	}
	p := newPassport()
	if err := g.readStored(ctx, p, id); err != nil {
		return nil, err
	}
	if p.Verdict == "" {
		return nil, huma.Error404NotFound(fmt.Sprintf(
			"No event has the id %s. If it was sent just now, try again once the lag is 0; see /api/v1/status.", id))
	}
	return p, g.complete(ctx, p)
}

func (g *Gateway) coordinates(ctx context.Context, in *coordinatesInput) (*Passport, error) {
	p := newPassport()
	p.Coordinates.Partition, p.Coordinates.Offset = in.Partition, in.Offset
	rows, err := g.rows(ctx, `SELECT event_id, 'accepted' FROM events WHERE partition = $1 AND "offset" = $2
UNION ALL SELECT event_id, 'quarantined' FROM quarantine WHERE partition = $1 AND "offset" = $2
UNION ALL SELECT event_id, 'duplicate' FROM duplicates WHERE partition = $1 AND "offset" = $2
UNION ALL SELECT NULL, 'rejected' FROM rejections WHERE partition = $1 AND "offset" = $2`, in.Partition, in.Offset)
	if err != nil {
		return nil, err
	}
	verdict := "pending"
	if len(rows) > 0 {
		verdict = rows[0].text(1)
		if id := rows[0].id(0); !id.IsZero() {
			if err := g.readStored(ctx, p, id); err != nil {
				return nil, err
			}
		}
	}
	p.Verdict = verdict
	p.Coordinates.Partition, p.Coordinates.Offset = in.Partition, in.Offset
	if err := g.complete(ctx, p); err != nil {
		return nil, err
	}
	if verdict == "pending" && !p.Raw.Available {
		return nil, huma.Error404NotFound(fmt.Sprintf("There is no record at partition %d, offset %d: %s.", in.Partition, in.Offset, p.Raw.Reason))
	}
	return p, nil
}

func newPassport() *Passport {
	return &Passport{Lines: []Fields{}, Products: []Fields{}, Quarantine: []Fields{}, Duplicates: []Delivery{}, Changes: []Change{}, Timeline: []Step{}, Acts: []Fields{}, Reached: []Reached{}, Sinks: []PassportSink{}}
}

// readStored fills in the stored rows of an event. Verdict stays empty when
// there are none.
func (g *Gateway) readStored(ctx context.Context, p *Passport, id event.ID) error {
	for _, t := range []struct {
		table, order string
		take         func(olap.Table, []row)
	}{
		{"events", "received_at", func(t olap.Table, rows []row) { p.takeEvent(t, rows) }},
		{"order_lines", `partition, "offset", line_no`, func(t olap.Table, rows []row) { p.Lines = append(p.Lines, named(t, rows)...) }},
		{"product_events", `partition, "offset", item_no`, func(t olap.Table, rows []row) { p.Products = append(p.Products, named(t, rows)...) }},
		{"quarantine", "received_at", func(t olap.Table, rows []row) { p.takeQuarantine(t, rows) }},
		{"duplicates", "received_at", func(t olap.Table, rows []row) { p.takeDuplicates(t, rows) }},
		{"corrections", "rule, field", func(t olap.Table, rows []row) { p.takeCorrections(t, rows) }},
		{"quarantine_acts", `"at", "offset"`, func(t olap.Table, rows []row) { p.Acts = append(p.Acts, named(t, rows)...) }},
	} {
		table := g.table(t.table)
		rows, err := g.rows(ctx, fmt.Sprintf(`SELECT %s FROM %s WHERE event_id = ? ORDER BY %s LIMIT %d`,
			columns(table), t.table, t.order, maxRelated), id)
		if err != nil {
			return err
		}
		t.take(table, rows)
	}
	p.EventID = id.String()
	return nil
}

func named(t olap.Table, rows []row) []Fields {
	all := make([]Fields, len(rows))
	for i, r := range rows {
		all[i] = r.fields(t)
	}
	return all
}

func (f Fields) text(name string) string { s, _ := f[name].(string); return s }
func (f Fields) count(name string) int64 { n, _ := f[name].(int64); return n }

// from takes over the place of a stored row.
func (p *Passport) from(f Fields, verdict string) {
	p.Verdict = verdict
	p.Source.Name, p.Source.Stream, p.Source.Line = f.text("source"), f.text("stream"), f.count("line")
	p.Coordinates.Partition, p.Coordinates.Offset = int32(f.count("partition")), f.count("offset")
}

func (p *Passport) takeEvent(t olap.Table, rows []row) {
	if len(rows) == 0 {
		return
	}
	p.Event = rows[0].fields(t)
	p.Versions = p.Event.text("versions")
	p.from(p.Event, "accepted")
}

func (p *Passport) takeQuarantine(t olap.Table, rows []row) {
	p.Quarantine = append(p.Quarantine, named(t, rows)...)
	if p.Verdict == "" && len(rows) > 0 {
		p.from(p.Quarantine[0], "quarantined")
	}
}

func (p *Passport) takeDuplicates(t olap.Table, rows []row) {
	for _, f := range named(t, rows) {
		d := Delivery{
			Source: f.text("source"), Stream: f.text("stream"), Line: f.count("line"),
			Partition: int32(f.count("partition")), Offset: f.count("offset"),
		}
		d.ReceivedAt = timeOf(f["received_at"])
		p.Duplicates = append(p.Duplicates, d)
		if p.Verdict == "" {
			p.from(f, "duplicate")
		}
	}
}

// takeCorrections keeps the changes that the tables know; those of a re-run,
// which know more, replace them.
func (p *Passport) takeCorrections(t olap.Table, rows []row) {
	for _, f := range named(t, rows) {
		p.Changes = append(p.Changes, Change{
			Kind: "correction", Rule: f.text("rule"), Field: f.text("field"), Before: f.text("before"), After: f.text("after"),
		})
	}
}

// complete adds what the log holds and what a re-run explains, and the timeline. The log
// still holds what was purged; it is not shown.
func (g *Gateway) complete(ctx context.Context, p *Passport) error {
	p.Coordinates.Topic = g.cfg.Topic
	p.Raw = RawPayload{Encoding: "utf-8", Headers: map[string]string{}}
	purged, err := g.purged(ctx, p.Coordinates.Partition, p.Coordinates.Offset)
	if err != nil {
		return err
	}
	var stored *eventlog.Stored
	held := false
	if purged {
		p.Raw.Reason = purgedReason
	} else if stored, held, err = g.readRaw(ctx, p); err != nil {
		return err
	}
	var explained *Explanation
	if held && stored.Record.Reject == "" {
		if explained, err = g.cfg.Explain.Explain(ctx, stored); err != nil {
			return fmt.Errorf("cannot explain the record at partition %d, offset %d: %w", stored.Partition, stored.Offset, err)
		}
		p.takeExplanation(explained)
	}
	p.Timeline = timeline(p, stored, explained)
	if err := g.reached(ctx, p); err != nil {
		return err
	}
	g.delivered(p)
	return nil
}

// readRaw adds what the log holds, or why it does not, which is no error.
func (g *Gateway) readRaw(ctx context.Context, p *Passport) (stored *eventlog.Stored, held bool, err error) {
	stored, err = g.cfg.Log.Get(ctx, p.Coordinates.Partition, p.Coordinates.Offset)
	switch {
	case errors.Is(err, eventlog.ErrGone):
		p.Raw.Reason = err.Error()
	case err != nil:
		p.Raw.Reason = fmt.Sprintf("the log cannot be read: %v", err)
		return nil, false, ctx.Err()
	default:
		p.takeRaw(stored)
		return stored, true, nil
	}
	return nil, false, nil
}

func (p *Passport) takeRaw(s *eventlog.Stored) {
	r := &s.Record
	p.Raw.Available = true
	if utf8.Valid(r.Payload) {
		p.Raw.Payload = string(r.Payload)
	} else {
		p.Raw.Payload, p.Raw.Encoding = base64.StdEncoding.EncodeToString(r.Payload), "base64"
	}
	for _, h := range s.Headers {
		p.Raw.Headers[h.Key] = string(h.Value)
	}
	p.Source = PassportSource{Name: r.Source, Adapter: r.Adapter, Stream: r.Stream, Line: r.Line, Request: r.Request}
}

func (p *Passport) takeExplanation(e *Explanation) {
	p.Source.AdapterVersion = e.AdapterVersion
	if p.EventID == "" {
		p.EventID = e.EventID.String()
	}
	if p.Versions == "" {
		p.Versions = e.Versions
	}
	// A rule set of another version may do other things: then the stored
	// corrections are what happened to the row.
	if p.Versions == e.Versions || len(p.Changes) == 0 {
		p.Changes = list(e.Changes)
	}
}
