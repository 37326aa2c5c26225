package config

import "time"

// Lineage configures what the platform says about where its numbers come from.
type Lineage struct {
	Explain     Explain      `yaml:"explain" desc:"Opening numbers down to the events behind them."`
	OpenLineage OpenLineage  `yaml:"openlineage" desc:"Events of OpenLineage about what runs, reads and writes."`
	Queries     []SavedQuery `yaml:"queries" desc:"Statements that dashboards, reports and colleagues run on the tables, so that lineage knows what breaks for them."`
	Audit       Audit        `yaml:"audit" desc:"The audit trail: who changed which rule, mapping, job, contract or setting, when and why."`
}

// OpenLineage configures events about runs.
type OpenLineage struct {
	Transport string        `yaml:"transport" oneof:"|http|kafka|file" desc:"Where events go. Empty: there are none."`
	Namespace string        `yaml:"namespace" check:"required" desc:"Namespace of jobs and datasets."`
	URL       string        `yaml:"url" check:"url" desc:"Of http: the endpoint, such as http://127.0.0.1:5000/api/v1/lineage."`
	APIKey    Secret        `yaml:"api_key" desc:"Of http: sent as a bearer token. Empty: none."`
	Topic     string        `yaml:"topic" check:"topic" desc:"Of kafka: the topic of the log that events are written to."`
	Path      string        `yaml:"path" desc:"Of file: the file that events are appended to, one a line. Empty: lineage.jsonl in the data folder."`
	MaxBytes  Bytes         `yaml:"max_bytes" min:"64KiB" max:"1TiB" desc:"Of file: size at which a new one is begun."`
	Keep      int           `yaml:"keep" min:"0" max:"1000" desc:"Of file: how many former ones are kept, as PATH.1 and so on."`
	Interval  time.Duration `yaml:"interval" min:"1s" max:"24h" desc:"How often a run that goes on says so."`
	Queue     int           `yaml:"queue" min:"1" max:"1000000" desc:"Events that wait to be sent; beyond it the newest are dropped and counted. Nothing waits for them."`
	Attempts  int           `yaml:"attempts" min:"1" max:"1000" desc:"How often an event is sent, with growing pauses, before it is given up."`
}

func defaultOpenLineage() OpenLineage {
	return OpenLineage{
		Namespace: "millrace", Topic: "millrace.openlineage", MaxBytes: 64 * MiB, Keep: 4, Interval: time.Minute, Queue: 1000, Attempts: 8,
	}
}

// SavedQuery is a statement that somebody runs on the tables.
type SavedQuery struct {
	Name        string `yaml:"name" check:"name" desc:"Name of the statement."`
	Description string `yaml:"description" desc:"What it is for, and whose it is."`
	SQL         string `yaml:"sql" check:"required" desc:"The statement."`
}

// Audit configures the audit trail.
type Audit struct {
	Retention  time.Duration `yaml:"retention" min:"24h" max:"876000h" desc:"Age at which an entry is removed, and a version of a rule, mapping or job that has not been in use for so long. Keep it as long as rows are kept, or their versions cannot be read any more."`
	MaxEntries int           `yaml:"max_entries" min:"100" max:"10000000" desc:"Entries that are kept; beyond it the oldest are removed."`
}

// Explain bounds what is done to open a number.
type Explain struct {
	MaxEvents int `yaml:"max_events" min:"100" max:"1000000" desc:"Events that a job is run over again, at most, to show that a result follows from them."`
}

func defaultLineage() Lineage {
	return Lineage{
		Explain: Explain{MaxEvents: 20_000}, OpenLineage: defaultOpenLineage(), Queries: []SavedQuery{},
		Audit: Audit{Retention: 10 * 365 * day, MaxEntries: 500_000},
	}
}
