package app

import (
	"cmp"
	"context"
	"errors"

	"github.com/millrace/millrace/internal/warehouse/analysis"
)

// openAnalysis prepares the analyses of customers and orders.
func (p *platform) openAnalysis(ctx context.Context) (err error) {
	store, ok := p.olap.(analysis.Store)
	if !ok {
		return errors.New("BUG: the analytics store does not keep tables that are replaced")
	}
	cfg := p.cfg.Analysis
	p.analysis, err = analysis.Open(ctx, analysis.Config{
		Store: store, Interval: cfg.Interval, Timeout: cfg.Timeout, Version: p.version, Clock: p.clock, Logger: p.log,
		Settings: analysis.Settings{
			Currency: cmp.Or(cfg.Currency, p.cfg.Warehouse.Currency), Base: p.cfg.Enrichment.BaseCurrency, Window: cfg.Window, MaxRows: cfg.MaxRows,
			Value:   analysis.ValueSettings(cfg.CLV),
			Touches: analysis.TouchSettings(cfg.Attribution),
			Baskets: analysis.BasketSettings(cfg.Baskets),
		},
	})
	return err
}

func (p *platform) runAnalysis(ctx context.Context) error { return p.analysis.Run(ctx) }
