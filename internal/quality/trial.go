package quality

import (
	"cmp"
	"slices"

	"github.com/millrace/millrace/event"
)

// Trial runs rules over events without any effect, and tells what they would do. It
// serves one goroutine.
type Trial struct {
	set      *RuleSet
	task     *Task
	events   int
	inScope  []int // events by group
	findings []Finding
	byName   map[string]int
	warnings []event.Problem
}

// Finding is what a rule or correction does to the events of a trial.
type Finding struct {
	Info
	File      string
	Line      int
	Digest    string
	Confirmed bool
	InScope   int // events that it is for, by their type
	Events    int // that it hits: that break the rule, or that are changed
	Failed    int // events of severity warn or quarantine that a correction cannot be made for
	Samples   []Sample
	group     int
	last      coordinates
}

type coordinates struct {
	partition int32
	offset    int64
}

// Sample is one event that a rule or correction hits.
type Sample struct {
	Partition     int32
	Offset        int64
	ID            event.ID
	Field         string
	Before, After string // of a correction
	Value         string // of a rule
	Message       string // of a rule
}

// samples bounds the samples of one finding.
const samples = 5

// Trial returns a trial of the rules. It is the only user of the rule set's counters.
func (rs *RuleSet) Trial() *Trial {
	t := &Trial{set: rs, task: rs.Task(), inScope: make([]int, len(rs.groups)), byName: make(map[string]int)}
	for _, info := range rs.Rules() {
		t.byName[info.Name] = len(t.findings)
		t.findings = append(t.findings, Finding{Info: info, last: coordinates{partition: -1}})
	}
	for _, c := range rs.corrections {
		f := &t.findings[t.byName[c.name]]
		f.File, f.Line, f.Digest, f.Confirmed, f.group = c.file, c.line, c.digest, c.agreed, c.group
	}
	for _, r := range rs.rules {
		f := &t.findings[t.byName[r.name]]
		f.File, f.Line, f.Digest, f.Confirmed, f.group = r.file, r.line, r.digest, r.agreed, r.group
	}
	return t
}

// Add tries the rules on rows of a batch, as [RuleSet.Apply] would run them.
func (t *Trial) Add(b *event.Batch, rows []int32) {
	problems, changes := len(b.Problems), len(b.Changes)
	t.warnings = t.warnings[:0]
	t.task.applier.apply(b, rows, &t.warnings)
	t.events += len(rows)
	for _, i := range rows {
		for g := range t.inScope {
			if g == 0 || slices.Contains(t.set.groups[g], b.Type.Get(int(i))) {
				t.inScope[g]++
			}
		}
	}
	for _, list := range [][]event.Problem{b.Problems[problems:], t.warnings} {
		for i := range list {
			p := &list[i]
			t.note(b, p.Rule, int(p.Event), Sample{Field: p.Field, Value: p.Value, Message: p.Message})
		}
	}
	for i := range b.Changes[changes:] {
		c := &b.Changes[changes+i]
		t.note(b, c.Rule, int(c.Event), Sample{Field: c.Field, Before: c.Before, After: c.After})
	}
}

// note counts an event once per rule: what is noted of one comes in a row.
func (t *Trial) note(b *event.Batch, name string, e int, s Sample) {
	f := &t.findings[t.byName[name]]
	s.Partition, s.Offset, s.ID = b.Partition, b.Offset[e], b.ID[e]
	failed := s.Message != "" && f.Kind == "correction"
	if at := (coordinates{s.Partition, s.Offset}); f.last != at {
		f.last = at
		if failed {
			f.Failed++
		} else {
			f.Events++
		}
	}
	if len(f.Samples) < samples {
		f.Samples = append(f.Samples, s)
	}
}

// Findings returns what was found, in the order in which rules run.
func (t *Trial) Findings() (events int, findings []Finding) {
	for i, info := range t.set.Rules() {
		f := &t.findings[i]
		f.Info, f.InScope = info, t.inScope[f.group]
	}
	return t.events, t.findings
}

// Limit is what a rule or correction may hit without a confirmation.
type Limit struct {
	Share   float64 // of the events that it is for
	AtLeast int     // fewer events prove nothing
}

func (l Limit) withDefaults() Limit {
	return Limit{cmp.Or(l.Share, 0.95), cmp.Or(l.AtLeast, 100)}
}

// Exceeds reports whether the finding hits so many events that it must be confirmed.
func (f *Finding) Exceeds(l Limit) bool {
	l = l.withDefaults()
	return !f.Confirmed && f.InScope >= l.AtLeast && float64(f.Events) > l.Share*float64(f.InScope)
}
