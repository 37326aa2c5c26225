package quality

import (
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
func (rs *RuleSet) Apply(b *event.Batch, rows []int32) { rs.apply(b, rows, nil) }

// Explain is Apply that also returns the warnings, in the form of problems. It
// is for the passport of an event, which is decoded anew from the log.
func (rs *RuleSet) Explain(b *event.Batch, rows []int32) []event.Problem {
	warnings := []event.Problem{}
	rs.apply(b, rows, &warnings)
	return warnings
}

func (rs *RuleSet) apply(b *event.Batch, rows []int32, warnings *[]event.Problem) {
	a := rs.appliers.Get().(*applier)
	a.begin(rs, b, rows, warnings)
	start := len(b.Changes)
	for i, c := range rs.corrections {
		c.run(a, int32(i), a.selection(c.field))
	}
	for i, r := range rs.rules {
		sel := a.selection(r.field)
		if r.when != nil {
			a.chosen = r.when.filter(a, r.field.item, true, sel, a.chosen[:0])
			sel = a.chosen
		}
		a.hits = r.check.scan(a, sel, a.hits[:0])
		if len(a.hits) > 0 {
			rs.broken[i].Add(a.report(r))
		}
	}
	a.takeBack(rs, start)
	for i, n := range a.changed {
		if n > 0 {
			rs.corrected[i].Add(n)
		}
	}
	a.end()
	rs.appliers.Put(a)
}

// applier is the scratch memory of one Apply at a time.
type applier struct {
	batch    *event.Batch
	rows     []int32
	items    []int32 // positions of the rows' items
	warnings *[]event.Problem
	scope    scope

	hits, chosen, missing []int32
	memo                  []uint8  // per code of a dictionary
	codes                 []uint32 // per code of a dictionary, 1 + the new one
	undo                  []undo
	changed               []uint64 // by correction
	scratch               []byte
	arena                 arena
	decoded               decodedProblems
}

func newApplier(rs *RuleSet) *applier {
	return &applier{changed: make([]uint64, len(rs.corrections))}
}

func (a *applier) begin(rs *RuleSet, b *event.Batch, rows []int32, warnings *[]event.Problem) {
	a.batch, a.rows, a.warnings = b, rows, warnings
	a.items = a.items[:0]
	if rs.items {
		for _, i := range rows {
			from, to := b.ItemRange(int(i))
			for k := from; k < to; k++ {
				a.items = append(a.items, int32(k))
			}
		}
	}
	clear(a.changed)
	a.decoded.begin(b)
}

// end drops references to the batch and its strings.
func (a *applier) end() {
	a.batch, a.rows, a.warnings, a.scope = nil, nil, nil, scope{}
	clear(a.undo)
	a.undo = a.undo[:0]
}

func (a *applier) selection(f *field) []int32 {
	if f.item {
		return a.items
	}
	return a.rows
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
		if r.warn {
			b.Marks[e] |= event.Warned
			if a.warnings == nil {
				continue
			}
		}
		a.record(r, e, p, more)
	}
	return events
}

// record adds what is wrong at position p, and at further items of event e, to
// the problems of the batch, or to the warnings.
func (a *applier) record(r *rule, e, p int32, more int) {
	f := r.check.fault(a.batch, p)
	if r.category != "" {
		f.category = r.category
	}
	message := r.message
	if message == "" {
		message = r.field.name + " " + f.message
	}
	if from, to := a.batch.ItemRange(int(e)); r.field.item && to-from > 1 {
		message = itemMessage(message, int(p)-from+1, to-from, more)
	}
	var value string
	if r.field.textual() {
		value = r.field.textAt(a.batch, p)
	} else {
		a.scratch = r.field.appendValue(a.scratch[:0], a.batch, p)
		value = a.arena.keep(a.scratch)
	}
	problems := len(a.batch.Problems)
	a.batch.AddProblem(int(e), f.category, r.name, r.field.name, value, message)
	if r.warn {
		*a.warnings = append(*a.warnings, a.batch.Problems[problems])
		a.batch.Problems = a.batch.Problems[:problems]
		return
	}
	a.batch.Verdict[e] = event.Quarantined
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
