package gateway

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/millrace/millrace/internal/ledger"
	"github.com/millrace/millrace/internal/quality/check"
	"github.com/millrace/millrace/stream"
)

// Shares of quarantined events of a source from which it is to be looked at.
const (
	warnShare = 0.01
	badShare  = 0.10
)

// badges says how the nodes of the lineage stand, by their ids.
func (g *Gateway) badges(ctx context.Context) (map[string]*LineageBadge, error) {
	out := make(map[string]*LineageBadge)
	if err := g.badgeSources(ctx, out); err != nil {
		return nil, err
	}
	g.badgeJobs(out)
	if g.cfg.Sinks != nil {
		for _, s := range g.cfg.Sinks.Sinks() {
			b := counted(s.Delivered, "messages")
			b.Fresh = s.LastDelivered
			switch {
			case s.State == "broken":
				b.tell("bad", "it is broken: "+s.LastError)
			case s.State == "retrying":
				b.tell("warn", "the last delivery failed: "+s.LastError)
			}
			out["sink:"+s.Name] = b
		}
	}
	counts, err := g.rowCounts.get(ctx, g)
	if err != nil {
		return nil, err
	}
	for table, n := range counts {
		out["table:"+table] = counted(n, "rows")
	}
	g.badgeChecks(out)
	return out, nil
}

// badgeChecks marks tables, and the sources of their rows where a check is about one, by
// what their checks said last.
func (g *Gateway) badgeChecks(out map[string]*LineageBadge) {
	if g.cfg.Checks == nil {
		return
	}
	for _, c := range g.cfg.Checks.Checks() {
		state, message := checkState(g.cfg.Checks.Last(c.Name))
		if state == "" {
			continue
		}
		for _, id := range []string{"table:" + c.Table, "source:" + c.Source} {
			if b := out[id]; b != nil {
				b.tell(state, message)
			}
		}
	}
}

// checkState is how a dataset stands by a result of one of its checks, and why; empty when
// there is nothing to say. A check of severity info is for people who look for it.
func checkState(last *check.Result) (state, message string) {
	switch {
	case last == nil || last.Status == check.Passed || last.Severity == check.Info:
		return "", ""
	case last.Status == check.Unknown:
		return "warn", fmt.Sprintf("the check %s could not be run: %s", last.Name, last.Message)
	}
	message = fmt.Sprintf("the check %s fails: %s; expected: %s", last.Name, last.Actual, last.Expected)
	if last.Severity == check.Error {
		return "bad", message
	}
	return "warn", message
}

func counted(n int64, unit string) *LineageBadge {
	return &LineageBadge{Count: &n, Unit: unit, State: "ok", Messages: []string{}}
}

// tell notes why a node is not ok; bad outweighs warn.
func (b *LineageBadge) tell(state, message string) {
	if b.State != "bad" {
		b.State = state
	}
	b.Messages = append(b.Messages, message)
}

// badgeSources says how sources, the raw topic and the pass stand.
func (g *Gateway) badgeSources(ctx context.Context, out map[string]*LineageBadge) error {
	sources, err := g.sources(ctx, &noInput{})
	if err != nil {
		return err
	}
	for _, s := range sources.Sources {
		b := counted(s.Events, "events")
		b.Fresh = s.LastSeen
		if s.State == "broken" {
			b.tell("bad", "it is broken: "+s.LastError)
		}
		out["source:"+s.Name] = b
	}
	rows, err := g.cfg.Ledger.Rows(ledger.BySource, ledger.Filter{})
	if err != nil {
		return err
	}
	for _, r := range rows {
		b := out["source:"+r.Source]
		if b == nil || r.Received == 0 {
			continue
		}
		share := float64(r.Quarantined) / float64(r.Received)
		message := fmt.Sprintf("%.1f %% of its events are quarantined", 100*share)
		switch {
		case share >= badShare:
			b.tell("bad", message)
		case share >= warnShare:
			b.tell("warn", message)
		}
	}
	total, err := g.cfg.Ledger.Total()
	if err != nil {
		return err
	}
	status := g.cfg.Process.Status()
	out["topic:"+g.cfg.Topic] = counted(total.Received, "events")
	pass := counted(total.Accepted, "events")
	if !status.EventTime.IsZero() {
		pass.Fresh = &status.EventTime
	}
	for _, reason := range status.NotReady {
		pass.tell("warn", reason)
	}
	out["pass:events"] = pass
	return nil
}

func (g *Gateway) badgeJobs(out map[string]*LineageBadge) {
	for _, j := range g.cfg.Jobs.Jobs() {
		b := counted(j.Outputs, "results")
		b.Fresh = instant(j.Watermark)
		if j.Failure != nil {
			b.tell("bad", "it was stopped: "+j.Failure.Reason)
		}
		out["job:"+j.Name] = b
	}
}

// rowCounts are the numbers of rows of all tables, which are counted now and then.
type rowCounts struct {
	mu     sync.Mutex
	at     time.Time
	counts map[string]int64
}

// countsFor is how long they hold.
const countsFor = 5 * time.Second

func (r *rowCounts) get(ctx context.Context, g *Gateway) (map[string]int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := g.cfg.Clock.Now(); r.counts != nil && now.Sub(r.at) < countsFor {
		return r.counts, nil
	}
	there, err := g.rows(ctx, "SELECT table_name FROM information_schema.tables")
	if err != nil {
		return nil, err
	}
	var parts []string
	add := func(table string) {
		if !slices.ContainsFunc(there, func(r row) bool { return r.text(0) == table }) {
			return // a job that has not begun has no table yet
		}
		parts = append(parts, fmt.Sprintf(`SELECT %s AS name, count(*) AS n FROM "%s"`, literal(table), strings.ReplaceAll(table, `"`, `""`)))
	}
	for _, t := range g.cfg.Tables {
		add(t.Name)
	}
	for _, j := range g.cfg.Jobs.Jobs() {
		for _, s := range j.Sinks {
			if s.Kind == stream.Table {
				add(s.Name)
			}
		}
	}
	counts := make(map[string]int64, len(parts))
	if len(parts) == 0 {
		return counts, nil
	}
	rows, err := g.rows(ctx, strings.Join(parts, "\nUNION ALL "))
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		counts[row.text(0)] = row.count(1)
	}
	r.at, r.counts = g.cfg.Clock.Now(), counts
	return counts, nil
}
