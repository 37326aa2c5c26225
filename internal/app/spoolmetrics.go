package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/internal/source/spool"
)

// spoolDescs describe the metrics of the spool. They are there while there is one.
type spoolDescs struct {
	records, bytes, limit, oldest, spooled, drained, refused, failures *prometheus.Desc
}

func newSpoolDescs(desc func(name, help string, labels ...string) *prometheus.Desc) spoolDescs {
	return spoolDescs{
		records:  desc("spool_records", "Events that wait on the local disk for the log."),
		bytes:    desc("spool_bytes", "Size of the spool's files."),
		limit:    desc("spool_limit_bytes", "Size that they may have (log.spool.max_bytes)."),
		oldest:   desc("spool_oldest_timestamp_seconds", "When the oldest event that waits was received. Absent when none waits."),
		spooled:  desc("spool_spooled_total", "Events that were taken into the spool since the process started."),
		drained:  desc("spool_drained_total", "Events that were brought from the spool into the log since the process started."),
		refused:  desc("spool_refused_total", "Events that were refused because the spool was full."),
		failures: desc("spool_failures_total", "Attempts to bring events into the log that failed."),
	}
}

func (d *spoolDescs) collect(s spool.Stats, gauge, counter func(d *prometheus.Desc, v float64, labels ...string)) {
	gauge(d.records, float64(s.Records))
	gauge(d.bytes, float64(s.Bytes))
	gauge(d.limit, float64(s.MaxBytes))
	if !s.Oldest.IsZero() {
		gauge(d.oldest, float64(s.Oldest.UnixMilli())/1000)
	}
	counter(d.spooled, float64(s.Spooled))
	counter(d.drained, float64(s.Drained))
	counter(d.refused, float64(s.Refused))
	counter(d.failures, float64(s.Failures))
}
