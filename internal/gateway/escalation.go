package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/lineage/audit"
)

// Escalations knows incidents and who is told of them. [alert.Desk] does.
type Escalations interface {
	EscalationReader
	EscalationWriter
}

// EscalationReader lists what is escalated.
type EscalationReader interface {
	Incidents() []alert.Incident
	Outbox() []alert.Entry
	Targets() []string
	Stats() alert.Stats
}

// EscalationWriter changes incidents and their messages.
type EscalationWriter interface {
	Acknowledge(ctx context.Context, id, by, reason string) (alert.Incident, error)
	Mute(ctx context.Context, id string, until time.Time, by, reason string) (alert.Incident, error)
	Test(ctx context.Context, target, by string) error
	Retry(ctx context.Context) (int, error)
}

// EscalationsAnswer is the answer of /api/v1/escalations.
type EscalationsAnswer struct {
	Incidents []Incident          `json:"incidents" nullable:"false" doc:"Those that are not closed first, the newest first"`
	Outbox    []EscalationMessage `json:"outbox" nullable:"false" doc:"Messages that wait, or were given up; the oldest first"`
	Targets   []EscalationTarget  `json:"targets" nullable:"false"`
}

// Incident is something that fires, until it is over.
type Incident struct {
	ID       string            `json:"id"`
	Rule     string            `json:"rule"`
	Key      string            `json:"key" doc:"What of the rule it is about"`
	Severity string            `json:"severity" enum:"info,warning,error,critical"`
	Title    string            `json:"title"`
	Text     string            `json:"text"`
	Link     string            `json:"link" doc:"Page of the console"`
	State    string            `json:"state" enum:"open,acknowledged,closed"`
	Firing   bool              `json:"firing" doc:"False while it waits for the end of the rule's cool-down"`
	Opened   time.Time         `json:"opened"`
	Closed   *time.Time        `json:"closed"`
	Muted    *time.Time        `json:"muted_until"`
	Targets  []string          `json:"targets" nullable:"false"`
	Refs     map[string]string `json:"refs" doc:"What targets call it, such as the key of an issue"`
	History  []IncidentEvent   `json:"history" nullable:"false" doc:"The newest last"`
}

// IncidentEvent is something that happened to an incident.
type IncidentEvent struct {
	At     time.Time `json:"at"`
	What   string    `json:"what"`
	By     string    `json:"by,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// EscalationMessage is a message that was not delivered.
type EscalationMessage struct {
	ID        string    `json:"id"`
	Incident  string    `json:"incident"`
	Target    string    `json:"target"`
	Kind      string    `json:"kind" enum:"open,update,acknowledge,close,test,report"`
	Title     string    `json:"title"`
	State     string    `json:"state" enum:"waiting,given_up"`
	Attempts  int       `json:"attempts"`
	At        time.Time `json:"at"`
	Next      time.Time `json:"next" doc:"Not before"`
	LastError string    `json:"last_error"`
}

// EscalationTarget is somebody who is told.
type EscalationTarget struct {
	Name      string `json:"name"`
	Delivered int64  `json:"delivered" doc:"Messages since the process started"`
	Failed    int64  `json:"failed" doc:"Attempts"`
	GivenUp   int64  `json:"given_up"`
}

// What is asked of incidents and targets.
type (
	incidentInput struct {
		ID   string `path:"id" doc:"ID of the incident"`
		Body struct {
			By     string `json:"by,omitempty" maxLength:"200" default:"api" doc:"Who does it"`
			Reason string `json:"reason,omitempty" maxLength:"1000" doc:"Why"`
		}
	}
	muteInput struct {
		ID   string `path:"id" doc:"ID of the incident"`
		Body struct {
			Until  time.Time `json:"until" doc:"End of the silence; a time that is past ends it"`
			By     string    `json:"by,omitempty" maxLength:"200" default:"api" doc:"Who does it"`
			Reason string    `json:"reason,omitempty" maxLength:"1000" doc:"Why"`
		}
	}
	escalationTestInput struct {
		Body struct {
			Target string `json:"target" minLength:"1" maxLength:"63"`
			By     string `json:"by,omitempty" maxLength:"200" default:"api" doc:"Who does it"`
		}
	}
	escalationRetryInput struct {
		Body struct {
			By     string `json:"by,omitempty" maxLength:"200" default:"api" doc:"Who does it"`
			Reason string `json:"reason,omitempty" maxLength:"1000" doc:"Why"`
		}
	}
)

// EscalationRetried is the answer of /api/v1/escalations/retry.
type EscalationRetried struct {
	Messages int `json:"messages" doc:"That are tried again"`
}

const (
	tagEscalations  = "Escalations"
	escalationsPath = "/api/v1/escalations"
)

func (g *Gateway) registerEscalations(api huma.API) {
	get(g, api, "escalations", tagEscalations, escalationsPath, "Incidents, and the messages about them that wait", "", g.escalations)
	operation := func(id, path, summary, description string, errs ...int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodPost, Path: escalationsPath + path, Tags: []string{tagEscalations},
			Summary: summary, Description: description, Errors: errs, DefaultStatus: http.StatusOK,
		}
	}
	huma.Register(api, operation("escalation-acknowledge", "/incidents/{id}/acknowledge", "Say that somebody has taken an incident on",
		"Its targets are told.", http.StatusNotFound, http.StatusConflict), g.acknowledge)
	huma.Register(api, operation("escalation-mute", "/incidents/{id}/mute", "Let an incident send no updates for a while",
		"Its end is told all the same.", http.StatusNotFound, http.StatusConflict), g.mute)
	huma.Register(api, operation("escalation-test", "/test", "Send a test message to a target at once",
		"The answer comes once the target has it; what the target says is in the error.", http.StatusNotFound, http.StatusBadGateway), g.testTarget)
	huma.Register(api, operation("escalation-retry", "/retry", "Try the messages again that were given up", ""), g.retryMessages)
}

var errNoEscalations = huma.NewError(http.StatusNotFound, "This process does not escalate; ask one that runs the pass.")

func (g *Gateway) escalations(context.Context, *noInput) (*EscalationsAnswer, error) {
	if g.cfg.Escalations == nil {
		return nil, errNoEscalations
	}
	answer := &EscalationsAnswer{Incidents: []Incident{}, Outbox: []EscalationMessage{}, Targets: []EscalationTarget{}}
	for _, i := range g.cfg.Escalations.Incidents() {
		answer.Incidents = append(answer.Incidents, *incidentOf(&i))
	}
	for _, e := range g.cfg.Escalations.Outbox() {
		answer.Outbox = append(answer.Outbox, EscalationMessage{
			ID: e.ID(), Incident: e.Incident, Target: e.Target, Kind: string(e.Kind), Title: e.Title, State: string(e.State),
			Attempts: e.Attempts, At: e.At, Next: e.Next, LastError: e.LastError,
		})
	}
	stats := g.cfg.Escalations.Stats()
	for _, name := range g.cfg.Escalations.Targets() {
		c := stats.Targets[name]
		answer.Targets = append(answer.Targets, EscalationTarget{name, c.Delivered, c.Failed, c.GivenUp})
	}
	return answer, nil
}

func incidentOf(i *alert.Incident) *Incident {
	out := &Incident{
		ID: i.ID, Rule: i.Rule, Key: i.Key, Severity: string(i.Severity), Title: i.Title, Text: i.Text, Link: i.Link, State: string(i.State),
		Firing: i.Firing, Opened: i.Opened, Targets: list(i.Targets), Refs: i.Refs, History: []IncidentEvent{},
	}
	if !i.Closed.IsZero() {
		out.Closed = &i.Closed
	}
	if !i.Muted.IsZero() {
		out.Muted = &i.Muted
	}
	for _, e := range i.History {
		out.History = append(out.History, IncidentEvent(e))
	}
	return out
}

func (g *Gateway) acknowledge(ctx context.Context, in *incidentInput) (*body[Incident], error) {
	return g.changeIncident(ctx, audit.Entry{
		By: in.Body.By, Reason: in.Body.Reason, Name: in.ID, Action: "acknowledge", Request: "POST " + escalationsPath + "/incidents/{id}/acknowledge",
	}, func() (alert.Incident, error) {
		return g.cfg.Escalations.Acknowledge(ctx, in.ID, in.Body.By, in.Body.Reason)
	})
}

func (g *Gateway) mute(ctx context.Context, in *muteInput) (*body[Incident], error) {
	return g.changeIncident(ctx, audit.Entry{
		By: in.Body.By, Reason: in.Body.Reason, Name: in.ID, Action: "mute", After: "until " + in.Body.Until.UTC().Format(time.RFC3339) + "\n",
		Request: "POST " + escalationsPath + "/incidents/{id}/mute",
	}, func() (alert.Incident, error) {
		return g.cfg.Escalations.Mute(ctx, in.ID, in.Body.Until, in.Body.By, in.Body.Reason)
	})
}

func (g *Gateway) changeIncident(ctx context.Context, e audit.Entry, do func() (alert.Incident, error)) (*body[Incident], error) {
	if g.cfg.Escalations == nil {
		return nil, errNoEscalations
	}
	i, err := do()
	switch {
	case errors.Is(err, alert.ErrUnknown):
		return nil, huma.NewError(http.StatusNotFound, fmt.Sprintf("There is no incident %q; %s lists them.", e.Name, escalationsPath))
	case errors.Is(err, alert.ErrClosed):
		return nil, huma.NewError(http.StatusConflict, fmt.Sprintf("Incident %q is closed already.", e.Name))
	case err == nil:
		e.Kind = audit.Escalation
		err = g.record(ctx, e)
	}
	if err != nil {
		return nil, g.problem(ctx, escalationsPath, err)
	}
	return &body[Incident]{incidentOf(&i)}, nil
}

func (g *Gateway) testTarget(ctx context.Context, in *escalationTestInput) (*struct{}, error) {
	if g.cfg.Escalations == nil {
		return nil, errNoEscalations
	}
	err := g.cfg.Escalations.Test(ctx, in.Body.Target, in.Body.By)
	switch {
	case errors.Is(err, alert.ErrUnknown):
		return nil, huma.NewError(http.StatusNotFound, fmt.Sprintf("There is no target %q in the configuration; there are: %s.", in.Body.Target, strings.Join(g.cfg.Escalations.Targets(), ", ")))
	case err != nil:
		return nil, huma.NewError(http.StatusBadGateway, fmt.Sprintf("The test of target %q failed: %v.", in.Body.Target, err))
	}
	return &struct{}{}, nil // there is no body
}

func (g *Gateway) retryMessages(ctx context.Context, in *escalationRetryInput) (*body[EscalationRetried], error) {
	if g.cfg.Escalations == nil {
		return nil, errNoEscalations
	}
	n, err := g.cfg.Escalations.Retry(ctx)
	if err == nil {
		err = g.record(ctx, audit.Entry{
			By: in.Body.By, Reason: in.Body.Reason, Kind: audit.Escalation, Name: "outbox", Action: "retry", After: fmt.Sprintf("%d messages\n", n),
			Request: "POST " + escalationsPath + "/retry",
		})
	}
	if err != nil {
		return nil, g.problem(ctx, escalationsPath, err)
	}
	return &body[EscalationRetried]{&EscalationRetried{n}}, nil
}
