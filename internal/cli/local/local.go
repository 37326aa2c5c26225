// Package local gives the command line the platform that runs in its own
// process.
package local

import (
	"context"

	"github.com/millrace/millrace/internal/app"
	"github.com/millrace/millrace/internal/cli"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/runtime/config"
)

// Platform returns the platform of this process, with what its binary adds.
func Platform(own app.Own) cli.Platform {
	return cli.Platform{
		Run: func(ctx context.Context, cfg *config.Config, o cli.RunOptions) error {
			return app.Run(ctx, cfg, options(own, o))
		},
		Demo: func(ctx context.Context, cfg *config.Config, o cli.DemoOptions) (*cli.DemoResult, error) {
			return demo(ctx, cfg, own, o)
		},
		Check: func(cfg *config.Config) error { return app.Check(cfg, own) }, Targets: targets,
	}
}

func options(own app.Own, o cli.RunOptions) app.Options {
	return app.Options{Version: o.Version, Own: own, Stderr: o.Stderr, Ready: o.Ready}
}

func targets() []cli.Target {
	var out []cli.Target
	for _, t := range app.Targets() {
		out = append(out, cli.Target(t))
	}
	return out
}

func demo(ctx context.Context, cfg *config.Config, own app.Own, o cli.DemoOptions) (*cli.DemoResult, error) {
	r, err := app.Demo(ctx, cfg, app.DemoOptions{
		Options: options(own, o.RunOptions), Speed: factor(o.Speed), SpeedText: o.Speed.Text,
		Exit: o.Exit, Temporary: o.Temporary, Progress: progress(o.Progress),
	})
	if r == nil {
		return nil, err
	}
	l := r.Ledger
	return &cli.DemoResult{
		Ledger: cli.DemoLedger{
			Received: l.Received, Accepted: l.Accepted, Duplicate: l.Duplicate,
			Quarantined: l.Quarantined, Rejected: l.Rejected, Balanced: l.Balanced(),
		},
		Corrected: l.Corrected, Late: l.Late, Revenue: r.Revenue, RevenueQuarantined: r.RevenueQuarantined,
		EventsPerSecond: r.EventsPerSecond, EventsPerCPUSecond: r.EventsPerCPUSecond,
		Freshness:   gateway.Quantiles{P50: r.FreshnessP50.Seconds() * 1000, P99: r.FreshnessP99.Seconds() * 1000},
		MaxRSSBytes: r.MaxRSSBytes, CPUSeconds: r.CPU.Seconds(), ElapsedSeconds: r.Elapsed.Seconds(),
	}, err
}

// factor is the seconds of event time per second; 0 is as fast as it goes.
func factor(s cli.Speed) float64 {
	switch {
	case s.Max:
		return 0
	case s.Whole > 0:
		return app.DemoSpan.Seconds() / s.Whole.Seconds()
	}
	return s.Factor
}

func progress(show func(cli.DemoProgress)) func(app.DemoProgress) {
	if show == nil {
		return nil
	}
	return func(p app.DemoProgress) {
		show(cli.DemoProgress{
			EventTime: p.EventTime, Done: p.Done, EventsPerSecond: p.EventsPerSecond, Lag: p.Lag, Ledger: gateway.LedgerOf(p.Ledger),
		})
	}
}
