package gateway

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/dashboard"
	"github.com/millrace/millrace/internal/lineage/audit"
)

// AnnotationsAnswer is the answer of /api/v1/annotations.
type AnnotationsAnswer struct {
	Annotations []Annotation `json:"annotations" nullable:"false" doc:"By time"`
}

// Annotation is something that happened, drawn in charts.
type Annotation struct {
	ID       string     `json:"id"`
	Time     time.Time  `json:"time"`
	End      *time.Time `json:"end,omitempty"`
	Kind     string     `json:"kind" enum:"deploy,campaign,incident,note"`
	Text     string     `json:"text"`
	Link     string     `json:"link,omitempty" doc:"An address, or a page of the console"`
	By       string     `json:"by"`
	Severity string     `json:"severity,omitempty" doc:"Of an incident"`
	Fixed    bool       `json:"fixed" doc:"An incident of the platform, which cannot be removed"`
}

// AnnotationNew is an annotation to keep.
type AnnotationNew struct {
	_    struct{}  `additionalProperties:"false"`
	Time time.Time `json:"time"`
	End  time.Time `json:"end,omitzero"`
	Kind string    `json:"kind" doc:"deploy, campaign, incident or note"`
	Text string    `json:"text" doc:"At most 500 bytes"`
	Link string    `json:"link,omitempty" doc:"An address that begins with https:// or http://"`
	By   string    `json:"by,omitempty" maxLength:"200" doc:"Who says it; absent: api"`
}

type (
	annotationsInput   struct{ Range }
	annotationNewInput struct{ Body AnnotationNew }
	annotationInput    struct {
		Who
		ID string `path:"id" maxLength:"64"`
	}
)

const annotationsPath = "/api/v1/annotations"

func (g *Gateway) registerAnnotations(api huma.API) {
	get(g, api, "annotations", tagDashboards, annotationsPath, "What happened: deploys, campaigns, incidents, notes",
		"Those that touch the range. Incidents of the platform are among them.", g.annotations)
	huma.Register(api, huma.Operation{
		OperationID: "annotation-add", Method: http.MethodPost, Path: annotationsPath, Tags: []string{tagDashboards}, Summary: "Note that something happened",
		Errors: []int{http.StatusBadRequest, http.StatusTooManyRequests},
	}, acting(g, annotationsPath, g.annotate))
	huma.Register(api, huma.Operation{
		OperationID: "annotation-delete", Method: http.MethodDelete, Path: annotationsPath + "/{id}", Tags: []string{tagDashboards}, DefaultStatus: http.StatusOK,
		Summary: "Remove an annotation", Errors: []int{http.StatusNotFound},
	}, acting(g, annotationsPath+"/{id}", g.unannotate))
}

func annotationOf(a *dashboard.Annotation) Annotation {
	return Annotation{ID: a.ID, Time: a.Time, End: timeOrNone(a.End), Kind: a.Kind, Text: a.Text, Link: a.Link, By: a.By}
}

func (g *Gateway) annotations(ctx context.Context, in *annotationsInput) (*AnnotationsAnswer, error) {
	if g.cfg.Dashboards == nil {
		return nil, errNoDashboards
	}
	kept, err := g.cfg.Dashboards.Annotations(ctx, in.From, in.To)
	if err != nil {
		return nil, err
	}
	answer := &AnnotationsAnswer{Annotations: []Annotation{}}
	for i := range kept {
		answer.Annotations = append(answer.Annotations, annotationOf(&kept[i]))
	}
	if g.cfg.Escalations != nil {
		for _, i := range g.cfg.Escalations.Incidents() {
			if dashboard.Touches(i.Opened, incidentEnd(&i, g.cfg.Clock.Now()), in.From, in.To) {
				answer.Annotations = append(answer.Annotations, Annotation{
					ID: i.ID, Time: i.Opened, End: timeOrNone(i.Closed), Kind: "incident", Text: i.Title, Link: i.Link, By: i.Rule, Severity: string(i.Severity), Fixed: true,
				})
			}
		}
	}
	slices.SortStableFunc(answer.Annotations, func(a, b Annotation) int { return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.ID, b.ID)) })
	return answer, nil
}

// incidentEnd is when an incident was over; one that is not lasts.
func incidentEnd(i *alert.Incident, now time.Time) time.Time {
	if i.Closed.IsZero() {
		return now
	}
	return i.Closed
}

func (g *Gateway) annotate(ctx context.Context, in *annotationNewInput) (*Annotation, error) {
	if g.cfg.Dashboards == nil {
		return nil, errNoDashboards
	}
	b := &in.Body
	a, err := g.cfg.Dashboards.Annotate(ctx, dashboard.Annotation{Time: b.Time, End: b.End, Kind: b.Kind, Text: b.Text, Link: b.Link, By: cmp.Or(b.By, "api")})
	if err != nil {
		return nil, err
	}
	out := annotationOf(&a)
	return &out, g.record(ctx, audit.Entry{
		Kind: audit.Annotation, Name: a.ID, By: a.By, Action: audit.Created, After: string(encode(&out)), Request: "POST " + annotationsPath,
	})
}

func (g *Gateway) unannotate(ctx context.Context, in *annotationInput) (*Annotation, error) {
	if g.cfg.Dashboards == nil {
		return nil, errNoDashboards
	}
	a, err := g.cfg.Dashboards.Unannotate(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := annotationOf(&a)
	return &out, g.record(ctx, audit.Entry{
		Kind: audit.Annotation, Name: a.ID, By: in.By, Reason: in.Reason, Action: audit.Removed, Before: string(encode(&out)), Request: "DELETE " + annotationsPath + "/" + in.ID,
	})
}
