package debezium

import (
	"fmt"
	"slices"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/jsontext"
)

// keyHint is what the record's envelope says of the row's key: the names of its
// columns ({"key":["id"]}, Millrace's own sources) or the key of the Kafka record
// ({"key":"{\"id\":1}"}).
type keyHint struct {
	envelope string // that it was read from
	columns  []string
	text     string
}

// RouteKey implements [adapter.Decoder]: all changes of a row have the row's
// table and key. Without a known key it is the column id; without that column all
// rows of the table stay together, so that the changes of each stay in order.
func (d *Decoder) RouteKey(dst []byte, r *adapter.Record) ([]byte, error) {
	if err := d.read(jsontext.View(r.Payload)); err != nil {
		return dst, fmt.Errorf("%w: %w", adapter.ErrUndecodable, err)
	}
	e := &d.e
	if e.boundary() {
		return append(append(dst, "transaction/"...), e.id.Raw...), nil
	}
	if present(e.from.schema) {
		dst = append(jsontext.Unescape(dst, e.from.schema.Raw), '.')
	}
	dst = append(jsontext.Unescape(dst, e.from.table.Raw), '/')
	d.hinted(r.Envelope)
	row := e.row()
	switch {
	case d.hint.text != "":
		return append(dst, d.hint.text...), nil
	case row.Kind != jsontext.Object:
		return dst, nil
	case len(d.hint.columns) == 0:
		return d.appendColumn(dst, row, "id"), nil
	}
	for i, column := range d.hint.columns {
		if i > 0 {
			dst = append(dst, '/')
		}
		dst = d.appendColumn(dst, row, column)
	}
	return dst, nil
}

func (d *Decoder) appendColumn(dst []byte, row jsontext.Value, column string) []byte {
	c := &d.in.Cursor
	c.Reset(row.Raw)
	for c.Object(); c.More(); {
		key, v := c.Key(), c.Value()
		if d.in.Unquote(key) == column && v.Kind != jsontext.Null {
			return jsontext.Unescape(dst, v.Raw)
		}
	}
	return dst
}

// hinted reads the key of an envelope. Neighbours share one.
func (d *Decoder) hinted(text string) {
	if text == d.hint.envelope {
		return
	}
	d.hint = keyHint{envelope: text}
	var c jsontext.Cursor
	c.Reset(text)
	for c.Object(); c.More(); {
		if c.Key().Raw != "key" {
			c.Value()
			continue
		}
		switch c.Kind() {
		case jsontext.Array:
			for c.Array(); c.More(); {
				d.hint.columns = append(d.hint.columns, string(jsontext.Unescape(nil, c.Value().Raw)))
			}
		case jsontext.String:
			d.hint.text = string(jsontext.Unescape(nil, c.Value().Raw))
		default:
			c.Value()
		}
	}
	if c.End() != nil || slices.Contains(d.hint.columns, "") {
		d.hint = keyHint{envelope: text}
	}
}
