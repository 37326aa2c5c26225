package config

import "time"

// Quarantine configures what becomes of quarantined events.
type Quarantine struct {
	Topics QuarantineTopics `yaml:"topics" desc:"Topics that quarantined events and what became of them are copied to."`

	Repairs  []QuarantineRepair `yaml:"repairs" desc:"Repairs that are tried by themselves on quarantined events, in this order."`
	Limits   []QuarantineLimit  `yaml:"limits" desc:"Limits of automatic attempts, by category."`
	Attempts int                `yaml:"attempts" min:"0" max:"100" desc:"Automatic attempts at an event before it goes to the dead letters; limits may say otherwise for a category. 0: none are made."`
	Backoff  time.Duration      `yaml:"backoff" min:"0s" max:"168h" desc:"Wait before the second automatic attempt at an event; each further one waits twice as long as the one before."`
	MaxAge   time.Duration      `yaml:"max_age" min:"0s" max:"87600h" desc:"Age above which an event that is still quarantined goes to the dead letters. 0s: never."`
	Retry    bool               `yaml:"retry" desc:"Judge the quarantined events of a source again, unchanged, when its adapter, rules, contracts or enrichment have another version: they may pass now."`
	Interval time.Duration      `yaml:"interval" min:"50ms" max:"1h" desc:"How often automatic repairs look for what is due."`

	BatchRows    int   `yaml:"batch_rows" min:"1" max:"10000" desc:"Events of a run that are written to the log at once; a run can be paused between two such batches."`
	BatchBytes   Bytes `yaml:"batch_bytes" min:"1KiB" max:"1GiB" desc:"Payloads of quarantined events that are held at once: fewer events are taken together where they are large."`
	Rate         int   `yaml:"rate" min:"0" max:"10000000" desc:"Most events per second of a run that names no rate. 0: no limit."`
	MaxRuns      int   `yaml:"max_runs" min:"1" max:"100000" desc:"Runs that are remembered; the oldest that have ended are forgotten."`
	MaxQueue     int   `yaml:"max_queue" min:"1" max:"10000" desc:"Runs that wait for their turn or are paused."`
	DryRunRows   int   `yaml:"dry_run_rows" min:"1" max:"1000000" desc:"Events that a dry run tries; of more, a sample is tried, and the answer says so."`
	ConfirmAbove int   `yaml:"confirm_above" min:"0" max:"1000000000" desc:"A run of more events than this needs the token that its dry run gave."`
	ImportRows   int   `yaml:"import_rows" min:"1" max:"10000000" desc:"Rows of an imported file."`
	ImportBytes  Bytes `yaml:"import_bytes" min:"1KiB" max:"1GiB" desc:"Size of an imported file."`
}

// QuarantineTopics names the topics.
type QuarantineTopics struct {
	Enabled     bool   `yaml:"enabled" desc:"Whether they are written. They are made when there is something to write."`
	Quarantine  string `yaml:"quarantine" check:"topic-or-empty" desc:"Topic of quarantined events, as they were received, with headers as Kafka Connect writes them. Empty: log.topic with .quarantine behind it."`
	DeadLetters string `yaml:"dead_letters" check:"topic-or-empty" desc:"Topic of those that were given up. Empty: log.topic with .dead-letters behind it."`
	Transitions string `yaml:"transitions" check:"topic-or-empty" desc:"Topic of what became of them and why, as JSON. Empty: log.topic with .quarantine-acts behind it."`
}

// QuarantineRepair is a patch that is tried by itself.
type QuarantineRepair struct {
	Patch    string `yaml:"patch" check:"required" desc:"File of the patch."`
	Source   string `yaml:"source" desc:"Only events of this source. Empty: of any."`
	Category string `yaml:"category" oneof:"|missing|format|out_of_range|schema|business|duplicate_conflict|decode|too_large|enrichment" desc:"Only events of this category. Empty: of any."`
	Rule     string `yaml:"rule" desc:"Only events that broke this rule. Empty: any."`
	Field    string `yaml:"field" desc:"Only events whose problem is in this field. Empty: any."`
}

// QuarantineLimit bounds automatic attempts at events of a category.
type QuarantineLimit struct {
	Category string        `yaml:"category" oneof:"missing|format|out_of_range|schema|business|duplicate_conflict|decode|too_large|enrichment" desc:"The category."`
	Attempts int           `yaml:"attempts" min:"0" max:"100" desc:"Automatic attempts before the dead letters. 0: none are made."`
	MaxAge   time.Duration `yaml:"max_age" min:"0s" max:"87600h" desc:"Age above which an event of it goes to the dead letters. 0s: quarantine.max_age."`
}

func defaultQuarantine() Quarantine {
	return Quarantine{
		Topics:       QuarantineTopics{Enabled: true},
		Repairs:      []QuarantineRepair{},
		Limits:       []QuarantineLimit{},
		Attempts:     3,
		Backoff:      time.Minute,
		Retry:        true,
		Interval:     5 * time.Second,
		BatchRows:    1000,
		BatchBytes:   32 * MiB,
		MaxRuns:      500,
		MaxQueue:     100,
		DryRunRows:   10_000,
		ConfirmAbove: 1000,
		ImportRows:   200_000,
		ImportBytes:  64 * MiB,
	}
}
