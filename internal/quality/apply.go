package quality

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/millrace/millrace/event"
)

// Apply corrects and judges the events of rows: indices of pending or
// quarantined events, ascending and without repeats. The caller has set the
// verdict of events with a problem from decoding to Quarantined, so that their
// corrections are taken back; they are judged like the others, to show all
// that is wrong with them. Problems of one event stand in the order of the rules,
// those of different events in no order.
//
// Rules of severity quarantine add a problem and set the verdict Quarantined.
// Rules of severity warn set the mark Warned and count; they add no problem,
// because every problem is a reason for quarantine (see [RuleSet.Explain]).
// A rule says nothing about a field that the batch already has a problem for:
// what could not be read is not out of range.
//
// Rules of uniqueness run last, and only where there is a task (see [RuleSet.Task]).
func (rs *RuleSet) Apply(b *event.Batch, rows []int32) { rs.pooled(b, rows, nil) }

// Explain is Apply that also returns the warnings, in the form of problems. It
// is for the passport of an event, which is decoded anew from the log.
func (rs *RuleSet) Explain(b *event.Batch, rows []int32) []event.Problem {
	warnings := []event.Problem{}
	rs.pooled(b, rows, &warnings)
	return warnings
}

func (rs *RuleSet) pooled(b *event.Batch, rows []int32, warnings *[]event.Problem) {
	a := rs.appliers.Get().(*applier)
	a.apply(b, rows, warnings)
	rs.appliers.Put(a)
}

// Task is the rules of one partition: they remember what uniqueness needs. It serves one
// goroutine at a time.
type Task struct{ applier *applier }

// Task returns the rules for one partition.
func (rs *RuleSet) Task() *Task {
	a := newApplier(rs)
	a.windows = make([]window, rs.windows)
	return &Task{a}
}

// Apply is [RuleSet.Apply].
func (t *Task) Apply(b *event.Batch, rows []int32) { t.applier.apply(b, rows, nil) }

func (a *applier) apply(b *event.Batch, rows []int32, warnings *[]event.Problem) {
	rs := a.set
	a.begin(b, rows, warnings)
	start := len(b.Changes)
	for i, c := range rs.corrections {
		before := len(a.undo)
		c.run(a, int32(i), a.selections.get(b, c.group, c.field.item))
		if c.field.name == "type" && len(a.undo) > before {
			a.selections.forget()
		}
	}
	for i, r := range rs.rules {
		if !r.last {
			a.judge(i, r)
		}
	}
	for i, r := range rs.rules {
		if r.last {
			a.judge(i, r)
		}
	}
	a.takeBack(start)
	a.count()
	a.stamp(rows)
	a.end()
}

func (a *applier) judge(i int, r *rule) {
	sel := a.selections.get(a.batch, r.group, r.field.item)
	if r.when != nil && len(sel) > 0 {
		a.chosen = r.when.filter(a, r.field.item, true, sel, a.chosen[:0])
		sel = a.chosen
	}
	if len(sel) == 0 {
		return
	}
	a.unready = false
	if a.hits = r.check.scan(a, sel, a.hits[:0]); len(a.hits) > 0 {
		a.set.broken[i].Add(a.report(r))
	}
}

func (a *applier) count() {
	for i, n := range a.changed {
		if n > 0 {
			a.set.corrected[i].Add(n)
		}
	}
	for i, n := range a.unmade {
		if n > 0 {
			a.set.unmade[i].Add(n)
		}
	}
}

// applier is the scratch memory of one Apply at a time.
type applier struct {
	set        *RuleSet
	batch      *event.Batch
	selections selections
	warnings   *[]event.Problem
	scope      scope
	properties extraction
	snapshots  []*Snapshot // by table; nil: never read
	windows    []window    // nil: no task
	unready    bool        // the check at hand asks a table that was never read, and is to warn

	hits, chosen, missing []int32
	memo                  []uint8  // per code of a dictionary
	codes                 []uint32 // per code of a dictionary, see runPerValue
	undo                  []undo
	changed, unmade       []uint64 // by correction
	failedEvent           int32    // that the correction at hand could not be made for last
	scratch               []byte
	arena                 arena
	decoded               decodedProblems
}

func newApplier(rs *RuleSet) *applier {
	n := len(rs.corrections)
	a := &applier{
		set: rs, changed: make([]uint64, n), unmade: make([]uint64, n), snapshots: make([]*Snapshot, len(rs.tables)),
		selections: selections{groups: rs.groups, of: make([]selection, len(rs.groups)), items: rs.items},
	}
	a.properties.arena = &a.arena
	return a
}

func (a *applier) begin(b *event.Batch, rows []int32, warnings *[]event.Problem) {
	a.batch, a.warnings = b, warnings
	a.selections.begin(b, rows)
	a.properties.begin(&a.set.properties, b.Len())
	for i, t := range a.set.tables {
		a.snapshots[i] = t.current.Load()
	}
	clear(a.changed)
	clear(a.unmade)
	a.decoded.begin(b)
}

// end drops references to the batch and its strings.
func (a *applier) end() {
	a.batch, a.warnings, a.scope = nil, nil, scope{}
	a.properties.end()
	clear(a.undo)
	a.undo = a.undo[:0]
}

// place is where the value of another field lies for position p of a field.
func (a *applier) place(of, other *field, p int32) int32 {
	if of.item && !other.item {
		return a.batch.Items.Event[p]
	}
	return p
}

// textAt reads one text, missing1 reports whether a value is missing, and appendValue
// appends it as a reader writes it; nothing when missing.
func (a *applier) textAt(f *field, p int32) string {
	if f.kind == kindProperty {
		return a.properties.get(a.batch, f, p).text
	}
	return f.textAt(a.batch, p)
}

func (a *applier) missing1(f *field, p int32) bool {
	if f.textual() {
		return a.textAt(f, p) == ""
	}
	return f.kind == kindTime && f.intAt(a.batch, p) == 0
}

func (a *applier) appendValue(dst []byte, f *field, p int32) []byte {
	if f.kind == kindProperty {
		return append(dst, a.textAt(f, p)...)
	}
	return f.appendValue(dst, a.batch, p)
}

func (a *applier) moveTo(p int32, items bool) {
	if items {
		a.scope.item, a.scope.event = p, a.batch.Items.Event[p]
		return
	}
	a.scope.event = p
}

const (
	memoUnknown uint8 = iota
	memoFalse
	memoTrue
)

func memoOf(b bool) uint8 {
	if b {
		return memoTrue
	}
	return memoFalse
}

// memoFor returns a blank answer for each value of the dictionary.
func (a *applier) memoFor(d *event.Dict) []uint8 {
	a.memo = blank(a.memo, len(d.Values))
	return a.memo
}

func (a *applier) codesFor(d *event.Dict) []uint32 {
	a.codes = blank(a.codes, len(d.Values))
	return a.codes
}

// blank returns n zeros, at least one: code 0 is there even in a dictionary
// that has no values yet.
func blank[T any](s []T, n int) []T {
	n = max(n, 1)
	if cap(s) < n {
		return make([]T, n, 2*n)
	}
	s = s[:n]
	clear(s)
	return s
}

// report handles the positions at which rule r is broken, and returns how many
// events they are of.
func (a *applier) report(r *rule) (events uint64) {
	b := a.batch
	for h := 0; h < len(a.hits); {
		p, e, more := a.hits[h], a.hits[h], 0
		if r.field.item {
			e = b.Items.Event[p]
			for h+1+more < len(a.hits) && b.Items.Event[a.hits[h+1+more]] == e {
				more++
			}
		}
		h += 1 + more
		if a.decoded.has(b, e, r.field.name) {
			continue
		}
		events++
		a.record(a.finding(r, e, p, more))
	}
	return events
}

// finding is something wrong with an event.
type finding struct {
	rule            string
	field           *field
	event, position int32
	more            int // further items of the event that it is wrong with
	warn            bool
	category        event.Category
	message         string
}

func (a *applier) finding(r *rule, e, p int32, more int) finding {
	f := finding{rule: r.name, field: r.field, event: e, position: p, more: more, warn: r.warn || a.unready}
	if f.warn && a.warnings == nil {
		return f // nobody reads more than the mark
	}
	broken := r.check.fault(a, p)
	f.category, f.message = cmp.Or(r.category, broken.category), r.message
	if f.message == "" {
		f.message = r.field.name + " " + broken.message
	}
	return f
}

// record adds what is wrong to the problems of the batch, or marks the event and adds
// it to the warnings.
func (a *applier) record(f finding) {
	b := a.batch
	if f.warn {
		if b.Marks[f.event] |= event.Warned; a.warnings == nil {
			return
		}
	}
	if from, to := b.ItemRange(int(f.event)); f.field.item && to-from > 1 {
		f.message = itemMessage(f.message, int(f.position)-from+1, to-from, f.more)
	}
	var value string
	if f.field.textual() {
		value = a.textAt(f.field, f.position)
	} else {
		value = a.show(f.field, f.position)
	}
	problems := len(b.Problems)
	b.AddProblem(int(f.event), f.category, f.rule, f.field.name, value, f.message)
	if f.warn {
		*a.warnings = append(*a.warnings, b.Problems[problems])
		b.Problems = b.Problems[:problems]
		return
	}
	b.Verdict[f.event] = event.Quarantined
}

// itemMessage says which item of the event it is.
func itemMessage(message string, number, of, more int) string {
	var m strings.Builder
	m.WriteString(message + " (item " + strconv.Itoa(number) + " of " + strconv.Itoa(of))
	if more > 0 {
		m.WriteString(", and " + strconv.Itoa(more) + " more")
	}
	m.WriteByte(')')
	return m.String()
}

// decodedProblems finds the problems that a batch had before its rules ran, by
// event: a chain per event, through next.
type decodedProblems struct {
	first []int32 // by event: 1 + index of a problem
	next  []int32 // by problem: 1 + index of another of the same event
}

func (d *decodedProblems) begin(b *event.Batch) {
	d.next = d.next[:0]
	if len(b.Problems) == 0 {
		return
	}
	d.first = blank(d.first, b.Len())
	for i := range b.Problems {
		e := b.Problems[i].Event
		d.next = append(d.next, d.first[e])
		d.first[e] = int32(i + 1)
	}
}

func (d *decodedProblems) has(b *event.Batch, e int32, field string) bool {
	if len(d.next) == 0 {
		return false
	}
	for i := d.first[e]; i > 0; i = d.next[i-1] {
		if b.Problems[i-1].Field == field {
			return true
		}
	}
	return false
}

// arena makes strings of bytes that are reused. Strings share chunks, so that
// many cost one allocation; they live as long as the batch refers to them, and a
// chunk as long as one of its strings does.
type arena struct{ chunk strings.Builder }

const arenaChunk = 64 << 10

func (a *arena) keep(text []byte) string {
	if a.chunk.Cap()-a.chunk.Len() < len(text) {
		a.chunk.Reset()
		a.chunk.Grow(max(arenaChunk, len(text)))
	}
	start := a.chunk.Len()
	a.chunk.Write(text)
	return a.chunk.String()[start:]
}
