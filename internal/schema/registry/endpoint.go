package registry

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/millrace/millrace/internal/schema"
)

func schemaID(r *http.Request) (int, error) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil || id < 1 {
		return 0, noSchema()
	}
	return id, nil
}

func (g *Registry) byID(r *http.Request) (Registered, error) {
	id, err := schemaID(r)
	if err != nil {
		return Registered{}, err
	}
	return g.Schema(r.Context(), id)
}

// schemaByID is what deserializers ask. It names no subject, as several may have the
// schema.
func (g *Registry) schemaByID(r *http.Request) (any, error) {
	s, err := g.byID(r)
	return struct {
		Type       string      `json:"schemaType,omitempty"`
		Text       string      `json:"schema"`
		References []Reference `json:"references,omitempty"`
	}{s.Type, s.Text, s.References}, err
}

func (g *Registry) textByID(r *http.Request) (any, error) {
	s, err := g.byID(r)
	return raw(s.Text), err
}

// having returns the versions that a schema is, or an error when it is none.
func (g *Registry) having(r *http.Request) ([]version, error) {
	s, err := g.byID(r)
	if err != nil {
		return nil, err
	}
	return g.list(r.Context(), selection{id: s.ID, deleted: flag(r, "deleted")})
}

func (g *Registry) subjectsByID(r *http.Request) (any, error) {
	versions, err := g.having(r)
	return listed(subjectsOf(versions), err)
}

func subjectsOf(versions []version) []string {
	var names []string
	for _, v := range versions {
		names = append(names, v.Subject)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (g *Registry) versionsByID(r *http.Request) (any, error) {
	versions, err := g.having(r)
	type one struct {
		Subject string `json:"subject"`
		Version int    `json:"version"`
	}
	var out []one
	for _, v := range versions {
		out = append(out, one{v.Subject, v.Version})
	}
	return listed(out, err)
}

func (g *Registry) schemas(r *http.Request) (any, error) {
	versions, err := g.list(r.Context(), selection{
		prefix: contextless(r.URL.Query().Get("subjectPrefix")), deleted: flag(r, "deleted"), latest: flag(r, "latestOnly"),
		offset: number(r, "offset"), limit: number(r, "limit"),
	})
	if err != nil {
		return nil, err
	}
	var out []Registered
	err = g.view(r.Context(), func(read reader) error {
		for _, v := range versions {
			s, err := read.schema(v.ID)
			if err != nil {
				return err
			}
			out = append(out, v.with(s))
		}
		return nil
	})
	return listed(out, err)
}

// contextless is a prefix of subjects without the name of the one context that there is.
func contextless(prefix string) string {
	return strings.TrimPrefix(strings.TrimPrefix(prefix, ":*:"), ":.:")
}

func (g *Registry) subjects(r *http.Request) (any, error) {
	versions, err := g.list(r.Context(), selection{
		prefix: contextless(r.URL.Query().Get("subjectPrefix")), deleted: flag(r, "deleted"), deletedOnly: flag(r, "deletedOnly"),
	})
	names := subjectsOf(versions)
	names = names[min(max(number(r, "offset"), 0), len(names)):]
	if limit := number(r, "limit"); limit > 0 {
		names = names[:min(limit, len(names))]
	}
	return listed(names, err)
}

func (g *Registry) lookup(r *http.Request) (any, error) {
	d, err := definition(r)
	if err != nil {
		return nil, err
	}
	return g.Lookup(r.Context(), r.PathValue("subject"), d, flag(r, "normalize"), flag(r, "deleted"))
}

func (g *Registry) deleteSubject(r *http.Request) (any, error) {
	return listed(g.DeleteSubject(r.Context(), r.PathValue("subject"), flag(r, "permanent")))
}

func (g *Registry) versionNumbers(r *http.Request) (any, error) {
	subject := r.PathValue("subject")
	var numbers []int
	err := g.view(r.Context(), func(read reader) error {
		versions, err := read.versions(subject)
		for _, v := range versions {
			if v.Deleted && (flag(r, "deleted") || flag(r, "deletedOnly")) || !v.Deleted && !flag(r, "deletedOnly") {
				numbers = append(numbers, v.Version)
			}
		}
		if err == nil && len(numbers) == 0 {
			err = noSubject(subject)
		}
		return err
	})
	return listed(numbers, err)
}

func (g *Registry) registerVersion(r *http.Request) (any, error) {
	d, err := definition(r)
	if err != nil {
		return nil, err
	}
	s, err := g.Register(r.Context(), r.PathValue("subject"), d, flag(r, "normalize"))
	if s.Type == "" {
		s.Type = schema.Avro
	}
	return struct {
		ID         int         `json:"id"`
		Version    int         `json:"version"`
		Type       string      `json:"schemaType"`
		References []Reference `json:"references,omitempty"`
		Text       string      `json:"schema"`
	}{s.ID, s.Version, s.Type, s.References, s.Text}, err
}

func (g *Registry) version(r *http.Request) (any, error) {
	return g.Version(r.Context(), r.PathValue("subject"), r.PathValue("version"), flag(r, "deleted"))
}

func (g *Registry) versionText(r *http.Request) (any, error) {
	v, err := g.Version(r.Context(), r.PathValue("subject"), r.PathValue("version"), flag(r, "deleted"))
	return raw(v.Text), err
}

func (g *Registry) deleteVersion(r *http.Request) (any, error) {
	return g.DeleteVersion(r.Context(), r.PathValue("subject"), r.PathValue("version"), flag(r, "permanent"))
}

func (g *Registry) compatible(r *http.Request) (any, error) {
	d, err := definition(r)
	if err != nil {
		return nil, err
	}
	messages, err := g.Check(r.Context(), r.PathValue("subject"), r.PathValue("version"), d, flag(r, "normalize"))
	out := map[string]any{"is_compatible": len(messages) == 0}
	if flag(r, "verbose") {
		if messages == nil {
			messages = []string{}
		}
		out["messages"] = messages
	}
	return out, err
}

func (g *Registry) level(r *http.Request) (any, error) {
	subject := r.PathValue("subject")
	s, err := g.Settings(r.Context(), subject, flag(r, "defaultToGlobal"))
	if err == nil && s.Level == "" {
		err = fail(codeNoSubjectLevel, "Subject '%s' does not have subject-level compatibility configured", subject)
	}
	return levelAnswer(s), err
}

func levelAnswer(s settings) map[string]any {
	out := map[string]any{"compatibilityLevel": s.Level}
	if s.Normalize != nil {
		out["normalize"] = *s.Normalize
	}
	return out
}

func (g *Registry) setLevel(r *http.Request) (any, error) {
	var in struct {
		Level     string `json:"compatibility"`
		Normalize *bool  `json:"normalize,omitempty"`
	}
	if err := body(r, &in); err != nil {
		return nil, err
	}
	level := Level(strings.ToUpper(in.Level))
	if level == "" && in.Normalize == nil {
		return nil, fail(codeInvalidLevel, "Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive")
	}
	in.Level = string(level)
	return in, g.SetLevel(r.Context(), r.PathValue("subject"), level, in.Normalize)
}

func (g *Registry) clearLevel(r *http.Request) (any, error) {
	before, err := g.ClearLevel(r.Context(), r.PathValue("subject"))
	if before.Level == "" {
		before.Level = DefaultLevel
	}
	return levelAnswer(before), err
}

func (g *Registry) mode(r *http.Request) (any, error) {
	subject := r.PathValue("subject")
	s, err := g.Settings(r.Context(), subject, flag(r, "defaultToGlobal"))
	if err == nil && s.Mode == "" {
		err = fail(codeNoSubjectMode, "Subject '%s' does not have subject-level mode configured", subject)
	}
	return map[string]any{"mode": s.Mode}, err
}

func (g *Registry) setMode(r *http.Request) (any, error) {
	var in struct {
		Mode string `json:"mode"`
	}
	if err := body(r, &in); err != nil {
		return nil, err
	}
	mode := Mode(strings.ToUpper(in.Mode))
	return map[string]any{"mode": mode}, g.SetMode(r.Context(), r.PathValue("subject"), mode, flag(r, "force"))
}

func (g *Registry) clearMode(r *http.Request) (any, error) {
	before, err := g.ClearMode(r.Context(), r.PathValue("subject"))
	if before.Mode == "" {
		before.Mode = ReadWrite
	}
	return map[string]any{"mode": before.Mode}, err
}
