package app

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// rollupCollector gives Prometheus how the rollups stand.
type rollupCollector struct {
	p *platform

	rows, limit, state, position *prometheus.Desc
}

func newRollupCollector(p *platform) *rollupCollector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("millrace_rollup_"+name, help, labels, nil)
	}
	return &rollupCollector{
		p:        p,
		rows:     desc("rows", "Rows of the rollup's tables.", "rollup"),
		limit:    desc("limit_rows", "Rows that the tables of a rollup may have (rollups.max_rows)."),
		state:    desc("state", "1 for how the rollup stands: serving, filling, refilling, held or full.", "rollup", "state"),
		position: desc("position", "Offset up to which the rollup's tables have the rows of a partition; queries read later rows themselves.", "rollup", "partition"),
	}
}

// Describe implements [prometheus.Collector].
func (c *rollupCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.rows, c.limit, c.state, c.position} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (c *rollupCollector) Collect(ch chan<- prometheus.Metric) {
	if c.p.rollups == nil {
		return
	}
	send := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	send(c.limit, float64(c.p.cfg.Rollups.MaxRows))
	for _, s := range c.p.rollups.Status() {
		send(c.rows, float64(s.Rows), s.Name)
		send(c.state, 1, s.Name, s.State())
		for partition, next := range s.Positions {
			send(c.position, float64(next), s.Name, strconv.Itoa(int(partition)))
		}
	}
}
