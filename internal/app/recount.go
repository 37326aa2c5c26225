package app

import (
	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/pass"
	"github.com/millrace/millrace/internal/quality"
	"github.com/millrace/millrace/internal/reconcile"
)

// recount decodes and corrects records as the pass does. What rules count of it is
// counted nowhere.
type recount struct {
	catalog *catalog
	sources map[string]pass.Source
	judged  map[string]*judged // by source and adapter
}

// judged is what one source's records are judged with.
type judged struct {
	decoder  adapter.Decoder
	rules    *quality.RuleSet // nil: none
	versions string
	rows     []int32 // of the batch at hand
}

func (p *platform) newJudge() reconcile.Judge {
	j := &recount{catalog: p.catalog, sources: make(map[string]pass.Source), judged: make(map[string]*judged)}
	for _, s := range p.catalog.passSources(p.control) {
		j.sources[s.Name] = s
	}
	return j
}

// Judge implements [reconcile.Judge].
func (j *recount) Judge(b *event.Batch, records []*eventlog.Stored) {
	for _, r := range records {
		i := b.Add(r.Offset, r.Record.Received, r.Record.Line, r.Record.Payload)
		b.Source.Set(i, r.Record.Source)
		b.Stream.Set(i, r.Record.Stream)
		s := j.source(r.Record.Source, r.Record.Adapter)
		if r.Record.Reject != "" || s == nil {
			b.AddProblem(i, event.Undecodable, "log.adapter", "", "", "no adapter reads this record")
			continue
		}
		b.Versions.Set(i, s.versions)
		s.decoder.Decode(b, i, &r.Record)
		s.rows = append(s.rows, int32(i))
	}
	for _, s := range j.judged {
		if s.rules != nil && len(s.rows) > 0 {
			s.rules.Apply(b, s.rows)
		}
		s.rows = s.rows[:0]
	}
}

// source returns what a source's records of an adapter are judged with; nil when there
// is no such adapter.
func (j *recount) source(name, adapterName string) *judged {
	key := name + "\x00" + adapterName
	if s, ok := j.judged[key]; ok {
		return s
	}
	a, ok := j.catalog.adapters[adapterName]
	if !ok {
		return nil
	}
	of := j.sources[name]
	s := &judged{decoder: a.NewDecoder(nil), versions: pass.Versions(a, &of, j.catalog.enrich)}
	if configured, ok := j.catalog.source(name); ok {
		s.rules = configured.trial
	}
	j.judged[key] = s
	return s
}
