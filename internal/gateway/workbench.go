package gateway

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/internal/lineage/audit"
	"github.com/millrace/millrace/internal/quality/quarantine"
)

// HeldQuery is a filter of quarantined events as a query.
type HeldQuery struct {
	Range
	Source   []string `query:"source,explode" doc:"Names of sources"`
	Rule     []string `query:"rule,explode" doc:"Rules that they broke first"`
	Category []string `query:"category,explode" doc:"Categories of problems"`
	Field    []string `query:"field,explode" doc:"Fields that the first problem is about"`
	Value    []string `query:"value,explode" doc:"Values of that field, as received"`
	Stream   []string `query:"stream,explode" doc:"Files or doors"`
	State    []string `query:"state,explode" enum:"open,recovered,waived,dead,purged" doc:"What became of them. Absent: all"`
	Group    string   `query:"group" doc:"Id of a group"`
	Text     string   `query:"text" maxLength:"200" doc:"Text that occurs in payload, message or order id, in any case"`
}

func (q *HeldQuery) filter() quarantine.HeldFilter {
	f := quarantine.HeldFilter{
		Sources: q.Source, Rules: q.Rule, Categories: q.Category, Fields: q.Field, Values: q.Value, Streams: q.Stream,
		Group: q.Group, Text: q.Text, From: q.From, To: q.To,
	}
	for _, s := range q.State {
		f.States = append(f.States, quarantine.State(s))
	}
	return f
}

// RunsAnswer is the answer of /api/v1/quarantine/runs.
type RunsAnswer struct {
	Runs []quarantine.HeldRun `json:"runs" nullable:"false" doc:"The newest first"`
}

type (
	heldGroupsInput struct {
		HeldQuery
		Bucket  string `query:"bucket" enum:"hour,day,week,month" doc:"Group by time as well, in buckets of this width. Absent: not"`
		Samples int    `query:"samples" default:"3" minimum:"0" maximum:"20" doc:"Events to show of each group"`
	}
	heldItemsInput struct {
		HeldQuery
		Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"1000"`
		Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	}
	heldGroupInput struct {
		ID string `path:"id" doc:"Id of the group"`
	}
	triageGroupInput struct {
		ID   string `path:"id" doc:"Id of the group"`
		Body quarantine.TriageChange
	}
	triageItemInput struct {
		Partition int32 `path:"partition" minimum:"0"`
		Offset    int64 `path:"offset" minimum:"0"`
		Body      quarantine.TriageChange
	}
	dryRunInput struct{ Body quarantine.DryRunRequest }
	newRunInput struct{ Body quarantine.RunRequest }
	runInput    struct {
		ID string `path:"id" doc:"Id of the run"`
	}
	runControlInput struct {
		ID   string `path:"id" doc:"Id of the run"`
		Body quarantine.Control
	}
)

const quarantinePath = "/api/v1/quarantine"

func (g *Gateway) registerWorkbench(api huma.API) {
	get(g, api, "quarantine-groups", tagRepair, quarantinePath+"/groups", "Quarantined events by source, rule, category and field",
		"The address of a group (its id) stays the same, so that tickets can point to it.", g.heldGroups)
	get(g, api, "quarantine-group", tagRepair, quarantinePath+"/groups/{id}", "One group: samples, course over time, what was said about it", "", g.heldGroup)
	get(g, api, "quarantine-items", tagRepair, quarantinePath+"/items", "Quarantined events, in the order of their coordinates", "", g.heldItems)
	get(g, api, "quarantine-item", tagRepair, quarantinePath+"/items/{partition}/{offset}", "One quarantined event with its payload, its fields and its whole history", "", g.heldItem)
	get(g, api, "quarantine-runs", tagRepair, quarantinePath+"/runs", "Runs: those at work, those that wait, those that have ended", "", g.heldRuns)
	get(g, api, "quarantine-run", tagRepair, quarantinePath+"/runs/{id}", "One run and how far it is", "Ask again for its progress; a second is often enough.", g.heldRun)
	change(g, api, changing[triageGroupInput, quarantine.Triage]{
		id: "quarantine-triage-group", path: quarantinePath + "/groups/{id}/triage", summary: "Say something about a group: who sees to it, a note, a link to a ticket",
		handle: g.triageGroup,
	})
	change(g, api, changing[triageItemInput, quarantine.Triage]{
		id: "quarantine-triage-item", path: quarantinePath + "/items/{partition}/{offset}/triage", summary: "Say something about one quarantined event",
		handle: g.triageItem,
	})
	change(g, api, changing[dryRunInput, quarantine.DryRun]{
		id: "quarantine-dry-run", path: quarantinePath + "/dry-run", summary: "What a run would do, without any effect",
		description: "Tries the patch on all events that the filter matches, or on an even sample of many: how many heal, are duplicates, stay broken and by which rule; " +
			"samples before and after; what revenue, orders and units become. The token confirms a run of the same kind, filter and patch.",
		handle: g.dryRun, slow: true,
	})
	change(g, api, changing[newRunInput, quarantine.HeldRun]{
		id: "quarantine-run-start", path: quarantinePath + "/runs", summary: "Redrive, waive, reopen, purge or bury all events that a filter matches now",
		description: "The run is queued and works in the background, one run at a time. What is settled already is left alone: redriving twice counts once.",
		handle:      g.startRun,
	})
	for _, c := range []struct {
		action, summary string
		do              func(*quarantine.Service, context.Context, string, quarantine.Control) (*quarantine.HeldRun, error)
	}{
		{"pause", "Let a run wait", (*quarantine.Service).Pause},
		{"resume", "Let a paused run go on", (*quarantine.Service).Resume},
		{"cancel", "End a run; what it has done stays", (*quarantine.Service).Cancel},
	} {
		path := quarantinePath + "/runs/{id}/" + c.action
		change(g, api, changing[runControlInput, quarantine.HeldRun]{
			id: "quarantine-run-" + c.action, path: path, summary: c.summary,
			handle: func(ctx context.Context, in *runControlInput) (*quarantine.HeldRun, error) {
				run, err := c.do(g.cfg.Quarantine, ctx, in.ID, in.Body)
				if err != nil {
					return nil, err
				}
				return run, g.recordRepair(ctx, audit.Entry{
					By: in.Body.By, Reason: in.Body.Reason, Action: c.action, Name: in.ID, Request: "POST " + path,
				})
			},
		})
	}
	g.registerHeldFiles(api)
}

// changing is an operation that answers JSON to a POST.
type changing[I, O any] struct {
	id, path, summary, description string
	slow                           bool // it may take as long as a statement of a user
	handle                         func(context.Context, *I) (*O, error)
}

func change[I, O any](g *Gateway, api huma.API, c changing[I, O]) {
	op := huma.Operation{
		OperationID: c.id, Method: http.MethodPost, Path: c.path, Tags: []string{tagRepair}, Summary: c.summary, Description: c.description,
		MaxBodyBytes: maxDefinitions, RejectUnknownQueryParameters: true,
		Errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusPreconditionRequired, http.StatusTooManyRequests},
	}
	huma.Register(api, op, func(ctx context.Context, in *I) (*body[O], error) {
		limit := g.cfg.Limits.Timeout
		if c.slow {
			limit = max(limit, slowAnswer)
		}
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		out, err := c.handle(ctx, in)
		if err != nil {
			return nil, g.repairProblem(ctx, c.path, err)
		}
		return &body[O]{out}, nil
	})
}

// slowAnswer bounds what tries thousands of events.
const slowAnswer = 2 * time.Minute

// repairProblem turns errors of the quarantine into problems.
func (g *Gateway) repairProblem(ctx context.Context, path string, err error) error {
	switch {
	case errors.Is(err, quarantine.ErrInvalid):
		return huma.NewError(http.StatusUnprocessableEntity, err.Error())
	case errors.Is(err, quarantine.ErrNotFound):
		return huma.NewError(http.StatusNotFound, err.Error())
	case errors.Is(err, quarantine.ErrConfirm):
		return huma.NewError(http.StatusPreconditionRequired, err.Error())
	case errors.Is(err, quarantine.ErrState):
		return huma.NewError(http.StatusConflict, err.Error())
	case errors.Is(err, quarantine.ErrBusy):
		return tryAgain(http.StatusTooManyRequests, err.Error(), 5)
	}
	return g.problem(ctx, path, err)
}

// recordRepair tells the audit trail of what was done.
func (g *Gateway) recordRepair(ctx context.Context, e audit.Entry) error {
	e.Kind = audit.Quarantine
	if e.By == "" {
		e.By = quarantine.DefaultBy
	}
	return g.record(ctx, e)
}

func (g *Gateway) heldGroups(ctx context.Context, in *heldGroupsInput) (*quarantine.HeldGroups, error) {
	out, err := g.cfg.Quarantine.Groups(ctx, in.filter(), quarantine.Grouping{Bucket: in.Bucket, Samples: in.Samples})
	return out, g.orProblem(ctx, "/groups", err)
}

func (g *Gateway) heldGroup(ctx context.Context, in *heldGroupInput) (*quarantine.HeldGroupDetail, error) {
	out, err := g.cfg.Quarantine.Group(ctx, in.ID)
	return out, g.orProblem(ctx, "/groups/{id}", err)
}

func (g *Gateway) heldItems(ctx context.Context, in *heldItemsInput) (*quarantine.HeldPage, error) {
	out, err := g.cfg.Quarantine.Items(ctx, in.filter(), in.Cursor, in.Limit)
	return out, g.orProblem(ctx, "/items", err)
}

func (g *Gateway) heldItem(ctx context.Context, in *coordinatesInput) (*quarantine.HeldDetail, error) {
	out, err := g.cfg.Quarantine.Item(ctx, quarantine.Coordinates{Partition: in.Partition, Offset: in.Offset})
	return out, g.orProblem(ctx, "/items/{partition}/{offset}", err)
}

func (g *Gateway) heldRuns(ctx context.Context, _ *noInput) (*RunsAnswer, error) {
	runs, err := g.cfg.Quarantine.Runs(ctx)
	return &RunsAnswer{runs}, g.orProblem(ctx, "/runs", err)
}

func (g *Gateway) heldRun(ctx context.Context, in *runInput) (*quarantine.HeldRun, error) {
	run, err := g.cfg.Quarantine.RunByID(ctx, in.ID)
	return run, g.orProblem(ctx, "/runs/{id}", err)
}

func (g *Gateway) orProblem(ctx context.Context, path string, err error) error {
	if err == nil {
		return nil
	}
	return g.repairProblem(ctx, quarantinePath+path, err)
}

func (g *Gateway) triageGroup(ctx context.Context, in *triageGroupInput) (*quarantine.Triage, error) {
	t, err := g.cfg.Quarantine.TriageGroup(ctx, in.ID, in.Body)
	if err != nil {
		return nil, err
	}
	return t, g.recordTriage(ctx, "group "+in.ID, "/groups/{id}/triage", &in.Body)
}

func (g *Gateway) triageItem(ctx context.Context, in *triageItemInput) (*quarantine.Triage, error) {
	at := quarantine.Coordinates{Partition: in.Partition, Offset: in.Offset}
	t, err := g.cfg.Quarantine.TriageItem(ctx, at, in.Body)
	if err != nil {
		return nil, err
	}
	return t, g.recordTriage(ctx, "event "+at.String(), "/items/{partition}/{offset}/triage", &in.Body)
}

func (g *Gateway) recordTriage(ctx context.Context, name, path string, c *quarantine.TriageChange) error {
	return g.recordRepair(ctx, audit.Entry{
		By: c.By, Reason: c.Reason, Action: "triage", Name: name, Request: "POST " + quarantinePath + path, After: string(encode(c)),
	})
}

func (g *Gateway) dryRun(ctx context.Context, in *dryRunInput) (*quarantine.DryRun, error) {
	return g.cfg.Quarantine.DryRun(ctx, in.Body)
}

// startRun makes a run. The quarantine tells the audit trail of it before it begins.
func (g *Gateway) startRun(ctx context.Context, in *newRunInput) (*quarantine.HeldRun, error) {
	in.Body.Via = "POST " + quarantinePath + "/runs"
	return g.cfg.Quarantine.Start(ctx, in.Body)
}
