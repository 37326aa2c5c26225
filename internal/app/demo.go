package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/examples/onlineretail"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/ledger"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/runtime/lifecycle"
	"github.com/millrace/millrace/internal/runtime/telemetry"
	filesource "github.com/millrace/millrace/internal/source/file"
	"github.com/millrace/millrace/internal/store/olap"
)

// DemoOptions say how the example shop is replayed.
type DemoOptions struct {
	Options
	// Speed is seconds of event time per second; 0 is as fast as it goes.
	Speed float64
	// SpeedText is what the user asked for.
	SpeedText string
	// Exit ends the demo once everything is processed, without HTTP.
	Exit bool
	// Temporary keeps the data in a fresh folder that is removed at the end.
	Temporary bool
	// Progress is called every second; it must not block. It may be nil.
	Progress func(DemoProgress)
}

// DemoSpan is the event time from the shop's first order to its last.
const DemoSpan = 373*24*time.Hour + 4*time.Hour + 24*time.Minute

// DemoProgress is how far the replay is.
type DemoProgress struct {
	EventTime       time.Time // newest processed; zero before the first
	Done            float64   // share of the file that was sent, 0 to 1
	EventsPerSecond float64
	Lag             int64
	Ledger          ledger.Counts
}

// DemoResult is what a demo that ended by itself has done.
type DemoResult struct {
	Ledger             ledger.Counts
	Revenue            event.Micros
	RevenueQuarantined event.Micros
	EventsPerSecond    float64
	EventsPerCPUSecond float64
	FreshnessP50       time.Duration
	FreshnessP99       time.Duration
	MaxRSSBytes        int64
	CPU                time.Duration
	Elapsed            time.Duration
}

// replay sends the example shop's file through the file door.
type replay struct {
	p        *platform
	opts     DemoOptions
	source   string
	sent     atomic.Uint64 // share sent, in 1/10,000
	active   atomic.Bool
	finished chan struct{} // closed when all is processed
	result   DemoResult
}

// Demo replays the example shop. With opts.Exit it returns when all of it is
// processed, else when the context ends; only then, the result is nil.
func Demo(ctx context.Context, cfg *config.Config, opts DemoOptions) (result *DemoResult, err error) {
	if opts.Temporary {
		dir, remove, err := temporary()
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, remove()) }()
		cfg.DataDir = dir
	}
	p, stop, err := newPlatform(ctx, cfg, opts.Options)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	r := &replay{p: p, opts: opts, source: onlineretail.Name, finished: make(chan struct{})}
	p.replay.Store(r)
	modules, err := r.modules()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err = lifecycle.Run(ctx, lifecycle.Options{
		Modules: modules, Grace: cfg.HTTP.ShutdownGrace, Logger: p.log,
		Started: func() {
			if opts.Ready != nil {
				opts.Ready(p.url())
			}
			if opts.Exit {
				go func() {
					select {
					case <-r.finished:
						cancel()
					case <-ctx.Done():
					}
				}()
			}
		},
	})
	select {
	case <-r.finished:
		return &r.result, err
	default:
		return nil, err
	}
}

func (r *replay) modules() ([]lifecycle.Module, error) {
	targets := []string{"all"}
	if r.opts.Exit {
		targets = []string{"pass", "streams"}
	}
	modules, err := r.p.modules(targets)
	if err != nil {
		return nil, err
	}
	if r.opts.Exit { // no HTTP: nobody is to look at it
		modules = withoutModule(modules, "http")
	}
	return append(modules, lifecycle.Module{Name: "replay", Run: r.run}), nil
}

func withoutModule(modules []lifecycle.Module, name string) []lifecycle.Module {
	var kept []lifecycle.Module
	for _, m := range modules {
		if m.Name != name {
			kept = append(kept, m)
		}
	}
	return kept
}

// run sends the file, waits until it is processed, and then idles.
func (r *replay) run(ctx context.Context) error {
	began := r.p.clock.Now()
	usage, err := telemetry.ReadUsage()
	if err != nil {
		return err
	}
	r.active.Store(true)
	watch, stopWatching := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		r.report(watch)
	}()
	err = r.send(ctx)
	if err == nil {
		err = r.drain(ctx)
	}
	stopWatching()
	<-watched
	r.active.Store(false)
	switch {
	case ctx.Err() != nil:
		return ctx.Err() // interrupted
	case err != nil:
		return err
	}
	if err := r.sum(ctx, began, usage.CPU); err != nil {
		return err
	}
	close(r.finished)
	<-ctx.Done()
	return nil
}

// demoDone is the cursor that says that the file is in the log.
const demoDone = "demo/" + onlineretail.Name

// send puts the file into the log, once per data folder.
func (r *replay) send(ctx context.Context) error {
	if _, done, err := r.p.checkpoint.Get(demoDone); err != nil || done {
		return err
	}
	a, err := onlineretail.Adapter()
	if err != nil {
		return err
	}
	data := onlineretail.Data()
	_, err = r.p.files.Ingest(ctx, filesource.Input{
		Name: onlineretail.FileName, Reader: bytes.NewReader(data), Source: r.source, Adapter: a, Size: int64(len(data)),
	}, filesource.Options{
		Pace:   r.opts.Speed,
		Commit: func(filesource.Report) error { return r.p.checkpoint.Put(demoDone, []byte{1}) },
		Progress: func(g filesource.Progress) {
			r.sent.Store(uint64(g.BytesRead * 10_000 / max(1, g.Size)))
		},
	})
	return err
}

const drainStep = 5 * time.Millisecond

// drain waits until everything in the log is queryable.
func (r *replay) drain(ctx context.Context) error {
	for {
		lag, err := r.lag(ctx)
		if err != nil || lag == 0 {
			return err
		}
		if err := r.p.clock.Sleep(ctx, drainStep); err != nil {
			return err
		}
	}
}

func (r *replay) lag(ctx context.Context) (int64, error) {
	ends, err := r.p.topic.EndOffsets(ctx)
	if err != nil {
		return 0, err
	}
	lag := int64(0)
	positions := r.p.pass.Stats().Positions
	for partition, end := range ends {
		lag += max(0, end-positions[partition].Queryable)
	}
	return lag, nil
}

// report tells the user how far the replay is, every second.
func (r *replay) report(ctx context.Context) {
	if r.opts.Progress == nil {
		return
	}
	tick := r.p.clock.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		lag, err := r.lag(ctx)
		total, ledgerErr := r.p.checkpoint.Ledger().Total()
		if err != nil || ledgerErr != nil {
			continue // the next second tells
		}
		stats := r.p.pass.Stats()
		r.opts.Progress(DemoProgress{
			EventTime: stats.EventTime, Done: r.done(), EventsPerSecond: stats.EventsPerSecond, Lag: lag, Ledger: total,
		})
	}
}

func (r *replay) done() float64 { return float64(r.sent.Load()) / 10_000 }

func (r *replay) status() *gateway.Replay {
	return &gateway.Replay{Active: r.active.Load(), Speed: r.opts.SpeedText, Done: r.done()}
}

// sum collects the result.
func (r *replay) sum(ctx context.Context, began time.Time, cpuBefore time.Duration) error {
	elapsed := r.p.clock.Now().Sub(began)
	usage, err := telemetry.ReadUsage()
	if err != nil {
		return err
	}
	stats := r.p.pass.Stats()
	out := &r.result
	out.Elapsed, out.CPU, out.MaxRSSBytes = elapsed, usage.CPU-cpuBefore, usage.PeakRSSBytes
	out.EventsPerSecond = float64(stats.Events) / elapsed.Seconds()
	out.EventsPerCPUSecond = float64(stats.Events) / out.CPU.Seconds()
	out.FreshnessP50, out.FreshnessP99 = stats.FreshnessAllP50, stats.FreshnessAllP99
	if out.Ledger, err = r.p.checkpoint.Ledger().Total(); err != nil {
		return err
	}
	if out.Revenue, err = r.money(ctx, "SELECT coalesce(sum(amount), 0) FROM order_lines"); err != nil {
		return err
	}
	out.RevenueQuarantined, err = r.money(ctx, "SELECT coalesce(sum(amount), 0) FROM quarantine")
	return err
}

func (r *replay) money(ctx context.Context, query string) (event.Micros, error) {
	result, err := r.p.olap.Query(ctx, olap.Query{SQL: query})
	if err != nil {
		return 0, err
	}
	defer result.Close()
	rows, err := result.All()
	if err != nil {
		return 0, err
	}
	d, ok := rows[0][0].(olap.Decimal)
	if !ok {
		return 0, fmt.Errorf("BUG: %s gives a %T", query, rows[0][0])
	}
	m, ok := d.Micros()
	if !ok {
		return 0, fmt.Errorf("the sum %s is too large", d)
	}
	return m, nil
}
