package check

import (
	"math"
	"sync"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
)

// maxPartials bounds the windows that one task holds, over all checks. Those beyond are
// computed from the tables.
const maxPartials = 4096

// key is a window of a check: its number since 1970.
type key struct {
	check  int
	window int64
}

// Observer sees what one task of the pass judged. Its task calls Observe; the service
// takes what is complete. The mutex is taken once per batch.
type Observer struct {
	plan      *plan
	partition int32
	clock     clock.Clock

	sel  olap.Selection // of Observe only
	rows [][]olap.Row   // by table, of Observe only
	memo []uint8        // of Observe only

	mu       sync.Mutex
	partials map[key]*partial
	beyond   map[key]struct{} // windows that have no partial, as there are too many
	dropped  int64            // windows that are in neither
	seen     seen
}

// seen is how far a task is.
type seen struct {
	any      bool
	first    int64 // offset
	next     int64 // offset
	event    int64 // newest event time, µs
	received int64 // newest receive time, µs
	fresh    bool  // the newest events came within a day of their time
	oldest   int64 // event time, µs
	began    int64 // receive time of the first event, µs
	at       int64 // by the clock, µs
}

// plan is the checks that are computed as events come, by table.
type plan struct {
	checks []*Check
	tables []planned
}

type planned struct {
	of     olap.RowsOf
	checks []int
}

func newPlan(set *Set) *plan {
	p := &plan{}
	byTable := make(map[string]int)
	for _, c := range set.All() {
		if c.window == nil {
			continue
		}
		p.checks = append(p.checks, c)
		if !c.streams {
			continue
		}
		at, ok := byTable[c.Table]
		if !ok {
			at = len(p.tables)
			byTable[c.Table] = at
			p.tables = append(p.tables, planned{of: c.table.Of})
		}
		p.tables[at].checks = append(p.tables[at].checks, len(p.checks)-1)
	}
	return p
}

func newObserver(p *plan, partition int32, c clock.Clock) *Observer {
	return &Observer{
		plan: p, partition: partition, clock: c, rows: make([][]olap.Row, len(p.tables)),
		partials: make(map[key]*partial), beyond: make(map[key]struct{}),
		seen: seen{at: c.Now().UnixMicro(), event: math.MinInt64, received: math.MinInt64, oldest: math.MaxInt64},
	}
}

// take gives what is complete: the windows of each check below its bound.
func (o *Observer) take(below []int64, into map[key]*partial, beyond map[key]struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for w, p := range o.partials {
		if w.window >= below[w.check] {
			continue
		}
		delete(o.partials, w)
		if first := into[w]; first != nil {
			first.merge(p)
		} else {
			into[w] = p
		}
	}
	for w := range o.beyond {
		if w.window < below[w.check] {
			delete(o.beyond, w)
			beyond[w] = struct{}{}
		}
	}
}

func (o *Observer) progress() seen {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.seen
}

// Observe adds a judged batch to the windows of its rows.
func (o *Observer) Observe(b *event.Batch) {
	n := b.Len()
	if n == 0 || o.sel.Reset(b, b.Offset[0], math.MaxInt64) != nil {
		return // a batch with an event that is not judged, which the store refuses
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.see(b)
	for i := range o.plan.tables {
		t := &o.plan.tables[i]
		o.rows[i] = o.sel.Rows(o.rows[i][:0], t.of)
		if len(o.rows[i]) == 0 {
			continue
		}
		for _, k := range t.checks {
			o.feed(k, o.rows[i])
		}
	}
}

func (o *Observer) see(b *event.Batch) {
	s, n := &o.seen, b.Len()
	if !s.any {
		s.any, s.first, s.began = true, b.Offset[0], b.Received[0]
	}
	s.next, s.received, s.at = b.Offset[n-1]+1, max(s.received, b.Received[n-1]), o.clock.Now().UnixMicro()
	for i, t := range b.Time {
		if t > s.event && t <= b.Received[i]+day.Microseconds() { // not those that come from the future
			s.event = t
		}
		if t > 0 {
			s.oldest = min(s.oldest, t)
		}
	}
	s.fresh = s.event > s.received-day.Microseconds()
}

// feed adds the rows of a table to the windows of a check.
func (o *Observer) feed(k int, rows []olap.Row) {
	c := o.plan.checks[k]
	b := o.sel.Batch
	times := b.Time
	if c.window.received {
		times = b.Received
	}
	want, known := o.codes(c)
	if !known {
		return // no row of the batch has the source, or the type
	}
	memo := o.memoOf(c)
	at := row{sel: &o.sel}
	var p *partial
	from, to := int64(1), int64(0) // of the window of p: rows of one window come together
	for _, at.at = range rows {
		if !want.match(at.at.Event) || c.holds != nil && !c.holds(&at) {
			continue
		}
		t := times[at.at.Event]
		if t == 0 {
			continue // NULL in the store, and so in no window
		}
		if t < from || t >= to {
			w := key{k, floor(t, c.window.size)}
			from, to = w.window*c.window.size, (w.window+1)*c.window.size
			p = o.partial(w, c)
		}
		switch {
		case p == nil:
		case memo == nil:
			p.add(c, &at)
		default:
			o.addMemoized(p, c, &at, memo)
		}
	}
}

// partial returns that of a window; nil when there are too many.
func (o *Observer) partial(w key, c *Check) *partial {
	p := o.partials[w]
	if p != nil {
		return p
	}
	if len(o.partials) >= maxPartials {
		if len(o.beyond) < 4*maxPartials {
			o.beyond[w] = struct{}{}
		} else {
			o.dropped++
		}
		return nil
	}
	p = newPartial(c)
	o.partials[w] = p
	return p
}

// codes are the codes that the source and the type of a row must have.
type codes struct {
	columns [2][]uint32
	want    [2]uint32
}

func (w *codes) match(i int32) bool {
	for k, column := range w.columns {
		if column != nil && column[i] != w.want[k] {
			return false
		}
	}
	return true
}

// codes looks the source and the type of a check up in the dictionaries of the batch.
func (o *Observer) codes(c *Check) (codes, bool) {
	var out codes
	n := 0
	for r, text := range c.texts {
		d := r.dict(o.sel.Batch)
		code := -1
		for i, v := range d.Values {
			if v == text {
				code = i
				break
			}
		}
		if code < 0 {
			return out, false
		}
		out.columns[n], out.want[n] = d.Codes, uint32(code)
		n++
	}
	return out, true
}

// What a memo knows of a code.
const (
	memoUnknown = iota
	memoSkipped // the value is missing
	memoGood
	memoBad
)

// memoOf returns memory for the outcome of the test per code, for a check of a column
// with a dictionary.
func (o *Observer) memoOf(c *Check) []uint8 {
	if c.test == nil || c.reader.dict == nil {
		return nil
	}
	n := len(c.reader.dict(o.sel.Batch).Values)
	if n == 0 {
		return nil
	}
	if cap(o.memo) < n {
		o.memo = make([]uint8, n)
	}
	o.memo = o.memo[:n]
	clear(o.memo)
	return o.memo
}

func (o *Observer) addMemoized(p *partial, c *Check, at *row, memo []uint8) {
	code := c.reader.dict(at.sel.Batch).Codes[at.index(c.reader.column)]
	if memo[code] == memoUnknown {
		switch counts, bad := c.test.judge(c.reader, at); {
		case bad:
			memo[code] = memoBad
		case counts:
			memo[code] = memoGood
		default:
			memo[code] = memoSkipped
		}
	}
	p.rows++
	p.judged(c, at, memo[code] != memoSkipped, memo[code] == memoBad)
}
