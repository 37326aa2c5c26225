package gateway

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/ledger"
)

const (
	defaultMinutes = 24 * time.Hour
	defaultHours   = 7 * 24 * time.Hour
	auditPause     = 20 * time.Millisecond
)

func (g *Gateway) ledger(ctx context.Context, in *ledgerInput) (*LedgerAnswer, error) {
	total, err := g.cfg.Ledger.Total()
	if err != nil {
		return nil, err
	}
	answer := &LedgerAnswer{Total: LedgerOf(total), Rows: []LedgerRow{}}
	if answer.Rows, err = g.ledgerRows(in); err != nil {
		return nil, err
	}
	if in.Check {
		if answer.Audit, err = g.audit(ctx); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

func (g *Gateway) ledgerRows(in *ledgerInput) ([]LedgerRow, error) {
	filter := ledger.Filter{Source: in.Source, From: in.From, To: in.To}
	var kind ledger.Kind
	switch in.By {
	case "source":
		kind = ledger.BySource
	case "day":
		kind = ledger.ByDay
	case "minute":
		kind = ledger.ByMinute
		if filter.From.IsZero() {
			filter.From = g.cfg.Clock.Now().Add(-defaultMinutes)
		}
	case "hour":
		kind = ledger.ByMinute
		if filter.From.IsZero() {
			filter.From = g.cfg.Clock.Now().Add(-defaultHours)
		}
		filter.From = filter.From.Truncate(time.Hour)
	default:
		return []LedgerRow{}, nil
	}
	rows, err := g.cfg.Ledger.Rows(kind, filter)
	if err != nil {
		return nil, err
	}
	if in.By == "hour" {
		return hours(rows), nil
	}
	out := make([]LedgerRow, len(rows))
	for i, r := range rows {
		out[i] = LedgerRow{Source: r.Source, Ledger: LedgerOf(r.Counts)}
		switch {
		case kind == ledger.ByMinute:
			out[i].Minute = &r.At
		case kind == ledger.ByDay && r.At.Unix() != 0: // 1970-01-01 stands for "not known"
			out[i].Day = r.At.Format(time.DateOnly)
		}
	}
	return out, nil
}

// hours adds up minutes, which come by source and time.
func hours(minutes []ledger.Row) []LedgerRow {
	var sums []ledger.Row
	for _, m := range minutes {
		at := m.At.Truncate(time.Hour)
		if n := len(sums); n == 0 || sums[n-1].Source != m.Source || !sums[n-1].At.Equal(at) {
			sums = append(sums, ledger.Row{Source: m.Source, At: at})
		}
		sums[len(sums)-1].Add(m.Counts)
	}
	out := make([]LedgerRow, len(sums))
	for i := range sums {
		out[i] = LedgerRow{Source: sums[i].Source, Hour: &sums[i].At, Ledger: LedgerOf(sums[i].Counts)}
	}
	return out
}

func (g *Gateway) sources(context.Context, *noInput) (*SourcesAnswer, error) {
	totals, err := g.cfg.Ledger.Rows(ledger.BySource, ledger.Filter{})
	if err != nil {
		return nil, err
	}
	minutes, err := g.cfg.Ledger.Rows(ledger.ByMinute, ledger.Filter{})
	if err != nil {
		return nil, err
	}
	seen := make(map[string]time.Time)
	for _, m := range minutes {
		seen[m.Source] = m.At // the rows of a source come in order of time
	}
	counts := make(map[string]ledger.Counts)
	for _, t := range totals {
		counts[t.Source] = t.Counts
	}
	answer := &SourcesAnswer{Sources: []SourceRow{}}
	add := func(s Source) {
		r := SourceRow{
			Name: s.Name, Adapter: s.Adapter, Kind: s.Kind, Events: counts[s.Name].Received, Rejected: counts[s.Name].Rejected,
			State: s.State, Bytes: s.Bytes, Refused: s.Refused, Errors: s.Errors, Lag: s.Lag, LastError: s.LastError,
		}
		if at := latest(seen[s.Name], s.LastSeen); !at.IsZero() {
			r.LastSeen = &at
		}
		r.Health = g.healthOf(s.Name)
		answer.Sources = append(answer.Sources, r)
		delete(counts, s.Name)
	}
	for _, s := range g.cfg.Process.Sources() {
		add(s)
	}
	// Sources that were configured once, or given by a file.
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		add(Source{Name: name})
	}
	return answer, nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b.UTC()
}

// audit compares the ledger with the stored rows and with the positions in the
// log, all as of one checkpoint.
func (g *Gateway) audit(ctx context.Context) (*Audit, error) {
	c, err := g.cfg.Audit.Checkpoint()
	if err != nil {
		return nil, fmt.Errorf("cannot read the checkpoint: %w", err)
	}
	// Rows follow their checkpoint. It is enough that they are there up to this
	// one: rows behind it are not counted.
	stored, err := g.awaitStored(ctx, c.Positions)
	if err != nil {
		return nil, err
	}
	findings, err := g.auditAt(ctx, c, stored)
	if err != nil {
		return nil, err
	}
	return &Audit{OK: len(findings) == 0, Findings: list(findings)}, nil
}

// awaitStored waits until the store has the rows below the positions, but not
// long. It returns the store's positions.
func (g *Gateway) awaitStored(ctx context.Context, positions map[int32]int64) (map[int32]int64, error) {
	end := g.cfg.Clock.Now().Add(g.cfg.Limits.AuditWait)
	for {
		stored, err := g.cfg.Store.Positions(ctx)
		if err != nil {
			return nil, err
		}
		behind := false
		for p, at := range positions {
			behind = behind || stored.Offsets[p] < at
		}
		if !behind || !g.cfg.Clock.Now().Before(end) {
			return stored.Offsets, nil
		}
		if err := g.cfg.Clock.Sleep(ctx, auditPause); err != nil {
			return nil, err
		}
	}
}

func (g *Gateway) auditAt(ctx context.Context, c Checkpoint, stored map[int32]int64) (findings []string, err error) {
	find := func(format string, args ...any) { findings = append(findings, fmt.Sprintf(format, args...)) }
	if err := g.auditLedger(find); err != nil {
		return nil, err
	}
	total := c.Total
	if !total.Balanced() {
		find("The total does not balance: %d received, %d with a verdict.", total.Received, judged(total))
	}
	if total.Received != c.Received {
		find("The ledger received %d events, the tasks have read %d records of the log.", total.Received, c.Received)
	}
	for _, p := range slices.Sorted(maps.Keys(c.Positions)) {
		if at := c.Positions[p]; stored[p] < at {
			find("The stored rows of partition %d reach offset %d, the ledger offset %d.", p, stored[p], at)
		}
	}
	counts, err := g.countStored(ctx, c.Positions)
	if err != nil {
		return nil, err
	}
	for _, k := range []struct {
		name, where    string
		ledger, stored int64
	}{
		{"accepted", "events", total.Accepted, counts.Accepted},
		{"late", "events marked late", total.Late, counts.Late},
		{"corrected", "events marked corrected", total.Corrected, counts.Corrected},
		{"quarantined", "quarantine", total.Quarantined, counts.Quarantined},
		{"duplicate", "duplicates", total.Duplicate, counts.Duplicate},
		{"rejected", "rejections", total.Rejected, counts.Rejected},
		{"recovered", "quarantine with that state", total.Recovered, counts.Recovered},
		{"waived", "quarantine with that state", total.Waived, counts.Waived},
		{"dead", "quarantine with state dead or purged", total.Dead, counts.Dead},
		{"recovered, and no duplicates,", "events marked recovered", total.Recovered - counts.twice, counts.recoveredRows},
	} {
		if k.ledger != k.stored {
			find("The ledger counts %d %s, table %s holds %d.", k.ledger, k.name, k.where, k.stored)
		}
	}
	return findings, nil
}

// auditLedger checks the ledger in itself: every row balances, and the days add
// up to the total. Minutes are not added up, they expire.
func (g *Gateway) auditLedger(find func(string, ...any)) error {
	before, err := g.cfg.Ledger.Total()
	if err != nil {
		return err
	}
	var days ledger.Counts
	for _, kind := range []ledger.Kind{ledger.ByDay, ledger.BySource, ledger.ByMinute} {
		rows, err := g.cfg.Ledger.Rows(kind, ledger.Filter{})
		if err != nil {
			return err
		}
		for _, r := range rows {
			if kind == ledger.ByDay {
				days.Add(r.Counts)
			}
			// An act on an event of a minute that has expired makes its row anew.
			if r.Open() < 0 && kind != ledger.ByMinute {
				find("Source %q has more settled than quarantined events%s: %d of %d.", r.Source, during(kind, r.At), r.Quarantined-r.Open(), r.Quarantined)
			}
			if !r.Balanced() {
				find("Source %q does not balance%s: %d received, %d with a verdict.", r.Source, during(kind, r.At), r.Received, judged(r.Counts))
			}
		}
	}
	after, err := g.cfg.Ledger.Total()
	// While data flows the two sums are of different moments.
	if err == nil && before == after && days != before {
		find("The days add up to %+v, the total is %+v.", days, before)
	}
	return err
}

func judged(c ledger.Counts) int64 { return c.Accepted + c.Duplicate + c.Quarantined + c.Rejected }

func during(kind ledger.Kind, at time.Time) string {
	switch kind {
	case ledger.ByDay:
		return " on " + at.Format(time.DateOnly)
	case ledger.ByMinute:
		return " in minute " + at.Format("2006-01-02 15:04")
	}
	return ""
}

// storedCounts are what the tables say. Recovered events are in the ledger's column of
// that name, and in no other.
type storedCounts struct {
	ledger.Counts
	recoveredRows int64 // rows of recovered events
	twice         int64 // recovered events that had been received otherwise, and have no row
}

// countStored counts the stored rows before the positions.
func (g *Gateway) countStored(ctx context.Context, positions map[int32]int64) (storedCounts, error) {
	var c storedCounts
	if len(positions) == 0 {
		return c, nil
	}
	var next strings.Builder
	for i, p := range slices.Sorted(maps.Keys(positions)) {
		if i > 0 {
			next.WriteString(", ")
		}
		fmt.Fprintf(&next, "(%d, %d)", p, positions[p])
	}
	from := func(table string) string {
		return fmt.Sprintf(`FROM %s AS t JOIN p ON t."partition" = p.part AND t."offset" < p.next`, table)
	}
	rows, err := g.rows(ctx, fmt.Sprintf(`WITH p(part, next) AS (VALUES %s),
acts AS (SELECT t.* %s WHERE t.outcome NOT IN ('void', 'requarantined') AND t.kind NOT IN ('source', 'enter')),
settled AS (SELECT arg_max(outcome, "offset") AS outcome FROM acts GROUP BY original_partition, original_offset)
SELECT 1 AS n, count(*) FILTER (NOT t.recovered) AS a, count(*) FILTER (t.late AND NOT t.recovered) AS b,
  count(*) FILTER (t.corrected AND NOT t.recovered) AS c, count(*) FILTER (t.recovered) AS d %s
UNION ALL SELECT 2, count(*), 0, 0, 0 %s
UNION ALL SELECT 3, count(*), 0, 0, 0 %s
UNION ALL SELECT 4, count(*), 0, 0, 0 %s
UNION ALL SELECT 5, count(*) FILTER (outcome IN ('recovered', 'duplicate')), count(*) FILTER (outcome = 'waived'),
  count(*) FILTER (outcome IN ('dead', 'purged')), count(*) FILTER (outcome = 'duplicate') FROM settled
ORDER BY n`, next.String(), from("quarantine_acts"), from("events"), from("quarantine"), from("duplicates"), from("rejections")))
	if err != nil {
		return c, err
	}
	if len(rows) != 5 {
		return c, fmt.Errorf("BUG: %d rows of counts", len(rows))
	}
	c.Accepted, c.Late, c.Corrected, c.recoveredRows = rows[0].count(1), rows[0].count(2), rows[0].count(3), rows[0].count(4)
	c.Quarantined, c.Duplicate, c.Rejected = rows[1].count(1), rows[2].count(1), rows[3].count(1)
	c.Recovered, c.Waived, c.Dead, c.twice = rows[4].count(1), rows[4].count(2), rows[4].count(3), rows[4].count(4)
	return c, nil
}
