package httpsource

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/jsontext"
)

// cloudEventsAdapter is the adapter that CloudEvents are for.
const cloudEventsAdapter = "cloudevents"

// The content types of the structured and the batched mode.
const (
	structuredEvent = "application/cloudevents+json"
	batchedEvents   = "application/cloudevents-batch+json"
	otherEvents     = "application/cloudevents" // +xml, +avro, +protobuf
)

// cloudEvents takes CloudEvents 1.0 in any mode of the HTTP protocol binding: POST
// /v1/cloudevents.
func (h *Handler) cloudEvents(q *request, w http.ResponseWriter, r *http.Request, e *endpoint) *problem {
	if p := h.admit(); p != nil {
		return p
	}
	defer h.leave()
	q.now = h.cfg.Clock.Now()
	wait, p := h.waitOf(r)
	if p != nil {
		return p
	}
	if p := h.authenticate(q, r); p != nil {
		return p
	}
	if q.source == nil {
		return missingKey()
	}
	if p := q.wantAdapter(cloudEventsAdapter, "The door of CloudEvents"); p != nil {
		return p
	}
	if p := h.read(q, w, r, h.bodyBytes(q), "limits.body_bytes"); p != nil {
		return p
	}
	envelope, p := q.cloudEventsBody(r)
	if p != nil {
		return p
	}
	if p := h.checkEvents(q, wait); p != nil {
		return p
	}
	var at jsontext.Position
	for i := range q.pieces {
		q.pieces[i].checkEvent(q.body, h.eventBytes(q), envelope == "", &at)
	}
	q.addPieces(adapter.Record{Stream: e.stream, Envelope: envelope})
	if p := h.append(r, q); p != nil {
		return p
	}
	if len(q.rejects) > 0 && len(q.rejects) == len(q.pieces) {
		return allRejected(q.rejects)
	}
	if wait > 0 {
		return h.answerVerdicts(q, w, r, wait)
	}
	q.answer(w)
	return nil
}

// cloudEventsBody makes a piece of each event of the body. In binary mode the
// body is the data of one event, and the envelope has its attributes.
func (q *request) cloudEventsBody(r *http.Request) (envelope string, p *problem) {
	mode, p := modeOf(r.Header["Content-Type"])
	if p != nil {
		return "", p
	}
	switch mode {
	case batchedEvents:
		return "", q.eventBatch()
	case structuredEvent:
		p := q.scanObject()
		q.pieces = append(q.pieces[:0], piece{start: max(bytes.IndexByte(q.body, '{'), 0), end: len(q.body)})
		return "", p
	}
	if len(r.Header["Ce-Specversion"]) == 0 {
		return "", newProblem(http.StatusBadRequest, "The request is no CloudEvent: it has no ce-specversion header (binary mode), and its Content-Type is neither "+
			structuredEvent+" nor "+batchedEvents+".")
	}
	q.pieces = append(q.pieces[:0], piece{end: len(q.body)})
	return q.attributes(r.Header)
}

// modeOf returns the content type of a structured or batched request, "" of a
// binary one.
func modeOf(contentType []string) (string, *problem) {
	if len(contentType) == 0 {
		return "", nil
	}
	// The two exact forms are those that are sent.
	switch contentType[0] {
	case structuredEvent, batchedEvents:
		return contentType[0], nil
	case "application/json":
		return "", nil
	}
	// Of a type that cannot be parsed nothing but its name counts: it is that of data.
	t, params, _ := mime.ParseMediaType(contentType[0])
	switch {
	case !strings.HasPrefix(t, otherEvents):
		return "", nil
	case t != structuredEvent && t != batchedEvents:
		return "", newProblem(http.StatusUnsupportedMediaType, fmt.Sprintf(
			"Content-Type %q is not taken; send %s, %s, or the binary mode with ce- headers.", t, structuredEvent, batchedEvents))
	}
	if c := params["charset"]; c != "" && !strings.EqualFold(c, "utf-8") {
		return "", newProblem(http.StatusUnsupportedMediaType, fmt.Sprintf("Charset %q is not taken; send UTF-8.", c))
	}
	return t, nil
}

// eventBatch makes a piece of each element of the array that the body is.
func (q *request) eventBatch() *problem {
	c := q.cursor
	c.Reset(jsontext.View(q.body))
	if c.Kind() != jsontext.Array && c.Err() == nil {
		return newProblem(http.StatusBadRequest, "The body of "+batchedEvents+" is no JSON array of events.")
	}
	q.array()
	if err := c.End(); err != nil {
		return syntaxProblem(err)
	}
	return nil
}

// checkEvent is check, but for data of an event in binary mode, which may be
// anything.
func (m *piece) checkEvent(body []byte, eventBytes int, isJSON bool, at *jsontext.Position) {
	if !isJSON && m.end-m.start <= eventBytes {
		return
	}
	m.check(body, eventBytes, at)
}

const attributePrefix = "Ce-"

// attributes writes the attributes of a request in binary mode as the envelope's
// headers. Their values stay as they are: the adapter decodes them.
func (q *request) attributes(header http.Header) (string, *problem) {
	q.names = q.names[:0]
	for name := range header {
		if strings.HasPrefix(name, attributePrefix) || name == "Content-Type" {
			q.names = append(q.names, name)
		}
	}
	slices.Sort(q.names)
	inner := newMembers(append(q.out[:0], `{"headers":`...), maxEnvelope)
	for _, name := range q.names {
		value := header[name][0]
		if !utf8.ValidString(value) {
			value = fromLatin1(value)
		}
		q.key = append(q.key[:0], name...)
		for i, c := range q.key {
			if c >= 'A' && c <= 'Z' {
				q.key[i] = c | 0x20
			}
		}
		if !inner.text(jsontext.View(q.key), value) {
			return "", newProblem(http.StatusRequestHeaderFieldsTooLarge, fmt.Sprintf("The attributes of the event have more than %d bytes.", maxEnvelope))
		}
	}
	q.out = append(inner.end(), '}')
	return string(q.out), nil
}

// fromLatin1 reads a header as HTTP once defined it. Libraries that neither
// percent-encode a value nor write it as UTF-8 send it so.
func fromLatin1(s string) string {
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		b = utf8.AppendRune(b, rune(s[i]))
	}
	return string(b)
}
