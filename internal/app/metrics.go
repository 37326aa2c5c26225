package app

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/event"
)

// collector gives Prometheus what the parts of this process count. Values are
// read when they are asked for: the hot path knows nothing of metrics.
type collector struct {
	p *platform

	verdicts, acts, received, bytes, rejected, refused *prometheus.Desc
	unknown                                            *prometheus.Desc
	commits, transactions, freshness                   *prometheus.Desc
	position, committed, free, low                     *prometheus.Desc
	errors, lag, state, lastSeen                       *prometheus.Desc
	spool                                              spoolDescs
	enrichment                                         enrichmentDescs
}

func newCollector(p *platform) *collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("millrace_"+name, help, labels, nil)
	}
	return &collector{
		p:            p,
		verdicts:     desc("pass_events_total", "Events that became queryable since the process started, by verdict.", "verdict"),
		acts:         desc("pass_acts_total", "Acts about quarantined events and sources that became queryable since the process started, by outcome.", "outcome"),
		received:     desc("source_records_total", "Records that the log took from a source since the process started.", "source", "adapter"),
		bytes:        desc("source_bytes_total", "Bytes of the payloads of those records.", "source", "adapter"),
		rejected:     desc("source_rejected_total", "Records refused by a door and logged as rejected.", "source", "adapter"),
		refused:      desc("source_refused_total", "Whole requests and files answered with an error.", "source", "adapter"),
		unknown:      desc("http_unknown_senders_total", "Requests refused because their sender shows no key, or one of no source."),
		errors:       desc("source_errors_total", "Attempts to fetch events that failed.", "source", "adapter"),
		lag:          desc("source_lag", "What has not been fetched, in the unit of the source's kind.", "source", "adapter"),
		state:        desc("source_state", "1 for the state that the source is in: passive, running, retrying, broken, probing or paused.", "source", "adapter", "state"),
		lastSeen:     desc("source_last_seen_timestamp_seconds", "When the source last sent something, while the process ran.", "source", "adapter"),
		spool:        newSpoolDescs(desc),
		enrichment:   newEnrichmentDescs(desc),
		commits:      desc("pass_commits_total", "Commits of the checkpoint since the process started."),
		transactions: desc("pass_store_transactions_total", "Transactions of the analytics store since the process started."),
		freshness:    desc("pass_freshness_seconds", "Time from the log's append to being queryable, over the last 10 to 20 seconds.", "quantile"),
		position:     desc("pass_position", "Offset up to which the rows of a partition are queryable.", "partition"),
		committed:    desc("pass_committed_position", "Offset of the next record to judge: those below it are durable and in the ledger.", "partition"),
		free:         desc("disk_free_bytes", "Free space of the data folder's disk."),
		low:          desc("disk_low", "1 while no events are taken because the disk is nearly full."),
	}
}

// Describe implements [prometheus.Collector].
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		c.verdicts, c.acts, c.received, c.bytes, c.rejected, c.refused, c.unknown, c.commits, c.transactions, c.freshness, c.position, c.committed, c.free, c.low,
		c.errors, c.lag, c.state, c.lastSeen, c.spool.records, c.spool.bytes, c.spool.limit, c.spool.oldest, c.spool.spooled, c.spool.drained, c.spool.refused, c.spool.failures,
		c.enrichment.events, c.enrichment.hitRate,
	} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	if c.p.guard != nil {
		gauge(c.free, float64(c.p.guard.Free()))
		low := 0.0
		if c.p.guard.Low() {
			low = 1
		}
		gauge(c.low, low)
	}
	for _, s := range c.p.meters.Stats() {
		counter(c.received, float64(s.Events), s.Name, s.Adapter)
		counter(c.bytes, float64(s.Bytes), s.Name, s.Adapter)
		counter(c.rejected, float64(s.Rejected), s.Name, s.Adapter)
		counter(c.refused, float64(s.Refused), s.Name, s.Adapter)
		counter(c.errors, float64(s.Errors), s.Name, s.Adapter)
		gauge(c.lag, float64(s.Lag), s.Name, s.Adapter)
		if !s.LastSeen.IsZero() {
			gauge(c.lastSeen, float64(s.LastSeen.UnixMilli())/1000, s.Name, s.Adapter)
		}
		gauge(c.state, 1, s.Name, s.Adapter, c.p.stateOf(&s))
	}
	if c.p.spool != nil {
		c.spool.collect(c.p.spool.Stats(), gauge, counter)
	}
	c.collectEnrichment(counter, gauge)
	if c.p.doors != nil {
		counter(c.unknown, float64(c.p.doors.Unknown()))
	}
	if c.p.pass == nil {
		return
	}
	s := c.p.pass.Stats()
	counter(c.commits, float64(s.Commits))
	counter(c.transactions, float64(s.Transactions))
	for v := event.Accepted; v <= event.Rejected; v++ {
		counter(c.verdicts, float64(s.Verdicts[v]), v.String())
	}
	for outcome, n := range s.Acts {
		counter(c.acts, float64(n), outcome)
	}
	gauge(c.freshness, s.FreshnessP50.Seconds(), "0.5")
	gauge(c.freshness, s.FreshnessP99.Seconds(), "0.99")
	for partition, position := range s.Positions {
		gauge(c.position, float64(position.Queryable), strconv.Itoa(int(partition)))
		gauge(c.committed, float64(position.Committed), strconv.Itoa(int(partition)))
	}
}
