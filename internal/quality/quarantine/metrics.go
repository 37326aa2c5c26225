package quarantine

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// counters are what the service counts since the start of the process.
type counters struct {
	started, ended, errors, published atomic.Int64

	// gauges are as of the newest look, because metrics must not wait for the store.
	gauges atomic.Pointer[gauges]
}

// gauges are how the quarantine stands.
type gauges struct {
	open   []openEvents
	source map[string]bool // that have open events
	oldest time.Time       // receive time of the oldest open event; zero: none is open
	states map[RunState]int
}

// hasOpen reports whether a source had open events at the newest look.
func (c *counters) hasOpen(source string) bool {
	g := c.gauges.Load()
	return g != nil && g.source[source]
}

// openEvents are those of one source and category.
type openEvents struct {
	source, category, state string
	count                   int64
}

var (
	descEvents = prometheus.NewDesc("millrace_quarantine_events", "Quarantined events that nobody has settled, by what became of them: open or dead.", []string{"source", "category", "state"}, nil)
	descOldest = prometheus.NewDesc("millrace_quarantine_oldest_seconds", "Age of the oldest open event.", nil, nil)
	descRuns   = prometheus.NewDesc("millrace_quarantine_runs", "Runs that have not ended, by their state.", []string{"state"}, nil)
	descCounts = prometheus.NewDesc("millrace_quarantine_total", "What the quarantine did since the process started: runs begun, runs ended, errors, messages published.", []string{"what"}, nil)
)

var _ prometheus.Collector = (*Service)(nil)

// Describe implements [prometheus.Collector].
func (s *Service) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descEvents, descOldest, descRuns, descCounts} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (s *Service) Collect(ch chan<- prometheus.Metric) {
	for what, n := range map[string]int64{
		"runs_started": s.met.started.Load(), "runs_ended": s.met.ended.Load(), "errors": s.met.errors.Load(), "published": s.met.published.Load(),
	} {
		ch <- prometheus.MustNewConstMetric(descCounts, prometheus.CounterValue, float64(n), what)
	}
	g := s.met.gauges.Load()
	if g == nil {
		return
	}
	for _, o := range g.open {
		ch <- prometheus.MustNewConstMetric(descEvents, prometheus.GaugeValue, float64(o.count), o.source, o.category, o.state)
	}
	age := 0.0
	if !g.oldest.IsZero() {
		age = s.cfg.Clock.Now().Sub(g.oldest).Seconds()
	}
	ch <- prometheus.MustNewConstMetric(descOldest, prometheus.GaugeValue, age)
	for _, state := range []RunState{Queued, Running, Paused} {
		ch <- prometheus.MustNewConstMetric(descRuns, prometheus.GaugeValue, float64(g.states[state]), string(state))
	}
}

// maxSeries bounds the series of metrics.
const maxSeries = 500

// look brings the gauges up to date, and tells how many events are open.
func (s *Service) look(ctx context.Context, runs []HeldRun) (open int64, err error) {
	rows, err := s.query(ctx, new(conditions), `SELECT q.source, q.category, q.state, count(*) AS n, min(q.received_at) FILTER (q.state = 'open')
FROM quarantine q WHERE q.state IN ('open', 'dead') GROUP BY ALL ORDER BY n DESC, 1, 2, 3`)
	if err != nil {
		return 0, err
	}
	g := &gauges{states: make(map[RunState]int), source: make(map[string]bool)}
	for _, r := range rows {
		if len(g.open) < maxSeries {
			g.open = append(g.open, openEvents{r.text(0), r.text(1), r.text(2), r.count(3)})
		}
		if State(r.text(2)) != Open {
			continue
		}
		open += r.count(3)
		g.source[r.text(0)] = true
		if at := r.time(4); g.oldest.IsZero() || at.Before(g.oldest) {
			g.oldest = at
		}
	}
	for i := range runs {
		g.states[runs[i].State]++
	}
	s.met.gauges.Store(g)
	return open, nil
}
