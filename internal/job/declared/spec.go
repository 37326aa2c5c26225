package declared

import "github.com/millrace/millrace/internal/yamldoc"

// document is a job file. Its tags are its only description; see package yamldoc.
type document struct {
	Name        string          `yaml:"name" required:"yes" desc:"Name of the job: lower-case letters, digits and underscores. State is found by it."`
	Version     int             `yaml:"version" default:"1" desc:"Raised when the key, the windows or the pattern change: the job then begins with new state."`
	Description string          `yaml:"description" desc:"What the job is for."`
	Events      eventsSpec      `yaml:"events" desc:"Which events the job reads. Without it all that were accepted."`
	Properties  yamldoc.Entries `yaml:"properties" desc:"Members of the events' properties that expressions name as properties.NAME, and their type: text, integer, number, money, time or boolean. Dots lead into objects."`
	Context     yamldoc.Entries `yaml:"context" desc:"Likewise, members of the events' context."`
	Where       string          `yaml:"where" desc:"Condition: only events, or items, that meet it count."`
	Columns     yamldoc.Entries `yaml:"columns" desc:"Without window: a row for each event, or of each match of the pattern. Names and their expressions."`
	Key         yamldoc.Entries `yaml:"key" desc:"What is counted apart: names and their expressions. Without it everything is one."`
	Window      windowSpec      `yaml:"window" desc:"The span of event time, or the number of events, that aggregates are over."`
	Aggregates  yamldoc.Entries `yaml:"aggregates" desc:"What is computed of the events of a window: names, and expressions of aggregate functions, of the key, and of aggregates above."`
	Pattern     patternSpec     `yaml:"pattern" desc:"A sequence of events of one key, in place of a window."`
	Emit        string          `yaml:"emit" default:"final" desc:"When results are published: final, when event time has passed the window; every 1s, or every commit, what has changed meanwhile, too."`
	Lateness    string          `yaml:"lateness" desc:"How far behind event time an event may come and still revise a result. Default: pass.allowed_lateness."`
	TTL         string          `yaml:"ttl" desc:"How long the state of a key is kept without events: needed by count windows, and by patterns that have no within."`
	Then        []stageSpec     `yaml:"then" desc:"Further stages, each over the final results of the one before it."`
	Limits      limitsSpec      `yaml:"limits" desc:"Bounds of what the job may take. A job that exceeds one is stopped."`
	Output      outputSpec      `yaml:"output" required:"yes" desc:"Where results go."`
}

type eventsSpec struct {
	Types   []string `yaml:"types" desc:"Types of events, see events.md. Without it all types."`
	Sources []string `yaml:"sources" desc:"Configured sources. Only these hold the job's time. Without it all sources."`
	Each    string   `yaml:"each" oneof:"event|item" default:"event" desc:"Whether an event counts once, or each of its items does. Fields item.… need item."`
}

type windowSpec struct {
	Tumbling   string `yaml:"tumbling" desc:"Windows of this size, one after the other: 1m, 1h, 1d."`
	Hopping    string `yaml:"hopping" desc:"Windows of this size that begin every so often, see every."`
	Cumulating string `yaml:"cumulating" desc:"Windows that begin each time this has passed, and end at each step of it, see every: so far today."`
	Sliding    string `yaml:"sliding" desc:"At each event, what there was in the time of this size before it."`
	Session    string `yaml:"session" desc:"Events less than this gap apart."`
	Count      int    `yaml:"count" desc:"So many events of a key. Needs ttl."`
	Every      string `yaml:"every" number:"yes" desc:"The step of hopping and cumulating windows; with count, a number of events."`
	MaxLength  string `yaml:"max_length" desc:"Longer sessions are cut, such as those of robots."`
	Zone       string `yaml:"zone" desc:"Time zone, such as Europe/Berlin, at whose midnight windows of whole days begin. Default: UTC."`
	Offset     string `yaml:"offset" desc:"Moves the bounds of tumbling, hopping and cumulating windows."`
}

// stageSpec is a stage behind the first.
type stageSpec struct {
	Where      string          `yaml:"where" desc:"Condition on the results of the stage before."`
	Key        yamldoc.Entries `yaml:"key" desc:"As of the job; expressions name the columns of the stage before."`
	Window     windowSpec      `yaml:"window" required:"yes" desc:"As of the job. A result has the time at which its window ended."`
	Aggregates yamldoc.Entries `yaml:"aggregates" required:"yes" desc:"As of the job."`
	Emit       string          `yaml:"emit" default:"final" desc:"As of the job; of the last stage only."`
	Lateness   string          `yaml:"lateness" desc:"As of the job; of the last stage only."`
	TTL        string          `yaml:"ttl" desc:"As of the job."`
}

type patternSpec struct {
	Steps  []stepSpec `yaml:"steps" required:"yes" desc:"The steps, in their order."`
	Within string     `yaml:"within" desc:"The last event comes less than this after the first."`
	Skip   skipSpec   `yaml:"skip" desc:"Where the search goes on after a match."`
}

type skipSpec struct {
	To   string `yaml:"to" oneof:"none|next|past_last_event|first|last" default:"none" desc:"Every match; from the event behind the first one; from behind the last one; from the first, or last, event of a step."`
	Step string `yaml:"step" desc:"The step of first and last."`
}

// stepSpec is a step, a negation, a group or an alternation. See package pattern.
type stepSpec struct {
	Name           string            `yaml:"name" desc:"Name of the step; conditions of later steps and columns name its events by it. A group has none."`
	Link           string            `yaml:"link" oneof:"followed_by|next|followed_by_any|not_next|not_followed_by" default:"followed_by" desc:"How the step follows the one before: with other events between; directly; with any of the events that fit; not directly; not at all."`
	Where          string            `yaml:"where" desc:"Condition on the event; it may name fields of events that steps took before: paid.amount is that of the last, first(paid.amount) of the first one."`
	Times          string            `yaml:"times" number:"yes" desc:"How often: 3, 2..5, or 1.. for at least once."`
	Optional       bool              `yaml:"optional" desc:"The step may be left out."`
	Mode           string            `yaml:"mode" oneof:"greedy|reluctant" desc:"A repeated step takes as many events as it can, or as few. Without it, every length is a match."`
	Inner          string            `yaml:"inner" oneof:"relaxed|consecutive|combinations" default:"relaxed" desc:"Whether other events may stand between the repetitions."`
	Until          string            `yaml:"until" desc:"Condition that ends the repetitions."`
	WithinPrevious string            `yaml:"within_previous" desc:"The event comes less than this after the one before; of a negation, how long it holds."`
	Steps          []stepSpec        `yaml:"steps" desc:"A group: these steps in their order."`
	Or             []alternativeSpec `yaml:"or" desc:"A group: one of these."`
}

type alternativeSpec struct {
	Steps []stepSpec `yaml:"steps" required:"yes" desc:"The steps, in their order."`
}

type limitsSpec struct {
	Keys      int `yaml:"keys" desc:"Entries of state. Default: 100 million."`
	Expansion int `yaml:"expansion" desc:"Rows that one event may become, on average. Default: 1,000."`
}

type outputSpec struct {
	Table string   `yaml:"table" desc:"Table of the analytics store: a later revision of a result replaces the earlier one."`
	Topic string   `yaml:"topic" desc:"Topic of the log."`
	Feed  string   `yaml:"feed" desc:"Server-sent events, for who listens; nothing is kept."`
	Key   []string `yaml:"key" desc:"Columns of which a later row replaces an earlier one, where the job has no window and no pattern. Without it every row stays."`
}

// The limits of a file.
const (
	maxFileBytes = 256 << 10
	maxNodes     = 500
	maxStages    = 8
	maxColumns   = 200
)

var form = yamldoc.Form{Name: "job file", Begins: "name: category_views", MaxBytes: maxFileBytes, Split: "declare one job per file"}
