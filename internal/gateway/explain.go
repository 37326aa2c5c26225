package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/internal/lineage/explain"
	"github.com/millrace/millrace/internal/query"
)

// Numbers opens numbers down to the rows behind them. [explain.Explainer] does.
type Numbers interface {
	SQL(ctx context.Context, s explain.Statement) (*explain.Answer, error)
	Job(ctx context.Context, c explain.Cell) (*explain.Answer, error)
	Forward(ctx context.Context, partition int32, offset int64) ([]explain.Reached, error)
}

// ExplainRequest asks for a cell of the result of a statement, or of a job's table.
type ExplainRequest struct {
	_      struct{}       `additionalProperties:"false"`
	Query  string         `json:"query,omitempty" doc:"A SELECT" example:"SELECT country, sum(amount) AS revenue FROM order_lines GROUP BY country"`
	Row    map[string]any `json:"row,omitempty" doc:"With a query: values of other columns of the cell's row, as /api/v1/sql gives them. Not needed when the result has one row"`
	Job    string         `json:"job,omitempty" doc:"In place of a query: name of a job" example:"kpis"`
	Table  string         `json:"table,omitempty" doc:"Table of the job, when it has several; it is enough without the job"`
	Key    map[string]any `json:"key,omitempty" doc:"With a job: the columns of the table's key and their values"`
	Column string         `json:"column,omitempty" doc:"Column of the cell. With a query not needed when the result has one"`
	Limit  int            `json:"limit,omitempty" minimum:"1" maximum:"1000" doc:"Rows to list; 100"`
	Cursor string         `json:"cursor,omitempty" maxLength:"100000" doc:"next_cursor of the answer before, for the next rows. All pages are as of the same positions"`
}

// ExplainAnswer is a cell with the rows behind it.
type ExplainAnswer struct {
	Column     string           `json:"column"`
	Type       string           `json:"type" doc:"SQL type, such as DECIMAL(38,6)"`
	Value      any              `json:"value" doc:"The cell, as of the positions"`
	Total      any              `json:"total" doc:"What the rows come to: computed from the listing; of a job's cell, by running the job again over the events"`
	Equals     bool             `json:"equals" doc:"Whether the rows come to the cell"`
	Reason     string           `json:"reason" doc:"Why they do not; empty when they do"`
	AsOf       ExplainAsOf      `json:"as_of"`
	Parts      []ExplainPart    `json:"parts" nullable:"false" doc:"The aggregates that the cell is made of"`
	RowCount   int64            `json:"row_count" doc:"Rows behind the cell, of which some are listed"`
	Rows       []ExplainRow     `json:"rows" nullable:"false"`
	NextCursor *string          `json:"next_cursor" doc:"For the next rows; null at the end"`
	Versions   []ExplainVersion `json:"versions" nullable:"false" doc:"What made the events behind the cell, the most frequent first"`
	Query      string           `json:"query" doc:"The statement that lists the rows"`
	Job        *ExplainJob      `json:"job,omitempty" doc:"Of a job's cell only"`
}

// ExplainAsOf says what an answer reflects.
type ExplainAsOf struct {
	Positions map[int32]int64 `json:"positions" doc:"Offset of the next event, per partition"`
	Results   uint64          `json:"results" doc:"Number of the next result of jobs"`
}

// ExplainPart is one aggregate of a cell.
type ExplainPart struct {
	Expression string `json:"expression" example:"sum(amount)"`
	RowCount   int64  `json:"row_count" doc:"Rows that count in it"`
	Value      any    `json:"value"`
}

// ExplainRow is one row behind a cell.
type ExplainRow struct {
	Contributions []ExplainContribution `json:"contributions" nullable:"false" doc:"What it brings to each part, in their order"`
	Origins       []ExplainOrigin       `json:"origins" nullable:"false" doc:"The stored rows that it was made of: one, or those that were joined or grouped"`
	More          int                   `json:"more_origins" doc:"Origins beyond the first 1,000"`
}

// ExplainContribution is what a row brings to a part.
type ExplainContribution struct {
	Counts bool `json:"counts"`
	Value  any  `json:"value" doc:"Null where it does not count; of a job's cell always"`
}

// ExplainOrigin names a stored row.
type ExplainOrigin struct {
	Table     string `json:"table"`
	EventID   string `json:"event_id" doc:"Empty for a row that is not one of an event"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset" doc:"-1 for a row of a job's table"`
	Line      int32  `json:"line_no" doc:"Number of the item in its event, from 1; 0 when it is not one of an item"`
	Fields    Fields `json:"fields" doc:"Columns of the row; of a job's table those of its key"`
}

// ExplainVersion is what made some of the events.
type ExplainVersion struct {
	Versions string `json:"versions" doc:"Adapter, rules and enrichment, as name@version"`
	Events   int64  `json:"events"`
	Late     int64  `json:"late" doc:"Of them, those that came behind the watermark"`
}

// ExplainJob is what is known of a cell of a job's table besides.
type ExplainJob struct {
	Name      string            `json:"name"`
	Version   int               `json:"version"`
	Table     string            `json:"table"`
	Row       Fields            `json:"row"`
	Watermark *time.Time        `json:"watermark" doc:"Event time that the job has reached; null when not known"`
	Revisions []ExplainRevision `json:"revisions" nullable:"false" doc:"How the cell was published, newest first: late and recovered events change it"`
}

// ExplainRevision is one publication of a row.
type ExplainRevision struct {
	Number    int64  `json:"revision_no"`
	Revision  int64  `json:"revision"`
	Phase     string `json:"phase"`
	Retracted bool   `json:"retracted"`
	Value     any    `json:"value"`
}

// Reached is a row of a job's table that an event is a part of.
type Reached struct {
	Job     string   `json:"job"`
	Version int      `json:"version"`
	Table   string   `json:"table"`
	Key     Fields   `json:"key"`
	Row     Fields   `json:"row"`
	Outputs []string `json:"outputs" nullable:"false" doc:"Topics and feeds that the job publishes to besides, such as topic fraud-alerts"`
}

type explainInput struct{ Body ExplainRequest }

func (g *Gateway) registerExplain(api huma.API) {
	op := huma.Operation{
		OperationID: "explain", Method: http.MethodPost, Path: "/api/v1/explain", Tags: []string{tagAnalytics},
		Summary: "The rows behind a number",
		Description: "Opens a cell of the result of a statement, or of a job's table, down to the rows or events that it is made of, and checks that " +
			"they come to it. What cannot be explained is refused with the reason and what to do (422).",
		MaxBodyBytes: g.cfg.Limits.SQLBytes + sqlEnvelopeBytes, BodyReadTimeout: g.cfg.Limits.Timeout,
		Errors: []int{http.StatusBadRequest, http.StatusForbidden, http.StatusRequestTimeout, http.StatusUnprocessableEntity, http.StatusTooManyRequests},
	}
	huma.Register(api, op, func(ctx context.Context, in *explainInput) (*body[ExplainAnswer], error) {
		ctx, cancel := context.WithTimeout(ctx, max(g.cfg.Limits.Timeout, g.cfg.Limits.SQL.Timeout))
		defer cancel()
		out, err := g.explain(ctx, &in.Body)
		if err != nil {
			return nil, g.problem(ctx, op.Path, explained(err))
		}
		return &body[ExplainAnswer]{out}, nil
	})
}

// explained turns a refusal into what the client reads.
func explained(err error) error {
	var refusal *explain.Refusal
	if errors.As(err, &refusal) {
		return huma.Error422UnprocessableEntity("That cannot be explained: "+refusal.Reason+".", &huma.ErrorDetail{Message: "To do: " + refusal.Advice + "."})
	}
	return err
}

func (g *Gateway) explain(ctx context.Context, r *ExplainRequest) (*ExplainAnswer, error) {
	var a *explain.Answer
	var err error
	switch isJob := r.Job != "" || r.Table != ""; {
	case g.cfg.Numbers == nil:
		return nil, huma.Error503ServiceUnavailable("This process does not open numbers.")
	case isJob == (r.Query != ""):
		return nil, huma.Error400BadRequest("Give either a query, or the job or table of a result.")
	case int64(len(r.Query)) > g.cfg.Limits.SQLBytes:
		return nil, huma.NewError(http.StatusRequestEntityTooLarge, "The statement is longer than olap.sql.max_query_bytes allows.")
	case isJob:
		a, err = g.cfg.Numbers.Job(ctx, explain.Cell{Job: r.Job, Table: r.Table, Key: r.Key, Column: r.Column, Limit: r.Limit, Cursor: r.Cursor})
	default:
		a, err = g.cfg.Numbers.SQL(ctx, explain.Statement{SQL: r.Query, Column: r.Column, Row: r.Row, Limit: r.Limit, Cursor: r.Cursor})
	}
	if err != nil {
		return nil, err
	}
	return explainAnswer(a), nil
}

// exactly is a value that JSON carries without losing a digit.
type exactly struct{ value any }

// MarshalJSON implements [json.Marshaler].
func (e exactly) MarshalJSON() ([]byte, error) { return query.AppendJSON(nil, e.value) }

var _ json.Marshaler = exactly{}

func exactFields(values map[string]any) Fields {
	if values == nil {
		return nil
	}
	f := make(Fields, len(values))
	for name, v := range values {
		f[name] = exactly{v}
	}
	return f
}

func explainAnswer(a *explain.Answer) *ExplainAnswer {
	out := &ExplainAnswer{
		Column: a.Column, Type: a.Type, Value: exactly{a.Value}, Total: exactly{a.Total}, Equals: a.Equals, Reason: a.Reason,
		AsOf: ExplainAsOf(a.AsOf), Parts: []ExplainPart{}, RowCount: a.Rows, Rows: []ExplainRow{}, Versions: []ExplainVersion{}, Query: a.Query,
	}
	if a.Next != "" {
		out.NextCursor = &a.Next
	}
	for _, p := range a.Parts {
		out.Parts = append(out.Parts, ExplainPart{p.Text, p.Rows, exactly{p.Value}})
	}
	for _, v := range a.Versions {
		out.Versions = append(out.Versions, ExplainVersion(v))
	}
	for _, r := range a.Listed {
		out.Rows = append(out.Rows, explainRow(&r))
	}
	if a.Job != nil {
		out.Job = explainJob(a.Job)
	}
	return out
}

func explainRow(r *explain.Row) ExplainRow {
	row := ExplainRow{Contributions: []ExplainContribution{}, Origins: []ExplainOrigin{}, More: r.More}
	for i, v := range r.Values {
		row.Contributions = append(row.Contributions, ExplainContribution{r.Counts[i], exactly{v}})
	}
	for _, o := range r.Origins {
		row.Origins = append(row.Origins, ExplainOrigin{o.Table, o.EventID, o.Partition, o.Offset, o.Line, exactFields(o.Fields)})
	}
	return row
}

func explainJob(j *explain.JobCell) *ExplainJob {
	out := &ExplainJob{Name: j.Job, Version: j.Version, Table: j.Table, Row: exactFields(j.Row), Revisions: []ExplainRevision{}}
	if !j.Watermark.IsZero() {
		out.Watermark = &j.Watermark
	}
	for _, r := range j.Revisions {
		out.Revisions = append(out.Revisions, ExplainRevision{r.Number, r.Revision, r.Phase, r.Retracted, exactly{r.Value}})
	}
	return out
}

// reached finds where an accepted event went.
func (g *Gateway) reached(ctx context.Context, p *Passport) error {
	if g.cfg.Numbers == nil || p.Verdict != "accepted" {
		return nil
	}
	rows, err := g.cfg.Numbers.Forward(ctx, p.Coordinates.Partition, p.Coordinates.Offset)
	if err != nil {
		return err
	}
	for _, r := range rows {
		p.Reached = append(p.Reached, Reached{r.Job, r.Version, r.Table, exactFields(r.Key), exactFields(r.Row), list(r.Outputs)})
	}
	return nil
}
