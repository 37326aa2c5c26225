package httpsource

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/internal/source/route"
)

// webhookPrefix is followed by the name of a source.
const webhookPrefix = "/v1/webhooks/"

// webhookEndpoint serves a path with a variable in it.
var webhookEndpoint = &endpoint{method: http.MethodPost, stream: "http:/v1/webhooks", serve: (*Handler).webhook}

var (
	receivedBody = []byte("{\"received\":true}\n")
	receivedSize = []string{strconv.Itoa(len(receivedBody))}
)

// webhook takes one delivery of a webhook. Until its signature is right nothing
// of it is looked at but the path, the header of the signature and the bytes of
// the body as they were sent. The sender is told yes once the log has the
// delivery; what it then means is the adapter's business, so that no sender
// repeats for hours what cannot be decoded.
func (h *Handler) webhook(q *request, w http.ResponseWriter, r *http.Request, e *endpoint) *problem {
	s := h.webhooks[strings.TrimPrefix(r.URL.Path, webhookPrefix)]
	if s == nil {
		return newProblem(http.StatusNotFound, "No source of this name takes webhooks. They are configured per source, under sources[].webhook.")
	}
	q.source = s.source
	if p := h.admit(); p != nil {
		return p
	}
	defer h.leave()
	q.now = h.cfg.Clock.Now()
	if s.pings && isPing(r) {
		return h.ping(q, w, r)
	}
	if p := h.readSigned(q, w, r, s); p != nil {
		return p
	}
	if name := s.missing(r.Header); name != "" {
		return newProblem(http.StatusBadRequest, "The request has no header "+name+".")
	}
	if len(q.body) == 0 {
		return newProblem(http.StatusBadRequest, "The body is empty; a webhook has one.")
	}
	envelope, p := s.envelopeOf(q, r.Header)
	if p != nil {
		return p
	}
	record := adapter.Record{Payload: q.body, Stream: e.stream, Envelope: envelope}
	if !s.takes(q, r.Header) {
		record.Reject = route.TopicNotTaken
		record.Payload = record.Payload[:min(len(record.Payload), route.SampleBytes)]
		q.rejects = append(q.rejects, reject{Reason: record.Reject})
	}
	d := q.source.decoder()
	defer q.source.decoders.Put(d)
	q.add(d, record)
	if p := h.append(r, q); p != nil {
		return p
	}
	received(w)
	return nil
}

func received(w http.ResponseWriter) {
	header := w.Header()
	header["Content-Type"] = jsonType
	header["Content-Length"] = receivedSize
	_, _ = w.Write(receivedBody) // the sender is gone; there is nobody to tell
}

// readSigned reads the body and checks that the sender's secret signed it. A
// compressed body is signed as it was sent, and unpacked afterwards.
func (h *Handler) readSigned(q *request, w http.ResponseWriter, r *http.Request, s *webhookSender) *problem {
	values := r.Header[s.signature]
	if len(values) != 1 {
		return unsigned(w, "The request needs one header "+s.signature+", the signature of its body.")
	}
	const setting = "sources[].webhook.max_bytes"
	if r.ContentLength > int64(s.maxBytes) {
		return oversize(s.maxBytes, setting)
	}
	// A recorder in a test has no deadline to set; that is no reason to fail.
	_ = http.NewResponseController(w).SetReadDeadline(q.now.Add(h.limits.ReadTimeout))
	var err error
	if q.compressed, err = readAll(q.compressed[:0], r.Body, int(r.ContentLength), s.maxBytes); err != nil {
		return readProblem(err, "", s.maxBytes, setting)
	}
	if problem := s.verify(values[0], q.compressed, q.now); problem != "" {
		return unsigned(w, problem)
	}
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
		q.body, q.compressed = q.compressed, q.body
	case "gzip", "zstd":
		q.body, err = q.unpack.expand(q.body[:0], q.compressed, encoding, s.maxBytes)
		return readProblem(err, encoding, s.maxBytes, setting)
	default:
		w.Header().Set("Accept-Encoding", "gzip, zstd")
		return newProblem(http.StatusUnsupportedMediaType, "Content-Encoding "+strconv.Quote(encoding)+" is not understood; use gzip, zstd or none.")
	}
	return nil
}

func unsigned(w http.ResponseWriter, detail string) *problem {
	w.Header()["Www-Authenticate"] = []string{`Webhook-Signature realm="millrace webhook"`}
	return newProblem(http.StatusUnauthorized, detail)
}

// isPing reports whether a request is what WooCommerce sends to a new delivery
// URL: a form with the id of the webhook, not signed.
func isPing(r *http.Request) bool {
	t := r.Header.Get("Content-Type")
	return strings.HasPrefix(t, "application/x-www-form-urlencoded") && r.Header["X-Wc-Webhook-Signature"] == nil
}

// maxPing is far more than a ping has.
const maxPing = 256

// ping answers a ping, of which nothing is kept.
func (h *Handler) ping(q *request, w http.ResponseWriter, r *http.Request) *problem {
	_ = http.NewResponseController(w).SetReadDeadline(q.now.Add(h.limits.ReadTimeout))
	var err error
	q.body, err = readAll(q.body[:0], r.Body, int(r.ContentLength), maxPing)
	id, found := bytes.CutPrefix(q.body, []byte("webhook_id="))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return readProblem(err, "", maxPing, "")
	case err != nil || !found || len(id) == 0 || strings.Trim(string(id), "0123456789") != "":
		return unsigned(w, "The request has no header X-Wc-Webhook-Signature, and is no ping (webhook_id=NUMBER) either.")
	}
	received(w)
	return nil
}

// takes reports whether the delivery's topic is one that the source wants.
func (s *webhookSender) takes(q *request, header http.Header) bool {
	if s.topics == nil {
		return true
	}
	if s.topic != "" {
		return s.topics[header.Get(s.topic)]
	}
	topic := ""
	c := q.cursor
	c.Reset(jsontext.View(q.body))
	for c.Object(); c.More(); {
		if key, v := c.Key(), c.Value(); key.Raw == "type" {
			topic = text(v)
		}
	}
	return c.End() != nil || s.topics[topic] // what is no JSON is quarantined
}
