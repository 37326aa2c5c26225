package httpsource

import (
	"net/http"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/source/route"
)

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

	// What the body's object has. The values are parts of the body.
	cursor                                         *jsontext.Cursor
	writeKey, sentAt, context, integrations, batch jsontext.Value

	names   []string // of headers
	most    int      // events that a request may have
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

func newRequest(most int) *request { return &request{cursor: &jsontext.Cursor{}, most: most} }

// maxKept bounds the buffers that an unusually large request leaves behind.
const maxKept = 1 << 20

// reset drops every reference to the request, and buffers that are unusually
// large.
func (q *request) reset() {
	clear(q.entries)
	clear(q.pieces)
	clear(q.rejects)
	kept := *q
	*q = request{unpack: kept.unpack, cursor: kept.cursor, most: kept.most}
	q.cursor.Reset("")
	for _, b := range []struct{ to, from *[]byte }{
		{&q.compressed, &kept.compressed}, {&q.body, &kept.body}, {&q.key, &kept.key},
		{&q.arena, &kept.arena}, {&q.out, &kept.out},
	} {
		if cap(*b.from) <= maxKept {
			*b.to = (*b.from)[:0]
		}
	}
	if cap(kept.names) <= maxKept/256 {
		clear(kept.names)
		q.names = kept.names[:0]
	}
	if max(cap(kept.entries), cap(kept.pieces), cap(kept.rejects)) <= maxKept/256 {
		q.entries, q.pieces, q.rejects = kept.entries[:0], kept.pieces[:0], kept.rejects[:0]
	}
}

// object walks the object that the cursor is at: the members that a door
// understands are noted, and the elements of a batch become pieces.
func (q *request) object() {
	c := q.cursor
	for c.Object(); c.More(); {
		switch c.Key().Raw {
		case "writeKey":
			q.writeKey = c.Value()
		case "sentAt":
			q.sentAt = c.Value()
		case "context":
			q.context = c.Value()
		case "integrations":
			q.integrations = c.Value()
		case "batch":
			q.pieces = q.pieces[:0] // of a repeated member the last one counts
			if q.batch.Kind = c.Kind(); q.batch.Kind == jsontext.Array {
				q.array()
				continue
			}
			c.Value()
		default:
			c.Value()
		}
	}
}

// array makes a piece of each element of the array that the cursor is at.
func (q *request) array() {
	c := q.cursor
	for c.Array(); c.More(); {
		start := c.Offset()
		c.Value()
		q.notePiece(piece{start: start, end: start + len(c.From(start))})
	}
}

// notePiece notes an event of the body. One more than a request may have is enough to refuse
// it: what is noted of a body must not be larger than what the sender may send.
func (q *request) notePiece(m piece) {
	if len(q.pieces) <= q.most {
		q.pieces = append(q.pieces, m)
	}
}

// text returns the content of a string without escapes, or "".
func text(v jsontext.Value) string {
	if v.Kind != jsontext.String {
		return ""
	}
	return v.Raw
}

// skew is how far the sender's clock is behind, in µs: 0 when it did not say.
func (q *request) skew() int64 {
	if q.sentAt.Kind != jsontext.String {
		return 0
	}
	at, err := time.Parse(time.RFC3339, q.sentAt.Raw)
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
	if raw, ok := parameter(r.URL.RawQuery, "key"); ok && len(q.key) == 0 {
		q.key, _ = appendUnescaped(q.key[:0], raw)
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
	if q.writeKey.Kind == jsontext.Invalid {
		return unauthorized("The request has no write key. Send one as the user name of Basic authentication, as a Bearer token, or as \"writeKey\" in the body. Keys are configured per source, under sources[].write_keys.")
	}
	if q.source = h.byKey([]byte(text(q.writeKey))); q.source == nil {
		return unknownKey()
	}
	return nil
}

func missingKey() *problem {
	return unauthorized("The request has no write key. Send one as the user name of Basic authentication, as a Bearer token, or as ?key=. Keys are configured per source, under sources[].write_keys.")
}

func unknownKey() *problem {
	return unauthorized("The write key belongs to no source. Keys are configured per source, under sources[].write_keys.")
}
