package postgres

import (
	"slices"
	"strconv"

	"github.com/millrace/millrace/adapter/debezium"
	"github.com/millrace/millrace/internal/source/cdc"
)

// shape is how the rows of a table are written: what does not depend on the row
// is put together once.
type shape struct {
	table    table
	names    [][]byte // `"column":`
	types    []uint32
	keys     []bool // by column: part of the replica identity
	origin   []byte // of source, up to what changes
	envelope string // that records carry: the key's columns
	wanted   bool   // the table is one of those to take
	outbox   *outboxColumns

	seen    *seen  // transactions that the table's snapshot saw, or nil
	seenLSN uint64 // behind which none of them commits
	xid     uint32 // transaction of the last change
	order   int    // of the last change among those of the table in it
}

func (c *Config) shapeOf(db string, t table, columns []column, keys []string) *shape {
	s := &shape{table: t, envelope: envelopeOf(t, keys)}
	for _, col := range columns {
		name, _ := cdc.AppendText(nil, col.name)
		s.names = append(s.names, append(name, ':'))
		s.types = append(s.types, col.typ)
		s.keys = append(s.keys, col.key)
	}
	o := append(s.origin, `"source":{"connector":"postgresql","name":`...)
	for _, f := range [...]struct{ before, text string }{{"", c.Source}, {`,"db":`, db}, {`,"schema":`, t.Schema}, {`,"table":`, t.Name}} {
		o, _ = cdc.AppendText(append(o, f.before...), f.text)
	}
	s.origin = o
	return s
}

func envelopeOf(t table, keys []string) string {
	out := []byte("{")
	if len(keys) > 0 {
		out = append(out, `"key":[`...)
		for i, k := range keys {
			if i > 0 {
				out = append(out, ',')
			}
			out, _ = cdc.AppendText(out, k)
		}
		out = append(out, "],"...)
	}
	out, _ = cdc.AppendText(append(out, `"table":`...), t.String())
	return string(append(out, '}'))
}

// appendRow appends a row as an object. Of a replica identity only its columns
// are there. A value that was not sent is taken from the row before, if that has
// it, and marked as unavailable otherwise: it is not null.
func (s *shape) appendRow(dst []byte, row, before []value, keysOnly bool) (_ []byte, valid bool) {
	dst, valid = append(dst, '{'), true
	first := true
	for i := range min(len(row), len(s.names)) {
		if keysOnly && !s.keys[i] {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, s.names[i]...)
		v := row[i]
		if v.kind == unchangedValue && i < len(before) {
			v = before[i]
		}
		ok := true
		switch v.kind {
		case nullValue:
			dst = append(dst, "null"...)
		case unchangedValue:
			dst = append(append(append(dst, '"'), debezium.Unavailable...), '"')
		default:
			dst, ok = appendValue(dst, s.types[i], v.text)
		}
		valid = valid && ok
	}
	return append(dst, '}'), valid
}

// transaction is the one that changes belong to.
type transaction struct {
	beginning
	micros int64 // of its commit, since 1970
	order  int   // changes so far
	done   bool  // it was taken before
}

// appendChange appends a change as a Debezium envelope.
func (s *shape) appendChange(dst []byte, t *transaction, lsn uint64, c *change) (_ []byte, valid bool) {
	op, full := opOf(c.op), c.oldKind == 'O'
	dst, valid = append(dst, `{"before":`...), true
	if c.oldKind != 0 {
		dst, valid = s.appendRow(dst, c.old, nil, !full)
	} else {
		dst = append(dst, "null"...)
	}
	dst = append(dst, `,"after":`...)
	switch {
	case c.op == 'D' || c.op == 'T':
		dst = append(dst, "null"...)
	default:
		var before []value
		if full {
			before = c.old
		}
		var ok bool
		dst, ok = s.appendRow(dst, c.new, before, false)
		valid = valid && ok
	}
	dst = append(append(dst, ','), s.origin...)
	dst = append(dst, `,"snapshot":"false"`...)
	dst = appendTimes(dst, t.micros)
	dst = strconv.AppendUint(append(dst, `,"txId":`...), uint64(t.xid), 10)
	dst = strconv.AppendUint(append(dst, `,"lsn":`...), lsn, 10)
	dst = append(append(append(dst, `},"op":"`...), op), '"')
	dst = strconv.AppendUint(append(dst, `,"transaction":{"id":"`...), uint64(t.xid), 10)
	dst = strconv.AppendUint(append(dst, ':'), t.commitLSN, 10)
	dst = strconv.AppendInt(append(dst, `","total_order":`...), int64(t.order), 10)
	dst = strconv.AppendInt(append(dst, `,"data_collection_order":`...), int64(s.order), 10)
	return append(dst, "}}"...), valid
}

func opOf(kind byte) byte {
	switch kind {
	case 'I':
		return 'c'
	case 'U':
		return 'u'
	case 'D':
		return 'd'
	}
	return 't'
}

func appendTimes(dst []byte, micros int64) []byte {
	dst = strconv.AppendInt(append(dst, `,"ts_ms":`...), micros/1000, 10)
	return strconv.AppendInt(append(dst, `,"ts_us":`...), micros, 10)
}

// version is which version of a row a snapshot read.
type version struct {
	xmin []byte // transaction that wrote it
	ctid []byte // where it lies; empty where the row has a key
}

// appendRead appends a row that a snapshot read.
func (s *shape) appendRead(dst []byte, micros int64, lsn uint64, v version, row []value) (_ []byte, valid bool) {
	dst, valid = s.appendRow(append(dst, `{"before":null,"after":`...), row, nil, false)
	dst = append(append(dst, ','), s.origin...)
	dst = append(dst, `,"snapshot":"true"`...)
	dst = appendTimes(dst, micros)
	dst = strconv.AppendUint(append(dst, `,"lsn":`...), lsn, 10)
	dst = append(append(dst, `,"xmin":`...), v.xmin...)
	if len(v.ctid) > 0 {
		dst = append(append(append(dst, `,"ctid":"`...), v.ctid...), '"')
	}
	return append(dst, `},"op":"r"}`...), valid
}

// outboxColumns are where an outbox's columns stand in its rows.
type outboxColumns struct{ id, aggregateType, aggregateID, typ, payload int }

// find finds the columns of an outbox, or says which one is missing.
func (o *Outbox) find(columns []column) (found outboxColumns, missing string) {
	for _, f := range [...]struct {
		at   *int
		name string
	}{
		{&found.id, o.ID}, {&found.aggregateType, o.AggregateType}, {&found.aggregateID, o.AggregateID},
		{&found.typ, o.Type}, {&found.payload, o.Payload},
	} {
		*f.at = slices.IndexFunc(columns, func(c column) bool { return c.name == f.name })
		if *f.at < 0 && missing == "" {
			missing = f.name
		}
	}
	return found, missing
}

// appendOutbox appends the envelope of an outbox's row; its payload is the record.
func (s *shape) appendOutbox(dst []byte, row []value, micros int64) (_ []byte, payload []byte, valid bool) {
	o := s.outbox
	dst, valid = append(dst, '{'), true
	for i, f := range [...]struct {
		name   string
		column int
	}{{"id", o.id}, {"key", o.aggregateID}, {"topic", o.aggregateType}, {"type", o.typ}} {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), f.name...), '"', ':')
		var ok bool
		dst, ok = cdc.AppendText(dst, row[f.column].text)
		valid = valid && ok
	}
	dst = strconv.AppendInt(append(dst, `,"ts_ms":`...), micros/1000, 10)
	payload = row[o.payload].text
	if s.types[o.payload] == typeBytea {
		if raw, ok := unhex(payload); ok {
			payload = raw
		}
	}
	return append(dst, '}'), payload, valid
}
