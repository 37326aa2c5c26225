package app

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/pass"
	"github.com/millrace/millrace/internal/quality/health"
	"github.com/millrace/millrace/internal/quality/quarantine"
	"github.com/millrace/millrace/internal/runtime/config"
)

// openHealth opens the monitor of the sources' health. In a consumer group no process
// sees all partitions, so there it has none.
func (p *platform) openHealth(ctx context.Context) (err error) {
	if p.cfg.Log.Group != "" {
		return nil
	}
	policies := make(map[string]health.Policy, len(p.catalog.sources))
	for i := range p.catalog.sources {
		s := &p.catalog.sources[i]
		policies[s.Name] = healthPolicy(&p.cfg.Quality.Health, &s.Health)
	}
	p.health, err = health.Open(ctx, health.Config{
		Sources: policies, Store: p.records, Announce: announcer{p}, Redrive: redriver{p}, Throttle: p.control.Throttle, Told: p.tellHealth,
		Clock: p.clock, Logger: p.log, Interval: p.cfg.Quality.Health.Interval,
	})
	if err != nil {
		return err
	}
	return p.metrics.Register(newHealthCollector(p.health))
}

func (p *platform) runHealth(ctx context.Context) error {
	if p.health == nil {
		<-ctx.Done()
		return nil
	}
	return p.health.Run(ctx)
}

// observers are what sees the judged batches of a partition.
func (p *platform) observers(partition int32) []pass.Observer {
	var all []pass.Observer
	if p.health != nil {
		all = append(all, p.health.Observer())
	}
	if o := p.checks.Observer(partition); o != nil {
		all = append(all, o)
	}
	if p.profiles != nil {
		all = append(all, p.profiles.Observer(partition))
	}
	return all
}

// healthPolicy is what holds for a source: what it says itself, else what holds for all.
func healthPolicy(all *config.Health, own *config.SourceHealth) health.Policy {
	p := health.Policy{
		Window: int64(or(own.Window, all.Window)), Suspend: or(own.SuspendShare, all.SuspendShare), Throttle: or(own.ThrottleShare, all.ThrottleShare),
		Recover: or(own.RecoverShare, all.RecoverShare), Rate: int64(or(own.EventsPerSecond, all.EventsPerSecond)),
		CoolDown: or(own.CoolDown, all.CoolDown), Sample: int64(all.ProbeSample), Probes: int64(all.ProbeEvents),
	}
	categories := own.Categories
	if len(categories) == 0 {
		categories = all.Categories
	}
	for _, c := range categories {
		p.Categories = append(p.Categories, event.Category(c))
	}
	if own.Automatic == "off" || own.Automatic == "" && !all.Enabled {
		p.Suspend, p.Throttle = 0, 0
	}
	return p
}

func or[T int | float64 | time.Duration](own, all T) T {
	if own != 0 {
		return own
	}
	return all
}

// announcer writes acts about sources into every partition.
type announcer struct{ p *platform }

// Announce implements [health.Announcer].
func (a announcer) Announce(ctx context.Context, n health.Announcement) (map[int32]int64, error) {
	name := ""
	for i := range a.p.catalog.sources {
		if s := &a.p.catalog.sources[i]; s.Name == n.Source {
			name = s.adapter.Name()
		}
	}
	now := a.p.clock.Now().UnixMicro()
	entries := make([]eventlog.ActEntry, a.p.topic.Partitions())
	for i := range entries {
		entries[i] = eventlog.ActEntry{
			Act:       eventlog.Act{Kind: event.SetSource, State: n.State, Sample: n.Sample, By: n.By, Reason: n.Reason, Received: now},
			Partition: int32(i), Record: adapter.Record{Source: n.Source, Adapter: name, Stream: "health", Received: now},
		}
	}
	if err := a.p.writer.AppendActs(ctx, entries); err != nil {
		return nil, err
	}
	behind := make(map[int32]int64, len(entries))
	for i := range entries {
		behind[entries[i].Partition] = entries[i].Offset + 1
	}
	return behind, nil
}

// redriver redrives what was kept out while a source was suspended.
type redriver struct{ p *platform }

// Redrive implements [health.Redriver]. The run needs the token of a dry run when it is
// large; nobody is there to be asked, and the source's events are what it is about.
func (r redriver) Redrive(ctx context.Context, source string, behind map[int32]int64) (string, error) {
	at, err := r.p.olap.Positions(ctx)
	if err != nil {
		return "", err
	}
	for partition, offset := range behind {
		if at.Offsets[partition] < offset {
			return "", health.ErrNotYet
		}
	}
	request := quarantine.RunRequest{
		Kind: event.Redrive, By: health.Automatic, Reason: "the source is active again",
		Filter: quarantine.HeldFilter{Sources: []string{source}, Rules: []string{health.RuleSuspended}},
	}
	dry, err := r.p.quarantine.DryRun(ctx, quarantine.DryRunRequest{Kind: request.Kind, Filter: request.Filter, Samples: 1})
	if err != nil || dry.Total == 0 {
		return "", err
	}
	request.Confirm = dry.Confirm
	run, err := r.p.quarantine.Start(ctx, request)
	if err != nil {
		return "", err
	}
	return run.ID, nil
}

// tellHealth raises a signal for each source that is not well, and takes it back.
func (p *platform) tellHealth(ctx context.Context, h *health.Health) {
	if p.alerts == nil {
		return
	}
	severity := map[health.State]alert.Severity{health.Throttled: alert.Warning, health.Suspended: alert.Error, health.Probing: alert.Error}[h.State]
	err := p.alerts.Raise(ctx, alert.Signal{
		Name: "source.health", Key: h.Source, Severity: severity, Firing: h.State != health.Active,
		Title: fmt.Sprintf("Source %s is %s", h.Source, h.State), Text: h.Reason, Link: "/sources",
	})
	if err != nil && ctx.Err() == nil {
		p.log.Warn("the health of a source cannot be escalated; it is tried again", "source", h.Source, "error", err)
	}
}

// healthCollector gives Prometheus the health of the sources.
type healthCollector struct {
	monitor             *health.Monitor
	state, share, turns *prometheus.Desc
}

func newHealthCollector(m *health.Monitor) *healthCollector {
	return &healthCollector{
		monitor: m,
		state:   prometheus.NewDesc("millrace_source_health", "1 for the state that the source is in: active, throttled, suspended or probing.", []string{"source", "state"}, nil),
		share:   prometheus.NewDesc("millrace_source_error_share", "Share of the source's newest events that broke rules of the categories that count.", []string{"source"}, nil),
		turns:   prometheus.NewDesc("millrace_source_health_changes_total", "Changes of the source's health since the process started.", []string{"source"}, nil),
	}
}

// Describe implements [prometheus.Collector].
func (c *healthCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.state, c.share, c.turns} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (c *healthCollector) Collect(ch chan<- prometheus.Metric) {
	for _, r := range c.monitor.Reports() {
		ch <- prometheus.MustNewConstMetric(c.state, prometheus.GaugeValue, 1, r.Source, string(r.State))
		ch <- prometheus.MustNewConstMetric(c.share, prometheus.GaugeValue, r.Share(), r.Source)
		ch <- prometheus.MustNewConstMetric(c.turns, prometheus.CounterValue, float64(c.monitor.Turns(r.Source)), r.Source)
	}
}
