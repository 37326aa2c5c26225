package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/internal/lineage/audit"
	"github.com/millrace/millrace/internal/quality/health"
)

// SourceHealth knows and changes the health of sources. [health.Monitor] does.
type SourceHealth interface {
	Report(source string) (health.Report, error)
	Do(ctx context.Context, source string, o health.Order) (health.Report, error)
}

// HealthRow is the health of a source.
type HealthRow struct {
	State    string          `json:"state" enum:"active,throttled,suspended,probing" doc:"suspended: its events are logged and quarantined by the rule source.suspended; probing: some of them go through, to see"`
	Since    time.Time       `json:"since"`
	Reason   string          `json:"reason" doc:"Why it has this state"`
	By       string          `json:"by" doc:"Who gave it the state, or 'automatic'"`
	Events   int64           `json:"events" doc:"The newest events, of which errors counts those with errors; since the state began or the process started"`
	Errors   int64           `json:"errors" doc:"Of the categories that count"`
	Category string          `json:"category" doc:"That most errors have; empty: there are none"`
	Override *HealthOverride `json:"override,omitempty" doc:"What an operator said, and holds until it is released; absent: the state changes by itself"`
	Held     *time.Time      `json:"held_since,omitempty" doc:"Since when events are kept out that have not been redriven"`
	Run      string          `json:"redrive_run,omitempty" doc:"Run that redrives what was kept out"`
	Pending  bool            `json:"pending,omitempty" doc:"The log has not been told of the state yet; it is tried again"`
}

// HealthOverride is what an operator said.
type HealthOverride struct {
	State  string    `json:"state"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// HealthAnswer is the answer of /api/v1/sources/{name}/health.
type HealthAnswer struct {
	HealthRow
	Source  string             `json:"source"`
	Policy  HealthPolicy       `json:"policy"`
	History []HealthTransition `json:"history" nullable:"false" doc:"The newest first"`
}

// HealthPolicy says when the state changes.
type HealthPolicy struct {
	Window          int64    `json:"window" doc:"Events over which errors are counted"`
	SuspendShare    float64  `json:"suspend_share" doc:"0: it is not suspended by itself"`
	ThrottleShare   float64  `json:"throttle_share" doc:"0: it is not throttled by itself"`
	RecoverShare    float64  `json:"recover_share"`
	Categories      []string `json:"categories" nullable:"false" doc:"That count; none: all"`
	EventsPerSecond int64    `json:"events_per_second" doc:"While it is throttled"`
	CoolDownMS      int64    `json:"cool_down_ms" doc:"Until the next probe"`
	ProbeSample     int64    `json:"probe_sample"`
	ProbeEvents     int64    `json:"probe_events"`
}

// HealthTransition is a change of a source's health.
type HealthTransition struct {
	At     time.Time `json:"at"`
	From   string    `json:"from"`
	To     string    `json:"to"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
}

// HealthRequest is what an operator asks for.
type HealthRequest struct {
	_ struct{} `json:"-" additionalProperties:"false"`

	Action string `json:"action" enum:"suspend,activate,resume,probe,release" doc:"suspend and activate hold until they are taken back; resume makes it active, probe lets some events through to see, release leaves it as it is: from there on the state changes by itself again"`
	By     string `json:"by,omitempty" maxLength:"200" default:"api" doc:"Who does it"`
	Reason string `json:"reason" minLength:"1" maxLength:"1000" doc:"Why"`
}

type (
	healthChangeInput struct {
		Name string `path:"name" doc:"Name of the source"`
		Body HealthRequest
	}
)

const healthPath = "/api/v1/sources/{name}/health"

func (g *Gateway) registerHealth(api huma.API) {
	get(g, api, "source-health", tagPlatform, healthPath, "How good the events of a source are, and what was done about it", "", g.sourceHealth)
	huma.Register(api, huma.Operation{
		OperationID: "source-health-change", Method: http.MethodPost, Path: healthPath, Tags: []string{tagPlatform},
		Summary:     "Suspend a source, make it active, or probe it",
		Description: "Events of a suspended source go on to be logged. They are quarantined by the rule source.suspended, and none is lost.",
		Errors:      []int{http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusServiceUnavailable}, DefaultStatus: http.StatusOK,
	}, g.changeHealth)
}

// healthOf is a source's health in the list of sources; nil when it is not watched.
func (g *Gateway) healthOf(source string) *HealthRow {
	if g.cfg.Health == nil {
		return nil
	}
	r, err := g.cfg.Health.Report(source)
	if err != nil {
		return nil // it is not configured
	}
	row := healthRow(&r)
	return &row
}

func (g *Gateway) sourceHealth(_ context.Context, in *sourceInput) (*HealthAnswer, error) {
	if g.cfg.Health == nil {
		return nil, errNoHealth
	}
	r, err := g.cfg.Health.Report(in.Name)
	if err != nil {
		return nil, healthError(in.Name, err)
	}
	return healthAnswer(&r), nil
}

var errNoHealth = huma.NewError(http.StatusNotFound, "This process does not watch the health of sources: it is a member of a consumer group (log.group), none of which sees all events.")

func (g *Gateway) changeHealth(ctx context.Context, in *healthChangeInput) (*body[HealthAnswer], error) {
	if g.cfg.Health == nil {
		return nil, errNoHealth
	}
	order := health.Order{Action: health.Action(in.Body.Action), By: in.Body.By, Reason: in.Body.Reason}
	before, err := g.cfg.Health.Report(in.Name)
	var after health.Report
	if err == nil {
		after, err = g.cfg.Health.Do(ctx, in.Name, order)
	}
	if after.Source != "" { // it holds, though the log may be told later
		err = errors.Join(err, g.record(ctx, audit.Entry{
			By: order.By, Reason: order.Reason, Kind: audit.Source, Name: in.Name, Action: in.Body.Action,
			Before: "health: " + string(before.State) + "\n", After: "health: " + string(after.State) + "\n", Request: "POST " + healthPath,
		}))
	}
	if err != nil {
		return nil, g.problem(ctx, healthPath, healthError(in.Name, err))
	}
	return &body[HealthAnswer]{healthAnswer(&after)}, nil
}

func healthError(name string, err error) error {
	switch {
	case errors.Is(err, health.ErrUnknown):
		return huma.NewError(http.StatusNotFound, fmt.Sprintf("There is no source %q in the configuration; /api/v1/sources lists them.", name))
	case errors.Is(err, health.ErrInvalid):
		return huma.NewError(http.StatusUnprocessableEntity, err.Error())
	}
	return err
}

func healthRow(r *health.Report) HealthRow {
	row := HealthRow{
		State: string(r.State), Since: r.Since, Reason: r.Reason, By: r.By, Events: r.Events, Errors: r.Errors, Category: string(r.Worst),
		Run: r.Redrive, Pending: !r.Announced,
	}
	if !r.Held.IsZero() {
		row.Held = &r.Held
	}
	if o := r.Override; o != nil {
		row.Override = &HealthOverride{string(o.State), o.By, o.Reason, o.At}
	}
	return row
}

func healthAnswer(r *health.Report) *HealthAnswer {
	p := &r.Policy
	answer := &HealthAnswer{
		HealthRow: healthRow(r), Source: r.Source, History: []HealthTransition{},
		Policy: HealthPolicy{
			Window: p.Window, SuspendShare: p.Suspend, ThrottleShare: p.Throttle, RecoverShare: p.Recover, Categories: []string{},
			EventsPerSecond: p.Rate, CoolDownMS: r.CoolDown.Milliseconds(), ProbeSample: p.Sample, ProbeEvents: p.Probes,
		},
	}
	for _, c := range p.Categories {
		answer.Policy.Categories = append(answer.Policy.Categories, string(c))
	}
	for _, t := range slices.Backward(r.History) {
		answer.History = append(answer.History, HealthTransition{t.At, string(t.From), string(t.To), t.By, t.Reason})
	}
	return answer
}
