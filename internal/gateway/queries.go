package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/internal/lineage/audit"
	"github.com/millrace/millrace/internal/query/saved"
	"github.com/millrace/millrace/internal/store/olap"
)

// QueriesAnswer is the answer of /api/v1/queries.
type QueriesAnswer struct {
	Queries []QueryHead `json:"queries" nullable:"false" doc:"By title"`
	Targets []string    `json:"targets" nullable:"false" doc:"Who can be sent results: escalation.targets by mail, Slack or webhook"`
}

// QueryHead says that there is a saved query.
type QueryHead struct {
	ID          string     `json:"id"`
	Title       string     `json:"title"`
	Description string     `json:"description,omitempty"`
	Owner       string     `json:"owner,omitempty" doc:"Who may change it; absent: everybody"`
	Origin      string     `json:"origin" enum:"file,saved" doc:"A saved one counts before a file"`
	Version     string     `json:"version" doc:"Changes with the definition"`
	Number      int        `json:"number,omitempty" doc:"Of the saved version"`
	Parameters  int        `json:"parameters"`
	Schedule    string     `json:"schedule,omitempty" doc:"Cron expression of its schedule"`
	Zone        string     `json:"zone,omitempty"`
	Next        *time.Time `json:"next,omitempty" doc:"When it is due next"`
	LastRun     *QueryRun  `json:"last_run,omitempty"`
}

// QueryAnswer is a saved query.
type QueryAnswer struct {
	Definition *saved.Query `json:"definition"`
	Origin     string       `json:"origin" enum:"file,saved"`
	Version    string       `json:"version" doc:"Hand it in as if_version of a change"`
	Number     int          `json:"number,omitempty" doc:"Of the saved version, from 1"`
	By         string       `json:"by,omitempty" doc:"Who saved it"`
	At         *time.Time   `json:"at,omitempty"`
	YAML       string       `json:"yaml" doc:"The definition as a file"`
	File       string       `json:"file,omitempty"`
}

// QueryChange replaces a saved query.
type QueryChange struct {
	_          struct{}     `additionalProperties:"false"`
	Definition *saved.Query `json:"definition,omitempty" doc:"Either this or yaml"`
	YAML       string       `json:"yaml,omitempty" maxLength:"524288"`
	By         string       `json:"by,omitempty" maxLength:"200" doc:"Who does it; absent: the user of the request, or api"`
	Reason     string       `json:"reason,omitempty" maxLength:"2000" doc:"Why"`
	IfVersion  string       `json:"if_version,omitempty" maxLength:"64" doc:"Version that it changes; 409 when another one counts by now"`
}

// QueryRemoved is the answer to the removal of a saved query.
type QueryRemoved struct {
	Restored *QueryHead `json:"restored,omitempty" doc:"The query of a file that counts again"`
}

// QueryVersions is the answer of /api/v1/queries/{id}/versions.
type QueryVersions struct {
	Versions []QueryAnswer `json:"versions" nullable:"false" doc:"Newest first; the first counts"`
}

// QueryRun is a run of a schedule.
type QueryRun struct {
	Due       time.Time `json:"due"`
	Started   time.Time `json:"started"`
	ElapsedMS float64   `json:"elapsed_ms"`
	Outcome   string    `json:"outcome" enum:"sent,empty,unchanged,failed" doc:"empty and unchanged: there was a result, and the schedule's condition kept it from being sent"`
	Error     string    `json:"error,omitempty"`
	Rows      int       `json:"rows"`
	Truncated bool      `json:"truncated,omitempty"`
	Missed    int       `json:"missed,omitempty" doc:"Times before that passed while no process ran; this run stands for them"`
	Attempts  int       `json:"attempts"`
	By        string    `json:"by,omitempty" doc:"Who asked for it; absent: the schedule"`
	Version   string    `json:"version" doc:"Of the query"`
	Targets   []string  `json:"targets,omitempty" nullable:"false"`
}

// QueryRuns is the answer of /api/v1/queries/{id}/runs.
type QueryRuns struct {
	Runs []QueryRun `json:"runs" nullable:"false" doc:"Newest first; the newest 100 are kept"`
	Next *time.Time `json:"next,omitempty" doc:"When it is due next"`
}

// QueryArguments asks a saved query.
type QueryArguments struct {
	_         struct{}          `additionalProperties:"false"`
	Arguments map[string]string `json:"arguments,omitempty" doc:"Values of parameters, as text, by name; defaults stand for what is missing"`
	Limit     int               `json:"limit,omitempty" minimum:"0" doc:"Most rows; absent: olap.sql.max_rows"`
}

// QuerySend asks for a run of a schedule.
type QuerySend struct {
	By     string `json:"by,omitempty" maxLength:"200" doc:"Who does it; absent: the user of the request, or api"`
	Reason string `json:"reason,omitempty" maxLength:"2000" doc:"Why"`
}

// Caller is who asks by SQL.
type Caller struct {
	Authorization string `header:"Authorization" doc:"Basic, with name and password of one of olap.sql.users. Absent: olap.sql.anonymous_role is asked as"`
}

type (
	savedInput struct {
		ID string `path:"id" maxLength:"64"`
	}
	savedPutInput struct {
		Caller
		ID   string `path:"id" maxLength:"64"`
		Body QueryChange
	}
	savedDeleteInput struct {
		Caller
		ID        string `path:"id" maxLength:"64"`
		By        string `query:"by" maxLength:"200" doc:"Who does it; absent: the user of the request, or api"`
		Reason    string `query:"reason" maxLength:"2000" doc:"Why"`
		IfVersion string `query:"if_version" maxLength:"64" doc:"Version that is removed; 409 when another one counts by now"`
	}
	savedRunInput struct {
		Caller
		Accept string `header:"Accept" doc:"application/json, text/csv or application/vnd.apache.arrow.stream"`
		ID     string `path:"id" maxLength:"64"`
		Body   QueryArguments
	}
	savedSendInput struct {
		Caller
		ID   string `path:"id" maxLength:"64"`
		Body QuerySend
	}
)

const (
	tagQueries  = "Saved queries"
	queriesPath = "/api/v1/queries"
)

func (g *Gateway) registerQueries(api huma.API) {
	get(g, api, "queries", tagQueries, queriesPath, "Saved queries", "", g.queryList)
	get(g, api, "query", tagQueries, queriesPath+"/{id}", "A saved query, and its definition", "", g.savedQuery)
	get(g, api, "query-versions", tagQueries, queriesPath+"/{id}/versions", "Versions of a saved query",
		"The newest 50 are kept, also when it is removed. Saving the YAML of an earlier one brings it back.", g.queryVersions)
	get(g, api, "query-runs", tagQueries, queriesPath+"/{id}/runs", "Runs of a saved query's schedule", "", g.queryRuns)
	operation := func(id, method, path, summary, description string, errs ...int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: queriesPath + path, Tags: []string{tagQueries}, DefaultStatus: http.StatusOK,
			Summary: summary, Description: description, MaxBodyBytes: maxDefinitions, Errors: append(errs, http.StatusUnauthorized, http.StatusNotFound),
		}
	}
	huma.Register(api, operation("query-put", http.MethodPut, "/{id}", "Save a query",
		"The statement is prepared with the caller's role first. Its owner is the user of the request; what a user owns others cannot change.",
		http.StatusForbidden, http.StatusConflict, http.StatusUnprocessableEntity), querying(g, g.putQuery))
	huma.Register(api, operation("query-delete", http.MethodDelete, "/{id}", "Remove a saved query", "",
		http.StatusForbidden, http.StatusConflict), querying(g, g.deleteQuery))
	huma.Register(api, operation("query-send", http.MethodPost, "/{id}/send", "Send the result of a scheduled query now",
		"It runs besides its times, as its owner, and is sent whatever its condition.", http.StatusForbidden), querying(g, g.sendQuery))
	run := operation("query-run", http.MethodPost, "/{id}/run", "Run a saved query",
		"With the caller's role, as POST /api/v1/sql does. Arguments are bound, and are no part of the statement.", http.StatusForbidden)
	run.Responses = map[string]*huma.Response{"200": rowsResponse(api)}
	huma.Register(api, run, g.runQuery)
	schemas := api.OpenAPI().Components.Schemas
	for _, t := range []reflect.Type{reflect.TypeFor[saved.Query](), reflect.TypeFor[saved.Parameter](), reflect.TypeFor[saved.Schedule]()} {
		describe(schemas.SchemaFromRef(schemas.Schema(t, true, "").Ref), t)
	}
}

// querying bounds an operation in time, and turns its errors into problems.
func querying[I, O any](g *Gateway, handle func(context.Context, *I) (*O, error)) func(context.Context, *I) (*body[O], error) {
	return func(ctx context.Context, in *I) (*body[O], error) {
		ctx, cancel := context.WithTimeout(ctx, max(g.cfg.Limits.Timeout, g.cfg.Limits.SQL.Timeout))
		defer cancel()
		out, err := handle(ctx, in)
		if err != nil {
			return nil, g.queryProblem(ctx, err)
		}
		return &body[O]{out}, nil
	}
}

// queryProblem turns errors of saved queries into problems.
func (g *Gateway) queryProblem(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, saved.ErrInvalid):
		lines := strings.Split(strings.TrimPrefix(err.Error(), saved.ErrInvalid.Error()+": "), "\n")
		details := make([]error, len(lines))
		for i, line := range lines {
			details[i] = &huma.ErrorDetail{Message: line, Location: "body"}
		}
		return huma.NewError(http.StatusUnprocessableEntity, "The query is not saved: "+lines[0]+".", details...)
	case errors.Is(err, saved.ErrArgument):
		message := strings.TrimPrefix(err.Error(), saved.ErrArgument.Error()+": ")
		return huma.Error400BadRequest(sentence(message), &huma.ErrorDetail{Message: message, Location: "body.arguments"})
	case errors.Is(err, saved.ErrNotFound):
		return huma.NewError(http.StatusNotFound, sentence(err.Error()))
	case errors.Is(err, saved.ErrChanged):
		return huma.NewError(http.StatusConflict, sentence(err.Error()))
	case errors.Is(err, saved.ErrOwned):
		return huma.NewError(http.StatusForbidden, sentence(err.Error()))
	case errors.Is(err, saved.ErrFull):
		return tryAgain(http.StatusTooManyRequests, sentence(err.Error()), 60)
	}
	return g.problem(ctx, queriesPath, err)
}

var errNoQueries = huma.NewError(http.StatusNotFound, "This process keeps no saved queries; ask one that runs the api target.")

func (g *Gateway) queryHead(ctx context.Context, e *saved.Entry) (*QueryHead, error) {
	q := e.Query
	head := &QueryHead{
		ID: q.ID, Title: q.Title, Description: q.Description, Owner: q.Owner, Origin: string(e.Origin), Version: e.Version, Number: e.Number,
		Parameters: len(q.Parameters), Schedule: q.Schedule.Cron, Zone: q.Schedule.Zone,
	}
	if q.Schedule.Cron == "" {
		return head, nil
	}
	runs, err := g.queryRuns(ctx, &savedInput{q.ID})
	if err != nil {
		return nil, err
	}
	if head.Next = runs.Next; len(runs.Runs) > 0 {
		head.LastRun = &runs.Runs[0]
	}
	return head, nil
}

func queryOf(e *saved.Entry) *QueryAnswer {
	answer := &QueryAnswer{Definition: e.Query, Origin: string(e.Origin), Version: e.Version, Number: e.Number, By: e.By, YAML: e.Text, File: e.File}
	if !e.At.IsZero() {
		answer.At = &e.At
	}
	return answer
}

func (g *Gateway) queryList(ctx context.Context, _ *noInput) (*QueriesAnswer, error) {
	if g.cfg.Saved == nil {
		return nil, errNoQueries
	}
	all, err := g.cfg.Saved.List(ctx)
	if err != nil {
		return nil, err
	}
	answer := &QueriesAnswer{Queries: []QueryHead{}, Targets: list(g.cfg.Saved.Targets())}
	for _, e := range all {
		head, err := g.queryHead(ctx, e)
		if err != nil {
			return nil, err
		}
		answer.Queries = append(answer.Queries, *head)
	}
	return answer, nil
}

func (g *Gateway) savedQuery(ctx context.Context, in *savedInput) (*QueryAnswer, error) {
	if g.cfg.Saved == nil {
		return nil, errNoQueries
	}
	e, err := g.cfg.Saved.Get(ctx, in.ID)
	if err != nil {
		return nil, g.queryProblem(ctx, err)
	}
	return queryOf(e), nil
}

func (g *Gateway) queryVersions(ctx context.Context, in *savedInput) (*QueryVersions, error) {
	if g.cfg.Saved == nil {
		return nil, errNoQueries
	}
	all, err := g.cfg.Saved.Versions(ctx, in.ID)
	if err != nil {
		return nil, g.queryProblem(ctx, err)
	}
	answer := &QueryVersions{Versions: []QueryAnswer{}}
	for _, e := range all {
		answer.Versions = append(answer.Versions, *queryOf(e))
	}
	return answer, nil
}

func runOf(r *saved.Run) QueryRun {
	return QueryRun{
		Due: r.Due, Started: r.Started, ElapsedMS: milliseconds(r.Elapsed), Outcome: string(r.Outcome), Error: r.Error, Rows: r.Rows, Truncated: r.Truncated,
		Missed: r.Missed, Attempts: r.Attempts, By: r.By, Version: r.Version, Targets: r.Targets,
	}
}

func (g *Gateway) queryRuns(ctx context.Context, in *savedInput) (*QueryRuns, error) {
	if g.cfg.Saved == nil {
		return nil, errNoQueries
	}
	runs, next, err := g.cfg.Saved.Runs(ctx, in.ID)
	if err != nil {
		return nil, g.queryProblem(ctx, err)
	}
	answer := &QueryRuns{Runs: []QueryRun{}}
	for i := range runs {
		answer.Runs = append(answer.Runs, runOf(&runs[i]))
	}
	if !next.IsZero() {
		at := next.UTC()
		answer.Next = &at
	}
	return answer, nil
}

// change says who changes a query: the user of the request, and who it says it is for.
func (g *Gateway) change(in *Caller, by, version string) (saved.Change, error) {
	if g.cfg.Saved == nil || g.cfg.Queries == nil {
		return saved.Change{}, errNoQueries
	}
	u, err := g.caller(in.Authorization)
	if err != nil {
		return saved.Change{}, err
	}
	c := saved.Change{User: u, By: cmp.Or(by, "api"), Version: version}
	if strings.HasPrefix(strings.ToLower(in.Authorization), "basic ") {
		c.By = cmp.Or(by, u.Name)
	}
	return c, nil
}

func (g *Gateway) putQuery(ctx context.Context, in *savedPutInput) (*QueryAnswer, error) {
	b := &in.Body
	if (b.Definition == nil) == (b.YAML == "") {
		return nil, huma.Error400BadRequest("Give either definition or yaml.")
	}
	c, err := g.change(&in.Caller, b.By, b.IfVersion)
	if err != nil {
		return nil, err
	}
	text := []byte(b.YAML)
	if b.Definition != nil {
		if text, err = saved.Format(b.Definition); err != nil {
			return nil, err
		}
	}
	after, before, err := g.cfg.Saved.Put(ctx, in.ID, text, c)
	if err != nil {
		return nil, err
	}
	entry := audit.Entry{
		Kind: audit.SavedQuery, Name: in.ID, By: c.By, Reason: b.Reason, Action: audit.Created, After: after.Text, VersionAfter: after.Version,
		Request: "PUT " + queriesPath + "/" + in.ID,
	}
	if before != nil {
		entry.Action, entry.Before, entry.VersionBefore = audit.Changed, before.Text, before.Version
	}
	return queryOf(after), g.record(ctx, entry)
}

func (g *Gateway) deleteQuery(ctx context.Context, in *savedDeleteInput) (*QueryRemoved, error) {
	c, err := g.change(&in.Caller, in.By, in.IfVersion)
	if err != nil {
		return nil, err
	}
	before, after, err := g.cfg.Saved.Delete(ctx, in.ID, c)
	if err != nil {
		return nil, err
	}
	answer := &QueryRemoved{}
	entry := audit.Entry{
		Kind: audit.SavedQuery, Name: in.ID, By: c.By, Reason: in.Reason, Action: audit.Removed, Before: before.Text, VersionBefore: before.Version,
		Request: "DELETE " + queriesPath + "/" + in.ID,
	}
	if after != nil {
		if answer.Restored, err = g.queryHead(ctx, after); err != nil {
			return nil, err
		}
		entry.After, entry.VersionAfter = after.Text, after.Version
	}
	return answer, g.record(ctx, entry)
}

func (g *Gateway) sendQuery(ctx context.Context, in *savedSendInput) (*QueryRun, error) {
	c, err := g.change(&in.Caller, in.Body.By, "")
	if err != nil {
		return nil, err
	}
	r, err := g.cfg.Saved.Send(ctx, in.ID, c)
	if err != nil {
		return nil, err
	}
	run := runOf(r)
	return &run, g.record(ctx, audit.Entry{
		Kind: audit.SavedQuery, Name: in.ID, By: c.By, Reason: in.Body.Reason, Action: "send", VersionAfter: r.Version,
		After: fmt.Sprintf("%s, %d rows, to %s\n", r.Outcome, r.Rows, strings.Join(r.Targets, ", ")), Request: "POST " + queriesPath + "/" + in.ID + "/send",
	})
}

// runQuery runs a saved query as who calls.
func (g *Gateway) runQuery(ctx context.Context, in *savedRunInput) (*huma.StreamResponse, error) {
	if g.cfg.Saved == nil || g.cfg.Queries == nil {
		return nil, errNoQueries
	}
	return g.answerRows(ctx, in.Accept, func(limits olap.Limits) (*olap.Result, error) {
		user, err := g.caller(in.Authorization)
		if err != nil {
			return nil, err
		}
		result, err := g.cfg.Saved.Ask(ctx, user, in.ID, in.Body.Arguments, limits)
		if errors.Is(err, saved.ErrArgument) || errors.Is(err, saved.ErrNotFound) {
			return nil, g.queryProblem(ctx, err)
		}
		return result, err
	}, in.Body.Limit)
}
