package duckdb

import (
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

// run is rows of one batch for one table, all with values in the same columns.
type run struct {
	rows  []olap.Row
	codes [dimensions][]int32 // per row, where the table has codes
	lacks part                // columns that are NULL; partAll when none is
}

func (r *run) reset() {
	r.rows = r.rows[:0]
	for d := range r.codes {
		r.codes[d] = r.codes[d][:0]
	}
}

func (r *run) add(row olap.Row, codes [dimensions]int32) {
	r.rows = append(r.rows, row)
	for d, c := range codes {
		r.codes[d] = append(r.codes[d], c)
	}
}

// lacking are what runs of a fact table lack: nothing (an event and its first
// item), the item (an event without items), the event (further items).
var lacking = [...]part{partAll, partItem, partEvent}

// facts sorts the accepted events of a batch into runs of the fact tables.
type facts struct {
	dims          [dimensions]*dimension
	visits        []olap.Texts
	visitTexts    [][]string // of the batch at hand
	events, items []olap.Row // scratch
	runs          [factTables][len(lacking)]run
}

func newFacts(l *layout, combinations int) *facts {
	f := &facts{visits: l.visits, visitTexts: make([][]string, len(l.visits))}
	for d, t := range l.dims {
		f.dims[d] = newDimension(t, combinations)
	}
	for t := range f.runs {
		for k, lacks := range lacking {
			f.runs[t][k].lacks = lacks
		}
	}
	return f
}

// sort fills runs, and fresh of the dimensions.
func (f *facts) sort(s *olap.Selection) {
	f.reset(s.Batch)
	f.events = s.Rows(f.events[:0], olap.Accepted)
	f.items = s.Rows(f.items[:0], olap.Items)
	items := f.items
	for _, e := range f.events {
		n := 0
		for n < len(items) && items[n].Event == e.Event {
			n++
		}
		f.sortEvent(e, items[:n])
		items = items[n:]
	}
}

func (f *facts) reset(b *event.Batch) {
	for _, d := range f.dims {
		d.reset(b)
	}
	for k, values := range f.visits {
		f.visitTexts[k] = values(b)
	}
	for t := range f.runs {
		for k := range f.runs[t] {
			f.runs[t][k].reset()
		}
	}
}

func (f *facts) sortEvent(e olap.Row, items []olap.Row) {
	const whole, bare, further = 0, 1, 2
	codes := [dimensions]int32{dimEvent: f.dims[dimEvent].codeOf(e)}
	to := factPlain
	if f.isVisit(e.Event) {
		to = factVisit
	}
	if len(items) == 0 {
		f.runs[tableOf(to, codes)][bare].add(e, codes)
		return
	}
	for k, item := range items {
		codes[dimItem] = f.dims[dimItem].codeOf(item)
		if k == 0 {
			f.runs[tableOf(to, codes)][whole].add(item, codes)
		} else {
			f.runs[tableOf(factPlain, codes)][further].add(item, codes)
		}
	}
}

func tableOf(table int, codes [dimensions]int32) int {
	for _, c := range codes {
		if c == spelledOut {
			return factText
		}
	}
	return table
}

func (f *facts) isVisit(i int32) bool {
	for _, texts := range f.visitTexts {
		if texts[i] != "" {
			return true
		}
	}
	return false
}
