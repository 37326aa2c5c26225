package config

import "time"

// Quality configures what is done about the quality of events.
type Quality struct {
	Health       Health        `yaml:"health" desc:"When a source whose events break rules is throttled, suspended and probed. Each source may say otherwise (sources[].health)."`
	Profiles     Profiles      `yaml:"profiles" desc:"What is kept about the values of columns."`
	Checks       []string      `yaml:"checks" desc:"Files of checks, or folders of them (*.yaml): what must hold for many rows together."`
	CheckTimeout time.Duration `yaml:"check_timeout" min:"100ms" max:"1h" desc:"Time after which a statement of a check is cancelled. Checks run one statement at a time."`
	CheckHistory int           `yaml:"check_history" min:"1" max:"100000" desc:"Results that are kept of each check."`
	CheckIdle    time.Duration `yaml:"check_idle" min:"1s" max:"24h" desc:"A partition that has had no event for so long does not hold windows of checks open."`
	CheckTopic   string        `yaml:"check_topic" check:"topic-or-empty" desc:"Topic of the log that results of checks go to as JSON, such as millrace.quality. Empty: none."`
}

func defaultQuality() Quality {
	return Quality{
		Health: defaultHealth(), Profiles: defaultProfiles(), Checks: []string{}, CheckTimeout: 30 * time.Second, CheckHistory: 500, CheckIdle: 30 * time.Second,
	}
}

// Health says when a source changes its state.
type Health struct {
	Enabled         bool          `yaml:"enabled" desc:"Whether sources are throttled and suspended by themselves. An operator can do so in any case."`
	Window          int           `yaml:"window" min:"10" max:"10000000" desc:"Events, the newest of a source, over which errors are counted."`
	SuspendShare    float64       `yaml:"suspend_share" min:"0" max:"1" desc:"Share of events with errors from which a source is suspended: its events are still logged, and quarantined by the rule source.suspended. 0: never."`
	ThrottleShare   float64       `yaml:"throttle_share" min:"0" max:"1" desc:"Share from which a source is throttled to events_per_second. 0: never."`
	RecoverShare    float64       `yaml:"recover_share" min:"0" max:"1" desc:"Share below which a source that is probed is active again."`
	Categories      []string      `yaml:"categories" oneof:"missing|format|out_of_range|schema|business|duplicate_conflict|decode|too_large|enrichment" desc:"Categories of errors that count. Empty: all."`
	EventsPerSecond int           `yaml:"events_per_second" min:"1" max:"100000000" desc:"Rate of a source while it is throttled."`
	CoolDown        time.Duration `yaml:"cool_down" min:"100ms" max:"720h" desc:"How long a source stays suspended before it is probed, and throttled before it is let go. It doubles with each probe that fails, up to 16 times."`
	ProbeSample     int           `yaml:"probe_sample" min:"1" max:"1000000" desc:"Of a source that is probed every so many-th event goes through, in each partition."`
	ProbeEvents     int           `yaml:"probe_events" min:"1" max:"10000000" desc:"Events that are judged before a probe ends."`
	Interval        time.Duration `yaml:"interval" min:"10ms" max:"1h" desc:"How often sources are looked at."`
}

// SourceHealth is what holds for one source in place of quality.health. Zero values leave
// what is said there.
type SourceHealth struct {
	Automatic       string        `yaml:"automatic" oneof:"|on|off" desc:"Overrides quality.health.enabled."`
	Window          int           `yaml:"window" min:"0" max:"10000000" desc:"Overrides quality.health.window. 0: no override."`
	SuspendShare    float64       `yaml:"suspend_share" min:"0" max:"1" desc:"Overrides quality.health.suspend_share. 0: no override."`
	ThrottleShare   float64       `yaml:"throttle_share" min:"0" max:"1" desc:"Overrides quality.health.throttle_share. 0: no override."`
	RecoverShare    float64       `yaml:"recover_share" min:"0" max:"1" desc:"Overrides quality.health.recover_share. 0: no override."`
	Categories      []string      `yaml:"categories" oneof:"missing|format|out_of_range|schema|business|duplicate_conflict|decode|too_large|enrichment" desc:"Overrides quality.health.categories. Empty: no override."`
	EventsPerSecond int           `yaml:"events_per_second" min:"0" max:"100000000" desc:"Overrides quality.health.events_per_second. 0: no override."`
	CoolDown        time.Duration `yaml:"cool_down" min:"0s" max:"720h" desc:"Overrides quality.health.cool_down. 0s: no override."`
}

func defaultHealth() Health {
	return Health{
		Enabled: true, Window: 1000, SuspendShare: 0.3, ThrottleShare: 0, RecoverShare: 0.05,
		Categories: []string{"missing", "format", "schema", "decode"}, EventsPerSecond: 100, CoolDown: 5 * time.Minute,
		ProbeSample: 10, ProbeEvents: 100, Interval: time.Second,
	}
}
