package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/millrace/millrace/examples/onlineretail"
	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/lineage/audit"
	"github.com/millrace/millrace/internal/quality/check"
	"github.com/millrace/millrace/internal/runtime/config"
)

// checks is the service of checks, and the topic that its results go to.
type checks struct {
	*check.Service
	publisher *eventlog.Publisher // nil for none
	topic     string
}

// readChecks reads the checks files of the configuration, and refuses what is wrong.
func (c *catalog) readChecks(cfg *config.Config) error {
	files, err := check.ReadFiles(cfg.Quality.Checks)
	if err != nil {
		return err
	}
	set, err := check.Load(files)
	if err != nil {
		return err
	}
	c.checks = files
	for _, one := range set.All() {
		c.declare(audit.Item{Kind: audit.Check, Name: one.Name, Version: one.Version, Content: one.Text, File: one.File})
	}
	return nil
}

// openChecks prepares the checks: those of the configuration, and in the demo those of the
// example shop.
func (p *platform) openChecks(ctx context.Context) error {
	files := slices.Clone(p.catalog.checks)
	if p.replay.Load() != nil {
		files = append(files, check.File{Name: "examples/onlineretail/checks.yaml", Text: onlineretail.Checks()})
	}
	set, err := check.Load(files)
	if err != nil {
		return err
	}
	q := p.cfg.Quality
	p.checks = &checks{topic: q.CheckTopic}
	cfg := check.Config{
		Set: set, Store: p.olap, Records: p.records, Stored: p.processed, Signals: checkSignals{p}, Rounds: checkRounds{p}, Clock: p.clock, Logger: p.log,
		Timeout: q.CheckTimeout, Idle: q.CheckIdle, Keep: q.CheckHistory,
	}
	if q.CheckTopic != "" {
		name, err := p.name()
		if err != nil {
			return err
		}
		if p.checks.publisher, err = eventlog.OpenPublisher(p.topic, name+"-checks"); err != nil {
			return fmt.Errorf("cannot publish results of checks (quality.check_topic): %w", err)
		}
		cfg.Publisher = p.checks
	}
	p.checks.Service, err = check.Open(ctx, cfg)
	return err
}

func (p *platform) runChecks(ctx context.Context) error { return p.checks.Run(ctx) }

func (p *platform) closeChecks() error {
	if p.checks != nil && p.checks.publisher != nil {
		p.checks.publisher.Close()
	}
	return nil
}

// checkSignals tells the escalation of checks that fail.
type checkSignals struct{ p *platform }

// CheckFailed implements [check.Signals].
func (c checkSignals) CheckFailed(ctx context.Context, r check.Result) { c.raise(ctx, &r, true) }

// CheckRecovered implements [check.Signals].
func (c checkSignals) CheckRecovered(ctx context.Context, r check.Result) { c.raise(ctx, &r, false) }

func (c checkSignals) raise(ctx context.Context, r *check.Result, firing bool) {
	severity := map[check.Severity]alert.Severity{check.Error: alert.Error, check.Warning: alert.Warning, check.Info: alert.Info}[r.Severity]
	err := c.p.alerts.Raise(ctx, alert.Signal{
		Name: "check", Key: r.Name, Severity: severity, Firing: firing, Link: "/quality?check=" + r.Name,
		Title: fmt.Sprintf("The check %s of %s: %s; expected: %s", r.Name, r.Table, r.Actual, r.Expected),
		Text:  fmt.Sprintf("%s\nOwner: %s. %d of %d rows fail.", r.Description, r.Owner, r.Failing, r.Rows),
	})
	if err != nil && ctx.Err() == nil {
		c.p.log.Error("a result of a check could not be escalated; its next run will be", "check", r.Name, "error", err)
	}
}

// Publish implements [check.Publisher].
func (c *checks) Publish(ctx context.Context, results []check.Result) error {
	messages := make([]eventlog.Message, len(results))
	for i := range results {
		text, err := json.Marshal(&results[i])
		if err != nil {
			return err
		}
		messages[i] = eventlog.Message{
			Topic: c.topic, Number: results[i].Number, Key: []byte(results[i].Name), Value: text, Time: results[i].Time,
		}
	}
	return c.publisher.Publish(ctx, messages)
}
