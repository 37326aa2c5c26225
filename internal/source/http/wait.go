package httpsource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
)

// waitTime is how long a request waits for verdicts; 0: it does not.
type waitTime time.Duration

const (
	defaultWait = waitTime(10 * time.Second)
	// maxWaitEvents bounds the events that one request waits for.
	maxWaitEvents = 1000
)

// waitOf reads ?wait=verdict&wait_timeout=5s.
func (h *Handler) waitOf(r *http.Request) (waitTime, *problem) {
	params := query(r)
	switch v := params.Get("wait"); v {
	case "":
		return 0, nil
	case "verdict":
	default:
		return 0, newProblem(http.StatusBadRequest, fmt.Sprintf("wait=%q is not known; use wait=verdict.", v))
	}
	if h.cfg.Verdicts == nil {
		return 0, newProblem(http.StatusBadRequest, "wait=verdict is not possible here: this process does not run the pass.")
	}
	text := params.Get("wait_timeout")
	if text == "" {
		return min(defaultWait, waitTime(h.limits.MaxWait)), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > h.limits.MaxWait {
		return 0, newProblem(http.StatusBadRequest, fmt.Sprintf("wait_timeout=%q is not possible; give a duration such as 5s, at most %s.", text, h.limits.MaxWait))
	}
	return waitTime(d), nil
}

// verdictAnswer is the answer to ?wait=verdict.
type verdictAnswer struct {
	Accepted  int            `json:"accepted"`
	Rejected  []reject       `json:"rejected"`
	Events    []eventVerdict `json:"events"`
	RequestID string         `json:"request_id"`
}

// eventVerdict is what became of one event that the log has taken.
type eventVerdict struct {
	Index       int            `json:"index"`
	EventID     string         `json:"event_id,omitempty"`
	Verdict     string         `json:"verdict"`
	Coordinates *coordinates   `json:"coordinates"` // null while the event is in the spool
	Problems    []eventProblem `json:"problems"`
}

type coordinates struct {
	Partition int32 `json:"partition"`
	Offset    int64 `json:"offset"`
}

type eventProblem struct {
	Rule     string         `json:"rule"`
	Category event.Category `json:"category"`
	Field    string         `json:"field"`
	Value    string         `json:"value"`
	Message  string         `json:"message"`
}

// answerVerdicts waits for the verdicts. Events without one when the time is
// over are "pending", and the status is 202 instead of 200.
func (h *Handler) answerVerdicts(q *request, w http.ResponseWriter, r *http.Request, wait waitTime) *problem {
	// The deadline of the body must not end the wait.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	timer := h.cfg.Clock.After(time.Duration(wait))
	go func() {
		select {
		case <-timer:
			cancel()
		case <-ctx.Done():
		}
	}()
	a := verdictAnswer{
		Accepted: len(q.pieces) - len(q.rejects), Rejected: append([]reject{}, q.rejects...),
		Events: []eventVerdict{}, RequestID: q.id,
	}
	status := http.StatusOK
	for i := range q.entries {
		e := &q.entries[i]
		if e.Record.Reject != "" {
			continue
		}
		v, err := h.verdict(ctx, e)
		if err != nil {
			return unavailable("The log has the events, but their verdicts cannot be told: " + err.Error() + ".")
		}
		if v.Verdict == event.Pending.String() {
			status = http.StatusAccepted
		}
		v.Index = i
		a.Events = append(a.Events, v)
	}
	w.Header()["Content-Type"] = jsonType
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(a) // the sender is gone; there is nobody to tell
	return nil
}

func (h *Handler) verdict(ctx context.Context, e *eventlog.Entry) (eventVerdict, error) {
	v := eventVerdict{
		Verdict:     event.Pending.String(),
		Coordinates: &coordinates{e.Partition, e.Offset},
		Problems:    []eventProblem{},
	}
	if e.Offset == eventlog.InSpool {
		v.Coordinates = nil
		return v, nil
	}
	info, err := h.cfg.Verdicts.Wait(ctx, e.Partition, e.Offset)
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return v, nil
	case err != nil:
		return v, err
	}
	v.Verdict = info.Verdict.String()
	if !info.EventID.IsZero() {
		v.EventID = info.EventID.String()
	}
	for _, p := range info.Problems {
		v.Problems = append(v.Problems, eventProblem{p.Rule, p.Category, p.Field, p.Value, p.Message})
	}
	return v, nil
}
