package duckdb

import (
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

// run is rows of one batch for one table, all with values in the same columns.
type run struct {
	rows  []olap.Row
	codes [dimensions][]int32 // per row, where the table has codes
	has   part                // what rows of a fact table are of; the columns of the rest are NULL
	after int64               // records of the log that were stored before
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

// facts sorts the accepted events of a batch into runs of the fact tables.
type facts struct {
	dims       [dimensions]*dimension
	visits     []olap.Texts
	viewed     []olap.TextOf
	visitTexts [][]string // of the batch at hand

	sel   *olap.Selection
	after int64 // records of the log that were stored before

	events, lines, views []olap.Row // scratch

	runs [factTables][parts]run // by what the rows are of
}

func newFacts(l *layout, combinations int) *facts {
	f := &facts{visits: l.visits, viewed: l.viewed, visitTexts: make([][]string, len(l.visits))}
	for d, t := range l.dims {
		f.dims[d] = newDimension(t, combinations)
	}
	for t := range f.runs {
		for of := range f.runs[t] {
			f.runs[t][of].has = part(of)
		}
	}
	return f
}

// sort fills runs, and fresh of the dimensions.
func (f *facts) sort(s *olap.Selection) {
	f.reset(s.Batch)
	f.sel = s
	f.events = s.Rows(f.events[:0], olap.Accepted)
	f.lines = s.Rows(f.lines[:0], olap.Items)
	f.views = s.Rows(f.views[:0], olap.Viewed)
	lines, views := f.lines, f.views
	for _, e := range f.events {
		n, m := of(lines, e.Event), of(views, e.Event)
		f.sortEvent(e, lines[:n], views[:m])
		lines, views = lines[n:], views[m:]
	}
}

// of returns how many of the first rows are of an event.
func of(rows []olap.Row, e int32) int {
	n := 0
	for n < len(rows) && rows[n].Event == e {
		n++
	}
	return n
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
			f.runs[t][k].after = f.after
		}
	}
}

// sortEvent gives an event's first item the row that has the event, too.
func (f *facts) sortEvent(e olap.Row, lines, views []olap.Row) {
	codes := [dimensions]int32{dimEvent: f.dims[dimEvent].codeOf(e)}
	visit := f.isVisit(e.Event)
	first, table := partEvent, factPlain
	if visit {
		table = factVisit
	}
	for _, r := range lines {
		codes[dimItem] = f.dims[dimItem].codeOf(r)
		order := factOrder
		if table == factVisit {
			order = factOrderVisit
		}
		f.runs[tableOf(order, codes)][first|partLine].add(r, codes)
		first, table = 0, factPlain
	}
	for _, r := range views {
		codes[dimItem] = f.dims[dimItem].codeOf(r)
		if first == 0 && visit && f.hasTexts(r) {
			table = factVisit
		}
		f.runs[tableOf(table, codes)][first|partView].add(r, codes)
		first, table = 0, factPlain
	}
	if first != 0 {
		f.runs[tableOf(table, codes)][first].add(e, codes)
	}
}

// hasTexts reports whether a viewed item has a value in a column that only tables of
// visits have.
func (f *facts) hasTexts(r olap.Row) bool {
	for _, text := range f.viewed {
		if text(f.sel, r) != "" {
			return true
		}
	}
	return false
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
