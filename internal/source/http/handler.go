package httpsource

import (
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Handler serves the doors. It is safe for concurrent use.
type Handler struct {
	cfg     Config
	limits  Limits
	keys    map[[sha256.Size]byte]*sourceState
	origins map[string]bool

	requests sync.Pool // of *request: their buffers are the door's only per-request memory
	inflight atomic.Int64
	uploads  atomic.Int64
	idPrefix string
	idLast   atomic.Uint64
}

// New returns the doors.
func New(cfg Config) (*Handler, error) {
	keys, err := cfg.check()
	if err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	h := &Handler{cfg: cfg, limits: cfg.Limits.withDefaults(), keys: keys, origins: make(map[string]bool)}
	for _, o := range cfg.Origins {
		h.origins[o] = true
	}
	h.idPrefix = strconv.FormatInt(cfg.Clock.Now().UnixMilli(), 36) + "-"
	h.requests.New = func() any { return newRequest() }
	return h, nil
}

// endpoint is one path of the doors.
type endpoint struct {
	method  string
	stream  string // what [adapter.Record.Stream] says
	segment bool   // errors in Segment's form
	serve   func(h *Handler, q *request, w http.ResponseWriter, r *http.Request, e *endpoint) *problem
}

// endpoints are the fixed paths. Segment's short paths are logged under their
// long name, from whose last element the adapter knows the type of a message.
var endpoints = func() map[string]*endpoint {
	m := map[string]*endpoint{
		"/v1/events":    {method: http.MethodPost, stream: "http:/v1/events", serve: (*Handler).native},
		"/api/v1/files": {method: http.MethodPost, serve: (*Handler).file},
	}
	for _, name := range []string{"track", "identify", "page", "screen", "group", "alias"} {
		e := &endpoint{method: http.MethodPost, stream: "http:/v1/" + name, segment: true, serve: (*Handler).message}
		m["/v1/"+name] = e
		m["/v1/"+name[:1]] = e
	}
	batch := &endpoint{method: http.MethodPost, stream: "http:/v1/batch", segment: true, serve: (*Handler).batch}
	m["/v1/batch"], m["/v1/b"], m["/v1/import"] = batch, batch, batch
	return m
}()

const (
	settingsPrefix = "/v1/projects/"
	settingsSuffix = "/settings"
)

// Mount adds the doors' paths to a mux.
func (h *Handler) Mount(mux *http.ServeMux) {
	for path := range endpoints {
		if path != "/api/v1/files" || h.cfg.Files != nil {
			mux.Handle(path, h)
		}
	}
	mux.Handle(settingsPrefix+"{writeKey}"+settingsSuffix, h)
}

// settingsEndpoint serves a path with a variable in it.
var settingsEndpoint = &endpoint{method: http.MethodGet, serve: (*Handler).settings}

func endpointOf(path string) *endpoint {
	if e := endpoints[path]; e != nil {
		return e
	}
	if strings.HasPrefix(path, settingsPrefix) && strings.HasSuffix(path, settingsSuffix) {
		return settingsEndpoint
	}
	return nil
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := h.requestID(r)
	w.Header()["X-Request-Id"] = []string{id}
	e := endpointOf(r.URL.Path)
	if e == nil {
		newProblem(http.StatusNotFound, "There is no door at "+r.URL.Path+".").write(w, id)
		return
	}
	if origin := r.Header["Origin"]; len(origin) == 1 && h.crossOrigin(w, r, origin[0], e, id) {
		return
	}
	var p *problem
	if r.Method != e.method && !(r.Method == http.MethodHead && e.method == http.MethodGet) {
		p = newProblem(http.StatusMethodNotAllowed, r.Method+" is not possible on "+r.URL.Path+"; use "+e.method+".")
		p.allow = e.method + ", OPTIONS"
	} else {
		q := h.requests.Get().(*request)
		q.id = id
		if p = e.serve(h, q, w, r, e); p != nil && q.source != nil {
			q.source.meter.Refused()
		}
		q.reset()
		h.requests.Put(q)
	}
	switch {
	case p == nil:
	case e.segment:
		p.writeSegment(w, id)
	default:
		p.write(w, id)
	}
}

// admit counts the request in, or says why not now. leave must follow nil.
func (h *Handler) admit() *problem {
	if h.cfg.Gate != nil {
		if ok, reason := h.cfg.Gate.Admit(); !ok {
			return unavailable("No events are taken now: " + reason + ". Send the request again after Retry-After seconds.")
		}
	}
	if h.inflight.Add(1) > int64(h.limits.InflightRequests) {
		h.inflight.Add(-1)
		return tooMany("More than " + strconv.Itoa(h.limits.InflightRequests) +
			" requests are being taken at once (limits.inflight_requests). Send the request again after Retry-After seconds.")
	}
	return nil
}

func (h *Handler) leave() { h.inflight.Add(-1) }

// maxRequestID bounds the ids that senders give.
const maxRequestID = 64

// requestID returns the sender's X-Request-Id if it is a plain one, else a new
// one: unique for this process and, by its start time, among its restarts.
func (h *Handler) requestID(r *http.Request) string {
	if v := r.Header["X-Request-Id"]; len(v) == 1 && plainID(v[0]) {
		return v[0]
	}
	var buf [48]byte
	b := append(buf[:0], h.idPrefix...)
	return string(strconv.AppendUint(b, h.idLast.Add(1), 36))
}

func plainID(s string) bool {
	if s == "" || len(s) > maxRequestID {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

// append hands the request's entries to the log and counts them.
func (h *Handler) append(r *http.Request, q *request) *problem {
	if len(q.entries) == 0 {
		return nil
	}
	if err := h.cfg.Appender.Append(r.Context(), q.entries); err != nil {
		if r.Context().Err() == nil && !errors.Is(err, r.Context().Err()) {
			h.cfg.Logger.Warn("cannot append a request's events", "request", q.id, "source", q.source.name, "events", len(q.entries), "error", err)
		}
		return appendProblem(err)
	}
	q.source.meter.Appended(len(q.entries), len(q.rejects), q.bytes, q.now)
	return nil
}
