package grafana

import "strings"

const (
	prometheus         = "prometheus"
	prometheusVariable = "prometheus"
	prometheusUID      = "millrace-prometheus"
	selector           = `{job="$job"}`
)

func ofPrometheus() *Source { return &Source{prometheus, "${" + prometheusVariable + "}"} }

// graph is a panel about metrics of Prometheus.
type graph struct {
	title, says string
	kind        string // stat, timeseries or table; empty: timeseries
	unit        string
	width       int // of 24
	series      []series
}

// series is an expression, in which $s stands for the braces of a selector's first label and
// $r for the range of a rate.
type series struct{ expression, legend string }

type section struct {
	title  string
	graphs []graph
}

// expand writes an expression as Grafana takes it.
func expand(text string) string {
	return strings.NewReplacer("{$s}", selector, "{$s,", strings.TrimSuffix(selector, "}")+",", "$r", "$__rate_interval").Replace(text)
}

// newPlatform makes a dashboard of the running processes.
func newPlatform(id, title, description string, sections []section) *Dashboard {
	d := newDashboard(id, title, description)
	d.Tags = append(d.Tags, "platform")
	d.Templating.List = []Variable{
		sourceVariable(prometheusVariable, "Prometheus", prometheus, prometheusUID),
		{
			Type: "query", Name: "job", Label: "Job", Query: "label_values(millrace_build_info, job)", Definition: "label_values(millrace_build_info, job)",
			Datasource: ofPrometheus(), Refresh: 1, Options: []Option{},
		},
	}
	l := layout{to: d}
	for _, s := range sections {
		l.row(s.title)
		for _, g := range s.graphs {
			l.place(g.panel(), g.width, g.height())
		}
	}
	return d
}

func (g *graph) height() int {
	if g.kind == "stat" {
		return statHeight
	}
	return chartHeight
}

func (g *graph) panel() Panel {
	p := Panel{
		Type: "timeseries", Title: g.title, Description: g.says, Datasource: ofPrometheus(),
		FieldConfig: &FieldConfig{Defaults: FieldDefaults{Unit: g.unit, Min: new(int)}, Overrides: []Override{}},
		Options:     map[string]any{"legend": legend(true), "tooltip": map[string]any{"mode": "multi", "sort": "desc"}},
	}
	if g.kind == "stat" {
		p.Type, p.Options = "stat", map[string]any{
			"textMode": "auto", "colorMode": "none", "graphMode": "area", "justifyMode": "auto", "orientation": "auto",
			"reduceOptions": map[string]any{"values": false, "calcs": []string{"lastNotNull"}, "fields": ""},
		}
	}
	for i, s := range g.series {
		p.Targets = append(p.Targets, Target{
			RefID: string(rune('A' + i)), Datasource: ofPrometheus(), Format: "time_series", EditorMode: "code", Expr: expand(s.expression), LegendFormat: s.legend, Range: true,
		})
	}
	return p
}

// platforms are the dashboards of the running processes.
func platforms() []*Dashboard {
	return []*Dashboard{
		newPlatform("overview", "Platform overview", "Is everything well? One look.", overview()),
		newPlatform("sources", "Sources", "What arrives, from whom, and what fails to.", sources()),
		newPlatform("pass", "Pass and storage", "How events become rows: speed, freshness, positions, disk.", pass()),
		newPlatform("jobs", "Jobs and sinks", "Streaming jobs, their state, and what leaves.", jobs()),
		newPlatform("trust", "Checks and quarantine", "What is wrong with the data, and who was told.", trust()),
		newPlatform("process", "Process and API", "Memory, processor, and how fast pages are answered.", process()),
	}
}

func overview() []section {
	return []section{
		{"", []graph{
			{"Events a second", "Judged events, of all verdicts.", "stat", "short", 6, []series{{`sum(rate(millrace_pass_events_total{$s}[$r]))`, ""}}},
			{"Freshness, 99 %", "Time from the log to being queryable.", "stat", "s", 6, []series{{`max(millrace_pass_freshness_seconds{$s,quantile="0.99"})`, ""}}},
			{"Open incidents", "Incidents that are not closed.", "stat", "short", 6, []series{{`sum(millrace_escalation_incidents{$s})`, ""}}},
			{"Quarantined, unsettled", "Events that wait for somebody.", "stat", "short", 6, []series{{`sum(millrace_quarantine_events{$s})`, ""}}},
		}},
		{"Course", []graph{
			{"Verdicts", "Judged events a second.", "", "short", 12, []series{{`sum by (verdict) (rate(millrace_pass_events_total{$s}[$r]))`, "{{verdict}}"}}},
			{"Freshness", "Time from the log's append to being queryable.", "", "s", 12, []series{{`max by (quantile) (millrace_pass_freshness_seconds{$s})`, "{{quantile}}"}}},
			{"Quality score", "Weighted share of checks that passed within a day.", "", "percentunit", 12, []series{{`min by (of, name) (millrace_quality_score{$s})`, "{{of}} {{name}}"}}},
			{"Unbalanced rows of the ledger", "Where what came in is not what was accounted for: not 0 is a fault of the platform.", "", "short", 12, []series{{`max(millrace_ledger_unbalanced_rows{$s})`, "rows"}}},
		}},
	}
}

func sources() []section {
	return []section{
		{"Arriving", []graph{
			{"Records a second", "What the log took, by source.", "", "short", 12, []series{{`sum by (source) (rate(millrace_source_records_total{$s}[$r]))`, "{{source}}"}}},
			{"Bytes a second", "Payloads, by source.", "", "Bps", 12, []series{{`sum by (source) (rate(millrace_source_bytes_total{$s}[$r]))`, "{{source}}"}}},
			{"Lag", "What has not been fetched, in the unit of the source's kind.", "", "short", 12, []series{{`max by (source) (millrace_source_lag{$s})`, "{{source}}"}}},
			{"Silence", "Time since a source last sent something.", "", "s", 12, []series{{`time() - max by (source) (millrace_source_last_seen_timestamp_seconds{$s})`, "{{source}}"}}},
		}},
		{"Failing", []graph{
			{"Refused and rejected", "Requests answered with an error, and records logged as rejected, a second.", "", "short", 8, []series{
				{`sum by (source) (rate(millrace_source_refused_total{$s}[$r]))`, "refused {{source}}"}, {`sum by (source) (rate(millrace_source_rejected_total{$s}[$r]))`, "rejected {{source}}"},
				{`sum(rate(millrace_http_unknown_senders_total{$s}[$r]))`, "unknown senders"},
			}},
			{"Failed attempts", "Attempts to fetch events that failed, a second.", "", "short", 8, []series{{`sum by (source) (rate(millrace_source_errors_total{$s}[$r]))`, "{{source}}"}}},
			{"State", "1 for the state that a source is in.", "", "short", 8, []series{{`max by (source, state) (millrace_source_state{$s})`, "{{source}} {{state}}"}}},
			{"Share of errors", "Of the newest events of a source, by which it is slowed or suspended.", "", "percentunit", 12, []series{{`max by (source) (millrace_source_error_share{$s})`, "{{source}}"}}},
			{"Health", "1 for the state of health that a source is in.", "", "short", 12, []series{{`max by (source, state) (millrace_source_health{$s})`, "{{source}} {{state}}"}}},
		}},
		{"Spool, while the log does not answer", []graph{
			{"Waiting events", "Events on the local disk.", "", "short", 8, []series{{`sum(millrace_spool_records{$s})`, "events"}}},
			{"Size", "Of the spool, and its limit.", "", "bytes", 8, []series{{`sum(millrace_spool_bytes{$s})`, "size"}, {`sum(millrace_spool_limit_bytes{$s})`, "limit"}}},
			{"In and out", "Events a second.", "", "short", 8, []series{{`sum(rate(millrace_spool_spooled_total{$s}[$r]))`, "in"}, {`sum(rate(millrace_spool_drained_total{$s}[$r]))`, "out"}, {`sum(rate(millrace_spool_refused_total{$s}[$r]))`, "refused: full"}}},
		}},
	}
}

func pass() []section {
	return []section{
		{"Speed", []graph{
			{"Events a second", "By verdict.", "", "short", 12, []series{{`sum by (verdict) (rate(millrace_pass_events_total{$s}[$r]))`, "{{verdict}}"}}},
			{"Commits and transactions", "Commits of the checkpoint and transactions of the analytics store, a second.", "", "short", 12, []series{{`sum(rate(millrace_pass_commits_total{$s}[$r]))`, "commits"}, {`sum(rate(millrace_pass_store_transactions_total{$s}[$r]))`, "transactions"}}},
			{"Freshness", "Time from the log's append to being queryable.", "", "s", 12, []series{{`max by (quantile) (millrace_pass_freshness_seconds{$s})`, "{{quantile}}"}}},
			{"Judged and not yet queryable", "Records by partition.", "", "short", 12, []series{{`millrace_pass_committed_position{$s} - on (instance, partition) millrace_pass_position{$s}`, "partition {{partition}}"}}},
		}},
		{"Decisions", []graph{
			{"Acts", "Decisions about quarantined events and sources, a second, by outcome.", "", "short", 12, []series{{`sum by (outcome) (rate(millrace_pass_acts_total{$s}[$r]))`, "{{outcome}}"}}},
			{"Free space", "Of the data folder's disk.", "", "bytes", 6, []series{{`min by (instance) (millrace_disk_free_bytes{$s})`, "{{instance}}"}}},
			{"Disk too full", "1 while no events are taken.", "", "short", 6, []series{{`max by (instance) (millrace_disk_low{$s})`, "{{instance}}"}}},
		}},
	}
}

// Prometheus keeps "job" for what it reads from: the job of a metric of ours is exported_job.
func jobs() []section {
	byJob := "{{exported_job}}"
	return []section{
		{"Jobs", []graph{
			{"Values a second", "Read by a job.", "", "short", 12, []series{{`sum by (exported_job) (rate(millrace_job_values_total{$s}[$r]))`, byJob}}},
			{"Results a second", "Published by a job.", "", "short", 12, []series{{`sum by (exported_job) (rate(millrace_job_results_total{$s}[$r]))`, byJob}}},
			{"Behind the clock", "The clock, less the event time that a job has reached.", "", "s", 8, []series{{`time() - min by (exported_job) (millrace_job_watermark_timestamp_seconds{$s})`, byJob}}},
			{"Too late", "Values that came too late for an operator, a second.", "", "short", 8, []series{{`sum by (exported_job) (rate(millrace_job_late_total{$s}[$r]))`, byJob}}},
			{"Stopped by a failure", "millrace job list says which.", "", "short", 8, []series{{`max by (exported_job) (millrace_job_failed{$s}) > 0`, byJob}}},
			{"State", "Memory.", "", "bytes", 12, []series{{`sum by (exported_job) (millrace_job_state_memory_bytes{$s})`, byJob}}},
			{"Entries of state", "Keys, windows and timers.", "", "short", 12, []series{{`sum by (exported_job) (millrace_job_state_entries{$s})`, byJob}}},
		}},
		{"Sinks", []graph{
			{"Delivered a second", "Messages, dead letters among them.", "", "short", 8, []series{{`sum by (sink) (rate(millrace_sink_delivered_total{$s}[$r]))`, "{{sink}}"}}},
			{"Bytes a second", "Of delivered messages.", "", "Bps", 8, []series{{`sum by (sink) (rate(millrace_sink_delivered_bytes_total{$s}[$r]))`, "{{sink}}"}}},
			{"Not delivered", "Messages of the topic.", "", "short", 8, []series{{`max by (sink) (millrace_sink_lag{$s})`, "{{sink}}"}}},
			{"Deliveries succeed", "1 while they do.", "", "short", 8, []series{{`min by (sink) (millrace_sink_up{$s})`, "{{sink}}"}}},
			{"Failed attempts", "A second.", "", "short", 8, []series{{`sum by (sink) (rate(millrace_sink_errors_total{$s}[$r]))`, "{{sink}}"}}},
			{"Lost to the destination", "Dead letters, and messages that retention removed first, a second.", "", "short", 8, []series{
				{`sum by (sink) (rate(millrace_sink_dead_letters_total{$s}[$r]))`, "dead {{sink}}"}, {`sum by (sink) (rate(millrace_sink_missed_total{$s}[$r]))`, "missed {{sink}}"},
			}},
		}},
	}
}

func trust() []section {
	return []section{
		{"Checks", []graph{
			{"Quality score", "Weighted share of checks that passed within a day.", "", "percentunit", 8, []series{{`min by (of, name) (millrace_quality_score{$s})`, "{{of}} {{name}}"}}},
			{"Failed checks", "By how they ended last.", "", "short", 8, []series{{`max by (check, severity) (millrace_check_status{$s,status="failed"}) > 0`, "{{check}} ({{severity}})"}}},
			{"Failing rows", "When a check was run last.", "", "short", 8, []series{{`max by (check) (millrace_check_failing_rows{$s}) > 0`, "{{check}}"}}},
			{"Age of checks", "Since they were run last.", "", "s", 12, []series{{`time() - max by (check) (millrace_check_last_run_timestamp_seconds{$s})`, "{{check}}"}}},
			{"Windows not computed", "Because too many waited, a second.", "", "short", 12, []series{{`sum(rate(millrace_check_windows_skipped_total{$s}[$r]))`, "windows"}}},
		}},
		{"Quarantine", []graph{
			{"Unsettled events", "By source and category.", "", "short", 12, []series{{`sum by (source, category, state) (millrace_quarantine_events{$s})`, "{{source}} {{category}} {{state}}"}}},
			{"Oldest", "Age of the oldest open event.", "", "s", 6, []series{{`max(millrace_quarantine_oldest_seconds{$s})`, "age"}}},
			{"Runs", "That have not ended.", "", "short", 6, []series{{`sum by (state) (millrace_quarantine_runs{$s})`, "{{state}}"}}},
		}},
		{"Who was told", []graph{
			{"Incidents", "Not closed, by state.", "", "short", 8, []series{{`sum by (state) (millrace_escalation_incidents{$s})`, "{{state}}"}}},
			{"Messages a second", "What became of them.", "", "short", 8, []series{{`sum by (target, outcome) (rate(millrace_escalation_messages_total{$s}[$r]))`, "{{target}} {{outcome}}"}}},
			{"Messages that wait or were given up", "In the outbox.", "", "short", 8, []series{{`sum(millrace_escalation_messages_waiting{$s})`, "waiting"}, {`sum(millrace_escalation_messages_given_up{$s})`, "given up"}}},
		}},
	}
}

func process() []section {
	return []section{
		{"", []graph{
			{"Version", "Of the running processes.", "stat", "", 6, []series{{`count by (version) (millrace_build_info{$s})`, "{{version}}"}}},
			{"Up since", "The oldest process.", "stat", "s", 6, []series{{`time() - min(process_start_time_seconds{$s})`, ""}}},
			{"Live views", "Open, and distinct ones.", "stat", "short", 12, []series{{`sum(millrace_live_streams{$s})`, "open"}, {`sum(millrace_live_views{$s})`, "distinct"}}},
		}},
		{"Process", []graph{
			{"Processor", "Cores in use.", "", "short", 8, []series{{`rate(process_cpu_seconds_total{$s}[$r])`, "{{instance}}"}}},
			{"Memory", "Resident, and of Go's heap.", "", "bytes", 8, []series{{`process_resident_memory_bytes{$s}`, "resident {{instance}}"}, {`go_memstats_heap_inuse_bytes{$s}`, "heap {{instance}}"}}},
			{"Goroutines and files", "Open ones.", "", "short", 8, []series{{`go_goroutines{$s}`, "goroutines {{instance}}"}, {`process_open_fds{$s}`, "files {{instance}}"}}},
		}},
		{"API", []graph{
			{"Requests a second", "By status.", "", "short", 8, []series{{`sum by (status) (rate(millrace_http_request_duration_seconds_count{$s}[$r]))`, "{{status}}"}}},
			{"Slowest routes, 95 %", "Time to answer.", "", "s", 8, []series{{`topk(8, histogram_quantile(0.95, sum by (le, route) (rate(millrace_http_request_duration_seconds_bucket{$s}[$r]))))`, "{{route}}"}}},
			{"Overview, 95 %", "Time to compute an overview.", "", "s", 4, []series{{`histogram_quantile(0.95, sum by (le) (rate(millrace_overview_duration_seconds_bucket{$s}[$r])))`, "p95"}}},
			{"Disconnected", "Live views whose client reads too slowly, a second.", "", "short", 4, []series{{`sum(rate(millrace_live_dropped_total{$s}[$r]))`, "views"}}},
		}},
	}
}
