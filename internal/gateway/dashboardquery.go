package gateway

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/millrace/millrace/internal/dashboard"
	"github.com/millrace/millrace/internal/quality/quarantine"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

// DashboardQuery asks for the charts of a dashboard.
type DashboardQuery struct {
	_       struct{}                `additionalProperties:"false"`
	Range   string                  `json:"range,omitempty" maxLength:"10" doc:"1h, 24h, 7d, 28d, 90d, 12mo or all, up to now. Absent: that of the dashboard"`
	From    time.Time               `json:"from,omitzero" doc:"In place of range: start in event time, inclusive"`
	To      time.Time               `json:"to,omitzero" doc:"End, exclusive"`
	Compare string                  `json:"compare,omitempty" maxLength:"10" doc:"previous, year or none. Absent: that of the dashboard"`
	Filters []dashboard.BoardFilter `json:"filters,omitempty" nullable:"false" maxItems:"50" doc:"All of them hold. A chart whose metrics do not have the dimension stays unfiltered"`
	Charts  []string                `json:"charts,omitempty" nullable:"false" maxItems:"60" doc:"Only charts of these ids"`
}

// DashboardTry asks for the charts of a dashboard, or of one that is not saved.
type DashboardTry struct {
	DashboardQuery
	Definition *dashboard.Board `json:"definition,omitempty" doc:"In place of the dashboard of that id: one that is being edited"`
}

// DashboardResult is the answers to the charts of a dashboard.
type DashboardResult struct {
	Range     string          `json:"range,omitempty"`
	From      time.Time       `json:"from"`
	To        time.Time       `json:"to"`
	Anchored  bool            `json:"anchored" doc:"The data are history: the range ends at the newest event, not now"`
	Before    *MetricRange    `json:"compared_with,omitempty"`
	Positions map[int32]int64 `json:"positions" doc:"Offsets that the answers reflect at least, per partition"`
	AsOf      time.Time       `json:"as_of"`
	Charts    []ChartResult   `json:"charts" nullable:"false"`
	Pending   []string        `json:"pending" nullable:"false" doc:"Of live views: charts that have no answer yet"`
}

// ChartResult is the answer to a chart, or the problem.
type ChartResult struct {
	ID         string           `json:"id"`
	Answer     *MetricsResult   `json:"answer,omitempty" doc:"As /api/v1/metrics/query gives it"`
	Course     *MetricsResult   `json:"course,omitempty" doc:"Of a number: its course over time, for the small line beside it"`
	Cut        bool             `json:"cut" doc:"There are more series than are shown"`
	Unfiltered []string         `json:"unfiltered" nullable:"false" doc:"Dimensions of filters that its metrics do not have"`
	Problem    *huma.ErrorModel `json:"problem,omitempty"`
}

type (
	dashboardQueryInput struct {
		ID   string `path:"id" maxLength:"64"`
		Body DashboardTry
	}
	dashboardLiveInput struct {
		ID string `path:"id" maxLength:"64"`
		DashboardRange
	}
	chartCSVInput struct {
		ID    string `path:"id" maxLength:"64"`
		Chart string `path:"chart" maxLength:"64"`
		DashboardRange
	}
)

const liveText = "Server-sent events. `snapshot` carries all charts, `charts` those that have changed, at most one of them each second; " +
	"`pending` names charts that have no answer yet. `heartbeat` comes when nothing changes. `problem` says why there is nothing newer; `gone` that " +
	"the dashboard was removed. A client that reads too slowly is disconnected and may come again."

func (g *Gateway) registerDashboardQueries(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "dashboard-query", Method: http.MethodPost, Path: dashboardsPath + "/{id}/query", Tags: []string{tagDashboards}, MaxBodyBytes: maxDefinitions,
		Summary: "The answers to the charts of a dashboard", Description: "What is wrong with one chart is its problem; the others are answered. " +
			"An answer is kept while no event comes: asking again costs nothing.",
		Errors: []int{http.StatusBadRequest, http.StatusNotFound, http.StatusUnprocessableEntity},
	}, acting(g, dashboardsPath+"/{id}/query", g.queryDashboard))
	huma.Register(api, liveOperation(api, "dashboard-live", dashboardsPath+"/{id}/live", "A dashboard, live"),
		func(ctx context.Context, in *dashboardLiveInput) (*huma.StreamResponse, error) {
			request, err := in.request()
			if err != nil {
				return nil, err
			}
			return g.streamDashboard(ctx, dashboard.Subscription{ID: in.ID, Request: request})
		})
	huma.Register(api, huma.Operation{
		OperationID: "dashboard-chart-csv", Method: http.MethodGet, Path: dashboardsPath + "/{id}/charts/{chart}/csv", Tags: []string{tagDashboards},
		Summary: "The numbers of a chart as CSV", Description: "Cells that a spreadsheet would take for a formula begin with an apostrophe.", RejectUnknownQueryParameters: true,
		Responses: map[string]*huma.Response{"200": {Description: "Rows", Content: map[string]*huma.MediaType{mediaCSV: {Schema: &huma.Schema{Type: huma.TypeString}}}}},
	}, g.chartCSV)
}

func liveOperation(api huma.API, id, path, summary string) huma.Operation {
	schemas := api.OpenAPI().Components.Schemas
	return huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: path, Tags: []string{tagDashboards}, Summary: summary, Description: liveText, RejectUnknownQueryParameters: true,
		Responses: map[string]*huma.Response{"200": {
			Description: "Stream of events snapshot, charts, heartbeat, problem and gone",
			Content:     map[string]*huma.MediaType{mediaSSE: {Schema: schemas.Schema(reflect.TypeFor[DashboardResult](), true, "")}},
		}},
	}
}

func (q *DashboardQuery) request() dashboard.Request {
	return dashboard.Request{Range: q.Range, From: q.From, To: q.To, Compare: q.Compare, Filters: q.Filters, Charts: q.Charts}
}

func (g *Gateway) queryDashboard(ctx context.Context, in *dashboardQueryInput) (*DashboardResult, error) {
	if g.cfg.Dashboards == nil {
		return nil, errNoDashboards
	}
	board := in.Body.Definition
	if board != nil {
		text, err := dashboard.Format(board)
		if err != nil {
			return nil, err
		}
		if board, err = dashboard.Parse(text, in.ID+".yaml", g.cfg.Catalogue.Catalog()); err != nil {
			return nil, fmt.Errorf("%w: %w", dashboard.ErrInvalid, err)
		}
	} else {
		e, err := g.cfg.Dashboards.Get(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		board = e.Board
	}
	r, err := g.cfg.Dashboards.Query(ctx, board, in.Body.request())
	if err != nil {
		return nil, err
	}
	return g.dashboardResult(ctx, r, nil), nil
}

func (g *Gateway) dashboardResult(ctx context.Context, r *dashboard.Result, pending []string) *DashboardResult {
	w := &r.Window
	out := &DashboardResult{
		Range: w.Range, From: w.From, To: w.To, Anchored: w.Anchored, Positions: r.Positions, AsOf: r.AsOf, Charts: make([]ChartResult, len(r.Charts)), Pending: list(pending),
	}
	for i := range r.Charts {
		out.Charts[i] = g.chartResult(ctx, &r.Charts[i])
		if a := r.Charts[i].Main; a != nil && !a.BeforeFrom.IsZero() && out.Before == nil {
			out.Before = &MetricRange{a.BeforeFrom, a.BeforeTo}
		}
	}
	return out
}

func (g *Gateway) chartResult(ctx context.Context, a *dashboard.ChartAnswer) ChartResult {
	out := ChartResult{ID: a.ID, Cut: a.Cut, Unfiltered: list(a.Unfiltered)}
	result := func(q *metric.Query, answer *metric.Answer) *MetricsResult {
		if answer == nil {
			return nil
		}
		return metricsResult(&MetricQuery{Dimensions: q.Dimensions, Grain: q.Grain}, answer)
	}
	out.Answer, out.Course = result(&a.Query, a.Main), result(&a.CourseQuery, a.Course)
	if a.Err != nil {
		out.Problem = g.chartProblem(ctx, a.Err)
	}
	return out
}

func (g *Gateway) chartProblem(ctx context.Context, err error) *huma.ErrorModel {
	var model *huma.ErrorModel
	if !errors.As(g.dashboardProblem(ctx, dashboardsPath, err), &model) {
		model = &huma.ErrorModel{Status: http.StatusInternalServerError, Title: http.StatusText(http.StatusInternalServerError), Detail: sentence(err.Error())}
	}
	return model
}

// streamDashboard follows a live view.
func (g *Gateway) streamDashboard(ctx context.Context, sub dashboard.Subscription) (*huma.StreamResponse, error) {
	if g.cfg.Dashboards == nil {
		return nil, errNoDashboards
	}
	sub.Encode = func(f *dashboard.Frame) []byte { return g.encodeFrame(f, sub.Form != "") }
	messages, leave, err := g.cfg.Dashboards.Subscribe(ctx, sub)
	if err != nil {
		return nil, g.dashboardProblem(ctx, dashboardsPath, err)
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		defer leave()
		ctx, cancel := context.WithCancel(hctx.Context())
		defer cancel()
		defer context.AfterFunc(g.ctx, cancel)()
		_, w := humago.Unwrap(hctx)
		g.follow(ctx, w, messages)
	}}, nil
}

// encodeFrame writes what a live view tells, to readers of a link without what they need not
// see.
func (g *Gateway) encodeFrame(f *dashboard.Frame, shared bool) []byte {
	switch {
	case f.Result != nil:
		result := g.dashboardResult(g.ctx, f.Result, f.Pending)
		if shared {
			result = outside(result)
		}
		return sse(f.Kind, encode(result))
	case f.Err != nil:
		return sse(f.Kind, encode(g.chartProblem(g.ctx, f.Err)))
	}
	return sse(f.Kind, encode(map[string]time.Time{"at": f.At}))
}

type csvOutput struct {
	Type        string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (g *Gateway) chartCSV(ctx context.Context, in *chartCSVInput) (*csvOutput, error) {
	if g.cfg.Dashboards == nil {
		return nil, errNoDashboards
	}
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Limits.Timeout)
	defer cancel()
	request, err := in.request()
	if err != nil {
		return nil, err
	}
	request.Charts = []string{in.Chart}
	e, err := g.cfg.Dashboards.Get(ctx, in.ID)
	if err != nil {
		return nil, g.dashboardProblem(ctx, dashboardsPath, err)
	}
	r, err := g.cfg.Dashboards.Query(ctx, e.Board, request)
	if err == nil && len(r.Charts) == 0 {
		err = huma.NewError(http.StatusNotFound, fmt.Sprintf("The chart %q is a note; it has no numbers.", in.Chart))
	}
	if err == nil {
		err = r.Charts[0].Err
	}
	if err != nil {
		return nil, g.dashboardProblem(ctx, dashboardsPath, err)
	}
	return &csvOutput{"text/csv; charset=utf-8", fmt.Sprintf("attachment; filename=%q", e.Board.ID+"-"+in.Chart+".csv"), chartTable(&r.Charts[0])}, nil
}

// chartTable writes the rows of a chart as CSV. Of a number these are its course.
func chartTable(a *dashboard.ChartAnswer) []byte {
	q, answer := &a.Query, a.Main
	if a.Course != nil {
		q, answer = &a.CourseQuery, a.Course
	}
	var head []string
	if q.Grain != "" {
		head = append(head, "time")
	}
	head = append(head, q.Dimensions...)
	for _, m := range answer.Metrics {
		head = append(head, m.Name)
	}
	if compared := !answer.BeforeFrom.IsZero(); compared {
		for _, m := range answer.Metrics {
			head = append(head, m.Name+"_before")
		}
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.Write(head) // a buffer takes everything
	for i := range answer.Rows {
		r := &answer.Rows[i]
		var line []string
		if q.Grain != "" {
			line = append(line, r.Time.Format(time.RFC3339))
		}
		for _, cells := range [][]*string{r.Dimensions, r.Values, r.Previous} {
			for _, cell := range cells {
				if cell == nil {
					line = append(line, "")
					continue
				}
				line = append(line, quarantine.Neutral(*cell))
			}
		}
		_ = w.Write(line)
	}
	w.Flush()
	return out.Bytes()
}
