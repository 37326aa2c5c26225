package gateway

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/internal/dashboard"
	"github.com/millrace/millrace/internal/lineage/audit"
	"github.com/millrace/millrace/internal/store/record"
)

// DashboardsAnswer is the answer of /api/v1/dashboards.
type DashboardsAnswer struct {
	Dashboards []DashboardHead `json:"dashboards" nullable:"false" doc:"The platform's first, then by title"`
}

// DashboardHead says that there is a dashboard.
type DashboardHead struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Origin      string `json:"origin" enum:"platform,file,saved" doc:"Where it comes from; a saved one counts before a file, a file before the platform's"`
	Version     string `json:"version" doc:"Changes with the definition"`
	Charts      int    `json:"charts"`
}

// DashboardAnswer is a dashboard.
type DashboardAnswer struct {
	Definition *dashboard.Board `json:"definition"`
	Origin     string           `json:"origin" enum:"platform,file,saved"`
	Version    string           `json:"version" doc:"Hand it in as if_version of a change"`
	YAML       string           `json:"yaml" doc:"The definition as a file"`
	File       string           `json:"file,omitempty"`
}

// DashboardChange replaces a dashboard.
type DashboardChange struct {
	_          struct{}         `additionalProperties:"false"`
	Definition *dashboard.Board `json:"definition,omitempty" doc:"Either this or yaml"`
	YAML       string           `json:"yaml,omitempty" maxLength:"262144"`
	By         string           `json:"by,omitempty" maxLength:"200" doc:"Who does it; absent: api"`
	Reason     string           `json:"reason,omitempty" maxLength:"2000" doc:"Why"`
	IfVersion  string           `json:"if_version,omitempty" maxLength:"64" doc:"Version that it changes; 409 when another one counts by now"`
}

// DashboardRemoved is the answer to the removal of a saved dashboard.
type DashboardRemoved struct {
	Restored *DashboardHead `json:"restored,omitempty" doc:"The dashboard of a file or of the platform that counts again"`
}

type (
	dashboardInput struct {
		ID string `path:"id" maxLength:"64"`
	}
	dashboardPutInput struct {
		ID   string `path:"id" maxLength:"64"`
		Body DashboardChange
	}
	dashboardDeleteInput struct {
		Who
		ID        string `path:"id" maxLength:"64"`
		IfVersion string `query:"if_version" maxLength:"64" doc:"Version that is removed; 409 when another one counts by now"`
	}
)

const (
	tagDashboards  = "Dashboards"
	dashboardsPath = "/api/v1/dashboards"
)

func (g *Gateway) registerDashboards(api huma.API) {
	get(g, api, "dashboards", tagDashboards, dashboardsPath, "Dashboards", "", g.dashboardList)
	get(g, api, "dashboard", tagDashboards, dashboardsPath+"/{id}", "A dashboard, and its definition", "", g.dashboard)
	huma.Register(api, huma.Operation{
		OperationID: "dashboard-put", Method: http.MethodPut, Path: dashboardsPath + "/{id}", Tags: []string{tagDashboards}, MaxBodyBytes: maxDefinitions,
		Summary: "Save a dashboard", Description: "One of a file or of the platform is overridden; removing the saved one brings it back.",
		Errors: []int{http.StatusConflict, http.StatusUnprocessableEntity},
	}, acting(g, dashboardsPath+"/{id}", g.putDashboard))
	huma.Register(api, huma.Operation{
		OperationID: "dashboard-delete", Method: http.MethodDelete, Path: dashboardsPath + "/{id}", Tags: []string{tagDashboards}, DefaultStatus: http.StatusOK,
		Summary: "Remove a saved dashboard", Errors: []int{http.StatusNotFound, http.StatusConflict},
	}, acting(g, dashboardsPath+"/{id}", g.deleteDashboard))
	g.registerDashboardQueries(api)
	g.registerAnnotations(api)
	g.registerShares(api)
	schemas := api.OpenAPI().Components.Schemas
	for _, t := range []reflect.Type{reflect.TypeFor[dashboard.Board](), reflect.TypeFor[dashboard.BoardRow](), reflect.TypeFor[dashboard.BoardChart](), reflect.TypeFor[dashboard.BoardFilter]()} {
		describe(schemas.SchemaFromRef(schemas.Schema(t, true, "").Ref), t)
	}
}

// describe fills the schema of a declared struct from the tags that describe it.
func describe(s *huma.Schema, t reflect.Type) {
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		text := f.Tag.Get("desc")
		if one := f.Tag.Get("oneof"); one != "" {
			text += " One of " + strings.ReplaceAll(one, "|", ", ") + "."
		}
		if p := s.Properties[name]; p != nil && p.Ref == "" {
			p.Description = text
		}
	}
	s.AdditionalProperties = false
}

// acting bounds an operation in time, and turns its errors into problems.
func acting[I, O any](g *Gateway, path string, handle func(context.Context, *I) (*O, error)) func(context.Context, *I) (*body[O], error) {
	return func(ctx context.Context, in *I) (*body[O], error) {
		ctx, cancel := context.WithTimeout(ctx, max(g.cfg.Limits.Timeout, g.cfg.Limits.SQL.Timeout))
		defer cancel()
		out, err := handle(ctx, in)
		if err != nil {
			return nil, g.dashboardProblem(ctx, path, err)
		}
		return &body[O]{out}, nil
	}
}

// dashboardProblem turns errors of dashboards into problems.
func (g *Gateway) dashboardProblem(ctx context.Context, path string, err error) error {
	var wrong *dashboard.InvalidError
	switch {
	case errors.As(err, &wrong):
		return huma.Error400BadRequest(wrong.Message, &huma.ErrorDetail{Message: wrong.Message, Location: wrong.Where})
	case errors.Is(err, dashboard.ErrInvalid):
		lines := strings.Split(strings.TrimPrefix(err.Error(), dashboard.ErrInvalid.Error()+": "), "\n")
		details := make([]error, len(lines))
		for i, line := range lines {
			details[i] = &huma.ErrorDetail{Message: line, Location: "body"}
		}
		return huma.NewError(http.StatusUnprocessableEntity, "The dashboard is not saved: "+lines[0]+".", details...)
	case errors.Is(err, dashboard.ErrNotFound), errors.Is(err, dashboard.ErrNoShare), errors.Is(err, record.ErrNotFound):
		return huma.NewError(http.StatusNotFound, sentence(err.Error()))
	case errors.Is(err, dashboard.ErrChanged):
		return huma.NewError(http.StatusConflict, sentence(err.Error()))
	case errors.Is(err, dashboard.ErrFull), errors.Is(err, dashboard.ErrTooFast):
		return tryAgain(http.StatusTooManyRequests, sentence(err.Error()), 1)
	case errors.Is(err, dashboard.ErrUnbound):
		return huma.NewError(http.StatusForbidden, sentence(err.Error()))
	case errors.Is(err, dashboard.ErrLate):
		return tryAgain(http.StatusServiceUnavailable, sentence(err.Error()), 5)
	}
	return g.problem(ctx, path, refused(err))
}

var errNoDashboards = huma.NewError(http.StatusNotFound, "This process has no dashboards; ask one that runs the api target.")

func dashboardHead(e *dashboard.Entry) DashboardHead {
	return DashboardHead{e.Board.ID, e.Board.Title, e.Board.Description, string(e.Origin), e.Version, len(e.Board.Charts())}
}

func dashboardOf(e *dashboard.Entry) *DashboardAnswer {
	return &DashboardAnswer{e.Board, string(e.Origin), e.Version, e.Text, e.File}
}

func (g *Gateway) dashboardList(ctx context.Context, _ *noInput) (*DashboardsAnswer, error) {
	if g.cfg.Dashboards == nil {
		return nil, errNoDashboards
	}
	all, err := g.cfg.Dashboards.List(ctx)
	answer := &DashboardsAnswer{Dashboards: []DashboardHead{}}
	for _, e := range all {
		answer.Dashboards = append(answer.Dashboards, dashboardHead(e))
	}
	return answer, err
}

func (g *Gateway) dashboard(ctx context.Context, in *dashboardInput) (*DashboardAnswer, error) {
	if g.cfg.Dashboards == nil {
		return nil, errNoDashboards
	}
	e, err := g.cfg.Dashboards.Get(ctx, in.ID)
	if err != nil {
		return nil, g.dashboardProblem(ctx, dashboardsPath, err)
	}
	return dashboardOf(e), nil
}

func (g *Gateway) putDashboard(ctx context.Context, in *dashboardPutInput) (*DashboardAnswer, error) {
	if g.cfg.Dashboards == nil {
		return nil, errNoDashboards
	}
	c := &in.Body
	if (c.Definition == nil) == (c.YAML == "") {
		return nil, huma.Error400BadRequest("Give either definition or yaml.")
	}
	text := []byte(c.YAML)
	if c.Definition != nil {
		var err error
		if text, err = dashboard.Format(c.Definition); err != nil {
			return nil, err
		}
	}
	after, before, err := g.cfg.Dashboards.Put(ctx, in.ID, text, c.IfVersion)
	if err != nil {
		return nil, err
	}
	entry := audit.Entry{
		Kind: audit.Dashboard, Name: in.ID, By: cmp.Or(c.By, "api"), Reason: c.Reason, Action: audit.Created, After: after.Text, VersionAfter: after.Version,
		Request: "PUT " + dashboardsPath + "/" + in.ID,
	}
	if before != nil {
		entry.Action, entry.Before, entry.VersionBefore = audit.Changed, before.Text, before.Version
	}
	return dashboardOf(after), g.record(ctx, entry)
}

func (g *Gateway) deleteDashboard(ctx context.Context, in *dashboardDeleteInput) (*DashboardRemoved, error) {
	if g.cfg.Dashboards == nil {
		return nil, errNoDashboards
	}
	before, after, err := g.cfg.Dashboards.Delete(ctx, in.ID, in.IfVersion)
	if err != nil {
		return nil, err
	}
	answer := &DashboardRemoved{}
	entry := audit.Entry{
		Kind: audit.Dashboard, Name: in.ID, By: in.By, Reason: in.Reason, Action: audit.Removed, Before: before.Text, VersionBefore: before.Version,
		Request: "DELETE " + dashboardsPath + "/" + in.ID,
	}
	if after != nil {
		head := dashboardHead(after)
		answer.Restored = &head
		entry.After, entry.VersionAfter = after.Text, after.Version
	}
	return answer, g.record(ctx, entry)
}

// readFilters reads filters of an address, dimension:value; several values of a dimension are
// alternatives.
func readFilters(texts []string) ([]dashboard.BoardFilter, error) {
	var filters []dashboard.BoardFilter
	for _, text := range texts {
		dimension, value, ok := strings.Cut(text, ":")
		if !ok || dimension == "" {
			return nil, badParameter("filter", text, "want dimension:value, such as country:GB")
		}
		if i := slices.IndexFunc(filters, func(f dashboard.BoardFilter) bool { return f.Dimension == dimension }); i >= 0 {
			filters[i].Values = append(filters[i].Values, value)
			continue
		}
		filters = append(filters, dashboard.BoardFilter{Dimension: dimension, Values: []string{value}})
	}
	return filters, nil
}

// DashboardRange is the range of a dashboard in an address.
type DashboardRange struct {
	Range   string    `query:"range" maxLength:"10" doc:"1h, 24h, 7d, 28d, 90d, 12mo or all, up to now. Absent: that of the dashboard"`
	From    time.Time `query:"from" doc:"In place of range: start in event time, inclusive"`
	To      time.Time `query:"to" doc:"End, exclusive"`
	Compare string    `query:"compare" maxLength:"10" doc:"previous, year or none. Absent: that of the dashboard"`
	Filter  []string  `query:"filter,explode" maxItems:"50" doc:"dimension:value; several values of one dimension are alternatives"`
}

func (r *DashboardRange) request() (dashboard.Request, error) {
	filters, err := readFilters(r.Filter)
	return dashboard.Request{Range: r.Range, From: r.From, To: r.To, Compare: r.Compare, Filters: filters}, err
}
