package app

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/quality/quarantine"
	"github.com/millrace/millrace/internal/schema/contract"
	"github.com/millrace/millrace/internal/source/control"
)

// judge judges records as the pass would, without any effect: with
// copies of the rules and the contracts, whose counts nobody reads, and without the rules of
// uniqueness, which know what came before.
type judge struct {
	catalog  *catalog
	controls *control.Registry
}

var _ quarantine.Judge = judge{}

// Versions implements [quarantine.Judge]. They are those that the pass gives to rows of
// the source's own adapter.
func (j judge) Versions(source string) string {
	s, ok := j.catalog.source(source)
	if !ok {
		return ""
	}
	return j.versions(s.adapter, source)
}

func (j judge) versions(a adapter.Adapter, source string) string {
	versions := a.Name() + "@" + a.Version()
	if s, ok := j.catalog.source(source); ok {
		if j.gated(source) {
			versions += " contracts@" + j.catalog.contracts.Version()
		}
		if s.rules != nil {
			versions += " rules@" + s.rules.Version()
		}
	}
	return versions + " " + j.catalog.enrich.Current()
}

// gated reports whether events of a source that break their contract are quarantined.
func (j judge) gated(source string) bool {
	return j.controls.Source(source).Settings().Schema == control.Quarantine
}

// Judge implements [quarantine.Judge].
func (j judge) Judge(records []adapter.Record) ([]quarantine.Decoded, error) {
	b := new(event.Batch)
	decoders := make(map[string]adapter.Decoder)
	rows := make(map[string][]int32)
	for k := range records {
		r := &records[k]
		i := b.Add(int64(k), r.Received, r.Line, r.Payload)
		b.Source.Set(i, r.Source)
		b.Stream.Set(i, r.Stream)
		a, ok := j.catalog.adapters[r.Adapter]
		if !ok {
			b.AddProblem(i, event.Undecodable, "pass.adapter", "adapter", r.Adapter, fmt.Sprintf("no adapter %q in this configuration", r.Adapter))
			continue
		}
		d := decoders[r.Adapter]
		if d == nil {
			d = a.NewDecoder(nil)
			decoders[r.Adapter] = d
		}
		d.Decode(b, i, r)
		rows[r.Source] = append(rows[r.Source], int32(i))
		b.Versions.Set(i, j.versions(a, r.Source))
	}
	for _, p := range b.Problems {
		b.Verdict[p.Event] = event.Quarantined
	}
	for source, of := range rows {
		j.apply(b, source, of)
	}
	out := make([]quarantine.Decoded, len(records))
	for i := range out {
		out[i] = decodedOf(b, i)
	}
	for _, p := range b.Problems {
		d := &out[p.Event]
		d.Problems = append(d.Problems, quarantine.HeldProblem{
			Rule: p.Rule, Category: string(p.Category), Field: p.Field, Value: p.Value, Message: p.Message,
		})
	}
	return out, nil
}

// apply checks the events of a source, and enriches those that pass.
func (j judge) apply(b *event.Batch, source string, rows []int32) {
	if s, ok := j.catalog.source(source); ok {
		if j.gated(source) {
			j.catalog.trial.Gate(contract.Quarantine).Apply(b, rows)
		}
		if s.rules != nil {
			s.trial.Apply(b, rows)
		}
	}
	var passed []int32
	for _, i := range rows {
		if b.Verdict[i] == event.Pending {
			passed = append(passed, i)
		}
	}
	if len(passed) == 0 {
		return
	}
	known := len(b.Problems)
	j.catalog.enrich.Apply(b, passed)
	for _, p := range b.Problems[known:] {
		b.Verdict[p.Event] = event.Quarantined
	}
}

func decodedOf(b *event.Batch, i int) quarantine.Decoded {
	d := quarantine.Decoded{
		EventID: b.ID[i].String(), Type: b.Type.Get(i), Customer: b.CustomerID[i], Order: b.OrderID[i], Country: b.Country.Get(i),
		Currency: b.Currency.Get(i), Amount: b.Amount[i], Versions: b.Versions.Get(i), Check: b.Check[i],
		Lines: []quarantine.DecodedLine{}, Problems: []quarantine.HeldProblem{},
	}
	if b.Time[i] != 0 {
		d.Time = time.UnixMicro(b.Time[i]).UTC()
	}
	if p := b.Properties[i]; p != "" && json.Valid([]byte(p)) {
		d.Other = json.RawMessage(p)
	}
	it := &b.Items
	for from, to := b.ItemRange(i); from < to; from++ {
		d.Lines = append(d.Lines, quarantine.DecodedLine{
			Product: it.ProductID[from], Name: it.Name[from], Kind: it.Kind.Get(from), Quantity: it.Quantity[from],
			Price: it.Price[from], Amount: it.Amount[from],
		})
	}
	return d
}
