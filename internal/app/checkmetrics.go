package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/internal/quality/check"
)

// checkCollector gives Prometheus how the checks ended last, and the scores.
type checkCollector struct {
	p *platform

	status, last, failing, score, skipped *prometheus.Desc
}

func newCheckCollector(p *platform) *checkCollector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("millrace_"+name, help, labels, nil)
	}
	return &checkCollector{
		p:       p,
		status:  desc("check_status", "1 for how the check ended last: passed, failed, or unknown when it could not be run.", "check", "severity", "status"),
		last:    desc("check_last_run_timestamp_seconds", "When the check was run last.", "check"),
		failing: desc("check_failing_rows", "Rows that failed the check when it was run last.", "check"),
		score:   desc("quality_score", "Weighted share of checks that passed within the last day, by source, table or owner, and of all.", "of", "name"),
		skipped: desc("check_windows_skipped_total", "Windows of checks that were not computed since the process started, because too many waited."),
	}
}

// Describe implements [prometheus.Collector].
func (c *checkCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.status, c.last, c.failing, c.score, c.skipped} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (c *checkCollector) Collect(ch chan<- prometheus.Metric) {
	if c.p.checks == nil || c.p.checks.Service == nil {
		return
	}
	send := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for _, one := range c.p.checks.Checks() {
		r := c.p.checks.Last(one.Name)
		if r == nil {
			continue
		}
		for _, s := range []check.Status{check.Passed, check.Failed, check.Unknown} {
			is := 0.0
			if r.Status == s {
				is = 1
			}
			send(c.status, is, one.Name, string(one.Severity), string(s))
		}
		send(c.last, float64(r.Time.UnixMilli())/1000, one.Name)
		send(c.failing, float64(r.Failing), one.Name)
	}
	for _, s := range c.p.checks.Scores() {
		send(c.score, s.Score, s.Of, s.Name)
	}
	ch <- prometheus.MustNewConstMetric(c.skipped, prometheus.CounterValue, float64(c.p.checks.Skipped()))
}
