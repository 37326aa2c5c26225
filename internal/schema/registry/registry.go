package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/millrace/millrace/internal/schema"
	"github.com/millrace/millrace/internal/schema/avro"
	"github.com/millrace/millrace/internal/schema/jsonschema"
	"github.com/millrace/millrace/internal/schema/protobuf"
	"github.com/millrace/millrace/internal/store/record"
)

// Limits of a registry.
const (
	maxSchemaBytes  = 1 << 20
	maxSubjectBytes = 250 // escaped three times as long, and a version behind it
	maxReferences   = 64
	maxImports      = 256 // references of references too
	maxVersions     = 10_000
	maxSchemas      = 1_000_000
)

// Config is what a registry is made of.
type Config struct {
	Store record.Store
	// ID names this registry in what clients ask about it.
	ID string
	// Changed is told of what was changed; nil: nobody is.
	Changed func(ctx context.Context, c Change)
}

// Change is a change of a subject, or of what holds for all.
type Change struct {
	Subject string // empty: all
	Action  string // such as "registered"
	Version string // of the schema; empty where it is not about one
	After   string // the schema, or what is set now
}

func (g *Registry) changed(ctx context.Context, err error, c Change) {
	if err == nil && g.cfg.Changed != nil {
		g.cfg.Changed(ctx, c)
	}
}

// Registry answers for the subjects of a record store. It is safe for concurrent use.
type Registry struct {
	cfg     Config
	formats map[string]schema.Format
}

// New returns the registry of a store.
func New(cfg Config) *Registry {
	return &Registry{cfg: cfg, formats: map[string]schema.Format{
		schema.Avro: avro.Format{}, schema.JSON: jsonschema.Format{}, schema.Protobuf: protobuf.Format{},
	}}
}

// Definition is a schema that somebody sends.
type Definition struct {
	Type       string      `json:"schemaType"`
	Text       string      `json:"schema"`
	References []Reference `json:"references"`
	ID         int         `json:"id"`      // in mode IMPORT
	Version    int         `json:"version"` // in mode IMPORT
}

// Registered is a version of a subject.
type Registered struct {
	Subject    string      `json:"subject"`
	Version    int         `json:"version"`
	ID         int         `json:"id"`
	Type       string      `json:"schemaType,omitempty"` // Avro is not named
	References []Reference `json:"references,omitempty"`
	Text       string      `json:"schema"`
}

// parsed is a definition that was read.
type parsed struct {
	stored
	schema schema.Schema
	digest string
}

func itoa(n int) string { return strconv.Itoa(n) }

func checkSubject(subject string) error {
	if subject == "" || len(subject) > maxSubjectBytes || !utf8.ValidString(subject) || strings.ContainsFunc(subject, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fail(codeInvalidSubject, "The specified subject '%.*s' is not a valid subject: 1 to %d bytes of text.", maxSubjectBytes, subject, maxSubjectBytes)
	}
	return nil
}

// read parses a definition with what it refers to.
func (g *Registry) read(r reader, d Definition, normalize bool) (*parsed, error) {
	if d.Type == "" {
		d.Type = schema.Avro
	}
	format, ok := g.formats[d.Type]
	switch {
	case !ok:
		return nil, fail(codeInvalidSchema, "Invalid schema type %.40q: AVRO, JSON and PROTOBUF are taken.", d.Type)
	case strings.TrimSpace(d.Text) == "":
		return nil, fail(codeInvalidSchema, "Empty schema")
	case len(d.Text) > maxSchemaBytes:
		return nil, fail(codeTooLarge, "The schema has %d bytes; at most %d are taken.", len(d.Text), maxSchemaBytes)
	case len(d.References) > maxReferences:
		return nil, fail(codeInvalidSchema, "The schema has %d references; at most %d are taken.", len(d.References), maxReferences)
	}
	imports, err := r.imports(d.References, nil, nil)
	if err != nil {
		return nil, err
	}
	s, err := format.Parse(d.Text, imports)
	if err != nil {
		return nil, fail(codeInvalidSchema, "Invalid schema: %v", err)
	}
	p := &parsed{stored: stored{Type: d.Type, Text: s.Canonical(), References: d.References}, schema: s}
	if normalize {
		p.Text = s.Normalized()
	}
	p.digest = digest(p.Type, p.Text, p.References)
	if d.Type == schema.Protobuf {
		p.Text = d.Text // its canonical form is not for people
	}
	return p, nil
}

// imports gathers what references name, the deepest first, each once. within are the
// subjects that are being followed.
func (r reader) imports(references []Reference, within []Reference, have []schema.Import) ([]schema.Import, error) {
	if len(within) > maxReferences {
		return nil, fail(codeInvalidSchema, "References are nested more than %d deep.", maxReferences)
	}
next:
	for _, ref := range references {
		for _, one := range have {
			if one.Name == ref.Name {
				continue next
			}
		}
		if len(have) == maxImports {
			return nil, fail(codeInvalidSchema, "The schema needs more than %d others.", maxImports)
		}
		s, err := r.referenced(ref)
		if err != nil {
			return nil, err
		}
		if have, err = r.imports(s.References, append(within, ref), have); err != nil {
			return nil, err
		}
		have = append(have, schema.Import{Name: ref.Name, Text: s.Text})
	}
	return have, nil
}

func (r reader) referenced(ref Reference) (*stored, error) {
	var v version
	found, err := r.get(collectionVersion, versionKey(ref.Subject, ref.Version), &v)
	if err != nil {
		return nil, err
	}
	if !found || v.Deleted {
		return nil, fail(codeInvalidSchema, "Invalid schema: no schema reference found for subject %q and version %d", ref.Subject, ref.Version)
	}
	return r.schema(v.ID)
}

// Register makes a schema a version of a subject, unless it is one, and returns it.
func (g *Registry) Register(ctx context.Context, subject string, d Definition, normalize bool) (Registered, error) {
	var out Registered
	var known bool
	err := g.cfg.Store.Update(ctx, func(tx record.Tx) error {
		before, err := reader{tx}.versions(subject)
		if err != nil {
			return err
		}
		if out, err = g.register(tx, subject, d, normalize); err != nil {
			return err
		}
		known = slices.ContainsFunc(live(before), func(v version) bool { return v.Version == out.Version })
		return nil
	})
	if !known {
		g.changed(ctx, err, Change{Subject: subject, Action: "registered", Version: itoa(out.Version), After: out.Text})
	}
	return out, err
}

func (g *Registry) register(tx record.Tx, subject string, d Definition, normalize bool) (Registered, error) {
	r := reader{tx}
	if err := checkSubject(subject); err != nil {
		return Registered{}, err
	}
	rules, err := r.writable(subject)
	if err != nil {
		return Registered{}, err
	}
	p, err := g.read(r, d, normalize || rules.Normalize != nil && *rules.Normalize)
	if err != nil {
		return Registered{}, err
	}
	if p.ID, err = r.byDigest(p.digest); err != nil {
		return Registered{}, err
	}
	versions, err := r.versions(subject)
	if err != nil {
		return Registered{}, err
	}
	if rules.Mode == Import {
		return g.take(tx, subject, p, d, versions)
	}
	for _, v := range live(versions) {
		if v.ID == p.ID {
			s, err := r.schema(v.ID)
			return v.with(s), err
		}
	}
	messages, err := g.check(r, rules.Level, p, live(versions))
	if err != nil {
		return Registered{}, err
	}
	if len(messages) > 0 {
		return Registered{}, fail(codeIncompatible, "Schema being registered is incompatible with an earlier schema for subject \"%s\", details: [%s]", subject, strings.Join(messages, ", "))
	}
	return g.add(tx, subject, p, versions)
}

// writable returns what holds for a subject, or why nothing may be written to it.
func (r reader) writable(subject string) (settings, error) {
	rules, err := r.effective(subject)
	if err != nil {
		return rules, err
	}
	global, err := r.settings(globalKey)
	if err != nil {
		return rules, err
	}
	if global.Mode == ReadOnlyOverride || !rules.Mode.writable() {
		return rules, fail(codeNotPermitted, "Subject %s is in read-only mode", subject)
	}
	return rules, nil
}

// add stores the next version of a subject.
func (g *Registry) add(tx record.Tx, subject string, p *parsed, versions []version) (Registered, error) {
	v := version{Subject: subject, Version: 1}
	if n := len(versions); n > 0 {
		v.Version = versions[n-1].Version + 1
	}
	if len(versions) >= maxVersions {
		return Registered{}, fail(codeNotPermitted, "Subject '%s' has %d versions; delete some permanently first.", subject, len(versions))
	}
	if p.ID == 0 {
		if err := newID(tx, p); err != nil {
			return Registered{}, err
		}
	}
	v.ID = p.ID
	return v.with(&p.stored), put(tx, collectionVersion, versionKey(subject, v.Version), v)
}

// newID gives a schema the next id, and stores it.
func newID(tx record.Tx, p *parsed) error {
	global, err := reader{tx}.settings(globalKey)
	if err != nil {
		return err
	}
	global.NextID = max(global.NextID, 1)
	if global.NextID > maxSchemas {
		return fail(codeNotPermitted, "The registry has given out %d ids, which is all of them.", maxSchemas)
	}
	p.ID = global.NextID
	global.NextID++
	return errors.Join(put(tx, collectionSetting, globalKey, global), store(tx, p))
}

func store(tx record.Tx, p *parsed) error {
	if err := put(tx, collectionSchema, idKey(p.ID), p.stored); err != nil {
		return err
	}
	_, err := tx.Put(collectionDigest, p.digest, []byte(itoa(p.ID)))
	return err
}

// take stores a version with the id and number that the sender gives: how another
// registry's contents are brought in.
func (g *Registry) take(tx record.Tx, subject string, p *parsed, d Definition, versions []version) (Registered, error) {
	r := reader{tx}
	if d.ID <= 0 || d.ID >= maxSchemas {
		return Registered{}, fail(codeInvalidSchema, "In mode IMPORT a schema comes with its id, from 1 to %d.", maxSchemas-1)
	}
	before, err := r.schema(d.ID)
	if err == nil && (before.Type != p.Type || before.Text != p.Text) {
		return Registered{}, fail(codeNotPermitted, "Overwrite new schema with id %d is not permitted.", d.ID)
	}
	if e := (*Error)(nil); err != nil && !errors.As(err, &e) {
		return Registered{}, err
	}
	p.ID = d.ID
	v := version{Subject: subject, Version: d.Version, ID: d.ID}
	if v.Version <= 0 {
		v.Version = 1
		if n := len(versions); n > 0 {
			v.Version = versions[n-1].Version + 1
		}
	}
	global, err := r.settings(globalKey)
	if err != nil {
		return Registered{}, err
	}
	global.NextID = max(global.NextID, d.ID+1)
	return v.with(&p.stored), errors.Join(store(tx, p),
		put(tx, collectionSetting, globalKey, global), put(tx, collectionVersion, versionKey(subject, v.Version), v))
}

func (v version) with(s *stored) Registered {
	out := Registered{Subject: v.Subject, Version: v.Version, ID: s.ID, Type: s.Type, References: s.References, Text: s.Text}
	if out.Type == schema.Avro {
		out.Type = ""
	}
	return out
}

// check compares a schema with the versions that a level asks for.
func (g *Registry) check(r reader, level Level, p *parsed, versions []version) ([]string, error) {
	if level == None || len(versions) == 0 {
		return nil, nil
	}
	if !level.transitive() {
		versions = versions[len(versions)-1:]
	}
	for i := len(versions) - 1; i >= 0; i-- {
		s, err := r.schema(versions[i].ID)
		if err != nil {
			return nil, err
		}
		if s.Type != p.Type {
			return []string{fmt.Sprintf("{errorType:'SCHEMA_TYPE_CHANGED', description:'The new schema is of type %s, version %d is of type %s'}", p.Type, versions[i].Version, s.Type)}, nil
		}
		earlier, err := g.read(r, Definition{Type: s.Type, Text: s.Text, References: s.References}, false)
		if err != nil {
			return nil, fmt.Errorf("version %d of subject %q cannot be read any more: %w", versions[i].Version, versions[i].Subject, err)
		}
		if messages := level.check(p.schema, earlier.schema, versions[i].Version, s.Text); len(messages) > 0 {
			return messages, nil
		}
	}
	return nil, nil
}
