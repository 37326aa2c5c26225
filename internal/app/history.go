package app

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse/history"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

// openHistory prepares the orders of customers, which metrics are read from as from rollups.
func (p *platform) openHistory(ctx context.Context) (err error) {
	store, ok := p.olap.(olap.Transformer)
	cfg := p.cfg.Rollups
	if !ok || !cfg.Enabled {
		return nil
	}
	p.history, err = history.Open(ctx, history.Config{
		Store: starStore{store, p.olap}, Interval: min(cfg.Interval, time.Second), MaxEvents: int64(cfg.MaxEvents), Share: cfg.Share, Clock: p.clock, Logger: p.log,
	})
	return err
}

func (p *platform) runHistory(ctx context.Context) error {
	if p.history == nil {
		<-ctx.Done()
		return nil
	}
	return p.history.Run(ctx)
}

// readHistory lets metrics be read from the orders of customers, where they are kept.
func (p *platform) readHistory(cfg *metric.Config) {
	if p.history != nil {
		cfg.Keeps, cfg.Stand, cfg.Nudge = p.history.Keeps, p.history.Stand, p.history.Nudge
	}
}

// historyCollector gives Prometheus how the orders of customers stand.
type historyCollector struct {
	p *platform

	rows, position *prometheus.Desc
}

func newHistoryCollector(p *platform) *historyCollector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("millrace_history_"+name, help, labels, nil)
	}
	return &historyCollector{
		p:        p,
		rows:     desc("rows", "Orders of customers that are kept in turn."),
		position: desc("position", "Offset up to which the orders of customers have the rows of a partition; queries read later rows themselves.", "partition"),
	}
}

// Describe implements [prometheus.Collector].
func (c *historyCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.rows
	ch <- c.position
}

// Collect implements [prometheus.Collector].
func (c *historyCollector) Collect(ch chan<- prometheus.Metric) {
	if c.p.history == nil {
		return
	}
	s := c.p.history.Status()
	ch <- prometheus.MustNewConstMetric(c.rows, prometheus.GaugeValue, float64(s.Rows))
	for partition, next := range s.Positions {
		ch <- prometheus.MustNewConstMetric(c.position, prometheus.GaugeValue, float64(next), strconv.Itoa(int(partition)))
	}
}
