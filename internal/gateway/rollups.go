package gateway

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/internal/lineage/audit"
	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/warehouse/rollup"
)

// Rollups keeps partial aggregates of the tables of events. [rollup.Keeper] does.
type Rollups interface {
	Status() []rollup.Status
	// Rebuild makes one anew. The error wraps [rollup.ErrNotFound] or [rollup.ErrLoss].
	Rebuild(ctx context.Context, name string, force bool) error
}

// RollupsAnswer is the answer of /api/v1/rollups.
type RollupsAnswer struct {
	Rollups []Rollup `json:"rollups" nullable:"false"`
}

// Rollup is one, and how it stands.
type Rollup struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	View        string          `json:"view" doc:"What SQL reads"`
	Dataset     string          `json:"dataset" doc:"Rows that are aggregated"`
	Grain       string          `json:"grain" enum:"minute,hour,day,week,month,quarter,year" doc:"Width of its buckets of event time, UTC"`
	Dimensions  []string        `json:"dimensions" nullable:"false"`
	Measures    []RollupMeasure `json:"measures" nullable:"false"`
	Retention   int             `json:"retention_days,omitempty" doc:"Absent: buckets are kept for ever"`
	State       string          `json:"state" enum:"serving,filling,refilling,held,full" doc:"refilling: the former tables are read until those that are made now have caught up; held: these would lose buckets whose rows are gone, and wait for a rebuild with force; full: it, or what is made in its place, has more rows than rollups.max_rows, and takes no further ones"`
	Rows        int64           `json:"rows" doc:"Of its tables"`
	Since       *time.Time      `json:"since,omitempty" doc:"Older buckets are gone"`
	Positions   map[int32]int64 `json:"positions" doc:"Next offset, per partition, that its tables have yet to take; queries read what came since from rows"`
	Version     string          `json:"version" doc:"Changes with the definition"`
	File        string          `json:"file"`
	Line        int             `json:"line"`
	BuiltIn     bool            `json:"built_in" doc:"It came with the platform"`
}

// RollupMeasure is what is kept of the rows of a bucket.
type RollupMeasure struct {
	Name      string `json:"name"`
	Aggregate string `json:"aggregate" enum:"count,sum,min,max,distinct,approx_distinct,quantiles"`
	Field     string `json:"field,omitempty"`
}

// NumberSource says what numbers were computed from.
type NumberSource struct {
	Columns []string `json:"columns" nullable:"false" doc:"Numbers that metrics are made of"`
	Dataset string   `json:"dataset"`
	Rollup  string   `json:"rollup,omitempty" doc:"Absent: the rows were read"`
	Grain   string   `json:"grain,omitempty" doc:"Of the rollup"`
	Error   float64  `json:"error,omitempty" doc:"Of sketches: how far the numbers are off, as a share. Absent: they are exact"`
	Why     []string `json:"why,omitempty" doc:"Why none of the dataset's rollups was read"`
}

type (
	rollupInput struct {
		Name string `path:"name" doc:"Name of the rollup"`
	}
	rollupRebuildInput struct {
		Name string `path:"name" doc:"Name of the rollup"`
		Body RollupRebuild
	}
)

// RollupRebuild asks for a rollup to be made anew.
type RollupRebuild struct {
	_      struct{} `additionalProperties:"false"`
	Force  bool     `json:"force,omitempty" doc:"Also when buckets are lost whose rows are gone"`
	By     string   `json:"by,omitempty" maxLength:"200" doc:"Who asks; api when absent"`
	Reason string   `json:"reason,omitempty" maxLength:"1000" doc:"Why"`
}

func (g *Gateway) registerRollups(api huma.API) {
	const tag = "Metrics"
	get(g, api, "rollups", tag, "/api/v1/rollups", "Rollups that metrics are read from, and how they stand", "", g.rollups)
	get(g, api, "rollup", tag, "/api/v1/rollups/{name}", "A rollup, and how it stands", "", g.rollup)
	huma.Register(api, huma.Operation{
		OperationID: "rollup-rebuild", Method: http.MethodPost, Path: "/api/v1/rollups/{name}/rebuild", Tags: []string{tag},
		Summary:     "Make a rollup anew from the rows",
		Description: "It happens in the background; the present tables are read until then.",
		Errors:      []int{http.StatusNotFound, http.StatusConflict},
	}, g.rollupRebuild)
}

var errNoRollups = huma.NewError(http.StatusNotFound, "This process keeps no rollups: rollups.enabled is false, or it is another process that does.")

func (g *Gateway) rollups(context.Context, *struct{}) (*RollupsAnswer, error) {
	if g.cfg.Rollups == nil {
		return nil, errNoRollups
	}
	answer := &RollupsAnswer{Rollups: []Rollup{}}
	for _, s := range g.cfg.Rollups.Status() {
		answer.Rollups = append(answer.Rollups, rollupOf(&s))
	}
	return answer, nil
}

func (g *Gateway) rollup(_ context.Context, in *rollupInput) (*Rollup, error) {
	if g.cfg.Rollups == nil {
		return nil, errNoRollups
	}
	for _, s := range g.cfg.Rollups.Status() {
		if s.Name == in.Name {
			out := rollupOf(&s)
			return &out, nil
		}
	}
	return nil, huma.Error404NotFound("There is no rollup \"" + in.Name + "\"; /api/v1/rollups lists them.")
}

func rollupOf(s *rollup.Status) Rollup {
	out := Rollup{
		Name: s.Name, Description: s.Description, View: s.View(), Dataset: s.Dataset, Grain: s.Grain, Dimensions: list(s.Dimensions), Measures: []RollupMeasure{},
		Retention: s.RetentionDays, State: s.State(), Rows: s.Rows, Since: timeOrNone(s.Since), Positions: s.Positions, Version: s.Version,
		File: s.File, Line: s.Line, BuiltIn: s.BuiltIn,
	}
	for _, m := range s.Measures {
		out.Measures = append(out.Measures, RollupMeasure(m))
	}
	if out.Positions == nil {
		out.Positions = map[int32]int64{}
	}
	return out
}

func (g *Gateway) rollupRebuild(ctx context.Context, in *rollupRebuildInput) (*body[Rollup], error) {
	if g.cfg.Rollups == nil {
		return nil, errNoRollups
	}
	err := g.cfg.Rollups.Rebuild(ctx, in.Name, in.Body.Force)
	switch {
	case errors.Is(err, rollup.ErrNotFound):
		return nil, huma.Error404NotFound(err.Error() + "; /api/v1/rollups lists them")
	case errors.Is(err, rollup.ErrLoss):
		return nil, huma.Error409Conflict(err.Error())
	case err != nil:
		return nil, g.problem(ctx, "/api/v1/rollups/rebuild", err)
	}
	if err := g.record(ctx, audit.Entry{
		By: in.Body.By, Reason: in.Body.Reason, Kind: audit.Rollup, Name: in.Name, Action: "rebuild", Request: "POST /api/v1/rollups/" + in.Name + "/rebuild",
	}); err != nil {
		return nil, g.problem(ctx, "/api/v1/rollups/rebuild", err)
	}
	out, err := g.rollup(ctx, &rollupInput{in.Name})
	return &body[Rollup]{out}, err
}

func numberSources(all []metric.Source) []NumberSource {
	out := make([]NumberSource, len(all))
	for i, s := range all {
		out[i] = NumberSource(s)
	}
	return out
}
