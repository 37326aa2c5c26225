package httpsource

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/jsontext"
)

// nativeAdapter is the adapter that a pixel's events are for.
const nativeAdapter = "native"

// maxParameters bounds the parameters of a pixel.
const maxParameters = 100

// pixel takes one native event from the query: GET /v1/pixel.gif. The browser of
// a page without scripts sends it, and of what it is answered it can show an image
// only.
func (h *Handler) pixel(q *request, w http.ResponseWriter, r *http.Request, e *endpoint) *problem {
	if p := h.admit(); p != nil {
		return p
	}
	defer h.leave()
	q.now = h.cfg.Clock.Now()
	if p := h.authenticate(q, r); p != nil {
		return p
	}
	if q.source == nil {
		return missingKey()
	}
	if p := q.wantAdapter(nativeAdapter, "The pixel"); p != nil {
		return p
	}
	if p := q.pixelEvent(r.URL.RawQuery, h.eventBytes(q)); p != nil {
		return p
	}
	return h.takeOne(q, w, r, adapter.Record{Stream: e.stream})
}

// The parameters of a pixel that are members of a native event, and of its one
// item. All others are its properties.
var (
	pixelMembers = [...]string{
		"id", "type", "time", "customer_id", "anonymous_id", "order_id", "session_id", "channel", "country", "currency", "amount",
	}
	pixelItem = [...]string{"product_id", "name", "category", "quantity", "price"}
)

// pixelEvent writes the event of a query into the body. Of a repeated parameter
// the first one counts.
//
// An event that says neither id nor time gets the second at which it came as its
// time: equal requests of one second are one event, those of another are another.
func (q *request) pixelEvent(query string, eventBytes int) *problem {
	if len(query) > 3*eventBytes {
		return newProblem(http.StatusRequestEntityTooLarge, "The query is larger than an event may be (limits.event_bytes: "+strconv.Itoa(eventBytes)+" bytes).")
	}
	if n := strings.Count(query, "&"); n >= maxParameters {
		return newProblem(http.StatusBadRequest, "The query has "+strconv.Itoa(n+1)+" parameters, at most "+strconv.Itoa(maxParameters)+" are allowed.")
	}
	m := newMembers(q.body[:0], math.MaxInt) // what is too large is refused as a whole
	if p := q.pixelPart(&m, query, pixelMembers[:]); p != nil {
		return p
	}
	if !has(query, "id") && !has(query, "time") {
		m.key("time")
		m.dst = q.now.UTC().Truncate(time.Second).AppendFormat(append(m.dst, '"'), time.RFC3339)
		m.dst = append(m.dst, '"')
	}
	if hasAny(query, pixelItem[:]) {
		m.key("items")
		item := newMembers(append(m.dst, '['), m.limit)
		if p := q.pixelPart(&item, query, pixelItem[:]); p != nil {
			return p
		}
		m.dst = append(item.end(), ']')
	}
	if p := q.pixelProperties(&m, query); p != nil {
		return p
	}
	q.body = m.end()
	return nil
}

func has(query, name string) bool {
	_, ok := parameter(query, name)
	return ok
}

func hasAny(query string, names []string) bool {
	for _, name := range names {
		if has(query, name) {
			return true
		}
	}
	return false
}

// pixelPart adds those of the names that the query has.
func (q *request) pixelPart(m *members, query string, names []string) *problem {
	for _, name := range names {
		raw, ok := parameter(query, name)
		if !ok {
			continue
		}
		if q.key, ok = appendUnescaped(q.key[:0], raw); !ok {
			return badParameter(name)
		}
		m.text(name, jsontext.View(q.key))
	}
	return nil
}

// pixelProperties adds all other parameters as properties.
func (q *request) pixelProperties(m *members, query string) *problem {
	properties := members{}
	for rest := query; rest != ""; {
		var pair string
		at := len(query) - len(rest)
		pair, rest, _ = strings.Cut(rest, "&")
		name, raw, _ := strings.Cut(pair, "=")
		if name == "" || name == "key" || known(name) || has(query[:at], name) {
			continue
		}
		if properties.dst == nil {
			m.key("properties")
			properties = newMembers(m.dst, m.limit)
		}
		var ok bool
		if q.key, ok = appendUnescaped(q.key[:0], name); !ok {
			return badParameter(name)
		}
		named := len(q.key)
		if q.key, ok = appendUnescaped(q.key, raw); !ok {
			return badParameter(name)
		}
		properties.text(jsontext.View(q.key[:named]), jsontext.View(q.key[named:]))
	}
	if properties.dst != nil {
		m.dst = properties.end()
	}
	return nil
}

func known(name string) bool {
	for _, n := range pixelMembers {
		if n == name {
			return true
		}
	}
	for _, n := range pixelItem {
		if n == name {
			return true
		}
	}
	return false
}

func badParameter(name string) *problem {
	if len(name) > 64 {
		name = name[:64]
	}
	return newProblem(http.StatusBadRequest, "The parameter "+strconv.QuoteToASCII(name)+" has a broken escape, or is not UTF-8.")
}

// gif is a transparent image of one pixel: 43 bytes.
var (
	gif = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00\x21\xf9\x04\x01\x00\x00\x00\x00" +
		"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b")
	gifType = []string{"image/gif"}
	gifSize = []string{strconv.Itoa(len(gif))}
	noStore = []string{"no-store"}
)

// writePixel answers with an image, which no cache may keep.
func writePixel(w http.ResponseWriter, status int) {
	h := w.Header()
	h["Content-Type"] = gifType
	h["Content-Length"] = gifSize
	h["Cache-Control"] = noStore
	w.WriteHeader(status)
	_, _ = w.Write(gif) // the sender is gone; there is nobody to tell
}

// writeImage answers a page's image with the status of what went wrong, and with
// the image: what a visitor sees does not depend on it.
func (p *problem) writeImage(w http.ResponseWriter) {
	p.headers(w.Header())
	writePixel(w, p.Status)
}
