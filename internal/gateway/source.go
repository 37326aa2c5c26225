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
	"github.com/millrace/millrace/internal/source/control"
)

// Controls change what holds for a source. [control.Registry] is one.
type Controls interface {
	Info(name string) (control.Info, error)
	Change(name string, c control.Change) (control.Info, error)
	Reset(name string) (control.Info, error)
}

// SourceSettings are what holds for a source.
type SourceSettings struct {
	Paused          bool   `json:"paused" doc:"Senders get 503, and what fetches events waits"`
	Priority        string `json:"priority" enum:"low,normal,high" doc:"Who goes first while the log's buffer fills"`
	EventBytes      int64  `json:"event_bytes" doc:"Size of one event; 0: limits.event_bytes"`
	BatchBytes      int64  `json:"batch_bytes" doc:"Size of one batch or body; 0: the general limit"`
	EventsPerSecond int64  `json:"events_per_second" doc:"0: no limit"`
	BytesPerSecond  int64  `json:"bytes_per_second" doc:"0: no limit"`
	BurstMS         int64  `json:"burst_ms" doc:"How much more may come at once after a pause, as time at the rate"`
	Schema          string `json:"schema" enum:"off,report,quarantine" doc:"What becomes of an event that breaks its contract"`
}

// SourceChange changes what holds for a source; what is absent stays.
type SourceChange struct {
	_ struct{} `json:"-" additionalProperties:"false"`

	Paused          *bool   `json:"paused,omitempty"`
	Priority        *string `json:"priority,omitempty" enum:"low,normal,high"`
	EventBytes      *int64  `json:"event_bytes,omitempty" minimum:"0"`
	BatchBytes      *int64  `json:"batch_bytes,omitempty" minimum:"0"`
	EventsPerSecond *int64  `json:"events_per_second,omitempty" minimum:"0"`
	BytesPerSecond  *int64  `json:"bytes_per_second,omitempty" minimum:"0"`
	BurstMS         *int64  `json:"burst_ms,omitempty" minimum:"1"`
	Schema          *string `json:"schema,omitempty" enum:"off,report,quarantine"`
}

// SourceDetail is one source with what holds for it.
type SourceDetail struct {
	SourceRow
	Settings   SourceSettings `json:"settings" doc:"What holds now"`
	Configured SourceSettings `json:"configured" doc:"What the configuration says"`
	Changed    []string       `json:"changed" nullable:"false" doc:"Settings that were changed while the platform ran"`
	ChangedAt  *time.Time     `json:"changed_at" doc:"When that was; null when none was"`
}

type (
	sourceInput struct {
		Name string `path:"name" doc:"Name of the source"`
	}
	sourceChangeInput struct {
		Who
		Name string `path:"name" doc:"Name of the source"`
		Body SourceChange
	}
	sourceResetInput struct {
		Who
		Name string `path:"name" doc:"Name of the source"`
	}
)

func (g *Gateway) registerSources(api huma.API) {
	const path = "/api/v1/sources/{name}"
	get(g, api, "source", tagPlatform, path, "One source, and what holds for it", "", g.source)
	errs := []int{http.StatusNotFound, http.StatusUnprocessableEntity}
	huma.Register(api, huma.Operation{
		OperationID: "source-change", Method: http.MethodPatch, Path: path, Tags: []string{tagPlatform},
		Summary:     "Change what holds for a source",
		Description: "The change holds at once, and after a restart, until it is reset.",
		Errors:      errs,
	}, func(ctx context.Context, in *sourceChangeInput) (*body[SourceDetail], error) {
		return g.control(ctx, audit.Entry{By: in.By, Reason: in.Reason, Name: in.Name, Action: audit.Changed, Request: "PATCH " + path},
			func() (control.Info, error) { return g.cfg.Controls.Change(in.Name, in.Body.change()) })
	})
	huma.Register(api, huma.Operation{
		OperationID: "source-reset", Method: http.MethodDelete, Path: path, Tags: []string{tagPlatform},
		Summary: "Let the configuration of a source hold again", Description: "Changes that were made while the platform ran are forgotten.",
		Errors: errs, DefaultStatus: http.StatusOK,
	}, func(ctx context.Context, in *sourceResetInput) (*body[SourceDetail], error) {
		return g.control(ctx, audit.Entry{By: in.By, Reason: in.Reason, Name: in.Name, Action: "reset", Request: "DELETE " + path},
			func() (control.Info, error) { return g.cfg.Controls.Reset(in.Name) })
	})
}

// control does something to a source, tells the audit trail, and answers with what holds
// then.
func (g *Gateway) control(ctx context.Context, e audit.Entry, do func() (control.Info, error)) (*body[SourceDetail], error) {
	_, route, _ := strings.Cut(e.Request, " ")
	before, err := g.cfg.Controls.Info(e.Name)
	var after control.Info
	if err == nil {
		after, err = do()
	}
	if err == nil {
		e.Kind, e.Before, e.After = audit.Source, settingsText(before.Settings), settingsText(after.Settings)
		err = g.record(ctx, e)
	}
	if err == nil {
		var out *SourceDetail
		if out, err = g.source(ctx, &sourceInput{Name: e.Name}); err == nil {
			return &body[SourceDetail]{out}, nil
		}
	}
	return nil, g.problem(ctx, route, sourceError(e.Name, err))
}

// settingsText is what holds for a source, as the audit trail shows it.
func settingsText(s control.Settings) string {
	text, err := json.MarshalIndent(settingsOf(s), "", "  ")
	if err != nil {
		panic(fmt.Sprintf("BUG: cannot write the settings of a source: %v", err))
	}
	return string(text) + "\n"
}

// sourceError turns the errors of [Controls] into what the client reads.
func sourceError(name string, err error) error {
	switch {
	case errors.Is(err, control.ErrUnknown):
		return huma.NewError(http.StatusNotFound, "There is no source \""+name+"\" in the configuration; /api/v1/sources lists what there is.")
	case errors.Is(err, control.ErrInvalid):
		return huma.NewError(http.StatusUnprocessableEntity, err.Error()+".")
	}
	return err
}

func (g *Gateway) source(ctx context.Context, in *sourceInput) (*SourceDetail, error) {
	info, err := g.cfg.Controls.Info(in.Name)
	if err != nil {
		return nil, sourceError(in.Name, err)
	}
	all, err := g.sources(ctx, &noInput{})
	if err != nil {
		return nil, err
	}
	out := &SourceDetail{Settings: settingsOf(info.Settings), Configured: settingsOf(info.Configured), Changed: list(info.Changed)}
	for i := range all.Sources {
		if all.Sources[i].Name == in.Name {
			out.SourceRow = all.Sources[i]
		}
	}
	if !info.ChangedAt.IsZero() {
		at := info.ChangedAt.UTC()
		out.ChangedAt = &at
	}
	return out, nil
}

func settingsOf(s control.Settings) SourceSettings {
	return SourceSettings{
		Paused: s.Paused, Priority: string(s.Priority), EventBytes: s.EventBytes, BatchBytes: s.BatchBytes,
		EventsPerSecond: s.EventsPerSecond, BytesPerSecond: s.BytesPerSecond, BurstMS: s.Burst.Milliseconds(), Schema: string(s.Schema),
	}
}

func (c *SourceChange) change() control.Change {
	out := control.Change{
		Paused: c.Paused, Priority: (*control.Priority)(c.Priority), EventBytes: c.EventBytes, BatchBytes: c.BatchBytes,
		EventsPerSecond: c.EventsPerSecond, BytesPerSecond: c.BytesPerSecond, Schema: (*control.Policy)(c.Schema),
	}
	if c.BurstMS != nil {
		burst := time.Duration(*c.BurstMS) * time.Millisecond
		out.Burst = &burst
	}
	return out
}
