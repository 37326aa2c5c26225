package app

import (
	"context"

	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/warehouse/rollup"
)

// openRollups prepares the rollups, which metrics are read from.
func (p *platform) openRollups(ctx context.Context) (err error) {
	store, ok := p.olap.(olap.Transformer)
	cfg := p.cfg.Rollups
	if !ok || !cfg.Enabled {
		return nil
	}
	p.rollups, err = rollup.Open(ctx, rollup.Config{
		Store: starStore{store, p.olap}, Paths: cfg.Files, Interval: cfg.Interval, MaxEvents: int64(cfg.MaxEvents), MaxRows: int64(cfg.MaxRows), Share: cfg.Share, Clock: p.clock, Logger: p.log,
	})
	return err
}

func (p *platform) runRollups(ctx context.Context) error {
	if p.rollups == nil {
		<-ctx.Done()
		return nil
	}
	return p.rollups.Run(ctx)
}

// servingRollups are those that metrics may be read from; nil: none are kept.
func (p *platform) servingRollups() func() []metric.Rollup {
	if p.rollups == nil {
		return nil
	}
	return p.rollups.Serving
}
