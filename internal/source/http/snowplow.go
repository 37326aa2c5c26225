package httpsource

import (
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/internal/source/route"
)

// snowplowAdapter is the adapter that Snowplow's events are for.
const snowplowAdapter = "snowplow"

// snowplowPrefix is before a write key and the path of a collector, for trackers
// that are told https://host/snowplow/KEY as their collector's address.
const snowplowPrefix = "/snowplow/"

// The paths of a Snowplow collector.
const (
	snowplowPost = "/com.snowplowanalytics.snowplow/tp2"
	snowplowGet  = "/i"
	snowplowIglu = "/com.snowplowanalytics.iglu/v1"
)

// snowplowEndpoint returns what serves /snowplow/KEY/…, or nil.
func snowplowEndpoint(path string) *endpoint {
	rest := strings.TrimPrefix(path, snowplowPrefix)
	if n := strings.IndexByte(rest, '/'); n > 0 && len(rest) < len(path) {
		if e := endpoints[rest[n:]]; e != nil && e.collector {
			return e
		}
	}
	return nil
}

// snowplow takes the events of a tracker: POST with a payload_data body.
func (h *Handler) snowplow(q *request, w http.ResponseWriter, r *http.Request, e *endpoint) *problem {
	if p := h.admit(); p != nil {
		return p
	}
	defer h.leave()
	q.now = h.cfg.Clock.Now()
	if p := h.snowplowKey(q, r); p != nil {
		return p
	}
	if p := h.read(q, w, r, h.batchBytes(q), "limits.batch_bytes"); p != nil {
		return p
	}
	first, p := q.scanTracker()
	if p != nil {
		return p
	}
	if p := h.snowplowSource(q, first.app); p != nil {
		return p
	}
	if p := h.tooMany(q); p != nil {
		return p
	}
	var at jsontext.Position
	for i := range q.pieces {
		q.pieces[i].check(q.body, h.eventBytes(q), &at)
	}
	q.addPieces(adapter.Record{Stream: e.stream, Skew: q.skewOf(first.sent), Envelope: q.trackerEnvelope(r, "")})
	if p := h.append(r, q); p != nil {
		return p
	}
	if len(q.rejects) == len(q.pieces) {
		return allRejected(q.rejects)
	}
	h.collected(w, r)
	return nil
}

// snowplowQuery takes one event from the query: GET /i, as trackers without
// POST and pixels send it. The payload is the query, as it was received.
func (h *Handler) snowplowQuery(q *request, w http.ResponseWriter, r *http.Request, e *endpoint) *problem {
	if p := h.admit(); p != nil {
		return p
	}
	defer h.leave()
	q.now = h.cfg.Clock.Now()
	if p := h.snowplowKey(q, r); p != nil {
		return p
	}
	query := r.URL.RawQuery
	app, _ := parameter(query, "aid")
	q.out, _ = appendUnescaped(q.out[:0], app)
	if p := h.snowplowSource(q, jsontext.View(q.out)); p != nil {
		return p
	}
	q.body = append(q.body[:0], query...)
	sent, _ := parameter(query, "stm")
	record := adapter.Record{Stream: e.stream, Skew: q.skewOf(sent), Envelope: q.trackerEnvelope(r, "")}
	return h.takeOne(q, w, r, record)
}

// snowplowIgluEvent takes a self-describing event: GET with its schema and members
// in the query, or POST of {"schema":…,"data":…}, or of the data with the schema
// in the query.
func (h *Handler) snowplowIgluEvent(q *request, w http.ResponseWriter, r *http.Request, e *endpoint) *problem {
	if r.Method != http.MethodPost {
		return h.snowplowQuery(q, w, r, e)
	}
	if p := h.admit(); p != nil {
		return p
	}
	defer h.leave()
	q.now = h.cfg.Clock.Now()
	if p := h.snowplowKey(q, r); p != nil {
		return p
	}
	app, _ := parameter(r.URL.RawQuery, "aid")
	q.out, _ = appendUnescaped(q.out[:0], app)
	if p := h.snowplowSource(q, jsontext.View(q.out)); p != nil {
		return p
	}
	if p := h.read(q, w, r, h.batchBytes(q), "limits.batch_bytes"); p != nil {
		return p
	}
	if p := q.scanObject(); p != nil {
		return p
	}
	schema, _ := parameter(r.URL.RawQuery, "schema")
	record := adapter.Record{Stream: e.stream, Envelope: q.trackerEnvelope(r, schema)}
	return h.takeOne(q, w, r, record)
}

// takeOne logs the body as one event. One that is too large is logged as
// rejected, and refused.
func (h *Handler) takeOne(q *request, w http.ResponseWriter, r *http.Request, record adapter.Record) *problem {
	whole := piece{end: len(q.body)}
	if len(q.body) > h.eventBytes(q) {
		whole.reason = route.TooLarge
	}
	q.pieces = append(q.pieces[:0], whole)
	q.addPieces(record)
	if p := h.append(r, q); p != nil {
		return p
	}
	if whole.reason != "" {
		return newProblem(http.StatusRequestEntityTooLarge, "The event has "+strconv.Itoa(len(q.body))+
			" bytes, at most "+strconv.Itoa(h.eventBytes(q))+" are allowed (limits.event_bytes).")
	}
	h.collected(w, r)
	return nil
}

// collected answers as a collector does: "ok" to a POST, a pixel to a GET.
func (h *Handler) collected(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		writePixel(w, http.StatusOK)
		return
	}
	header := w.Header()
	header["Content-Type"] = plainType
	_, _ = w.Write(okBody) // the sender is gone; there is nobody to tell
}

var (
	plainType = []string{"text/plain; charset=utf-8"}
	okBody    = []byte("ok")
)

// snowplowKey finds the source by the key in the path, the header or the query.
func (h *Handler) snowplowKey(q *request, r *http.Request) *problem {
	if rest, ok := strings.CutPrefix(r.URL.Path, snowplowPrefix); ok {
		key, _, _ := strings.Cut(rest, "/")
		if q.source = h.byKey([]byte(key)); q.source == nil {
			return unknownKey()
		}
	} else if p := h.authenticate(q, r); p != nil {
		return p
	}
	if q.source != nil {
		return q.wantAdapter(snowplowAdapter, "A Snowplow tracker")
	}
	return nil
}

// snowplowSource finds the source by the app id, where there was no key.
func (h *Handler) snowplowSource(q *request, app string) *problem {
	if q.source != nil {
		return nil
	}
	if q.source = h.apps[app]; q.source == nil {
		return unauthorized("The request has no write key, and its app id is that of no source. List the app id under sources[].snowplow.app_ids, or send a write key: as the first part of the path (/snowplow/KEY/…), as a Bearer token, or as ?key=.")
	}
	return nil
}

// tracked is what the first event of a request says for all of them.
type tracked struct {
	app  string // aid
	sent string // stm
}

// scanTracker makes a piece of each event of a payload_data body.
func (q *request) scanTracker() (first tracked, p *problem) {
	c := q.cursor
	c.Reset(jsontext.View(q.body))
	kind := jsontext.Invalid
	for c.Object(); c.More(); {
		if c.Key().Raw != "data" {
			c.Value()
			continue
		}
		q.pieces = q.pieces[:0] // of a repeated member the last one counts
		if kind = c.Kind(); kind != jsontext.Array {
			c.Value()
			continue
		}
		for c.Array(); c.More(); {
			start := c.Offset()
			if len(q.pieces) == 0 && c.Kind() == jsontext.Object {
				first = q.firstTracked()
			} else {
				c.Value()
			}
			q.notePiece(piece{start: start, end: start + len(c.From(start))})
		}
	}
	if err := c.End(); err != nil {
		return first, syntaxProblem(err)
	}
	if kind != jsontext.Array || len(q.pieces) == 0 {
		return first, newProblem(http.StatusBadRequest, `The body has no events; send {"schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4","data":[{…},…]}.`)
	}
	return first, nil
}

func (q *request) firstTracked() (t tracked) {
	c := q.cursor
	for c.Object(); c.More(); {
		switch key, v := c.Key().Raw, c.Value(); key {
		case "aid":
			t.app = text(v)
		case "stm":
			t.sent = v.Raw
		}
	}
	return t
}

// skewOf is how far a tracker's clock is behind, in µs, by the time at which it
// says it has sent (ms since 1970): 0 when it did not say.
func (q *request) skewOf(sent string) int64 {
	at, err := strconv.ParseInt(sent, 10, 64)
	const yearEnd = 253_402_300_800_000 // of 9999
	if err != nil || at <= 0 || at >= yearEnd {
		return 0
	}
	return q.now.UnixMicro() - at*1000
}

// trackerEnvelope is what the request says for all its events: the browser, and
// the schema that stands in the query (escaped).
func (q *request) trackerEnvelope(r *http.Request, schema string) string {
	agent := r.Header["User-Agent"]
	if len(agent) == 0 && schema == "" {
		return ""
	}
	m := newMembers(q.out[:0], maxEnvelope)
	if schema != "" {
		q.key, _ = appendUnescaped(q.key[:0], schema)
		m.text("schema", jsontext.View(q.key))
	}
	if len(agent) > 0 && utf8.ValidString(agent[0]) {
		m.text("user_agent", agent[0])
	}
	q.out = m.end()
	return string(q.out)
}
