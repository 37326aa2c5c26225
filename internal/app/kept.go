package app

import "github.com/prometheus/client_golang/prometheus"

// keptCollector gives Prometheus what is kept of the answers to metrics.
type keptCollector struct {
	p *platform

	results, rows, values *prometheus.Desc
}

func newKeptCollector(p *platform) *keptCollector {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("millrace_metric_kept_"+name, help, nil, nil)
	}
	return &keptCollector{
		p:       p,
		results: desc("results", "Results of metrics that are kept, and added to when they are asked for again."),
		rows:    desc("rows", "Rows of these results."),
		values:  desc("values", "Hashes of values that are counted in them, of some 14 bytes each."),
	}
}

// Describe implements [prometheus.Collector].
func (c *keptCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.results
	ch <- c.rows
	ch <- c.values
}

// Collect implements [prometheus.Collector].
func (c *keptCollector) Collect(ch chan<- prometheus.Metric) {
	if c.p.catalogue == nil {
		return
	}
	results, rows, values := c.p.catalogue.Kept()
	for desc, n := range map[*prometheus.Desc]int{c.results: results, c.rows: rows, c.values: values} {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(n))
	}
}
