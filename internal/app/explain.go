package app

import (
	"context"
	"fmt"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/gateway"
)

// explainer shows what the present adapter, rules and enrichment make of one
// record. It has no effect.
type explainer struct{ catalog *catalog }

var _ gateway.Explainer = explainer{}

// Explain implements [gateway.Explainer].
func (e explainer) Explain(_ context.Context, stored *eventlog.Stored) (*gateway.Explanation, error) {
	r := stored.Record
	a, ok := e.catalog.adapters[r.Adapter]
	if !ok {
		return nil, fmt.Errorf("there is no adapter %q in this configuration", r.Adapter)
	}
	b := new(event.Batch)
	i := b.Add(stored.Offset, r.Received, r.Line, r.Payload)
	b.Source.Set(i, r.Source)
	b.Stream.Set(i, r.Stream)
	a.NewDecoder(nil).Decode(b, i, &r)
	out := &gateway.Explanation{
		EventID: b.ID[i], AdapterVersion: a.Version(), Versions: a.Name() + "@" + a.Version(),
	}
	if b.Time[i] != 0 {
		out.EventTime = time.UnixMicro(b.Time[i]).UTC()
	}
	rows := []int32{int32(i)}
	if s, ok := e.catalog.source(r.Source); ok && s.rules != nil && len(b.Problems) == 0 {
		out.Problems = s.rules.Explain(b, rows)
		out.Versions += " rules@" + s.rules.Version()
		for _, c := range b.Changes {
			out.Changes = append(out.Changes, gateway.Change{
				Kind: "correction", Rule: c.Rule, Field: c.Field, Before: c.Before, After: c.After, Version: s.rules.Version(),
			})
		}
	}
	out.Problems = b.Problems
	out.Changes = append(out.Changes, e.enrichments(b, i)...)
	out.Versions += " " + e.catalog.enrich.Version()
	return out, nil
}

// enrichments lists what the enrichment would put in place of the event's
// values.
func (e explainer) enrichments(b *event.Batch, i int) []gateway.Change {
	fields := map[string]string{
		"country": b.Country.Get(i), "currency": b.Currency.Get(i), "channel": b.Channel.Get(i),
	}
	var out []gateway.Change
	for _, n := range e.catalog.enrich.Steps() {
		before := fields[n.Field()]
		after, _ := n.Explain(before)
		if after == before {
			continue
		}
		out = append(out, gateway.Change{
			Kind: "enrichment", Rule: n.Name(), Field: n.Field(), Before: before, After: after, Version: n.Version(),
		})
	}
	return out
}
