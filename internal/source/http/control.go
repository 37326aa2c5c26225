package httpsource

import (
	"fmt"
	"net/http"
	"time"

	"github.com/millrace/millrace/internal/source/control"
)

// settings are what an operator says about the request's source, which may not be
// known yet.
func (q *request) settings() control.Settings {
	if q.source == nil {
		return control.Settings{}
	}
	return q.source.control.Settings()
}

// eventBytes bounds an event of the request.
func (h *Handler) eventBytes(q *request) int {
	return own(q.settings().EventBytes, h.limits.EventBytes)
}

// batchBytes bounds a batch.
func (h *Handler) batchBytes(q *request) int {
	return own(q.settings().BatchBytes, h.limits.BatchBytes)
}

// bodyBytes bounds a body that is no batch.
func (h *Handler) bodyBytes(q *request) int { return own(q.settings().BatchBytes, h.limits.BodyBytes) }

// own is the source's limit if it has one.
func own(limit int64, general int) int {
	if limit > 0 {
		return int(limit)
	}
	return general
}

// controlled counts the request's events in, or says why their source may not bring
// them now. A source that the body named was read within the general limits; its own
// are held here.
func (h *Handler) controlled(q *request) *problem {
	set := q.settings()
	if set.BatchBytes > 0 && q.bytes > set.BatchBytes {
		return newProblem(http.StatusRequestEntityTooLarge, fmt.Sprintf(
			"The events have %d bytes, at most %d are allowed for source %q (sources[].limits.batch_bytes). Send fewer per request.",
			q.bytes, set.BatchBytes, q.source.name))
	}
	for i := range q.entries {
		r := &q.entries[i].Record
		if n := len(r.Payload); set.EventBytes > 0 && int64(n) > set.EventBytes && r.Reject == "" {
			return newProblem(http.StatusRequestEntityTooLarge, fmt.Sprintf(
				"An event has %d bytes, at most %d are allowed for source %q (sources[].limits.event_bytes). Send smaller events.",
				n, set.EventBytes, q.source.name))
		}
	}
	refusal := q.source.control.Admit(len(q.entries), q.bytes)
	if refusal == nil {
		return nil
	}
	p := newProblem(http.StatusTooManyRequests, refusal.Detail+" Nothing was taken; send the request again after Retry-After seconds.")
	if refusal.Paused {
		p.Status, p.Title = http.StatusServiceUnavailable, http.StatusText(http.StatusServiceUnavailable)
	}
	p.retryAfter = int((refusal.RetryAfter + time.Second - 1) / time.Second)
	return p
}
