package health

import "github.com/millrace/millrace/event"

// RuleSuspended is what events break that are kept out because their source is suspended.
const RuleSuspended = "source.suspended"

// Observer counts what one task judged. It serves one goroutine.
type Observer struct {
	meter  *meter
	counts map[string]*count
	byCode []*count // scratch: of the batch's codes of sources
	first  []uint8  // scratch: what is wrong first with an event, see classify
}

// count is what a batch has of one source.
type count struct {
	window *window
	size   int64 // of a slice
	open   tally
	full   []tally
	errors [len(categories)]int64
	bad    [len(categories)]bool // the categories that count
}

const (
	nothing = uint8(0)
	keptOut = uint8(255)
)

// Observer returns an observer of a task.
func (m *Monitor) Observer() *Observer {
	o := &Observer{meter: &m.meter, counts: make(map[string]*count, len(m.cfg.Sources))}
	for name, p := range m.cfg.Sources {
		w := m.meter.windows[name]
		c := &count{window: w, size: w.sliceSize()}
		for i, category := range &categories {
			c.bad[i] = p.counts(category)
		}
		o.counts[name] = c
	}
	return o
}

// Observe implements [pass.Observer]. Counted are accepted events and those that broke
// rules: no duplicates, none that was redriven, and none that was kept out because the
// source is suspended.
func (o *Observer) Observe(b *event.Batch) {
	o.resolve(b)
	o.classify(b)
	for i, code := range b.Source.Codes {
		c := o.byCode[code]
		if c == nil || b.Marks[i].Has(event.Recovered) {
			continue
		}
		switch first := o.first[i]; {
		case b.Verdict[i] == event.Accepted:
		case b.Verdict[i] != event.Quarantined || first == keptOut:
			continue
		case first != nothing && c.bad[first-1]:
			c.open.errors++
			c.errors[first-1]++
		}
		if c.open.events++; c.open.events >= c.size {
			c.full = append(c.full, c.open)
			c.open = tally{}
		}
	}
	o.flush()
}

// resolve finds the counts of the batch's sources, once per source.
func (o *Observer) resolve(b *event.Batch) {
	o.byCode = o.byCode[:0]
	for _, name := range b.Source.Values {
		o.byCode = append(o.byCode, o.counts[name])
	}
	if len(o.byCode) == 0 {
		o.byCode = append(o.byCode, nil) // no event names a source
	}
}

// classify notes the category of the first problem of each event, from 1.
func (o *Observer) classify(b *event.Batch) {
	if cap(o.first) < b.Len() {
		o.first = make([]uint8, b.Len())
	}
	o.first = o.first[:b.Len()]
	clear(o.first)
	for k := range b.Problems {
		p := &b.Problems[k]
		if o.first[p.Event] != nothing {
			continue
		}
		if p.Rule == RuleSuspended {
			o.first[p.Event] = keptOut
			continue
		}
		o.first[p.Event] = codeOf(p.Category)
	}
}

// codeOf is the place of a category, from 1. What is none of ours counts as business.
func codeOf(c event.Category) uint8 {
	for i, known := range &categories {
		if known == c {
			return uint8(i + 1)
		}
	}
	return 5
}

// categories are those of event.Categories, so that asking does not allocate.
var categories = [...]event.Category{
	event.Missing, event.Format, event.OutOfRange, event.Schema, event.Business, event.DuplicateConflict, event.Undecodable,
	event.TooLarge, event.Enriching,
}

// flush adds what the batch had to the windows.
func (o *Observer) flush() {
	o.meter.mu.Lock()
	defer o.meter.mu.Unlock()
	for _, c := range o.byCode {
		if c == nil || c.open.events == 0 && len(c.full) == 0 {
			continue
		}
		for _, t := range c.full {
			c.window.add(t)
		}
		c.window.add(c.open)
		for i, n := range &c.errors {
			if n > 0 {
				c.window.recent[categories[i]] += n
			}
		}
		c.full, c.open = c.full[:0], tally{}
		clear(c.errors[:])
	}
}
