package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/internal/lineage/audit"
	"github.com/millrace/millrace/internal/store/record"
)

// Trail is the audit trail. [audit.Trail] is one.
type Trail interface {
	audit.Recorder
	List(ctx context.Context, f audit.Filter) (audit.Page, error)
	Get(ctx context.Context, id string) (audit.Entry, error)
}

// Versions knows the versions of what events are read and judged with. [audit.Trail]
// does.
type Versions interface {
	Versions(ctx context.Context, kind audit.Kind, name string) ([]audit.Version, error)
	Version(ctx context.Context, kind audit.Kind, name, version string) (audit.Version, error)
	Resolve(ctx context.Context, column string) ([]audit.Version, error)
}

// Who is part of the input of every operation that changes something.
type Who struct {
	By     string `query:"by" default:"api" minLength:"1" maxLength:"200" doc:"Who asks for it, for the audit trail"`
	Reason string `query:"reason" maxLength:"2000" doc:"Why, for the audit trail"`
}

// AuditTrailAnswer is the answer of /api/v1/audit-trail.
type AuditTrailAnswer struct {
	Entries    []AuditEntry `json:"entries" nullable:"false" doc:"Newest first"`
	NextCursor *string      `json:"next_cursor" doc:"Hand it in as cursor for the next page; null at the end. A page may have fewer entries than asked for and yet a next one"`
}

// AuditEntry is a change.
type AuditEntry struct {
	ID            string    `json:"id"`
	At            time.Time `json:"at"`
	By            string    `json:"by" doc:"Who; 'file': somebody who edited it on disk"`
	Action        string    `json:"action" example:"changed"`
	Kind          string    `json:"kind" example:"rules"`
	Name          string    `json:"name"`
	VersionBefore string    `json:"version_before,omitempty"`
	VersionAfter  string    `json:"version_after,omitempty"`
	Reason        string    `json:"reason,omitempty"`
	Request       string    `json:"request,omitempty" doc:"How it came: the request, or the file"`
}

// AuditDetail is a change with its content.
type AuditDetail struct {
	AuditEntry
	Before string `json:"before" doc:"Content before; empty when there was none"`
	After  string `json:"after" doc:"Content after; empty when there is none"`
	Diff   string `json:"diff" doc:"From before to after as a unified diff, at most 64 KiB"`
}

// VersionsAnswer is the answer of /api/v1/versions.
type VersionsAnswer struct {
	Versions []VersionInfo `json:"versions" nullable:"false"`
}

// VersionInfo is a version of something declared.
type VersionInfo struct {
	Kind      string     `json:"kind"`
	Name      string     `json:"name"`
	Version   string     `json:"version" doc:"As rows name it"`
	File      string     `json:"file,omitempty" doc:"Where it was declared"`
	BuiltIn   bool       `json:"built_in" doc:"It came with the platform"`
	Binary    string     `json:"binary,omitempty" doc:"Version of the platform that first used it"`
	Known     bool       `json:"known" doc:"False when this platform has never used it or has forgotten it"`
	Current   bool       `json:"current" doc:"It is in use now"`
	FirstSeen *time.Time `json:"first_seen,omitempty"`
	LastSeen  *time.Time `json:"last_seen,omitempty" doc:"When it was last found in use: at a start, or when it was replaced"`
	Digest    string     `json:"digest,omitempty" doc:"SHA-256 of the content"`
	Content   *string    `json:"content,omitempty" doc:"Where one version was asked for"`
}

type (
	auditInput struct {
		Range
		Kind   string `query:"kind" doc:"Only changes of this kind, such as rules, mapping, job, contract, setting, source, quarantine"`
		Name   string `query:"name" doc:"Only changes of what has this name"`
		Action string `query:"action" doc:"Only this action, such as created, changed, removed, waive"`
		By     string `query:"by" doc:"Only what this one did"`
		Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"500"`
		Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	}
	auditEntryInput struct {
		ID string `path:"id" doc:"Id of the entry"`
	}
	resolveInput struct {
		Of string `query:"of" required:"true" maxLength:"8000" doc:"What a row has in its column versions" example:"onlineretail@1-3fa2c401 rules@ab12cd34"`
	}
	versionInput struct {
		Kind    string `path:"kind" doc:"rules, mapping, job, contract, contracts, enrichment or setting"`
		Name    string `path:"name" doc:"Name of it; of rules the source's"`
		Version string `query:"version" doc:"Only this version, with its content"`
	}
)

const tagLineage = "Lineage"

func (g *Gateway) registerTrail(api huma.API) {
	get(g, api, "audit-trail", tagLineage, "/api/v1/audit-trail", "Who changed what, when and why",
		"Changes of rules, mappings, jobs, contracts, settings and sources, and what was done to quarantined events. The range is the time of the change.", g.auditTrail)
	get(g, api, "audit-entry", tagLineage, "/api/v1/audit-trail/{id}", "One change, with what was before and after", "", g.auditEntry)
	get(g, api, "versions-resolve", tagLineage, "/api/v1/versions", "What a row was made with",
		"Each version in a row's column versions, with its content: the rules, mapping and enrichments as they were.", g.resolveVersions)
	get(g, api, "versions", tagLineage, "/api/v1/versions/{kind}/{name}", "The versions of a rule file, mapping, job, contract or setting", "", g.versions)
}

// record tells the audit trail, if there is one.
func (g *Gateway) record(ctx context.Context, e audit.Entry) error {
	if g.cfg.Trail == nil {
		return nil
	}
	// What was done is noted even when the client has left.
	return g.cfg.Trail.Record(context.WithoutCancel(ctx), e)
}

var errNoTrail = huma.NewError(http.StatusNotFound, "This process keeps no audit trail; ask one that runs the pass.")

func (g *Gateway) auditTrail(ctx context.Context, in *auditInput) (*AuditTrailAnswer, error) {
	if g.cfg.Trail == nil {
		return nil, errNoTrail
	}
	page, err := g.cfg.Trail.List(ctx, audit.Filter{
		Kind: audit.Kind(in.Kind), Name: in.Name, Action: in.Action, By: in.By, From: in.From, To: in.To, After: in.Cursor, Limit: in.Limit,
	})
	if errors.Is(err, audit.ErrInvalid) {
		return nil, badParameter("cursor", in.Cursor, "is not the next_cursor of an answer")
	}
	answer := &AuditTrailAnswer{Entries: []AuditEntry{}}
	for i := range page.Entries {
		answer.Entries = append(answer.Entries, auditEntryOf(&page.Entries[i]))
	}
	if page.Next != "" {
		answer.NextCursor = &page.Next
	}
	return answer, err
}

func auditEntryOf(e *audit.Entry) AuditEntry {
	return AuditEntry{e.ID, e.At, e.By, e.Action, string(e.Kind), e.Name, e.VersionBefore, e.VersionAfter, e.Reason, e.Request}
}

func (g *Gateway) auditEntry(ctx context.Context, in *auditEntryInput) (*AuditDetail, error) {
	if g.cfg.Trail == nil {
		return nil, errNoTrail
	}
	e, err := g.cfg.Trail.Get(ctx, in.ID)
	if errors.Is(err, record.ErrNotFound) {
		return nil, huma.NewError(http.StatusNotFound, fmt.Sprintf("There is no entry %q in the audit trail; /api/v1/audit-trail lists them. Old ones are removed (lineage.audit).", in.ID))
	}
	return &AuditDetail{auditEntryOf(&e), e.Before, e.After, e.Diff()}, err
}

func (g *Gateway) resolveVersions(ctx context.Context, in *resolveInput) (*VersionsAnswer, error) {
	if g.cfg.Versions == nil {
		return nil, errNoTrail
	}
	all, err := g.cfg.Versions.Resolve(ctx, in.Of)
	if errors.Is(err, audit.ErrInvalid) {
		return nil, badParameter("of", in.Of, "is not what a row has in its column versions, such as onlineretail@1-3fa2c401 rules@ab12cd34")
	}
	answer := &VersionsAnswer{Versions: []VersionInfo{}}
	for i := range all {
		answer.Versions = append(answer.Versions, versionOf(&all[i], true))
	}
	return answer, err
}

func (g *Gateway) versions(ctx context.Context, in *versionInput) (*VersionsAnswer, error) {
	if g.cfg.Versions == nil {
		return nil, errNoTrail
	}
	answer := &VersionsAnswer{Versions: []VersionInfo{}}
	if in.Version != "" {
		v, err := g.cfg.Versions.Version(ctx, audit.Kind(in.Kind), in.Name, in.Version)
		if errors.Is(err, audit.ErrNoVersion) {
			return nil, noVersion(in)
		}
		answer.Versions = append(answer.Versions, versionOf(&v, true))
		return answer, err
	}
	all, err := g.cfg.Versions.Versions(ctx, audit.Kind(in.Kind), in.Name)
	if err == nil && len(all) == 0 {
		return nil, noVersion(in)
	}
	for i := range all {
		answer.Versions = append(answer.Versions, versionOf(&all[i], false))
	}
	return answer, err
}

func noVersion(in *versionInput) error {
	what := fmt.Sprintf("%s %q", in.Kind, in.Name)
	if in.Version != "" {
		what += fmt.Sprintf(" in version %q", in.Version)
	}
	return huma.NewError(http.StatusNotFound, "This platform has never used "+what+", or has forgotten it; /api/v1/audit-trail lists what has changed.")
}

func versionOf(v *audit.Version, content bool) VersionInfo {
	out := VersionInfo{
		Kind: string(v.Kind), Name: v.Name, Version: v.Version, File: v.File, BuiltIn: v.BuiltIn, Binary: v.Binary,
		Known: v.Digest != "", Current: v.Current, Digest: v.Digest,
	}
	if !v.FirstSeen.IsZero() {
		out.FirstSeen, out.LastSeen = &v.FirstSeen, &v.LastSeen
	}
	if content && out.Known {
		out.Content = &v.Content
	}
	return out
}
