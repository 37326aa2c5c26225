package httpsource

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/jsontext"
)

// segmentAdapter is the adapter that the Segment API's messages are for.
const segmentAdapter = "segment"

var (
	jsonType    = []string{"application/json"}
	successBody = []byte("{\"success\":true}\n")
	successSize = []string{strconv.Itoa(len(successBody))}
)

// succeed answers as the Segment API does.
func succeed(w http.ResponseWriter) {
	h := w.Header()
	h["Content-Type"] = jsonType
	h["Content-Length"] = successSize
	_, _ = w.Write(successBody) // the sender is gone; there is nobody to tell
}

// message takes one message: POST /v1/track and its siblings.
func (h *Handler) message(q *request, w http.ResponseWriter, r *http.Request, e *endpoint) *problem {
	if p := h.admit(); p != nil {
		return p
	}
	defer h.leave()
	if p := h.segmentBody(q, w, r, (*Handler).eventBytes, "limits.event_bytes"); p != nil {
		return p
	}
	d := q.source.decoder()
	defer q.source.decoders.Put(d)
	q.add(d, adapter.Record{Payload: q.body, Stream: e.stream, Skew: q.skew()})
	if p := h.append(r, q); p != nil {
		return segmentStatus(p)
	}
	succeed(w)
	return nil
}

// batch takes many messages: POST /v1/batch and /v1/import. It is all or
// nothing, as Segment's libraries expect.
func (h *Handler) batch(q *request, w http.ResponseWriter, r *http.Request, e *endpoint) *problem {
	if p := h.admit(); p != nil {
		return p
	}
	defer h.leave()
	if p := h.segmentBody(q, w, r, (*Handler).batchBytes, "limits.batch_bytes"); p != nil {
		return p
	}
	if p := h.checkBatch(q); p != nil {
		return p
	}
	record := adapter.Record{Stream: e.stream, Skew: q.skew(), Envelope: q.envelope()}
	d := q.source.decoder()
	defer q.source.decoders.Put(d)
	for i, m := range q.pieces {
		record.Payload = q.body[m.start:m.end:m.end]
		record.Line = int64(i)
		q.add(d, record)
	}
	if p := h.append(r, q); p != nil {
		return segmentStatus(p)
	}
	succeed(w)
	return nil
}

// segmentBody reads the body as one object, and finds its source.
func (h *Handler) segmentBody(q *request, w http.ResponseWriter, r *http.Request, limit func(*Handler, *request) int, setting string) *problem {
	q.now = h.cfg.Clock.Now()
	if p := h.authenticate(q, r); p != nil {
		return p
	}
	if p := h.read(q, w, r, limit(h, q), setting); p != nil {
		return segmentStatus(p)
	}
	if p := q.scanObject(); p != nil {
		return p
	}
	if p := h.authenticateBody(q); p != nil {
		return p
	}
	if q.source.adapter != segmentAdapter {
		return newProblem(http.StatusBadRequest, fmt.Sprintf(
			"Source %q has the adapter %q. Messages of the Segment API need a source with the adapter %q; for others use POST /v1/events.",
			q.source.name, q.source.adapter, segmentAdapter))
	}
	return nil
}

// segmentStatus turns what is a 413 elsewhere into Segment's 400.
func segmentStatus(p *problem) *problem {
	if p.Status == http.StatusRequestEntityTooLarge {
		p.Status = http.StatusBadRequest
	}
	return p
}

// scanObject validates the body as one JSON object and notes its members.
func (q *request) scanObject() *problem {
	c := q.cursor
	c.Reset(jsontext.View(q.body))
	start := c.Offset()
	if c.Err() == nil && start == len(q.body) {
		return newProblem(http.StatusBadRequest, "The body is empty; send a JSON object.")
	}
	q.object()
	if err := c.End(); err != nil {
		return syntaxProblem(err)
	}
	q.body = q.body[:start+len(c.From(start))]
	return nil
}

// syntaxProblem says where a body is broken.
func syntaxProblem(err *jsontext.SyntaxError) *problem {
	return newProblem(http.StatusBadRequest,
		fmt.Sprintf("The body is not valid JSON: line %d, column %d: %s.", err.Line, err.Column, err.Message)).
		at(err.Line, err.Column, err.Message)
}

// checkBatch checks the messages of a batch.
func (h *Handler) checkBatch(q *request) *problem {
	if q.batch.Kind != jsontext.Array {
		return newProblem(http.StatusBadRequest, `The body has no "batch": send {"batch":[{"type":"track",…},…]}.`)
	}
	if len(q.pieces) > h.limits.BatchEvents {
		return newProblem(http.StatusBadRequest, fmt.Sprintf(
			"The batch has %d messages, at most %d are allowed (limits.batch_events). Send smaller batches.", len(q.pieces), h.limits.BatchEvents))
	}
	for i, m := range q.pieces {
		if q.body[m.start] != '{' {
			var at jsontext.Position
			at.Move(jsontext.View(q.body), m.start)
			return newProblem(http.StatusBadRequest, fmt.Sprintf(
				"batch[%d] is no JSON object (line %d, column %d). Nothing of the batch was taken.", i, at.Line, at.Column))
		}
		if n := m.end - m.start; n > h.eventBytes(q) {
			return newProblem(http.StatusBadRequest, fmt.Sprintf(
				"batch[%d] has %d bytes, at most %d are allowed (limits.event_bytes). Nothing of the batch was taken.", i, n, h.eventBytes(q)))
		}
	}
	return nil
}

// maxEnvelope bounds what every message of a batch repeats in the log.
const maxEnvelope = 8 << 10

// envelope is what the batch says for all its messages: the raw context and
// integrations, where they are objects, or nothing.
func (q *request) envelope() string {
	if q.context.Kind != jsontext.Object && q.integrations.Kind != jsontext.Object {
		return ""
	}
	b := append(q.out[:0], '{')
	for _, m := range [...]struct {
		name  string
		value jsontext.Value
	}{{`"context":`, q.context}, {`"integrations":`, q.integrations}} {
		if m.value.Kind != jsontext.Object || len(b)+len(m.value.Raw) > maxEnvelope {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(b, m.name...), m.value.Raw...)
	}
	q.out = append(b, '}')
	return string(q.out)
}

// settings answers what Segment's CDN tells its browser library about a write
// key: which integrations there are (this server), and where to send events.
func (h *Handler) settings(q *request, w http.ResponseWriter, r *http.Request, _ *endpoint) *problem {
	escaped := strings.TrimSuffix(strings.TrimPrefix(r.URL.EscapedPath(), settingsPrefix), settingsSuffix)
	key, err := url.PathUnescape(escaped)
	if err != nil || h.byKey([]byte(key)) == nil {
		return newProblem(http.StatusNotFound, "The write key belongs to no source. Keys are configured per source, under sources[].write_keys.")
	}
	protocol := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		protocol = "https"
	}
	header := w.Header()
	header["Content-Type"] = jsonType
	header.Set("Cache-Control", "public, max-age=120")
	q.out = fmt.Appendf(q.out[:0], `{"integrations":{"Segment.io":{"apiKey":%s,"apiHost":%s,"protocol":"%s","unbundledIntegrations":[],"addBundledMetadata":true,"maybeBundledConfigIds":{},"versionSettings":{"version":"4.4.7","componentTypes":["browser"]}}},"plan":{"track":{"__default":{"enabled":true,"integrations":{}}},"identify":{"__default":{"enabled":true}},"group":{"__default":{"enabled":true}}},"edgeFunction":{},"analyticsNextEnabled":true,"middlewareSettings":{},"enabledMiddleware":{},"metrics":{"sampleRate":0},"legacyVideoPluginsEnabled":false,"remotePlugins":[]}`+"\n",
		quote(key), quote(r.Host+"/v1"), protocol)
	_, _ = w.Write(q.out)
	return nil
}
