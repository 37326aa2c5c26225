package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
		plain, err := b.reread(ctx, dir, "pass", "millrace_pass_position")
		if err != nil {
			return nil, err
		}
		b.config = config(checks, others)
		checked, err := b.reread(ctx, dir, "pass", "millrace_pass_position")
		if err != nil {
			return nil, err
		}
		without, with, cost = append(without, rereadEvents/plain), append(with, rereadEvents/checked), append(cost, 100*(1-plain/checked))
	}
	return []result{
		{what: "pass alone without checks", value: grouped(median(without)) + " events/CPU-second"},
		{what: "… with forty checks on every event", value: grouped(median(with)) + " events/CPU-second"},
		atMost("… what the checks cost, median of the pairs", median(cost), maxCheckShare, "%"),
	}, nil
}
