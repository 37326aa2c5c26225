package duckdb

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

const (
	// maxCombinations bounds a dimension: what it takes in memory, and what a
	// query pays for joining it. Rows of further combinations are spelled out.
	maxCombinations = 1 << 16
	// maxCombination bounds one of them, in bytes.
	maxCombination = 512
	// maxCoded bounds the columns of a dimension.
	maxCoded = 20
)

// dimension gives combinations of values their codes, which are 0, 1, 2 and so on.
type dimension struct {
	table *physical
	most  int
	codes map[string]int32 // by key
	next  int              // code
	key   []byte           // scratch
	fresh run              // combinations that the batch at hand brings

	// recent spares making keys where a batch has codes for all values of a row.
	recent map[combination]int32
	last   combination
	code   int32 // of last, or spelledOut

	// Where the values of the batch at hand are, per column.
	dicts []*event.Dict
	texts [][]string
	flags []event.Mark
	marks []event.Mark // per event
}

// combination is a row's values as codes of its batch; the first is its marks.
type combination [maxCoded]uint32

// spelledOut is the code of a combination that the dimension has no room for.
const spelledOut = -1

func newDimension(t *physical, most int) *dimension {
	n := len(t.columns)
	if n > maxCoded {
		panic(fmt.Sprintf("BUG: dimension %s has %d columns", t.name, n))
	}
	d := &dimension{
		table: t, most: most, recent: make(map[combination]int32),
		dicts: make([]*event.Dict, n), texts: make([][]string, n), flags: make([]event.Mark, n),
	}
	for k, c := range t.columns {
		switch values := c.Values.(type) {
		case olap.Texts:
			d.recent = nil
		case olap.Flag:
			d.flags[k] = event.Mark(values)
		}
	}
	return d
}

// load reads the combinations that the file has. It is needed again behind a
// failed transaction.
func (d *dimension) load(c *connection) error {
	keys, err := c.texts("SELECT " + d.keySQL() + " FROM " + d.table.sql() + " ORDER BY id")
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", d.table.name, err)
	}
	next, err := c.texts("SELECT (coalesce(max(id), -1) + 1)::VARCHAR FROM " + d.table.sql())
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", d.table.name, err)
	}
	if next[0] != strconv.Itoa(len(keys)) {
		return fmt.Errorf("cannot read %s: it has %d rows, but its next code is %s", d.table.name, len(keys), next[0])
	}
	d.codes, d.next = make(map[string]int32, len(keys)), len(keys)
	for id, key := range keys {
		d.codes[key] = int32(id)
	}
	return nil
}

// keySQL is the expression of a row's key, as appendKey makes it.
func (d *dimension) keySQL() string {
	terms := make([]string, 0, len(d.table.columns))
	for _, c := range d.table.columns[1:] {
		value := "coalesce(" + quote(c.Name) + "::VARCHAR, '')"
		terms = append(terms, "strlen("+value+")::VARCHAR || ':' || "+value)
	}
	return strings.Join(terms, " || ")
}

// reset starts a batch.
func (d *dimension) reset(b *event.Batch) {
	d.fresh.reset()
	clear(d.recent)
	d.code, d.marks = spelledOut, b.Marks
	for k := range d.table.columns {
		switch values := d.table.columns[k].Values.(type) {
		case olap.Codes:
			d.dicts[k] = values(b)
		case olap.Texts:
			d.texts[k] = values(b)
		}
	}
}

// codeOf returns the code of a row's combination, or spelledOut.
func (d *dimension) codeOf(r olap.Row) int32 {
	if d.recent == nil {
		return d.find(r)
	}
	c := d.combination(r)
	if d.code != spelledOut && c == d.last {
		return d.code
	}
	code, ok := d.recent[c]
	if !ok {
		code = d.find(r)
		d.recent[c] = code
	}
	d.last, d.code = c, code
	return code
}

func (d *dimension) combination(r olap.Row) (c combination) {
	for k, dict := range d.dicts {
		switch {
		case dict != nil:
			c[k] = dict.Codes[index(r, d.table.columns[k].BySub)]
		case d.flags[k] != 0:
			c[0] |= uint32(d.marks[r.Event] & d.flags[k])
		}
	}
	return c
}

// find looks a combination up by its values, and adds it while there is room.
func (d *dimension) find(r olap.Row) int32 {
	d.key = d.appendKey(d.key[:0], r)
	if code, ok := d.codes[string(d.key)]; ok {
		return code
	}
	if d.next >= d.most || len(d.key) > maxCombination {
		return spelledOut
	}
	code := int32(d.next)
	d.codes[string(d.key)] = code
	d.next++
	d.fresh.add(r, [dimensions]int32{code, code}) // its table has one column of codes
	return code
}

// appendKey writes the values of a row, each behind its length, as the file
// would give them back.
func (d *dimension) appendKey(dst []byte, r olap.Row) []byte {
	for k := 1; k < len(d.table.columns); k++ {
		i := index(r, d.table.columns[k].BySub)
		switch {
		case d.dicts[k] != nil:
			dst = appendValue(dst, d.dicts[k].Get(int(i)))
		case d.texts[k] != nil:
			dst = appendValue(dst, d.texts[k][i])
		default:
			dst = appendValue(dst, strconv.FormatBool(d.marks[i].Has(d.flags[k])))
		}
	}
	return dst
}

func appendValue(dst []byte, value string) []byte {
	if !utf8.ValidString(value) {
		value = string(olap.AppendText(nil, value))
	}
	dst = strconv.AppendInt(dst, int64(len(value)), 10)
	dst = append(dst, ':')
	return append(dst, value...)
}
