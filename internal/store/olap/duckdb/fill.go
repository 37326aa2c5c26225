package duckdb

import (
	"fmt"
	"unsafe"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

// fillRun writes rows [from, to) of a run into a column, from row start of the
// chunk.
func (v *vector) fillRun(c *column, s *olap.Selection, r *run, from, to, start int, a *arena) {
	switch {
	case c.part != 0 && c.part&r.has == 0:
		v.fillNulls(c.Type, start, to-from)
	case c.code:
		for j, code := range r.codes[c.dim][from:to] {
			put(v.data, start+j, code)
		}
	case c.after:
		for i := start; i < start+to-from; i++ {
			put(v.data, i, r.after)
		}
	case c.number:
		sign := int32(1)
		if r.has&partView != 0 {
			sign = -1
		}
		for j, row := range r.rows[from:to] {
			put(v.data, start+j, sign*s.ItemNumber(row))
		}
	default:
		v.fill(&c.Column, s, r.rows[from:to], start, a)
	}
}

func (v *vector) fillNulls(t olap.Type, start, n int) {
	if n <= 0 {
		return
	}
	if t == olap.Text { // none points to memory that is gone
		clear(unsafe.Slice((*text)(unsafe.Add(v.data, uintptr(start)*unsafe.Sizeof(text{}))), n))
	}
	v.setNulls(start, start+n)
}

// fill writes rows of a selection into a column, from row start of the chunk.
func (v *vector) fill(c *olap.Column, s *olap.Selection, rows []olap.Row, start int, a *arena) {
	switch values := c.Values.(type) {
	case olap.IDs:
		v.fillIDs(values(s.Batch), rows, start)
	case olap.Ints:
		v.fillInts(values(s.Batch), rows, start, c.BySub, c.Type == olap.Timestamp)
	case olap.Amounts:
		v.fillAmounts(values(s.Batch), rows, start, c)
	case olap.Texts:
		v.fillTexts(values(s.Batch), rows, start, c.BySub, a)
	case olap.Codes:
		v.fillCodes(values(s.Batch), rows, start, c.BySub, a)
	case olap.Flag:
		v.fillFlag(s.Batch.Marks, event.Mark(values), rows, start)
	case olap.IntOf:
		v.fillIntOf(values, s, rows, start, c.Type)
	case olap.IDOf:
		for j, r := range rows {
			id := values(s, r)
			put(v.data, start+j, uuidOf(&id))
			if id.IsZero() {
				v.setNull(start + j)
			}
		}
	case olap.TextOf:
		for j, r := range rows {
			v.setText(start+j, values(s, r), a)
		}
	case olap.BytesOf:
		v.fillBytes(values, s, rows, start, a)
	default:
		panic(fmt.Sprintf("BUG: column %q has values of type %T", c.Name, c.Values))
	}
}

func index(r olap.Row, bySub bool) int32 {
	if bySub {
		return r.Sub
	}
	return r.Event
}

func (v *vector) fillIDs(ids []event.ID, rows []olap.Row, start int) {
	for j, r := range rows {
		put(v.data, start+j, uuidOf(&ids[r.Event]))
	}
}

func (v *vector) fillInts(values []int64, rows []olap.Row, start int, bySub, zeroIsNull bool) {
	for j, r := range rows {
		n := values[index(r, bySub)]
		put(v.data, start+j, n)
		if zeroIsNull && n == 0 {
			v.setNull(start + j)
		}
	}
}

func (v *vector) fillAmounts(values []event.Micros, rows []olap.Row, start int, c *olap.Column) {
	for j, r := range rows {
		amount := int64(values[index(r, c.BySub)])
		put(v.data, start+j, amount)
		if amount == 0 && c.ZeroIsNull {
			v.setNull(start + j)
		}
	}
}

func (v *vector) fillTexts(values []string, rows []olap.Row, start int, bySub bool, a *arena) {
	for j, r := range rows {
		v.setText(start+j, values[index(r, bySub)], a)
	}
}

func (v *vector) setText(i int, s string, a *arena) {
	if s == "" {
		put(v.data, i, text{})
		v.setNull(i)
		return
	}
	put(v.data, i, a.text(s))
}

func (v *vector) fillCodes(d *event.Dict, rows []olap.Row, start int, bySub bool, a *arena) {
	c := &v.dict
	c.next(len(d.Values))
	for j, r := range rows {
		code := d.Codes[index(r, bySub)]
		if code == 0 {
			put(v.data, start+j, text{})
			v.setNull(start + j)
			continue
		}
		if c.made[code] != c.gen {
			c.texts[code] = a.text(d.Values[code])
			c.made[code] = c.gen
		}
		put(v.data, start+j, c.texts[code])
	}
}

func (v *vector) fillFlag(marks []event.Mark, flag event.Mark, rows []olap.Row, start int) {
	for j, r := range rows {
		var b byte
		if marks[r.Event].Has(flag) {
			b = 1
		}
		put(v.data, start+j, b)
	}
}

func (v *vector) fillIntOf(f olap.IntOf, s *olap.Selection, rows []olap.Row, start int, t olap.Type) {
	for j, r := range rows {
		if n := f(s, r); t == olap.Int32 {
			put(v.data, start+j, int32(n))
		} else {
			put(v.data, start+j, n)
		}
	}
}

func (v *vector) fillBytes(f olap.BytesOf, s *olap.Selection, rows []olap.Row, start int, a *arena) {
	for j, r := range rows {
		a.made = f(a.made[:0], s, r)
		v.setText(start+j, unsafe.String(unsafe.SliceData(a.made), len(a.made)), a)
	}
}
