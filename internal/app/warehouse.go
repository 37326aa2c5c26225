package app

import (
	"context"

	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

// shareOfKept is which part of the store's limit of memory answers of metrics take beside it, for
// what they count.
const shareOfKept = 16

// openMetrics reads the catalogue of metrics.
func (p *platform) openMetrics(context.Context) (err error) {
	cfg := metric.Config{
		Store: p.olap, Rollups: p.servingRollups(), Paths: p.cfg.Warehouse.Metrics, Currency: p.cfg.Warehouse.Currency, Base: p.cfg.Enrichment.BaseCurrency, Engine: "duckdb", Timeout: p.cfg.OLAP.SQL.Timeout,
		KeepBytes: int64(p.cfg.OLAP.MemoryLimit) / shareOfKept, Clock: p.clock, Logger: p.log,
	}
	p.readHistory(&cfg)
	p.catalogue, err = metric.Open(cfg)
	return err
}

func (p *platform) runMetrics(ctx context.Context) error { return p.catalogue.Run(ctx) }

// starStore is the analytics store as the star sees it.
type starStore struct {
	olap.Transformer
	olap.Store
}

// openWarehouse prepares the star, behind the tables of jobs that some of it reads.
func (p *platform) openWarehouse(ctx context.Context) (err error) {
	store, ok := p.olap.(olap.Transformer)
	cfg := p.cfg.Warehouse
	if !ok || !cfg.Enabled {
		return nil
	}
	p.warehouse, err = warehouse.Open(ctx, warehouse.Config{
		Store: starStore{store, p.olap}, Interval: cfg.Interval, MaxEvents: int64(cfg.MaxEvents), Share: cfg.Share, Clock: p.clock, Logger: p.log,
	})
	return err
}

func (p *platform) runWarehouse(ctx context.Context) error {
	if p.warehouse == nil {
		<-ctx.Done()
		return nil
	}
	return p.warehouse.Run(ctx)
}
