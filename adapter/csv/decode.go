package csv

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"strings"
	"unsafe"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/internal/arena"
	"github.com/millrace/millrace/adapter/internal/civil"
	"github.com/millrace/millrace/event"
)

// Decoder reads rows. It serves one goroutine.
type Decoder struct {
	a      *Adapter
	hook   adapter.Telemetry
	zone   *civil.Zone
	memory *arena.Arena

	raw    []string // fields of the row as they stand in the file, unquoted
	values []string // the same, trimmed
	key    []byte
	number []byte // scratch of numbers that are not written with a plain point

	delimiter byte
	envelope  string // that delimiter and order were made from
	order     []int
	orderErr  error
}

// row is what reading a record up to its fields gave.
type row struct {
	payload string // as received
	badByte int    // position of a byte that the encoding does not have, or -1
	fault   splitFault
	at      int
	err     error // of the envelope
}

func (w *row) ok() bool { return w.fault == splitOK && w.err == nil }

// read splits the record into d.raw. The strings point into the payload.
func (d *Decoder) read(r *adapter.Record) row {
	w := row{payload: unsafe.String(unsafe.SliceData(r.Payload), len(r.Payload)), badByte: -1}
	if r.Envelope != d.envelope || d.a.auto && r.Envelope == "" {
		d.envelope = r.Envelope
		d.delimiter, d.order, d.orderErr = d.a.parseEnvelope(r.Envelope)
	}
	if d.orderErr != nil {
		w.err = d.orderErr
		return w
	}
	text, bad := d.a.encoding.toUTF8(w.payload, d.memory)
	w.badByte = bad
	w.fault, w.at = d.split(text, d.order)
	return w
}

// trimmed is column i's text without what the mapping trims.
func (d *Decoder) trimmed(i int) string {
	c, s := &d.a.columns[i], d.raw[i]
	if !c.trim {
		return s
	}
	if c.trimSpace {
		s = strings.TrimSpace(s)
	}
	return strings.TrimSuffix(strings.TrimPrefix(s, c.prefix), c.suffix)
}

// RouteKey implements [adapter.Decoder]. It never fails: a row that has no key,
// or cannot be split, is keyed by a hash of its bytes.
func (d *Decoder) RouteKey(dst []byte, r *adapter.Record) ([]byte, error) {
	if w := d.read(r); w.ok() {
		for i := range d.a.route {
			p := &d.a.route[i]
			if v := d.trimmed(p.column); v != "" {
				dst = append(append(dst, p.before...), v...)
				return append(dst, p.after...), nil
			}
		}
	}
	h := fnv.New64a()
	_, _ = h.Write(r.Payload) // never fails
	return fmt.Appendf(dst, "row:%016x", h.Sum64()), nil
}

// The first byte of an idempotency key.
const (
	keyOfBytes  = 0 // the payload as it is
	keyOfFields = 1 // each field behind its length
)

// IdempotencyKey implements [adapter.Decoder]: the fields in canonical order,
// each behind its length, then the occurrence.
func (d *Decoder) IdempotencyKey(dst []byte, r *adapter.Record) []byte {
	w := d.read(r)
	return d.appendKey(dst, r, &w)
}

func (d *Decoder) appendKey(dst []byte, r *adapter.Record, w *row) []byte {
	if w.ok() {
		dst = append(dst, keyOfFields)
		for _, i := range d.a.identity {
			v := d.raw[i]
			if len(v) < 0x80 {
				dst = append(dst, byte(len(v)))
			} else {
				dst = binary.AppendUvarint(dst, uint64(len(v)))
			}
			dst = append(dst, v...)
		}
	} else {
		dst = append(append(dst, keyOfBytes), r.Payload...)
	}
	return binary.BigEndian.AppendUint32(dst, r.Number())
}

// Decode implements [adapter.Decoder].
func (d *Decoder) Decode(b *event.Batch, i int, r *adapter.Record) {
	w := d.read(r)
	d.key = d.appendKey(d.key[:0], r, &w)
	b.ID[i] = event.NewID(r.Source, d.key)
	for _, c := range d.a.constants {
		d.setText(b, i, c.field, c.value)
	}
	if w.badByte >= 0 {
		d.badEncoding(b, i, &w)
	}
	if !w.ok() {
		d.badRow(b, i, &w)
		return
	}
	if w.badByte >= 0 {
		d.replaceInvalid()
	}
	d.fields(b, i)
}

// amounts are the numbers of a row.
type amounts struct {
	quantity           int64
	price, amount      event.Micros
	hasPrice, hasTotal bool
	bad                bool // one of them could not be read
}

func (d *Decoder) fields(b *event.Batch, i int) {
	if d.a.hasItem {
		b.AddItem()
	}
	n := amounts{quantity: 1}
	for k := range d.a.columns {
		c := &d.a.columns[k]
		v := d.trimmed(k)
		d.values[k] = v
		if v == "" {
			if c.required {
				d.problem(b, i, event.Missing, "csv.required", c.label, d.raw[k], "is required and empty")
				n.bad = n.bad || !c.field.isText()
			}
			continue
		}
		if c.typ == typeString {
			d.setText(b, i, c.field, v)
			continue
		}
		d.typed(b, i, c, v, &n)
	}
	if d.a.hasProperties {
		b.Properties[i] = d.properties()
	}
	d.settle(b, i, &n)
}

// setText stores a text of the event, or of its newest item.
func (d *Decoder) setText(b *event.Batch, i int, f field, v string) {
	switch f {
	case fieldOrderID:
		b.OrderID[i] = v
	case fieldCustomerID:
		b.CustomerID[i] = v
	case fieldAnonymousID:
		b.AnonymousID[i] = v
	case fieldSessionID:
		b.SessionID[i] = v
	case fieldType:
		b.Type.Set(i, v)
	case fieldChannel:
		b.Channel.Set(i, v)
	case fieldCountry:
		b.Country.Set(i, v)
	case fieldCurrency:
		b.Currency.Set(i, v)
	case fieldProductID:
		b.Items.ProductID[b.Items.Len()-1] = v
	case fieldName:
		b.Items.Name[b.Items.Len()-1] = v
	case fieldCategory:
		b.Items.Category.Set(b.Items.Len()-1, v)
	}
}

// typed reads a value that is not any text.
func (d *Decoder) typed(b *event.Batch, i int, c *column, v string, n *amounts) {
	switch c.typ {
	case typeInteger:
		q, err := d.integer(v)
		if err != nil {
			d.badNumber(b, i, "csv.integer", c, v, err)
			n.bad = n.bad || c.field == fieldQuantity
			return
		}
		if c.field == fieldQuantity {
			n.quantity = q
		}
	case typeDecimal:
		m, err := d.money(v)
		if err == nil && c.field == fieldQuantity && m%event.MicrosPerUnit != 0 {
			err = errNotWhole
		}
		if err != nil {
			d.badNumber(b, i, "csv.decimal", c, v, err)
			n.bad = n.bad || c.field == fieldQuantity
			return
		}
		if c.field == fieldQuantity {
			n.quantity = int64(m / event.MicrosPerUnit)
		}
	case typeMoney:
		m, err := d.money(v)
		if err != nil {
			d.badNumber(b, i, "csv.money", c, v, err)
			n.bad = n.bad || c.field != fieldProperty
			return
		}
		switch c.field {
		case fieldPrice:
			n.price, n.hasPrice = m, true
		case fieldAmount:
			n.amount, n.hasTotal = m, true
		}
	case typeTimestamp:
		t, ok := d.timestamp(c, v)
		if !ok {
			d.problem(b, i, event.Format, "csv.timestamp", c.label, v, "is not "+c.want)
			return
		}
		if c.field == fieldTime {
			b.Time[i] = t
		}
	}
	if c.field.isText() && c.field != fieldProperty {
		d.setText(b, i, c.field, v)
	}
}

// settle stores the numbers of the event and its item.
func (d *Decoder) settle(b *event.Batch, i int, n *amounts) {
	if !d.a.hasItem {
		b.Amount[i] = n.amount
		return
	}
	k := b.Items.Len() - 1
	b.Items.Quantity[k] = n.quantity
	b.Items.Price[k] = n.price
	b.Items.Kind.Set(k, d.kind())
	if n.bad {
		return
	}
	if n.hasPrice {
		total, ok := n.price.Mul(n.quantity)
		if !ok {
			d.problem(b, i, event.OutOfRange, "csv.amount", fieldNames[fieldAmount],
				fmt.Sprintf("%d × %s", n.quantity, n.price), "quantity × price does not fit: at most 9223372036854 units of a currency do")
			return
		}
		b.Items.Amount[k] = total
		b.Amount[i] = total
	} else {
		b.Items.Amount[k] = n.amount
	}
	if n.hasTotal {
		b.Amount[i] = n.amount
	}
}

func (d *Decoder) kind() string {
	for k := range d.a.kindRules {
		r := &d.a.kindRules[k]
		v := d.values[r.column]
		switch {
		case r.in != nil:
			if r.in.has(v) {
				return r.kind
			}
		case r.pattern != nil:
			if r.pattern.MatchString(v) {
				return r.kind
			}
		case strings.HasPrefix(v, r.prefix):
			return r.kind
		}
	}
	return d.a.kind
}
