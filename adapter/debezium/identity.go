package debezium

import (
	"encoding/binary"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/jsontext"
)

// The first byte of an idempotency key.
const (
	keyOfBytes    = 0 // the payload as it is
	keyOfChange   = 1 // a place in the database's log, and the row
	keyOfVersion  = 2 // a version of a row, by the transaction that wrote it
	keyOfBoundary = 3 // a transaction's begin or end
)

// delivery reports whether a member of source may differ between two deliveries
// of one change: the connector's version, clock readings, what the connector had
// read before.
func delivery(key string) bool {
	switch key {
	case "version", "ts_ms", "ts_us", "ts_ns", "snapshot", "sequence", "thread", "query":
		return true
	}
	return false
}

// names reports whether a member of source says which table it is, not where in
// the log the change stands.
func names(key string) bool {
	switch key {
	case "connector", "name", "db", "schema", "table", "collection":
		return true
	}
	return false
}

// appendKey appends the idempotency key of what was read.
func (d *Decoder) appendKey(dst []byte, r *adapter.Record, err *jsontext.SyntaxError) []byte {
	e := &d.e
	switch {
	case err == nil && e.boundary():
		return appendSized(appendSized(append(dst, keyOfBoundary), e.status.Raw), e.id.Raw)
	case err != nil || e.source.Kind != jsontext.Object || e.op.Kind != jsontext.String:
		dst = append(append(dst, keyOfBytes), r.Payload...)
		return binary.BigEndian.AppendUint32(dst, r.Number())
	case e.op.Raw == "r" && present(e.from.xmin):
		return appendSized(d.appendSource(append(dst, keyOfVersion), true, nil), e.after.Raw)
	}
	placed := false
	dst = d.appendSource(append(dst, keyOfChange), false, &placed)
	for _, v := range [...]jsontext.Value{e.op, e.before, e.after, e.message, e.transactionID, e.number} {
		dst = appendSized(dst, v.Raw)
	}
	if !placed {
		// Equal changes without a place are told apart by their number.
		dst = binary.BigEndian.AppendUint32(dst, r.Number())
	}
	return dst
}

// appendSource appends the members of source that identify: those of a row's
// version, or those of a change. placed says whether one of them is a place.
func (d *Decoder) appendSource(dst []byte, version bool, placed *bool) []byte {
	c := &d.in.Cursor
	c.Reset(d.e.source.Raw)
	for c.Object(); c.More(); {
		key, v := c.Key(), c.Value()
		switch {
		case delivery(key.Raw), v.Kind == jsontext.Null:
			continue
		case version && !names(key.Raw) && key.Raw != "xmin" && key.Raw != "ctid":
			continue
		case !version && !names(key.Raw):
			*placed = true
		}
		dst = appendSized(appendSized(dst, key.Raw), v.Raw)
	}
	return dst
}

func appendSized(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func present(v jsontext.Value) bool {
	return v.Kind == jsontext.String && v.Raw != "" || v.Kind == jsontext.Number
}
