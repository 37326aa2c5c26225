package snowplow

import (
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/internal/commerce"
	"github.com/millrace/millrace/adapter/internal/jsonevent"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// Decoder reads events. It serves one goroutine.
type Decoder struct {
	in           jsonevent.Reader
	f            fields
	v            values
	outer, inner jsontext.Cursor // of documents inside of the payload
	report       bool            // whether there is an event to report problems of
	digest       jsonevent.Digest
	key, query   []byte
	encoded      []byte
	types        commerce.Types
	object       jsonevent.Object

	envelope      string // as the fields below were read from it
	agent, schema string
}

// values are what the documents inside of an event say.
type values struct {
	schema               string         // of a self-describing event
	data                 jsontext.Value // of it
	entities             string         // the contexts as received, an array
	session, sessionUser string
	order, currency      string
	productCurrency      string
	cartCurrency         string
	cartValue            commerce.Sum
	screen               jsontext.Value
	sale                 commerce.Sale
	anonymous, customer  string
	typ                  string
}

func (d *Decoder) reset(report bool) {
	d.v.sale.Reset()
	d.v = values{sale: d.v.sale}
	d.report = report
}

// share reads the envelope, unless it is that of the last record.
func (d *Decoder) share(envelope string) {
	if envelope == d.envelope {
		return
	}
	d.envelope, d.agent, d.schema = strings.Clone(envelope), "", ""
	agent, schema := "", ""
	c := &d.in.Cursor
	c.Reset(d.envelope)
	for c.Object(); c.More(); {
		switch key, v := c.Key().Raw, c.Value(); key {
		case "user_agent":
			agent = d.text(v)
		case "schema":
			schema = d.text(v)
		}
	}
	if c.End() == nil {
		d.agent, d.schema = agent, schema
	}
}

// RouteKey implements [adapter.Decoder]: the user, else the browser or the app's
// installation, else the order, else the event's id, else a hash of the event.
func (d *Decoder) RouteKey(dst []byte, r *adapter.Record) ([]byte, error) {
	d.share(r.Envelope)
	d.reset(false)
	switch bad := d.scan(r); {
	case bad.syntax != nil:
		return dst, fmt.Errorf("%w: %w", adapter.ErrUndecodable, bad.syntax)
	case bad.query:
		return dst, fmt.Errorf("%w: %s", adapter.ErrUndecodable, notUTF8)
	}
	d.actors()
	for _, actor := range [...]string{d.v.customer, d.v.anonymous, d.text(d.f.trID), d.text(d.f.tiID), d.text(d.f.eid)} {
		if actor != "" {
			return append(dst, actor...), nil
		}
	}
	d.query = d.appendKey(d.query[:0], &adapter.Record{Payload: r.Payload})
	return fmt.Appendf(dst, "event:%08x", crc32.ChecksumIEEE(d.query)), nil
}

// actors finds customer and anonymous id. The contexts are read only if they are
// needed for that.
func (d *Decoder) actors() {
	d.v.customer, d.v.anonymous = d.text(d.f.uid), d.text(d.f.duid)
	if !d.report && (d.v.customer != "" || d.v.anonymous != "") {
		return
	}
	d.contexts()
	for _, id := range [...]string{d.v.sessionUser, d.text(d.f.tnuid), d.text(d.f.nuid)} {
		if d.v.anonymous == "" {
			d.v.anonymous = id
		}
	}
}

// IdempotencyKey implements [adapter.Decoder].
func (d *Decoder) IdempotencyKey(dst []byte, r *adapter.Record) []byte {
	d.reset(false)
	_ = d.scan(r) // of a broken payload nothing is left
	return d.appendKey(dst, r)
}

// identity is that of events without eid: their content.
var identity = jsonevent.Identity{Volatile: volatile}

// appendKey appends the idempotency key of the event in d.f.
func (d *Decoder) appendKey(dst []byte, r *adapter.Record) []byte {
	id := d.text(d.f.eid)
	if query := jsontext.View(r.Payload); id == "" && isQuery(query) {
		d.query = appendQueryKey(d.query[:0], query)
		return identity.AppendKeyOf(dst, &adapter.Record{Payload: d.query, Occurrence: r.Occurrence}, "")
	}
	return identity.AppendKeyOf(dst, r, id)
}

// Decode implements [adapter.Decoder].
func (d *Decoder) Decode(b *event.Batch, i int, r *adapter.Record) {
	d.share(r.Envelope)
	d.in.Start(b, i)
	d.reset(true)
	bad := d.scan(r)
	d.key = d.appendKey(d.key[:0], r)
	b.ID[i] = event.NewID(r.Source, d.key)
	payload := jsontext.View(r.Payload)
	switch {
	case bad.query:
		d.in.Problem(event.Undecodable, "snowplow.query", jsonevent.FieldPayload, payload, notUTF8)
	case bad.syntax == nil:
		if d.text(d.f.eid) != "" {
			b.Check[i] = d.digest.Sum()
		}
		d.store(b, i, r)
	}
	d.in.Finish(payload, bad.syntax)
}

// instant reads a time in ms since 1970.
func (d *Decoder) instant(v jsontext.Value, name string) (micros int64, ok bool) {
	if v.Raw == "" || v.Kind == jsontext.Null {
		return 0, false
	}
	at, err := strconv.ParseInt(v.Raw, 10, 64)
	const yearEnd = 253_402_300_800_000 // of 9999
	if err != nil || at < 0 || at >= yearEnd {
		d.in.Problem(event.Format, d.in.Rules.Time, "event_time", v.Raw, name+" is no number of milliseconds since 1970")
		return 0, false
	}
	return at * 1000, true
}

func (d *Decoder) time(r *adapter.Record) int64 {
	if at, ok := d.instant(d.f.ttm, "ttm"); ok {
		return at
	}
	if at, ok := d.instant(d.f.dtm, "dtm"); ok {
		return at + r.Skew
	}
	return r.Received
}
