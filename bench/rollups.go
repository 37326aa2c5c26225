package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/millrace/millrace/examples/onlineretail"
)

// maxRollupShare is what the rollup that is on by default may cost, in percent of the processor
// time of everything else that happens to an event behind the log.
const maxRollupShare = 3

// rollups runs pass and rollups over one log of two years of order lines, every one of which
// they count, in turns with rollups and without, and compares the processor time.
func rollups(ctx context.Context, b *bench) ([]result, error) {
	dir, err := os.MkdirTemp("", "millrace-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	const sources = "warehouse: {enabled: false}\nsources:\n  - {name: year-1, adapter: onlineretail}\n  - {name: year-2, adapter: onlineretail}\n"
	b.config = sources
	defer func() { b.config = "" }()
	if err := b.fill(ctx, dir); err != nil {
		return nil, err
	}
	var without, with, cost []float64
	for range b.rounds {
		b.config = sources + "rollups: {enabled: false}\n"
		off, err := b.reread(ctx, dir, "api", "millrace_pass_position")
		if err != nil {
			return nil, err
		}
		b.config = sources
		on, err := b.reread(ctx, dir, "api", "millrace_rollup_position")
		if err != nil {
			return nil, err
		}
		without, with, cost = append(without, off/rereadEvents*1e9), append(with, on/rereadEvents*1e9), append(cost, 100*(on/off-1))
	}
	return []result{
		{what: "pass without rollups", value: grouped(median(without)) + " CPU-ns/event"},
		{what: "… with the one that is on by default", value: grouped(median(with)) + " CPU-ns/event"},
		atMost("… what it costs, median of the pairs", median(cost), maxRollupShare, "%"),
	}, nil
}

// rereadEvents is how many events the log of [bench.reread] has.
const rereadEvents = float64(2 * onlineretail.Rows)

// reread runs a part of the platform over a filled log from its beginning until a position is
// at the end, and returns the processor time in seconds.
func (b *bench) reread(ctx context.Context, dir, part, position string) (cpu float64, err error) {
	for _, folder := range []string{"state", "dedup", "olap"} { // forget the pass, keep the log
		if err := os.RemoveAll(filepath.Join(dir, "data", folder)); err != nil {
			return 0, err
		}
	}
	s, err := b.start(dir, part)
	if err != nil {
		return 0, err
	}
	defer s.kill()
	for {
		m, err := s.metrics(ctx)
		if err != nil {
			return 0, errors.Join(err, errors.New(s.stderr.String()))
		}
		if m[position] >= rereadEvents {
			return m["process_cpu_seconds_total"], s.stop()
		}
		time.Sleep(10 * time.Millisecond)
	}
}
