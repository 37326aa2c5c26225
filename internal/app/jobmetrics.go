package app

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// jobCollector gives Prometheus how the streaming jobs stood at their newest commit.
type jobCollector struct {
	p *platform

	failed, values, results, late, entries, bytes, watermark *prometheus.Desc
}

func newJobCollector(p *platform) *jobCollector {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("millrace_job_"+name, help, []string{"job"}, nil)
	}
	return &jobCollector{
		p:         p,
		failed:    desc("failed", "1 when the job has been stopped by a failure; millrace job list says which."),
		values:    desc("values_total", "Values that the job has read since the process started."),
		results:   desc("results_total", "Results that the job has published since the process started."),
		late:      desc("late_total", "Values that came too late for one of the job's operators since the process started."),
		entries:   desc("state_entries", "Entries of the job's state."),
		bytes:     desc("state_memory_bytes", "Memory of the job's state."),
		watermark: desc("watermark_timestamp_seconds", "Event time that the job has reached; absent before its first event."),
	}
}

// Describe implements [prometheus.Collector].
func (c *jobCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.failed, c.values, c.results, c.late, c.entries, c.bytes, c.watermark} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (c *jobCollector) Collect(ch chan<- prometheus.Metric) {
	if c.p.pass == nil {
		return
	}
	for _, j := range c.p.pass.Jobs() {
		send := func(d *prometheus.Desc, kind prometheus.ValueType, v float64) {
			ch <- prometheus.MustNewConstMetric(d, kind, v, j.Name)
		}
		failed := 0.0
		if j.Failure != nil {
			failed = 1
		}
		send(c.failed, prometheus.GaugeValue, failed)
		send(c.values, prometheus.CounterValue, float64(j.Values))
		send(c.results, prometheus.CounterValue, float64(j.Outputs))
		send(c.late, prometheus.CounterValue, float64(j.Late))
		send(c.entries, prometheus.GaugeValue, float64(j.Entries))
		send(c.bytes, prometheus.GaugeValue, float64(j.Bytes))
		if j.Watermark != 0 {
			send(c.watermark, prometheus.GaugeValue, float64(j.Watermark)/float64(time.Second/time.Microsecond))
		}
	}
}
