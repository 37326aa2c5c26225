package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/millrace/millrace/examples/onlineretail"
)

// fortyChecks is a rules file of forty checks on order lines.
const fortyChecks = "internal/quality/testdata/forty.yaml"

// maxCheckShare is what all checks may cost the pass, in percent of its events per
// CPU-second.
const maxCheckShare = 25

// quality runs the pass over one log in turns without checks and with forty for each of two
// types of events, and compares its events per CPU-second.
func quality(ctx context.Context, b *bench) ([]result, error) {
	dir, err := os.MkdirTemp("", "millrace-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	forty, err := os.ReadFile(fortyChecks)
	if err != nil {
		return nil, err
	}
	none, checks, others := filepath.Join(dir, "none.yaml"), filepath.Join(dir, "checks.yaml"), filepath.Join(dir, "others.yaml")
	other := strings.NewReplacer("types: [order_line]", "types: [Product Viewed]", "- {name: ", "- {name: viewed_", "table: countries", "table: viewed_countries")
	for path, text := range map[string]string{none: "version: 1\n", checks: string(forty), others: other.Replace(string(forty))} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	config := func(rules, shared string) string {
		return fmt.Sprintf("rules: [%s]\nsources:\n  - {name: year-1, adapter: onlineretail, rules: %s}\n  - {name: year-2, adapter: onlineretail, rules: %s}\n", shared, rules, rules)
	}
	b.config = config(none, "")
	defer func() { b.config = "" }()
	if err := b.fill(ctx, dir); err != nil {
		return nil, err
	}
	var without, with, cost []float64
	for range b.rounds {
		b.config = config(none, "")
		plain, err := b.passOnce(ctx, dir)
		if err != nil {
			return nil, err
		}
		b.config = config(checks, others)
		checked, err := b.passOnce(ctx, dir)
		if err != nil {
			return nil, err
		}
		without, with, cost = append(without, plain), append(with, checked), append(cost, 100*(1-checked/plain))
	}
	return []result{
		{what: "pass alone without checks", value: grouped(median(without)) + " events/CPU-second"},
		{what: "… with forty checks on every event", value: grouped(median(with)) + " events/CPU-second"},
		atMost("… what the checks cost, median of the pairs", median(cost), maxCheckShare, "%"),
	}, nil
}

// passOnce runs the pass over a filled log from its beginning, and returns its events per
// CPU-second.
func (b *bench) passOnce(ctx context.Context, dir string) (float64, error) {
	for _, part := range []string{"state", "dedup", "olap"} { // forget the pass, keep the log
		if err := os.RemoveAll(filepath.Join(dir, "data", part)); err != nil {
			return 0, err
		}
	}
	s, err := b.start(dir, "pass")
	if err != nil {
		return 0, err
	}
	defer s.kill()
	const total = float64(2 * onlineretail.Rows)
	for {
		m, err := s.metrics(ctx)
		if err != nil {
			return 0, errors.Join(err, errors.New(s.stderr.String()))
		}
		if m["millrace_pass_position"] >= total {
			return total / m["process_cpu_seconds_total"], s.stop()
		}
		time.Sleep(10 * time.Millisecond)
	}
}
