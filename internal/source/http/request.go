package httpsource

import (
	"net/http"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/source/jsonscan"
	"github.com/millrace/millrace/internal/source/route"
)

// span is a range of the body.
type span struct{ start, end int }

func (s span) empty() bool { return s.end == 0 }

// request is the memory of one request. It is pooled: a request allocates no
// buffer of its own once the pool is warm.
type request struct {
	id     string
	now    time.Time
	source *sourceState

	compressed []byte // body as sent, when it is compressed
	body       []byte // body as the sender meant it
	key        []byte // scratch for the write key
	arena      []byte // route keys
	out        []byte // answer
	unpack     decompressor

	// What the visitor found in the body's object.
	visitor                                 jsonscan.Visitor
	writeKey, sentAt, context, integrations span
	batch                                   span

	pieces  []piece
	entries []eventlog.Entry
	rejects []reject
	bytes   int64
}

// reject is an event that was refused, as the sender is told.
type reject struct {
	Index   int    `json:"index"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

func newRequest() *request {
	q := &request{}
	q.visitor = jsonscan.Visitor{Member: q.member, List: "batch", Element: q.element}
	return q
}

// maxKept bounds the buffers that an unusually large request leaves behind.
const maxKept = 1 << 20

// reset drops every reference to the request, and buffers that are unusually
// large.
func (q *request) reset() {
	clear(q.entries)
	clear(q.pieces)
	clear(q.rejects)
	kept := *q
	*q = request{unpack: kept.unpack, visitor: kept.visitor}
	for _, b := range []struct{ to, from *[]byte }{
		{&q.compressed, &kept.compressed}, {&q.body, &kept.body}, {&q.key, &kept.key},
		{&q.arena, &kept.arena}, {&q.out, &kept.out},
	} {
		if cap(*b.from) <= maxKept {
			*b.to = (*b.from)[:0]
		}
	}
	if cap(kept.entries) <= maxKept/256 {
		q.entries, q.pieces = kept.entries[:0], kept.pieces[:0]
	}
	q.rejects = kept.rejects[:0]
}

// member notes the members of the body's object that a door understands.
func (q *request) member(name []byte, start, end int) {
	s := span{start, end}
	switch string(name) {
	case "writeKey":
		q.writeKey = s
	case "sentAt":
		q.sentAt = s
	case "context":
		q.context = s
	case "integrations":
		q.integrations = s
	case "batch":
		q.batch = s
	}
}

func (q *request) element(start, end int) {
	q.pieces = append(q.pieces, piece{start: start, end: end})
}

// text returns the content of a string without escapes, or nil.
func (q *request) text(s span) []byte {
	b := q.body[s.start:s.end]
	if len(b) < 2 || b[0] != '"' {
		return nil
	}
	return b[1 : len(b)-1]
}

// skew is how far the sender's clock is behind, in µs: 0 when it did not say.
func (q *request) skew() int64 {
	if q.sentAt.empty() {
		return 0
	}
	at, err := time.Parse(time.RFC3339, string(q.text(q.sentAt)))
	if err != nil {
		return 0
	}
	return q.now.Sub(at).Microseconds()
}

// add makes an entry of the next event. The record is completed in place, since
// a pointer to a local one would move it to the heap.
func (q *request) add(d adapter.Decoder, r adapter.Record) {
	r.Source, r.Adapter, r.Request = q.source.name, q.source.adapter, q.id
	q.entries = append(q.entries, eventlog.Entry{Record: r})
	e := &q.entries[len(q.entries)-1]
	from := len(q.arena)
	q.arena = route.Append(q.arena, d, &e.Record)
	e.Key = q.arena[from:len(q.arena):len(q.arena)]
	q.bytes += int64(len(r.Payload))
}

// authenticate finds the source by the header or the query, where either has a
// key. A key that no source has is a problem; no key is none, as the body may
// hold it.
func (h *Handler) authenticate(q *request, r *http.Request) *problem {
	q.key = headerKey(r, q.key[:0])
	if len(q.key) == 0 && r.URL.RawQuery != "" {
		q.key = append(q.key[:0], r.URL.Query().Get("key")...)
	}
	if len(q.key) == 0 {
		if r.Header.Get("Authorization") != "" {
			return unauthorized("The Authorization header holds no write key. Send it as the user name of Basic (an empty password), or as a Bearer token.")
		}
		return nil
	}
	if q.source = h.byKey(q.key); q.source == nil {
		return unknownKey()
	}
	return nil
}

// authenticateBody takes the write key from the body when nothing else had one.
func (h *Handler) authenticateBody(q *request) *problem {
	if q.source != nil {
		return nil
	}
	if q.writeKey.empty() {
		return unauthorized("The request has no write key. Send one as the user name of Basic authentication, as a Bearer token, or as \"writeKey\" in the body. Keys are configured per source, under sources[].write_keys.")
	}
	if q.source = h.byKey(q.text(q.writeKey)); q.source == nil {
		return unknownKey()
	}
	return nil
}

func unknownKey() *problem {
	return unauthorized("The write key belongs to no source. Keys are configured per source, under sources[].write_keys.")
}
