package debezium

import (
	"github.com/millrace/millrace/adapter/jsontext"
)

// envelope is what was found in a payload; its values are parts of it.
type envelope struct {
	schema, payload       jsontext.Value
	op                    jsontext.Value
	before, after         jsontext.Value
	source                jsontext.Value
	transaction           jsontext.Value
	message               jsontext.Value // of op m
	status, id            jsontext.Value // of a transaction's boundary
	tsMS, tsUS, tsNS      jsontext.Value
	from                  origin
	transactionID, number jsontext.Value // of transaction
}

// origin is what source says.
type origin struct {
	schema, table, xmin jsontext.Value
	tsMS, tsUS, tsNS    jsontext.Value
}

// read takes the payload apart.
func (d *Decoder) read(payload string) *jsontext.SyntaxError {
	d.e = envelope{}
	c := &d.in.Cursor
	c.Reset(payload)
	d.members()
	if err := c.End(); err != nil {
		return err
	}
	if d.e.payload.Kind == jsontext.Object && d.e.op.Kind == jsontext.Invalid {
		schema, inner := d.e.schema, d.e.payload.Raw
		d.e = envelope{schema: schema}
		c.Reset(inner)
		d.members()
	}
	// What follows was read as a whole already, so that it cannot be broken.
	d.origin()
	d.place()
	return nil
}

func (d *Decoder) members() {
	c, e := &d.in.Cursor, &d.e
	for c.Object(); c.More(); {
		key, v := d.in.Unquote(c.Key()), c.Value()
		switch key {
		case "schema":
			e.schema = v
		case "payload":
			e.payload = v
		case "op":
			e.op = v
		case "before":
			e.before = v
		case "after":
			e.after = v
		case "source":
			e.source = v
		case "transaction":
			e.transaction = v
		case "message":
			e.message = v
		case "status":
			e.status = v
		case "id":
			e.id = v
		case "ts_ms":
			e.tsMS = v
		case "ts_us":
			e.tsUS = v
		case "ts_ns":
			e.tsNS = v
		}
	}
}

func (d *Decoder) origin() {
	if d.e.source.Kind != jsontext.Object {
		return
	}
	c, o := &d.in.Cursor, &d.e.from
	c.Reset(d.e.source.Raw)
	for c.Object(); c.More(); {
		key, v := d.in.Unquote(c.Key()), c.Value()
		switch key {
		case "schema":
			o.schema = v
		case "table", "collection":
			o.table = v
		case "xmin":
			o.xmin = v
		case "ts_ms":
			o.tsMS = v
		case "ts_us":
			o.tsUS = v
		case "ts_ns":
			o.tsNS = v
		}
	}
}

// place reads the change's place in its transaction.
func (d *Decoder) place() {
	if d.e.transaction.Kind != jsontext.Object {
		return
	}
	c := &d.in.Cursor
	c.Reset(d.e.transaction.Raw)
	for c.Object(); c.More(); {
		key, v := d.in.Unquote(c.Key()), c.Value()
		switch key {
		case "id":
			d.e.transactionID = v
		case "total_order":
			d.e.number = v
		}
	}
}

// boundary reports whether this is the begin or end of a transaction.
func (e *envelope) boundary() bool {
	return e.op.Kind == jsontext.Invalid && (e.status.Raw == "BEGIN" || e.status.Raw == "END")
}

// row is the row that the event is about.
func (e *envelope) row() jsontext.Value {
	if e.op.Raw == "d" {
		return e.before
	}
	return e.after
}
