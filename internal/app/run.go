package app

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/runtime/lifecycle"
	"github.com/millrace/millrace/internal/runtime/telemetry"
	"github.com/millrace/millrace/internal/source/meter"
)

// Options are what a process is given besides its configuration.
type Options struct {
	Version string
	// Own is what the shop's binary adds.
	Own    Own
	Stderr io.Writer
	// Ready is called once everything runs, with the URL of the console; empty
	// when HTTP does not run.
	Ready func(url string)
}

// Check reads what the configuration refers to (mappings, rules, adapters) and
// reports every error, without opening anything.
func Check(cfg *config.Config, own Own) error {
	_, err := loadCatalog(cfg, own)
	return errors.Join(err, checkTargets(cfg.Targets))
}

func checkTargets(targets []string) error {
	known := make(map[string]bool)
	var names []string
	for _, t := range Targets() {
		known[t.Name] = true
		names = append(names, t.Name)
	}
	var errs []error
	for _, t := range targets {
		if !known[t] {
			errs = append(errs, &UnknownTargetError{Name: t, Known: names})
		}
	}
	return errors.Join(errs...)
}

// UnknownTargetError names a target that does not exist.
type UnknownTargetError struct {
	Name  string
	Known []string
}

func (e *UnknownTargetError) Error() string {
	return "there is no target \"" + e.Name + "\"; there are " + strings.Join(e.Known, ", ")
}

// Run runs the configured targets until the context ends.
func Run(ctx context.Context, cfg *config.Config, opts Options) error {
	p, stop, err := newPlatform(ctx, cfg, opts)
	if err != nil {
		return err
	}
	collectEarlier()
	modules, err := p.modules(cfg.Targets)
	if err != nil {
		return errors.Join(err, stop())
	}
	err = lifecycle.Run(ctx, lifecycle.Options{
		Modules: modules, Grace: cfg.HTTP.ShutdownGrace, Logger: p.log,
		Started: func() {
			if opts.Ready != nil {
				opts.Ready(p.url())
			}
		},
	})
	return errors.Join(err, stop())
}

// heapGrowth is by how many percent the heap may grow before garbage is collected. Much of
// it is state that lives long; Go's default would double it.
const heapGrowth = 50

// collectEarlier lets garbage be collected earlier, unless GOGC says when.
func collectEarlier() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
}

// newPlatform prepares what the modules share. The returned function ends
// telemetry.
func newPlatform(ctx context.Context, cfg *config.Config, opts Options) (*platform, func() error, error) {
	if err := checkTargets(cfg.Targets); err != nil {
		return nil, nil, err
	}
	log, err := telemetry.NewLogger(opts.Stderr, cfg.Telemetry.LogFormat, cfg.Telemetry.LogLevel)
	if err != nil {
		return nil, nil, err
	}
	cat, err := loadCatalog(cfg, opts.Own)
	if err != nil {
		return nil, nil, err
	}
	tracers, stop, err := telemetry.NewTracerProvider(ctx, telemetry.TracerOptions{
		Endpoint: cfg.Telemetry.OTLPEndpoint, SampleRatio: cfg.Telemetry.OTLPSampleRatio, Version: opts.Version,
	})
	if err != nil {
		return nil, nil, err
	}
	c := clock.Real()
	p := &platform{
		cfg: cfg, version: opts.Version, clock: c, random: newRandom(), log: log, catalog: cat, started: c.Now(),
		metrics: telemetry.NewRegistry(opts.Version), meters: new(meter.Registry), tracer: tracers.Tracer("millrace"),
	}
	p.lineage.p = p
	p.metrics.MustRegister(newCollector(p), newJobCollector(p), newSinkCollector(p), newCheckCollector(p), newRollupCollector(p), newHistoryCollector(p), newKeptCollector(p), newWarehouseCollector(p))
	return p, func() error { return stop(context.WithoutCancel(ctx)) }, nil
}

// url is where a browser finds the console.
func (p *platform) url() string {
	address := p.address.Load()
	if address == nil {
		return ""
	}
	return "http://" + strings.Replace(*address, "127.0.0.1", "localhost", 1)
}

// temporary makes a data folder that lasts as long as the process.
func temporary() (dir string, remove func() error, err error) {
	if dir, err = os.MkdirTemp("", "millrace-demo-"); err != nil {
		return "", nil, err
	}
	return dir, func() error { return os.RemoveAll(dir) }, nil
}
