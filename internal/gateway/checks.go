package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/internal/lineage/audit"
	"github.com/millrace/millrace/internal/quality/check"
)

// Checks tells how the checks of windows and tables ended.
type Checks interface {
	Checks() []*check.Check
	// Find returns a check. The error wraps [check.ErrNotFound].
	Find(name string) (*check.Check, error)
	// Last returns the newest result of a check; nil for none.
	Last(name string) *check.Result
	// History returns the newest results, the newest first.
	History(ctx context.Context, name string, limit int) ([]check.Result, error)
	Scores() []check.Score
}

// CheckRuns runs checks at once.
type CheckRuns interface {
	// RunNow runs checks and keeps the results. With anew what they have recorded to
	// compare with is forgotten before.
	RunNow(ctx context.Context, checks []*check.Check, anew bool) ([]check.Result, error)
	// Try runs checks that are not those of the platform, and keeps nothing.
	Try(ctx context.Context, checks []*check.Check) ([]check.Result, error)
}

// ChecksAnswer is the answer of /api/v1/checks.
type ChecksAnswer struct {
	Checks []Check `json:"checks" nullable:"false"`
}

// Check is a check and how it ended last.
type Check struct {
	Name        string       `json:"name"`
	Owner       string       `json:"owner"`
	Description string       `json:"description,omitempty"`
	Severity    string       `json:"severity" enum:"error,warn,info"`
	Kind        string       `json:"kind"`
	Assertion   string       `json:"assertion" doc:"The kind as OpenLineage calls it"`
	Table       string       `json:"table"`
	Source      string       `json:"source,omitempty"`
	Column      string       `json:"column,omitempty"`
	Expected    string       `json:"expected"`
	Schedule    string       `json:"schedule" example:"every 10m"`
	Streams     bool         `json:"streams" doc:"Computed as events come, not from the table"`
	Version     string       `json:"version" doc:"Changes with what the check says"`
	File        string       `json:"file"`
	Line        int          `json:"line"`
	Last        *CheckResult `json:"last,omitempty" doc:"The newest result; absent when it has not run"`
}

// CheckResult is one run of a check: an assertion of OpenLineage, and what belongs to it.
type CheckResult struct {
	Number      uint64       `json:"number" doc:"Of the result among those of all checks; 0 of a dry run"`
	Name        string       `json:"name"`
	Assertion   string       `json:"assertion"`
	Success     bool         `json:"success"`
	Status      string       `json:"status" enum:"passed,failed,unknown" doc:"unknown: it could not be run"`
	Severity    string       `json:"severity"`
	Column      string       `json:"column,omitempty"`
	Expected    string       `json:"expected"`
	Actual      string       `json:"actual"`
	Message     string       `json:"message,omitempty" doc:"Why it could not be run"`
	Time        time.Time    `json:"time"`
	WindowStart *time.Time   `json:"window_start,omitempty"`
	WindowEnd   *time.Time   `json:"window_end,omitempty"`
	Revision    int          `json:"revision" doc:"Late events revise the result of a window"`
	DurationMS  float64      `json:"duration_ms"`
	Rows        int64        `json:"rows" doc:"That the check was about"`
	Failing     int64        `json:"failing" doc:"Of them"`
	Approximate bool         `json:"approximate" doc:"The number is an estimate within 1 %"`
	Version     string       `json:"version" doc:"Of the check"`
	Samples     []CheckPlace `json:"samples" nullable:"false" doc:"Some of the rows that fail"`
}

// CheckPlace is a row that fails.
type CheckPlace struct {
	Partition int32  `json:"partition" doc:"-1 when the row has no coordinates"`
	Offset    int64  `json:"offset"`
	EventID   string `json:"event_id,omitempty"`
	Value     string `json:"value,omitempty"`
	Passport  string `json:"passport,omitempty" doc:"Path of the passport in this API"`
}

// CheckAnswer is the answer of /api/v1/checks/{name}.
type CheckAnswer struct {
	Check   Check         `json:"check"`
	History []CheckResult `json:"history" nullable:"false" doc:"Newest first"`
}

// CheckRunAnswer is how checks ended.
type CheckRunAnswer struct {
	Passed  int           `json:"passed"`
	Failed  int           `json:"failed" doc:"Of severity error, or that could not be run"`
	Warned  int           `json:"warned" doc:"Failed with a lower severity"`
	Results []CheckResult `json:"results" nullable:"false"`
}

// CheckRunRequest says which checks are to run: those that meet all that is given.
type CheckRunRequest struct {
	Names       []string `json:"names,omitempty" maxItems:"1000"`
	Tables      []string `json:"tables,omitempty" maxItems:"1000"`
	Owners      []string `json:"owners,omitempty" maxItems:"1000"`
	NewBaseline bool     `json:"new_baseline,omitempty" doc:"Forget what schema and drift checks have recorded to compare with"`
}

// CheckTryRequest is files of checks to try.
type CheckTryRequest struct {
	Files []CheckFile `json:"files" minItems:"1" maxItems:"100"`
}

// CheckFile is a file of checks.
type CheckFile struct {
	Name string `json:"name" minLength:"1" maxLength:"500"`
	Text string `json:"text" maxLength:"1048576"`
}

// ScoresAnswer is the answer of /api/v1/quality/scores.
type ScoresAnswer struct {
	Scores []QualityScore `json:"scores" nullable:"false"`
}

// QualityScore is how good the results were over the last day.
type QualityScore struct {
	Of     string  `json:"of" enum:"all,source,table,owner"`
	Name   string  `json:"name" doc:"Of the source, table or owner; empty for all"`
	Score  float64 `json:"score" doc:"0 to 1: the share of passed runs of each check, weighted by severity (error 10, warn 3, info 1)"`
	Checks int     `json:"checks"`
	Runs   int64   `json:"runs"`
	Passed int64   `json:"passed"`
}

type (
	checksInput struct {
		Table  string `query:"table" doc:"Only checks of this table"`
		Owner  string `query:"owner" doc:"Only checks of this owner"`
		Status string `query:"status" enum:"passed,failed,unknown" doc:"Only checks that ended so last"`
	}
	checkInput struct {
		Name  string `path:"name"`
		Limit int    `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"Results"`
	}
	checkRunInput struct {
		Who
		Name        string `path:"name"`
		NewBaseline bool   `query:"new_baseline" doc:"Forget what a schema or drift check has recorded to compare with"`
	}
	checksRunInput struct {
		Who
		Body CheckRunRequest
	}
	checkTryInput struct{ Body CheckTryRequest }
)

const tagQuality = "Quality"

func (g *Gateway) registerChecks(api huma.API) {
	get(g, api, "checks", tagQuality, "/api/v1/checks", "Checks of windows and tables, and how they ended last", "", g.checks)
	get(g, api, "check", tagQuality, "/api/v1/checks/{name}", "A check and its newest results", "", g.check)
	get(g, api, "quality-scores", tagQuality, "/api/v1/quality/scores", "Scores of all, of sources, of tables and of owners",
		"The share of passed runs of each check over the last day, weighted by severity.", g.scores)
	huma.Register(api, huma.Operation{
		OperationID: "check-run", Method: http.MethodPost, Path: "/api/v1/checks/{name}/run", Tags: []string{tagQuality},
		Summary: "Run a check now", Description: "On what the tables have. A check on windows is run on the newest complete one.",
	}, g.runCheck)
	huma.Register(api, huma.Operation{
		OperationID: "checks-run", Method: http.MethodPost, Path: "/api/v1/checks/run", Tags: []string{tagQuality},
		Summary: "Run checks now", Description: "Those that meet all that is given; without anything, all.",
	}, g.runChecks)
	huma.Register(api, huma.Operation{
		OperationID: "checks-try", Method: http.MethodPost, Path: "/api/v1/checks/try", Tags: []string{tagQuality},
		Summary: "Try files of checks", Description: "Runs them on what the tables have, and keeps nothing: what a new file would say.",
	}, g.tryChecks)
}

var errNoChecks = huma.NewError(http.StatusNotFound, "This process runs no checks; ask one that runs the pass.")

func checkOf(c *check.Check, last *check.Result) Check {
	out := Check{
		Name: c.Name, Owner: c.Owner, Description: c.Description, Severity: string(c.Severity), Kind: c.Kind, Assertion: c.Assertion(),
		Table: c.Table, Source: c.Source, Column: c.Column, Expected: c.Expected, Schedule: c.Schedule(), Streams: c.Streams(),
		Version: c.Version, File: c.File, Line: c.Line,
	}
	if last != nil {
		r := checkResultOf(last)
		out.Last = &r
	}
	return out
}

func checkResultOf(r *check.Result) CheckResult {
	out := CheckResult{
		Number: r.Number, Name: r.Name, Assertion: r.Assertion, Success: r.Success, Status: string(r.Status), Severity: string(r.Severity),
		Column: r.Column, Expected: r.Expected, Actual: r.Actual, Message: r.Message, Time: r.Time, WindowStart: r.WindowStart, WindowEnd: r.WindowEnd,
		Revision: r.Revision, DurationMS: r.DurationMS, Rows: r.Rows, Failing: r.Failing, Approximate: r.Approximate, Version: r.Version,
		Samples: []CheckPlace{},
	}
	for _, s := range r.Samples {
		p := CheckPlace{Partition: s.Partition, Offset: s.Offset, EventID: s.EventID, Value: s.Value}
		if s.Partition >= 0 && s.Offset >= 0 {
			p.Passport = fmt.Sprintf("/api/v1/coordinates/%d/%d", s.Partition, s.Offset)
		}
		out.Samples = append(out.Samples, p)
	}
	return out
}

func (g *Gateway) checks(_ context.Context, in *checksInput) (*ChecksAnswer, error) {
	if g.cfg.Checks == nil {
		return nil, errNoChecks
	}
	answer := &ChecksAnswer{Checks: []Check{}}
	for _, c := range g.cfg.Checks.Checks() {
		last := g.cfg.Checks.Last(c.Name)
		switch {
		case in.Table != "" && c.Table != in.Table, in.Owner != "" && c.Owner != in.Owner:
		case in.Status != "" && (last == nil || string(last.Status) != in.Status):
		default:
			answer.Checks = append(answer.Checks, checkOf(c, last))
		}
	}
	return answer, nil
}

// findCheck returns a check, or the problem that there is none.
func (g *Gateway) findCheck(name string) (*check.Check, error) {
	if g.cfg.Checks == nil {
		return nil, errNoChecks
	}
	c, err := g.cfg.Checks.Find(name)
	if errors.Is(err, check.ErrNotFound) {
		return nil, huma.NewError(http.StatusNotFound, sentence(err.Error()))
	}
	return c, err
}

func sentence(text string) string {
	return strings.ToUpper(text[:1]) + strings.TrimSuffix(text[1:], ".") + "."
}

func (g *Gateway) check(ctx context.Context, in *checkInput) (*CheckAnswer, error) {
	c, err := g.findCheck(in.Name)
	if err != nil {
		return nil, err
	}
	results, err := g.cfg.Checks.History(ctx, c.Name, in.Limit)
	answer := &CheckAnswer{Check: checkOf(c, g.cfg.Checks.Last(c.Name)), History: []CheckResult{}}
	for i := range results {
		answer.History = append(answer.History, checkResultOf(&results[i]))
	}
	return answer, err
}

func (g *Gateway) scores(context.Context, *noInput) (*ScoresAnswer, error) {
	if g.cfg.Checks == nil {
		return nil, errNoChecks
	}
	answer := &ScoresAnswer{Scores: []QualityScore{}}
	for _, s := range g.cfg.Checks.Scores() {
		answer.Scores = append(answer.Scores, QualityScore(s))
	}
	return answer, nil
}

func (g *Gateway) runCheck(ctx context.Context, in *checkRunInput) (*body[CheckRunAnswer], error) {
	c, err := g.findCheck(in.Name)
	if err != nil {
		return nil, err
	}
	return g.runSelected(ctx, []*check.Check{c}, in.NewBaseline, audit.Entry{By: in.By, Reason: in.Reason, Name: c.Name, Request: "POST /api/v1/checks/" + c.Name + "/run"})
}

func (g *Gateway) runChecks(ctx context.Context, in *checksRunInput) (*body[CheckRunAnswer], error) {
	if g.cfg.Checks == nil {
		return nil, errNoChecks
	}
	for _, name := range in.Body.Names {
		if _, err := g.findCheck(name); err != nil {
			return nil, err
		}
	}
	var selected []*check.Check
	wanted := func(list []string, value string) bool { return len(list) == 0 || slices.Contains(list, value) }
	for _, c := range g.cfg.Checks.Checks() {
		if wanted(in.Body.Names, c.Name) && wanted(in.Body.Tables, c.Table) && wanted(in.Body.Owners, c.Owner) {
			selected = append(selected, c)
		}
	}
	if len(selected) == 0 {
		return nil, huma.NewError(http.StatusUnprocessableEntity, "No check meets all that is given; /api/v1/checks lists them.")
	}
	return g.runSelected(ctx, selected, in.Body.NewBaseline, audit.Entry{By: in.By, Reason: in.Reason, Name: fmt.Sprintf("%d checks", len(selected)), Request: "POST /api/v1/checks/run"})
}

// runSelected runs checks. That a baseline is forgotten is a change, which the audit trail
// hears of; a run is none.
func (g *Gateway) runSelected(ctx context.Context, selected []*check.Check, anew bool, e audit.Entry) (*body[CheckRunAnswer], error) {
	results, err := g.cfg.CheckRuns.RunNow(ctx, selected, anew)
	if err == nil && anew {
		e.Kind, e.Action, e.After = audit.Check, "baseline", "What it compares with was recorded anew.\n"
		err = g.record(ctx, e)
	}
	if err != nil {
		return nil, g.problem(ctx, "/api/v1/checks/run", err)
	}
	return &body[CheckRunAnswer]{runAnswer(results)}, nil
}

func runAnswer(results []check.Result) *CheckRunAnswer {
	answer := &CheckRunAnswer{Results: []CheckResult{}}
	for i := range results {
		r := &results[i]
		switch {
		case r.Success:
			answer.Passed++
		case r.Status == check.Unknown || r.Severity == check.Error:
			answer.Failed++
		default:
			answer.Warned++
		}
		answer.Results = append(answer.Results, checkResultOf(r))
	}
	return answer
}

func (g *Gateway) tryChecks(ctx context.Context, in *checkTryInput) (*body[CheckRunAnswer], error) {
	if g.cfg.CheckRuns == nil {
		return nil, errNoChecks
	}
	files := make([]check.File, len(in.Body.Files))
	for i, f := range in.Body.Files {
		files[i] = check.File{Name: f.Name, Text: []byte(f.Text)}
	}
	set, err := check.Load(files)
	if err != nil {
		return nil, huma.NewError(http.StatusUnprocessableEntity, err.Error())
	}
	results, err := g.cfg.CheckRuns.Try(ctx, set.All())
	if err != nil {
		return nil, g.problem(ctx, "/api/v1/checks/try", err)
	}
	return &body[CheckRunAnswer]{runAnswer(results)}, nil
}
