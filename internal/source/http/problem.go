package httpsource

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/source/spool"
)

// problem is an error as a sender sees it (RFC 9457).
type problem struct {
	Type      string        `json:"type"`
	Title     string        `json:"title"`
	Status    int           `json:"status"`
	Detail    string        `json:"detail"`
	RequestID string        `json:"request_id"`
	Errors    []errorDetail `json:"errors,omitempty"`

	retryAfter int    // seconds; 0: no header
	allow      string // methods, for 405
	challenge  bool   // whether to name the ways to authenticate
}

// errorDetail is one thing that is wrong.
type errorDetail struct {
	Index   *int   `json:"index,omitempty"`
	Line    int64  `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Message string `json:"message"`
}

func (p *problem) Error() string { return p.Detail }

func newProblem(status int, detail string) *problem {
	return &problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail}
}

// at adds a position to a problem.
func (p *problem) at(line, column int, message string) *problem {
	p.Errors = append(p.Errors, errorDetail{Line: int64(line), Column: column, Message: message})
	return p
}

func unauthorized(detail string) *problem {
	p := newProblem(http.StatusUnauthorized, detail)
	p.challenge = true
	return p
}

func unavailable(detail string) *problem {
	p := newProblem(http.StatusServiceUnavailable, detail)
	p.retryAfter = 5
	return p
}

func tooMany(detail string) *problem {
	p := newProblem(http.StatusTooManyRequests, detail)
	p.retryAfter = 1
	return p
}

// appendProblem says what the log's refusal means for the sender.
func appendProblem(err error) *problem {
	switch {
	case errors.Is(err, spool.ErrFull):
		return unavailable("The log does not answer, and the spool on the local disk is full (log.spool.max_bytes). Nothing was acknowledged; send the request again after Retry-After seconds.")
	case errors.Is(err, eventlog.ErrBusy):
		return tooMany("The log takes events slower than they arrive. Nothing was acknowledged; send the request again after Retry-After seconds.")
	case errors.Is(err, eventlog.ErrTooLarge):
		return newProblem(http.StatusRequestEntityTooLarge, "An event is larger than the log takes (log.brokers: message.max.bytes). Send smaller events.")
	}
	return unavailable("The log cannot take events now. Nothing was acknowledged; send the request again after Retry-After seconds.")
}

// headers sets what every error answer carries.
func (p *problem) headers(h http.Header) {
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	if p.allow != "" {
		h.Set("Allow", p.allow)
	}
	if p.challenge {
		h["Www-Authenticate"] = []string{`Basic realm="millrace write key", charset="UTF-8"`, `Bearer realm="millrace write key"`}
	}
	h.Set("X-Content-Type-Options", "nosniff")
}

// write answers with problem+json.
func (p *problem) write(w http.ResponseWriter, requestID string) {
	p.RequestID = requestID
	h := w.Header()
	p.headers(h)
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the sender is gone; there is nobody to tell
}

// segmentError is the body of an error of the Segment API. Its libraries look
// at the status; message and code are for people.
type segmentError struct {
	Success   bool   `json:"success"`
	Code      string `json:"code"`
	Message   string `json:"message"`
	RequestID string `json:"request_id"`
}

// writeSegment answers as the Segment API does.
func (p *problem) writeSegment(w http.ResponseWriter, requestID string) {
	h := w.Header()
	p.headers(h)
	h.Set("Content-Type", "application/json")
	w.WriteHeader(p.Status)
	code := "invalid_request"
	if p.Status != http.StatusBadRequest {
		code = strings.ReplaceAll(strings.ToLower(p.Title), " ", "_")
	}
	_ = json.NewEncoder(w).Encode(segmentError{Code: code, Message: p.Detail, RequestID: requestID})
}
