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
	var warnings []event.Problem
	if s, ok := e.catalog.source(r.Source); ok && s.rules != nil && len(b.Problems) == 0 {
		warnings = s.trial.Explain(b, rows)
		out.Versions += " rules@" + s.rules.Version()
		for _, c := range b.Changes {
			out.Changes = append(out.Changes, gateway.Change{
				Kind: "correction", Rule: c.Rule, Field: c.Field, Before: c.Before, After: c.After, Version: s.rules.Version(),
			})
		}
	}
	out.Problems = append(b.Problems, warnings...)
	out.Changes = append(out.Changes, e.enrichments(b, i)...)
	out.Versions += " " + e.catalog.enrich.Version()
	return out, nil
}

// enrichments lists what the enrichment puts in place of the event's values.
func (e explainer) enrichments(b *event.Batch, i int) []gateway.Change {
	var out []gateway.Change
	for _, c := range e.catalog.enrich.Explain(b, i) {
		out = append(out, gateway.Change{
			Kind: "enrichment", Rule: c.Enrichment, Field: c.Field, Before: c.Before, After: c.After, Version: c.Version,
		})
	}
	return out
}
