package gateway

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/internal/dashboard"
	"github.com/millrace/millrace/internal/lineage/audit"
)

// SharesAnswer is the answer of /api/v1/shares.
type SharesAnswer struct {
	Shares []Share `json:"shares" nullable:"false" doc:"Newest first, without those that have expired"`
}

// Share is a link by which a dashboard is read. Its token is not kept.
type Share struct {
	ID        string                  `json:"id"`
	Dashboard string                  `json:"dashboard"`
	Range     string                  `json:"range,omitempty"`
	Filters   []dashboard.BoardFilter `json:"filters" nullable:"false" doc:"That hold whatever the reader chooses"`
	Expires   *time.Time              `json:"expires_at,omitempty"`
	Embed     bool                    `json:"embed" doc:"It may be shown in a frame of the sites in dashboards.frame_ancestors"`
	By        string                  `json:"by"`
	Created   time.Time               `json:"created_at"`
}

// ShareNew is a link to make.
type ShareNew struct {
	_         struct{}                `additionalProperties:"false"`
	Dashboard string                  `json:"dashboard" minLength:"1" maxLength:"64"`
	Range     string                  `json:"range,omitempty" maxLength:"10" doc:"That it opens with. Absent: that of the dashboard"`
	Filters   []dashboard.BoardFilter `json:"filters,omitempty" nullable:"false" maxItems:"50" doc:"That hold whatever the reader chooses. Charts that cannot obey them are not shown"`
	Expires   time.Time               `json:"expires_at,omitzero" doc:"Absent: it does not expire"`
	Embed     bool                    `json:"embed,omitempty"`
	By        string                  `json:"by,omitempty" maxLength:"200" doc:"Who shares it; absent: api"`
}

// ShareMade is a new link. The token is told this once.
type ShareMade struct {
	Share
	Token string `json:"token"`
	URL   string `json:"url" doc:"Path of the page" example:"/shared/TOKEN"`
}

// SharedAnswer is what the reader of a link sees of the dashboard.
type SharedAnswer struct {
	Definition *dashboard.Board        `json:"definition"`
	Range      string                  `json:"range,omitempty" doc:"That it opens with"`
	Filters    []dashboard.BoardFilter `json:"filters" nullable:"false" doc:"That hold whatever the reader chooses"`
	Expires    *time.Time              `json:"expires_at,omitempty"`
	Embed      bool                    `json:"embed"`
}

type (
	shareNewInput struct{ Body ShareNew }
	shareInput    struct {
		Who
		ID string `path:"id" maxLength:"64"`
	}
	sharedInput struct {
		Token string `path:"token" maxLength:"100"`
	}
	sharedQueryInput struct {
		Token string `path:"token" maxLength:"100"`
		Body  DashboardQuery
	}
	sharedAnnotationsInput struct {
		Token string `path:"token" maxLength:"100"`
		Range
	}
	sharedLiveInput struct {
		Token string `path:"token" maxLength:"100"`
		DashboardRange
	}
)

const (
	sharesPath = "/api/v1/shares"
	sharedPath = "/api/v1/shared/{token}"
)

func (g *Gateway) registerShares(api huma.API) {
	get(g, api, "shares", tagDashboards, sharesPath, "Links by which dashboards are read", "", g.shares)
	huma.Register(api, huma.Operation{
		OperationID: "share-make", Method: http.MethodPost, Path: sharesPath, Tags: []string{tagDashboards}, Summary: "Make a link by which a dashboard is read",
		Description: "Whoever knows the link reads that dashboard, within the filters of the link, and nothing else. The token is told once and kept hashed.",
		Errors:      []int{http.StatusBadRequest, http.StatusNotFound, http.StatusTooManyRequests},
	}, acting(g, sharesPath, g.share))
	huma.Register(api, huma.Operation{
		OperationID: "share-delete", Method: http.MethodDelete, Path: sharesPath + "/{id}", Tags: []string{tagDashboards}, DefaultStatus: http.StatusOK,
		Summary: "Remove a link", Errors: []int{http.StatusNotFound},
	}, acting(g, sharesPath+"/{id}", g.unshare))
	get(g, api, "shared", tagDashboards, sharedPath, "The dashboard of a link", "", g.shared)
	get(g, api, "shared-annotations", tagDashboards, sharedPath+"/annotations", "What happened, for the readers of a link",
		"Deploys, campaigns and notes that touch the range. Incidents, and who said what, are not told outside.", g.sharedAnnotations)
	huma.Register(api, huma.Operation{
		OperationID: "shared-query", Method: http.MethodPost, Path: sharedPath + "/query", Tags: []string{tagDashboards},
		Summary: "The answers to the charts of a link's dashboard", Errors: []int{http.StatusBadRequest, http.StatusNotFound, http.StatusTooManyRequests},
	}, acting(g, sharedPath, g.sharedQuery))
	huma.Register(api, liveOperation(api, "shared-live", sharedPath+"/live", "The dashboard of a link, live"), g.sharedLive)
}

func shareOf(s *dashboard.Share) Share {
	return Share{s.ID, s.Dashboard, s.Range, list(s.Filters), timeOrNone(s.Expires), s.Embed, s.By, s.Created}
}

func (g *Gateway) shares(ctx context.Context, _ *noInput) (*SharesAnswer, error) {
	if g.cfg.Dashboards == nil {
		return nil, errNoDashboards
	}
	all, err := g.cfg.Dashboards.Shares(ctx)
	answer := &SharesAnswer{Shares: []Share{}}
	for i := range all {
		answer.Shares = append(answer.Shares, shareOf(&all[i]))
	}
	return answer, err
}

func (g *Gateway) share(ctx context.Context, in *shareNewInput) (*ShareMade, error) {
	if g.cfg.Dashboards == nil {
		return nil, errNoDashboards
	}
	b := &in.Body
	made, token, err := g.cfg.Dashboards.NewShare(ctx, dashboard.Share{
		Dashboard: b.Dashboard, Range: b.Range, Filters: b.Filters, Expires: b.Expires, Embed: b.Embed, By: cmp.Or(b.By, "api"),
	})
	if err != nil {
		return nil, err
	}
	out := &ShareMade{shareOf(&made), token, "/shared/" + token}
	return out, g.record(ctx, audit.Entry{
		Kind: audit.Share, Name: made.ID, By: made.By, Action: audit.Created, After: string(encode(&out.Share)), Request: "POST " + sharesPath,
	})
}

func (g *Gateway) unshare(ctx context.Context, in *shareInput) (*Share, error) {
	if g.cfg.Dashboards == nil {
		return nil, errNoDashboards
	}
	gone, err := g.cfg.Dashboards.Unshare(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := shareOf(&gone)
	return &out, g.record(ctx, audit.Entry{
		Kind: audit.Share, Name: gone.ID, By: in.By, Reason: in.Reason, Action: audit.Removed, Before: string(encode(&out)), Request: "DELETE " + sharesPath + "/" + in.ID,
	})
}

// opened returns what a token opens.
func (g *Gateway) opened(ctx context.Context, token string) (*dashboard.Share, *dashboard.Entry, error) {
	if g.cfg.Dashboards == nil {
		return nil, nil, errNoDashboards
	}
	share, e, err := g.cfg.Dashboards.OpenShare(ctx, token)
	if err != nil {
		return nil, nil, g.dashboardProblem(ctx, sharedPath, err)
	}
	return share, e, nil
}

func (g *Gateway) shared(ctx context.Context, in *sharedInput) (*SharedAnswer, error) {
	share, e, err := g.opened(ctx, in.Token)
	if err != nil {
		return nil, err
	}
	return &SharedAnswer{e.Board, share.Range, list(share.Filters), timeOrNone(share.Expires), share.Embed}, nil
}

// sharedAnnotations are those that readers of a link see: what happened, and when.
func (g *Gateway) sharedAnnotations(ctx context.Context, in *sharedAnnotationsInput) (*AnnotationsAnswer, error) {
	if _, _, err := g.opened(ctx, in.Token); err != nil {
		return nil, err
	}
	kept, err := g.cfg.Dashboards.Annotations(ctx, in.From, in.To)
	if err != nil {
		return nil, err
	}
	answer := &AnnotationsAnswer{Annotations: []Annotation{}}
	for i := range kept {
		if a := &kept[i]; a.Kind != "incident" {
			answer.Annotations = append(answer.Annotations, Annotation{ID: a.ID, Time: a.Time, End: timeOrNone(a.End), Kind: a.Kind, Text: a.Text})
		}
	}
	return answer, nil
}

func (g *Gateway) sharedQuery(ctx context.Context, in *sharedQueryInput) (*DashboardResult, error) {
	share, e, err := g.opened(ctx, in.Token)
	if err != nil {
		return nil, err
	}
	r, err := g.cfg.Dashboards.Query(ctx, e.Board, share.Restrict(in.Body.request()))
	if err != nil {
		return nil, err
	}
	return outside(g.dashboardResult(ctx, r, nil)), nil
}

// outside takes away what readers of a link need not see: how the numbers are made.
func outside(r *DashboardResult) *DashboardResult {
	for i := range r.Charts {
		for _, a := range []*MetricsResult{r.Charts[i].Answer, r.Charts[i].Course} {
			if a != nil {
				a.Statement, a.Compared, a.Open = "", "", []MetricOpening{}
			}
		}
	}
	return r
}

func (g *Gateway) sharedLive(ctx context.Context, in *sharedLiveInput) (*huma.StreamResponse, error) {
	share, _, err := g.opened(ctx, in.Token)
	if err != nil {
		return nil, err
	}
	request, err := in.request()
	if err != nil {
		return nil, err
	}
	alive := func(ctx context.Context) error {
		_, _, err := g.cfg.Dashboards.LookShare(ctx, in.Token)
		return err
	}
	return g.streamDashboard(ctx, dashboard.Subscription{ID: share.Dashboard, Request: share.Restrict(request), Form: "share " + share.ID, Alive: alive})
}
