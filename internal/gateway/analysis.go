package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/internal/lineage/audit"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse/analysis"
)

// Analyses runs analyses of customers and orders. [analysis.Service] does.
type Analyses interface {
	List() []analysis.State
	// Find returns one by its name. The error wraps [analysis.ErrNotFound].
	Find(name string) (*analysis.State, error)
	// RunNow runs one. The error wraps [analysis.ErrNotFound], ErrRunning or ErrInput.
	RunNow(ctx context.Context, name, by string) (*analysis.Run, error)
}

// AnalysesAnswer is the answer of /api/v1/analysis.
type AnalysesAnswer struct {
	Analyses []Analysis `json:"analyses" nullable:"false"`
}

// Analysis is one, with its newest run.
type Analysis struct {
	Name    string       `json:"name" enum:"rfm,cohorts,clv,attribution,baskets"`
	Text    string       `json:"text"`
	Tables  []string     `json:"tables" nullable:"false" doc:"Where SQL finds the results of the newest run; the first is what result shows"`
	Running bool         `json:"running"`
	Last    *AnalysisRun `json:"last,omitempty" doc:"The newest run; absent: there was none"`
}

// AnalysisRun is a run of an analysis.
type AnalysisRun struct {
	Run        int64             `json:"run" doc:"From 1"`
	Finished   time.Time         `json:"finished"`
	Seconds    float64           `json:"seconds"`
	By         string            `json:"by" doc:"Who asked for it; schedule when nobody did"`
	Until      time.Time         `json:"until" doc:"Time of the newest line of an order that it knows"`
	Rows       int64             `json:"rows" doc:"Of all its tables"`
	Positions  map[string]int64  `json:"positions" doc:"Up to where it read the log: the next offset of each partition"`
	Parameters map[string]string `json:"parameters" doc:"What it was run with"`
	Figures    map[string]string `json:"figures" doc:"Totals, and what was left out"`
}

// AnalysisResult is rows of a table of an analysis.
type AnalysisResult struct {
	Analysis  string              `json:"analysis"`
	Table     string              `json:"table"`
	Run       int64               `json:"run" doc:"The run that the rows are of"`
	Columns   []olap.ResultColumn `json:"columns" nullable:"false"`
	Rows      [][]any             `json:"rows" nullable:"false" doc:"Values in the order of the columns. Money is text"`
	Truncated bool                `json:"truncated" doc:"There are more rows; SQL reads them all"`
}

type (
	analysisInput struct {
		Name string `path:"name" doc:"Name of the analysis"`
	}
	analysisRunInput struct {
		Name   string `path:"name" doc:"Name of the analysis"`
		By     string `query:"by" default:"api" minLength:"1" maxLength:"200" doc:"Who asks for it; kept with the run"`
		Reason string `query:"reason" maxLength:"1000" doc:"Why, for the audit trail"`
	}
	analysisResultInput struct {
		Name  string `path:"name" doc:"Name of the analysis"`
		Table string `query:"table" doc:"One of its tables; by default the first"`
		Limit int    `query:"limit" default:"100" minimum:"1" maximum:"10000"`
	}
)

var errNoAnalyses = huma.NewError(http.StatusNotFound, "This process runs no analyses; ask one that serves the API.")

func (g *Gateway) registerAnalysis(api huma.API) {
	const tag = "Analyses"
	get(g, api, "analyses", tag, "/api/v1/analysis", "Analyses of customers and orders, and their newest runs", "", g.analyses)
	get(g, api, "analysis", tag, "/api/v1/analysis/{name}", "An analysis, and its newest run", "", g.analysis)
	get(g, api, "analysis-result", tag, "/api/v1/analysis/{name}/result", "Rows of an analysis, the most interesting first",
		"All rows are of one run, also while another puts its results in their place.", g.analysisResult)
	huma.Register(api, huma.Operation{
		OperationID: "analysis-run", Method: http.MethodPost, Path: "/api/v1/analysis/{name}/run", Tags: []string{tag},
		Summary:     "Run an analysis on what the tables have now",
		Description: "It replaces the results of its former run when it is done; when it fails they stay. One analysis runs at a time.",
		Errors:      []int{http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity},
	}, g.runAnalysis)
}

func (g *Gateway) analyses(context.Context, *struct{}) (*AnalysesAnswer, error) {
	if g.cfg.Analyses == nil {
		return nil, errNoAnalyses
	}
	answer := &AnalysesAnswer{Analyses: []Analysis{}}
	for _, state := range g.cfg.Analyses.List() {
		answer.Analyses = append(answer.Analyses, *analysisOf(&state))
	}
	return answer, nil
}

func (g *Gateway) analysis(_ context.Context, in *analysisInput) (*Analysis, error) {
	if g.cfg.Analyses == nil {
		return nil, errNoAnalyses
	}
	state, err := g.cfg.Analyses.Find(in.Name)
	if err != nil {
		return nil, analysisError(err)
	}
	return analysisOf(state), nil
}

func analysisOf(state *analysis.State) *Analysis {
	a := &Analysis{Name: state.Name, Text: state.Text, Tables: []string{}, Running: state.Running}
	for _, t := range state.Tables {
		a.Tables = append(a.Tables, t.Name)
	}
	if state.Last != nil {
		a.Last = analysisRunOf(state.Last)
	}
	return a
}

func analysisRunOf(r *analysis.Run) *AnalysisRun {
	out := &AnalysisRun{
		Run: r.Number, Finished: r.Finished, Seconds: r.Seconds, By: r.By, Until: r.Until, Rows: r.Rows,
		Positions: make(map[string]int64, len(r.Positions)), Parameters: r.Parameters, Figures: r.Figures,
	}
	for partition, next := range r.Positions {
		out.Positions[fmt.Sprint(partition)] = next
	}
	return out
}

func (g *Gateway) runAnalysis(ctx context.Context, in *analysisRunInput) (*body[AnalysisRun], error) {
	if g.cfg.Analyses == nil {
		return nil, errNoAnalyses
	}
	const route = "/api/v1/analysis/run"
	before, err := g.cfg.Analyses.Find(in.Name)
	if err != nil {
		return nil, g.problem(ctx, route, analysisError(err))
	}
	run, err := g.cfg.Analyses.RunNow(ctx, in.Name, in.By)
	if err != nil {
		return nil, g.problem(ctx, route, analysisError(err))
	}
	entry := audit.Entry{
		By: in.By, Reason: in.Reason, Action: "run", Kind: audit.Analysis, Name: in.Name, After: runText(run), VersionAfter: run.Parameters["version"],
		Request: "POST /api/v1/analysis/" + in.Name + "/run",
	}
	if before.Last != nil {
		entry.Before, entry.VersionBefore = runText(before.Last), before.Last.Parameters["version"]
	}
	if err := g.record(ctx, entry); err != nil {
		return nil, g.problem(ctx, route, err)
	}
	return &body[AnalysisRun]{analysisRunOf(run)}, nil
}

// runText is what the audit trail keeps of a run: up to where it read the log, with which
// settings, and what came of it.
func runText(r *analysis.Run) string {
	text, err := json.MarshalIndent(analysisRunOf(r), "", "  ")
	if err != nil {
		panic(fmt.Sprintf("BUG: a run of an analysis cannot be encoded: %v", err))
	}
	return string(text) + "\n"
}

// analysisResult reads rows and the number of their run in one statement.
func (g *Gateway) analysisResult(ctx context.Context, in *analysisResultInput) (*AnalysisResult, error) {
	if g.cfg.Analyses == nil {
		return nil, errNoAnalyses
	}
	state, err := g.cfg.Analyses.Find(in.Name)
	if err != nil {
		return nil, analysisError(err)
	}
	table, names := state.Tables[0], []string{}
	found := in.Table == ""
	for _, t := range state.Tables {
		names = append(names, t.Name)
		if t.Name == in.Table {
			table, found = t, true
		}
	}
	switch {
	case !found:
		return nil, huma.NewError(http.StatusNotFound, fmt.Sprintf("The analysis %s has no table %q; it has %s.", in.Name, in.Table, strings.Join(names, " and ")))
	case state.Last == nil:
		return nil, huma.NewError(http.StatusNotFound, fmt.Sprintf("The analysis %s has not run yet; POST /api/v1/analysis/%[1]s/run runs it.", in.Name))
	}
	result, err := g.cfg.Store.Query(ctx, olap.Query{
		SQL:    "SELECT (SELECT run FROM " + analysis.RunsTable + " WHERE analysis = ?), * FROM " + table.Name + " ORDER BY " + table.Order,
		Args:   []any{in.Name},
		Limits: olap.Limits{Rows: in.Limit},
	})
	if err != nil {
		return nil, internal(err)
	}
	rows, err := result.All()
	if err != nil {
		return nil, internal(err)
	}
	answer := &AnalysisResult{Analysis: in.Name, Table: table.Name, Run: state.Last.Number, Columns: result.Columns[1:], Rows: [][]any{}, Truncated: result.Truncated()}
	for _, row := range rows {
		answer.Run, _ = row[0].(int64)
		answer.Rows = append(answer.Rows, row[1:])
	}
	return answer, nil
}

func analysisError(err error) error {
	status := 0
	switch {
	case errors.Is(err, analysis.ErrNotFound):
		status = http.StatusNotFound
	case errors.Is(err, analysis.ErrRunning):
		status = http.StatusConflict
	case errors.Is(err, analysis.ErrInput):
		status = http.StatusUnprocessableEntity
	default:
		return err
	}
	return huma.NewError(status, err.Error())
}
