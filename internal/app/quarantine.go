package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/lineage/audit"
	"github.com/millrace/millrace/internal/lineage/openlineage"
	"github.com/millrace/millrace/internal/quality/patch"
	"github.com/millrace/millrace/internal/quality/quarantine"
	"github.com/millrace/millrace/internal/runtime/config"
)

// patcher applies patches to payloads of all adapters.
type patcher struct {
	patch    *patch.Patch
	adapters map[string]adapter.Adapter
	maxBytes int
}

// Version implements [quarantine.Patch].
func (p patcher) Version() string { return p.patch.ID() }

// Apply implements [quarantine.Patch].
func (p patcher) Apply(r *adapter.Record) ([]byte, error) {
	a, ok := p.adapters[r.Adapter]
	if !ok {
		return nil, fmt.Errorf("there is no adapter %q in this configuration", r.Adapter)
	}
	layout, err := adapter.LayoutOf(a, r.Envelope)
	if err != nil {
		return nil, err
	}
	out, _, err := p.patch.Apply(nil, patch.Document{Payload: r.Payload, Format: layout, MaxBytes: p.maxBytes})
	return out, err
}

// compilePatch makes a patch of its text.
func (c *catalog) compilePatch(cfg *config.Config) func(text []byte, file string) (quarantine.Patch, error) {
	return func(text []byte, file string) (quarantine.Patch, error) {
		p, err := patch.Load(text, file)
		if err != nil {
			return nil, err
		}
		return patcher{p, c.adapters, int(max(cfg.Limits.LineBytes, cfg.Limits.EventBytes))}, nil
	}
}

// loadRepairs reads the patches of automatic repairs.
func (c *catalog) loadRepairs(cfg *config.Config) error {
	compile := c.compilePatch(cfg)
	var errs []error
	for i, r := range cfg.Quarantine.Repairs {
		text, err := os.ReadFile(r.Patch)
		if err != nil {
			errs = append(errs, fmt.Errorf("cannot read a patch (quarantine.repairs[%d].patch): %w", i, err))
			continue
		}
		p, err := compile(text, r.Patch)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		repair := quarantine.Repair{Patch: p, Text: string(text)}
		for _, part := range []struct {
			to   *[]string
			text string
		}{
			{&repair.Match.Sources, r.Source}, {&repair.Match.Categories, r.Category}, {&repair.Match.Rules, r.Rule}, {&repair.Match.Fields, r.Field},
		} {
			if part.text != "" {
				*part.to = []string{part.text}
			}
		}
		c.repairs = append(c.repairs, repair)
	}
	return errors.Join(errs...)
}

// openQuarantine makes the service. Where several processes share the partitions of a
// cluster, each sees the quarantined events of its own only; topics and automatic repairs
// need one that sees all.
func (p *platform) openQuarantine(context.Context) error {
	cfg := quarantine.Config{
		Settings: p.cfg.Quarantine, Topic: p.topic.Name(), Log: p.writer, Raw: p.topic, Store: p.olap, Records: p.records,
		Judge: judge{p.catalog, p.control}, Identities: p.pass, Adapters: p.catalog.adapters, Compile: p.catalog.compilePatch(p.cfg),
		Audit:   p.auditRun,
		Repairs: p.catalog.repairs, Observer: &quarantineRuns{p: p, open: make(map[string]*openlineage.Run)}, Clock: p.clock, Logger: p.log,
	}
	if p.broker != nil || p.cfg.Log.Group == "" {
		for _, s := range p.catalog.sources {
			cfg.Sources = append(cfg.Sources, s.Name)
		}
		if p.cfg.Quarantine.Topics.Enabled {
			cfg.Publish = func(name string) (quarantine.Publisher, error) { return eventlog.OpenPublisher(p.topic, name) }
		}
	} else {
		cfg.Owned = p.pass.Owned
	}
	p.quarantine = quarantine.New(cfg)
	return p.metrics.Register(p.quarantine)
}

// auditRun notes a run that somebody asked for in the audit trail.
func (p *platform) auditRun(ctx context.Context, run *quarantine.HeldRun) error {
	filter, err := json.Marshal(run.Filter)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("events: %d\nfilter: %s\n", run.Progress.Total, filter)
	if run.Kind == event.Redrive {
		what += "patch: " + run.Patch + "\n" + run.PatchText
	}
	// What was asked for is noted even when the client has left.
	return p.trail.Record(context.WithoutCancel(ctx), audit.Entry{
		By: run.By, Reason: run.Reason, Kind: audit.Quarantine, Action: string(run.Kind), Name: run.ID, VersionAfter: run.Patch, Request: run.Via, After: what,
	})
}

func (p *platform) runQuarantine(ctx context.Context) error { return p.quarantine.Run(ctx) }
