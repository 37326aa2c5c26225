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
	apps    map[string]*sourceState // by Snowplow's app id
	origins map[string]bool

	webhooks map[string]*webhookSender // by the name of the source

	requests sync.Pool // of *request: their buffers are the door's only per-request memory
	inflight atomic.Int64
	uploads  atomic.Int64
	unknown  atomic.Int64 // requests of senders that are no source's
	idPrefix string
	idLast   atomic.Uint64
}

// New returns the doors.
func New(cfg Config) (*Handler, error) {
	keys, apps, err := cfg.check()
	if err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	h := &Handler{cfg: cfg, limits: cfg.Limits.withDefaults(), keys: keys, apps: apps, origins: make(map[string]bool)}
	if h.webhooks, err = cfg.webhookSenders(); err != nil {
		return nil, err
	}
	for _, o := range cfg.Origins {
		h.origins[o] = true
	}
	h.idPrefix = strconv.FormatInt(cfg.Clock.Now().UnixMilli(), 36) + "-"
	h.requests.New = func() any { return newRequest(h.limits.BatchEvents) }
	return h, nil
}

// endpoint is one path of the doors.
type endpoint struct {
	method    string
	other     string // a second method, or empty
	stream    string // what [adapter.Record.Stream] says
	segment   bool   // errors in Segment's form
	image     bool   // errors with an image as their body
	collector bool   // of a Snowplow collector: also behind a write key, and for pages with credentials
	serve     func(h *Handler, q *request, w http.ResponseWriter, r *http.Request, e *endpoint) *problem
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
	addAnalytics(m)
	return m
}()

// addAnalytics adds the doors that other analytics' clients know.
func addAnalytics(m map[string]*endpoint) {
	const collect = "/mp/collect"
	m[collect] = &endpoint{method: http.MethodPost, stream: "http:" + collect, serve: (*Handler).measurement}
	m["/debug"+collect] = &endpoint{method: http.MethodPost, serve: (*Handler).validateMeasurement}
	m["/v1/cloudevents"] = &endpoint{method: http.MethodPost, stream: "http:/v1/cloudevents", serve: (*Handler).cloudEvents}
	m["/v1/pixel.gif"] = &endpoint{method: http.MethodGet, stream: "http:/v1/pixel.gif", image: true, serve: (*Handler).pixel}
	m[snowplowPost] = &endpoint{method: http.MethodPost, stream: "http:" + snowplowPost, collector: true, serve: (*Handler).snowplow}
	m[snowplowGet] = &endpoint{method: http.MethodGet, stream: "http:" + snowplowGet, collector: true, image: true, serve: (*Handler).snowplowQuery}
	m[snowplowIglu] = &endpoint{
		method: http.MethodPost, other: http.MethodGet, stream: "http:" + snowplowIglu, collector: true, serve: (*Handler).snowplowIgluEvent,
	}
}

// takes reports whether the endpoint serves a method. Asking for the head of an
// image that is an event would be one.
func (e *endpoint) takes(method string) bool {
	return method == e.method || method == e.other && method != "" || method == http.MethodHead && e.method == http.MethodGet && !e.image
}

// methods names the methods of an endpoint.
func (e *endpoint) methods() string {
	if e.other != "" {
		return e.method + ", " + e.other
	}
	return e.method
}

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
	mux.Handle(snowplowPrefix, h)
	mux.Handle(webhookPrefix, h)
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
	if strings.HasPrefix(path, webhookPrefix) {
		return webhookEndpoint
	}
	return snowplowEndpoint(path)
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
	if !e.takes(r.Method) {
		p = newProblem(http.StatusMethodNotAllowed, r.Method+" is not possible on "+r.URL.Path+"; use "+e.methods()+".")
		p.allow = e.methods() + ", OPTIONS"
	} else {
		q := h.requests.Get().(*request)
		q.id = id
		if p = e.serve(h, q, w, r, e); p != nil {
			h.refused(q, p)
		}
		q.reset()
		h.requests.Put(q)
	}
	switch {
	case p == nil:
	case e.segment:
		p.writeSegment(w, id)
	case e.image:
		p.writeImage(w)
	default:
		p.write(w, id)
	}
}

// refused counts a request that is answered with an error.
func (h *Handler) refused(q *request, p *problem) {
	switch {
	case q.source != nil:
		q.source.meter.Refused()
	case p.Status == http.StatusUnauthorized:
		h.unknown.Add(1)
	}
}

// Unknown returns how many requests were refused since the start because their
// sender is no source's.
func (h *Handler) Unknown() int64 { return h.unknown.Load() }

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
	if p := h.controlled(q); p != nil {
		return p
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
