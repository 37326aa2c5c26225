package httpsource

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/source/route"
)

// native takes events of any adapter: POST /v1/events.
func (h *Handler) native(q *request, w http.ResponseWriter, r *http.Request, e *endpoint) *problem {
	if p := h.admit(); p != nil {
		return p
	}
	defer h.leave()
	q.now = h.cfg.Clock.Now()
	wait, p := h.waitOf(r)
	if p != nil {
		return p
	}
	f, p := formOf(r.Header["Content-Type"])
	if p != nil {
		return p
	}
	if p := h.authenticate(q, r); p != nil {
		return p
	}
	if p := h.read(q, w, r, h.bodyBytes(q), "limits.body_bytes"); p != nil {
		return p
	}
	if p := q.split(f, h.eventBytes(q)); p != nil {
		return p
	}
	if p := h.authenticateBody(q); p != nil {
		return p
	}
	if p := h.checkEvents(q, wait); p != nil {
		return p
	}
	q.addPieces(adapter.Record{Stream: e.stream})
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

func (h *Handler) checkEvents(q *request, wait waitTime) *problem {
	if q.source.isFile {
		return newProblem(http.StatusUnsupportedMediaType, fmt.Sprintf(
			"Source %q has the adapter %q, whose records come in files. Send them to POST /api/v1/files.", q.source.name, q.source.adapter))
	}
	limit, setting := h.limits.BatchEvents, "limits.batch_events"
	if wait > 0 && limit > maxWaitEvents {
		limit, setting = maxWaitEvents, "with wait=verdict"
	}
	if len(q.pieces) > limit {
		return newProblem(http.StatusRequestEntityTooLarge, fmt.Sprintf(
			"The body has %d events, at most %d are allowed (%s). Send fewer per request.", len(q.pieces), limit, setting))
	}
	return nil
}

// formOf returns how the body is written. Text is taken because sendBeacon can
// send nothing else without a preflight.
func formOf(contentType []string) (form, *problem) {
	if len(contentType) == 0 || contentType[0] == "application/json" {
		return detect, nil
	}
	t, params, err := mime.ParseMediaType(contentType[0])
	if err == nil {
		if c := params["charset"]; c != "" && !strings.EqualFold(c, "utf-8") {
			return 0, newProblem(http.StatusUnsupportedMediaType, "Charset "+strconv.Quote(c)+" is not taken; send UTF-8.")
		}
		switch t {
		case "application/json", "text/plain":
			return detect, nil
		case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines":
			return lines, nil
		}
	}
	return 0, newProblem(http.StatusUnsupportedMediaType, "Content-Type "+strconv.Quote(contentType[0])+
		" is not taken; send application/json (an object or an array), or application/x-ndjson (one object per line).")
}

// addPieces makes an entry of each piece of the body.
func (q *request) addPieces(record adapter.Record) {
	d := q.source.decoder()
	defer q.source.decoders.Put(d)
	for i := range q.pieces {
		record.Line = int64(i)
		q.addPiece(d, record, i)
	}
}

// addPiece makes an entry of a piece. A refused one is logged as a sample, so
// that the ledger counts it.
func (q *request) addPiece(d adapter.Decoder, record adapter.Record, i int) {
	m := &q.pieces[i]
	record.Payload, record.Reject = q.body[m.start:m.end:m.end], m.reason
	if m.reason != "" {
		record.Payload = record.Payload[:min(len(record.Payload), route.SampleBytes)]
		q.rejects = append(q.rejects, reject{i, m.line, m.column, m.reason, m.message})
	}
	q.add(d, record)
}

// answer tells how many events the log has taken, and which were refused.
func (q *request) answer(w http.ResponseWriter) {
	b := append(q.out[:0], `{"accepted":`...)
	b = strconv.AppendInt(b, int64(len(q.pieces)-len(q.rejects)), 10)
	b = append(b, `,"rejected":`...)
	b = appendRejects(b, q.rejects)
	b = append(b, `,"request_id":"`...)
	b = append(b, q.id...)
	b = append(b, "\"}\n"...)
	q.out = b
	w.Header()["Content-Type"] = jsonType
	w.WriteHeader(http.StatusAccepted)
	_, _ = w.Write(b) // the sender is gone; there is nobody to tell
}

func appendRejects(b []byte, rejects []reject) []byte {
	if len(rejects) == 0 {
		return append(b, "[]"...)
	}
	text, err := json.Marshal(rejects)
	if err != nil {
		panic("BUG: cannot write rejects: " + err.Error())
	}
	return append(b, text...)
}

// allRejected is the answer when no event of a request was good.
func allRejected(rejects []reject) *problem {
	p := newProblem(http.StatusBadRequest, fmt.Sprintf(
		"None of the %d events was taken; the first fails at line %d, column %d: %s.",
		len(rejects), rejects[0].Line, rejects[0].Column, rejects[0].Message))
	const shown = 100
	for i := range rejects[:min(len(rejects), shown)] {
		r := rejects[i] // the request's memory is reused before the answer is written
		p.Errors = append(p.Errors, errorDetail{Index: &r.Index, Line: int64(r.Line), Column: r.Column, Message: r.Message})
	}
	return p
}

func quote(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic("BUG: cannot quote a string: " + err.Error())
	}
	return b
}

// query returns the request's parameters, or nil without any.
func query(r *http.Request) url.Values {
	if r.URL.RawQuery == "" {
		return nil
	}
	return r.URL.Query()
}
