package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/quality"
)

// rulesAPI shows the rules of the sources, and tries new ones.
type rulesAPI struct{ p *platform }

var _ gateway.Rules = rulesAPI{}

const (
	trialRecords = 40_000 // of the log, over all partitions, that a trial reads
	trialEvents  = 1000   // of a source, that rules are tried on at the start
	trialBatch   = 1024
)

// Rules implements [gateway.Rules].
func (r rulesAPI) Rules() []gateway.SourceRules {
	out := []gateway.SourceRules{}
	for _, s := range r.p.catalog.sources {
		if s.rules == nil {
			continue
		}
		of := gateway.SourceRules{Source: s.Name, Version: s.rules.Version(), Rules: []gateway.RuleInfo{}, Tables: []gateway.RulesTable{}}
		for _, info := range s.rules.Rules() {
			of.Rules = append(of.Rules, ruleInfo(info))
		}
		for _, t := range s.rules.Tables() {
			shown := gateway.RulesTable{Name: t.Name}
			if now := t.Snapshot(); now != nil {
				shown.Version, shown.Keys = now.Stamp(), now.Len()
			}
			of.Tables = append(of.Tables, shown)
		}
		out = append(out, of)
	}
	return out
}

func ruleInfo(i quality.Info) gateway.RuleInfo {
	return gateway.RuleInfo{
		Name: i.Name, Kind: i.Kind, Types: append([]string{}, i.Types...), Field: i.Field, When: i.When, Does: i.Does,
		Severity: i.Severity, Category: i.Category, Count: i.Count, Unmade: i.Unmade,
	}
}

// DryRun implements [gateway.Rules].
func (r rulesAPI) DryRun(ctx context.Context, in gateway.RulesRequest) (*gateway.RulesTrial, error) {
	s, ok := r.p.catalog.source(in.Source)
	if !ok {
		return nil, fmt.Errorf("%w: there is no source %q", gateway.ErrRules, in.Source)
	}
	rules, err := quality.Compile([]quality.File{{Name: cmp.Or(in.File, "rules.yaml"), Text: []byte(in.Text)}},
		quality.Options{Rates: r.p.catalog.rules.exchangeRates, Unconfirmed: true})
	if err != nil {
		return nil, fmt.Errorf("%w:\n%w", gateway.ErrRules, err)
	}
	for _, t := range rules.Tables() {
		if err := r.p.fillTable(ctx, t); err != nil {
			return nil, fmt.Errorf("%w: %w", gateway.ErrRules, err)
		}
	}
	var since time.Time
	if in.Since != nil {
		since = *in.Since
	}
	sample, err := r.p.sample(ctx, &s, cmp.Or(in.Events, trialEvents), since)
	if err != nil {
		return nil, err
	}
	trial := rules.Trial()
	out := &gateway.RulesTrial{Source: s.Name, Version: rules.Version(), Read: sample.read, Skipped: sample.skipped, Rules: []gateway.RuleTrial{}}
	for _, b := range sample.decode(&s) {
		trial.Add(b, allOf(b))
		tally(&out.After, b)
	}
	for _, b := range sample.decode(&s) {
		if s.rules != nil {
			s.rules.Explain(b, allOf(b))
		}
		tally(&out.Before, b)
	}
	events, findings := trial.Findings()
	out.Events = events
	for i := range findings {
		out.Rules = append(out.Rules, ruleTrial(&findings[i]))
	}
	return out, nil
}

func ruleTrial(f *quality.Finding) gateway.RuleTrial {
	t := gateway.RuleTrial{
		RuleInfo: ruleInfo(f.Info), Line: f.Line, InScope: f.InScope, Events: f.Events,
		Exceeds: f.Exceeds(quality.Limit{}), Confirm: f.Digest, Samples: []gateway.RulesSample{},
	}
	for _, s := range f.Samples {
		t.Samples = append(t.Samples, gateway.RulesSample{
			EventID: s.ID.String(), Partition: s.Partition, Offset: s.Offset, Field: s.Field,
			Value: s.Value, Message: s.Message, Before: s.Before, After: s.After,
		})
	}
	return t
}

func tally(c *gateway.TrialCounts, b *event.Batch) {
	for i, v := range b.Verdict {
		if v == event.Quarantined {
			c.Quarantined++
			continue
		}
		c.Accepted++
		if b.Marks[i].Has(event.Corrected) {
			c.Corrected++
		}
		if b.Marks[i].Has(event.Warned) {
			c.Warned++
		}
	}
}

func allOf(b *event.Batch) []int32 {
	rows := make([]int32, b.Len())
	for i := range rows {
		rows[i] = int32(i)
	}
	return rows
}

// eventSample is the newest events of a source, as the log has them.
type eventSample struct {
	records []*eventlog.Stored
	read    int // records of all sources
	skipped int // of the source, that cannot be decoded any more
}

// sample reads the newest events of a source. Partitions come one after another, each in
// the order of the log.
func (p *platform) sample(ctx context.Context, s *source, events int, since time.Time) (*eventSample, error) {
	out := &eventSample{}
	each := int64(trialRecords) / int64(p.topic.Partitions())
	err := p.topic.Tail(ctx, each, func(r *eventlog.Stored) {
		out.read++
		if r.Record.Source != s.Name || r.Record.Reject != "" || r.Time.Before(since) {
			return
		}
		if r.Record.Adapter != s.adapter.Name() {
			out.skipped++
			return
		}
		out.records = append(out.records, r)
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read the newest events: %w", err)
	}
	slices.SortStableFunc(out.records, func(a, b *eventlog.Stored) int { return cmp.Compare(b.Record.Received, a.Record.Received) })
	out.records = out.records[:min(len(out.records), events)]
	slices.SortFunc(out.records, func(a, b *eventlog.Stored) int {
		return cmp.Or(cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
	})
	return out, nil
}

// decode makes batches of the events, each of one partition, as the pass does before rules
// run.
func (e *eventSample) decode(s *source) []*event.Batch {
	decoder := s.adapter.NewDecoder(nil)
	var batches []*event.Batch
	var b *event.Batch
	for _, r := range e.records {
		if b == nil || b.Partition != r.Partition || b.Len() == trialBatch {
			b = &event.Batch{Partition: r.Partition}
			batches = append(batches, b)
		}
		i := b.Add(r.Offset, r.Record.Received, r.Record.Line, r.Record.Payload)
		b.Source.Set(i, r.Record.Source)
		b.Stream.Set(i, r.Record.Stream)
		decoder.Decode(b, i, &r.Record)
	}
	for _, b := range batches {
		for _, p := range b.Problems {
			b.Verdict[p.Event] = event.Quarantined
		}
	}
	return batches
}

// tryRules refuses to start with rules that hit nearly every event of their source in the
// log, unless they are confirmed. Rules that it started with before are not tried again.
func (p *platform) tryRules(ctx context.Context) error {
	var errs []error
	for i := range p.catalog.sources {
		s := &p.catalog.sources[i]
		if s.rules == nil || s.Rules == "" && len(p.cfg.Rules) == 0 {
			continue
		}
		errs = append(errs, p.tryRulesOf(ctx, s))
	}
	return errors.Join(errs...)
}

func (p *platform) tryRulesOf(ctx context.Context, s *source) error {
	key := "rules-tried/" + s.Name
	before, _, err := p.checkpoint.Get(key)
	if err != nil || string(before) == s.rules.Version() {
		return err
	}
	rules, err := p.catalog.rules.load(s.Source)
	if err != nil {
		return err
	}
	sample, err := p.sample(ctx, s, trialEvents, time.Time{})
	if err != nil {
		return err
	}
	trial := rules.Trial()
	for _, b := range sample.decode(s) {
		trial.Add(b, allOf(b))
	}
	var errs []error
	_, findings := trial.Findings()
	for i := range findings {
		if f := &findings[i]; f.Exceeds(quality.Limit{}) {
			errs = append(errs, fmt.Errorf(
				"%s:%d: the %s %q hits %d of the newest %d events of source %q that it is for; try it with 'millrace rules dry-run', and add the line \"confirmed: %s\" to it if that is right",
				f.File, f.Line, f.Kind, f.Name, f.Events, f.InScope, s.Name, f.Digest))
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	return p.checkpoint.Put(key, []byte(rules.Version()))
}
