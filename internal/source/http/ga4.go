package httpsource

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/ga4"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/internal/source/route"
)

// measurement takes the events of one client: POST /mp/collect. As with GA4 a
// sender is never told that its payload is bad; what cannot be taken is logged as
// rejected. It is told when it is not known, and when to send again.
func (h *Handler) measurement(q *request, w http.ResponseWriter, r *http.Request, e *endpoint) *problem {
	if p := h.admit(); p != nil {
		return p
	}
	defer h.leave()
	if p := h.measurementBody(q, w, r); p != nil {
		return p
	}
	envelope := q.scanMeasurement(r.URL.RawQuery)
	if p := h.tooMany(q); p != nil {
		return p
	}
	q.refuseMeasurements(h.eventBytes(q))
	record := adapter.Record{Stream: e.stream, Envelope: envelope}
	d := q.source.decoder()
	defer q.source.decoders.Put(d)
	for i := range q.pieces {
		record.Line, record.Occurrence = int64(i), q.occurrence(i)
		q.addPiece(d, record, i)
	}
	if p := h.append(r, q); p != nil {
		return p
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// validateMeasurement says what is wrong with a request, and logs nothing: POST
// /debug/mp/collect.
func (h *Handler) validateMeasurement(q *request, w http.ResponseWriter, r *http.Request, _ *endpoint) *problem {
	if p := h.admit(); p != nil {
		return p
	}
	defer h.leave()
	if p := h.measurementBody(q, w, r); p != nil {
		return p
	}
	stream := func(name string) string {
		raw, _ := parameter(r.URL.RawQuery, name)
		text, _ := appendUnescaped(nil, raw)
		return string(text)
	}
	found := ga4.Validate(ga4.Request{
		Body: q.body, MeasurementID: stream("measurement_id"), FirebaseAppID: stream("firebase_app_id"), Now: q.now.UnixMicro(),
	})
	if found == nil {
		found = []ga4.Message{}
	}
	w.Header()["Content-Type"] = jsonType
	_ = json.NewEncoder(w).Encode(map[string]any{"validationMessages": found}) // the sender is gone; there is nobody to tell
	return nil
}

// measurementBody finds the source by the api_secret, which is one of its write
// keys, and reads the body.
func (h *Handler) measurementBody(q *request, w http.ResponseWriter, r *http.Request) *problem {
	q.now = h.cfg.Clock.Now()
	if secret, ok := parameter(r.URL.RawQuery, "api_secret"); ok {
		q.key, _ = appendUnescaped(q.key[:0], secret)
		q.source = h.byKey(q.key)
	} else if p := h.authenticate(q, r); p != nil {
		return p
	}
	if q.source == nil {
		return unauthorized("The api_secret belongs to no source. It is one of the source's write keys (sources[].write_keys).")
	}
	if p := q.wantAdapter(ga4.Name, "The Measurement Protocol"); p != nil {
		return p
	}
	return h.read(q, w, r, h.batchBytes(q), "limits.batch_bytes")
}

// wantAdapter refuses what is for another source.
func (q *request) wantAdapter(name, what string) *problem {
	if q.source.adapter == name {
		return nil
	}
	return newProblem(http.StatusBadRequest, fmt.Sprintf(
		"Source %q has the adapter %q. %s needs a source with the adapter %q.", q.source.name, q.source.adapter, what, name))
}

// tooMany refuses more events than a request may have.
func (h *Handler) tooMany(q *request) *problem {
	if len(q.pieces) <= h.limits.BatchEvents {
		return nil
	}
	return newProblem(http.StatusRequestEntityTooLarge, fmt.Sprintf(
		"The body has %d events, at most %d are allowed (limits.batch_events). Send fewer per request.", len(q.pieces), h.limits.BatchEvents))
}

// shared are the members of a body that hold for all its events, in the order of
// their names. Those without which an event cannot be placed go first into the
// envelope's room.
var shared = [...]struct {
	name    string
	needed  bool
	ofQuery bool
}{
	{name: "app_instance_id", needed: true},
	{name: "client_id", needed: true},
	{name: "consent"},
	{name: "device"},
	{name: "firebase_app_id", ofQuery: true},
	{name: "ip_override"},
	{name: "measurement_id", ofQuery: true},
	{name: "minute"},
	{name: "non_personalized_ads"},
	{name: "timestamp_micros", needed: true},
	{name: "user_agent"},
	{name: "user_data"},
	{name: "user_id", needed: true},
	{name: "user_location"},
	{name: "user_properties"},
}

const minute = "minute"

// scanMeasurement makes a piece of each event, and returns what the request says
// for all of them. A body that has no events is one piece with the reason.
func (q *request) scanMeasurement(query string) (envelope string) {
	var found [len(shared)]jsontext.Value
	c := q.cursor
	c.Reset(jsontext.View(q.body))
	for c.Object(); c.More(); {
		key := c.Key().Raw
		if key == "events" {
			q.pieces = q.pieces[:0] // of a repeated member the last one counts
			if c.Kind() == jsontext.Array {
				q.array()
				continue
			}
		}
		v := c.Value()
		for i := range shared {
			if shared[i].name == key && !shared[i].ofQuery && key != minute {
				found[i] = v
			}
		}
	}
	whole := piece{end: len(q.body)}
	switch {
	case c.End() != nil:
		whole.reason = route.InvalidJSON
	case len(q.pieces) == 0:
		whole.reason = route.NoEvents
	default:
		return q.measurementEnvelope(&found, query)
	}
	q.pieces = append(q.pieces[:0], whole)
	return ""
}

func (q *request) measurementEnvelope(found *[len(shared)]jsontext.Value, query string) string {
	needed := 0
	for i := range shared {
		if shared[i].needed {
			needed += len(shared[i].name) + len(found[i].Raw) + len(`,"":""`)
		}
	}
	m := newMembers(q.out[:0], maxEnvelope)
	for i := range shared {
		s := &shared[i]
		// What is not needed leaves room for what is.
		m.limit = maxEnvelope
		if s.needed {
			needed -= len(s.name) + len(found[i].Raw) + len(`,"":""`)
		}
		m.limit -= needed
		switch {
		case s.name == minute:
			m.key(s.name)
			m.dst = strconv.AppendInt(m.dst, q.now.Unix()/60, 10)
		case s.ofQuery:
			if raw, ok := parameter(query, s.name); ok {
				q.key, _ = appendUnescaped(q.key[:0], raw)
				m.text(s.name, jsontext.View(q.key))
			}
		case found[i].Kind == jsontext.String:
			q.key = append(append(append(q.key[:0], '"'), found[i].Raw...), '"')
			m.raw(s.name, jsontext.View(q.key))
		case found[i].Kind != jsontext.Invalid && found[i].Kind != jsontext.Null:
			m.raw(s.name, found[i].Raw)
		}
	}
	q.out = m.end()
	return string(q.out)
}

// refuseMeasurements gives a reason to each event that cannot be taken.
func (q *request) refuseMeasurements(eventBytes int) {
	for i := range q.pieces {
		m := &q.pieces[i]
		switch {
		case m.reason != "":
		case i >= ga4.MaxEvents:
			m.reason = route.TooManyEvents
		case q.body[m.start] != '{':
			m.reason = route.NotAnObject
		case m.end-m.start > eventBytes:
			m.reason = route.TooLarge
		}
	}
}

// occurrence numbers equal events of a request, as files number equal lines: 0
// for the first. Requests have few events; those that have many have no more than
// [ga4.MaxEvents] that are taken.
func (q *request) occurrence(i int) uint32 {
	if i >= ga4.MaxEvents || q.pieces[i].reason != "" {
		return 0
	}
	own, n := q.body[q.pieces[i].start:q.pieces[i].end], uint32(1)
	for k := range q.pieces[:i] {
		if m := &q.pieces[k]; m.reason == "" && string(q.body[m.start:m.end]) == string(own) {
			n++
		}
	}
	if n == 1 {
		return 0
	}
	return n
}
