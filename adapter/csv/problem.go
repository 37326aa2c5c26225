package csv

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/millrace/millrace/adapter/internal/excerpt"
	"github.com/millrace/millrace/event"
)

// fieldRow is the field of problems that concern the whole row.
const fieldRow = "row"

func (d *Decoder) problem(b *event.Batch, i int, category event.Category, rule, field, value, message string) {
	b.AddProblem(i, category, rule, field, excerpt.Of(value), message)
	if d.hook != nil {
		d.hook.Problem(d.a.name, category)
	}
}

func (d *Decoder) badNumber(b *event.Batch, i int, rule string, c *column, v string, err error) {
	category, message := event.Format, "is not "+c.want
	switch {
	case errors.Is(err, event.ErrOverflow):
		category, message = event.OutOfRange, "does not fit; want "+c.want
	case errors.Is(err, event.ErrPrecision):
		message = "has more than six decimals"
	case errors.Is(err, errNotWhole):
		message = "is not a whole number"
	}
	d.problem(b, i, category, rule, c.label, v, message)
}

// badRow records why a row could not be split.
func (d *Decoder) badRow(b *event.Batch, i int, w *row) {
	const shown = 8
	switch {
	case w.err != nil:
		d.problem(b, i, event.Undecodable, "csv.header", fieldRow, w.payload, "the file's header does not fit mapping "+d.a.file+": "+w.err.Error())
	case w.fault == splitColumns:
		names := d.a.columnNames()
		list := strings.Join(names[:min(len(names), shown)], ", ")
		if len(names) > shown {
			list += " …"
		}
		d.problem(b, i, event.Schema, "csv.columns", fieldRow, w.payload,
			fmt.Sprintf("has %d columns, want %d: %s", w.at, len(names), list))
	case w.fault == splitUnclosed:
		d.problem(b, i, event.Undecodable, "csv.quote", fieldRow, w.payload, fmt.Sprintf("the quote at byte %d is not closed", w.at))
	default:
		d.problem(b, i, event.Undecodable, "csv.quote", fieldRow, w.payload,
			fmt.Sprintf("the quote before byte %d ends a field, but no %q follows; quotes inside of a field are doubled", w.at, d.delimiter))
	}
}

// badEncoding names the column of the offending byte if the row has one.
func (d *Decoder) badEncoding(b *event.Batch, i int, w *row) {
	label, value := fieldRow, w.payload
	if w.ok() && (d.a.encoding == encodingUTF8 || d.a.encoding == encodingAuto) {
		for k := range d.raw {
			if !utf8.ValidString(d.raw[k]) {
				label, value = d.a.columns[k].label, d.raw[k]
				break
			}
		}
	}
	d.problem(b, i, event.Undecodable, "csv.encoding", label, value,
		fmt.Sprintf("byte 0x%02X at position %d is not %s, the encoding of mapping %s", w.payload[w.badByte], w.badByte, encodingNames[d.a.encoding], d.a.file))
}

// replaceInvalid puts U+FFFD in place of what is no text, so that it does not
// get into a table.
func (d *Decoder) replaceInvalid() {
	for k := range d.raw {
		d.raw[k] = strings.ToValidUTF8(d.raw[k], "\ufffd")
	}
}
