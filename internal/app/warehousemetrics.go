package app

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// warehouseCollector tells how far the star is.
type warehouseCollector struct {
	p        *platform
	position *prometheus.Desc
}

func newWarehouseCollector(p *platform) *warehouseCollector {
	return &warehouseCollector{p, prometheus.NewDesc("millrace_warehouse_position",
		"Offset up to which the star has the rows of a partition; rows that are stored and not there yet wait for room beside the pass.", []string{"partition"}, nil)}
}

// Describe implements [prometheus.Collector].
func (c *warehouseCollector) Describe(ch chan<- *prometheus.Desc) { ch <- c.position }

// Collect implements [prometheus.Collector].
func (c *warehouseCollector) Collect(ch chan<- prometheus.Metric) {
	if c.p.warehouse == nil {
		return
	}
	for partition, next := range c.p.warehouse.Loaded() {
		ch <- prometheus.MustNewConstMetric(c.position, prometheus.GaugeValue, float64(next), strconv.Itoa(int(partition)))
	}
}
