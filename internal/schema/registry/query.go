package registry

import (
	"context"
	"strconv"
	"strings"

	"github.com/millrace/millrace/internal/store/record"
)

func (g *Registry) view(ctx context.Context, read func(reader) error) error {
	return g.cfg.Store.View(ctx, func(r record.Reader) error { return read(reader{r}) })
}

// latest is how a version is called whose number is not known.
const latest = "latest"

// parseVersion reads a version of a path: a number from 1, "latest", or -1, which means
// the same.
func parseVersion(text string) (number int, newest bool, err error) {
	if text == latest || text == "-1" {
		return 0, true, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, false, fail(codeInvalidVersion, "The specified version '%.40s' is not a valid version id. Allowed values are between [1, 2^31-1] and the string \"latest\"", text)
	}
	return n, false, nil
}

// find returns a version of a subject.
func (r reader) find(subject, text string, deleted bool) (version, error) {
	n, newest, err := parseVersion(text)
	if err != nil {
		return version{}, err
	}
	versions, err := r.versions(subject)
	if err != nil {
		return version{}, err
	}
	if !deleted {
		versions = live(versions)
	}
	if len(versions) == 0 {
		return version{}, noSubject(subject)
	}
	if newest {
		return versions[len(versions)-1], nil
	}
	for _, v := range versions {
		if v.Version == n {
			return v, nil
		}
	}
	return version{}, noVersion(n)
}

// Version returns a version of a subject, with its schema.
func (g *Registry) Version(ctx context.Context, subject, number string, deleted bool) (out Registered, err error) {
	err = g.view(ctx, func(r reader) error {
		v, err := r.find(subject, number, deleted)
		if err != nil {
			return err
		}
		s, err := r.schema(v.ID)
		out = v.with(s)
		return err
	})
	return out, err
}

// Schema returns a schema by its id.
func (g *Registry) Schema(ctx context.Context, id int) (out Registered, err error) {
	err = g.view(ctx, func(r reader) error {
		s, err := r.schema(id)
		out = version{}.with(s)
		return err
	})
	return out, err
}

// Lookup returns the version of a subject that a schema is.
func (g *Registry) Lookup(ctx context.Context, subject string, d Definition, normalize, deleted bool) (out Registered, err error) {
	err = g.view(ctx, func(r reader) error {
		versions, err := r.versions(subject)
		if err != nil {
			return err
		}
		if !deleted {
			versions = live(versions)
		}
		if len(versions) == 0 {
			return noSubject(subject)
		}
		rules, err := r.effective(subject)
		if err != nil {
			return err
		}
		p, err := g.read(r, d, normalize || rules.Normalize != nil && *rules.Normalize)
		if err != nil {
			return err
		}
		if p.ID, err = r.byDigest(p.digest); err != nil {
			return err
		}
		for _, v := range versions {
			if v.ID == p.ID {
				s, err := r.schema(v.ID)
				out = v.with(s)
				return err
			}
		}
		return noSchema()
	})
	return out, err
}

// selection says which subjects or versions are listed.
type selection struct {
	prefix        string
	deleted       bool // those too
	deletedOnly   bool
	latest        bool // the newest version of each subject only
	id            int  // of the schema; 0 for any
	offset, limit int  // limit 0: all
}

// list returns versions of any subject, in the order of subjects and versions.
func (g *Registry) list(ctx context.Context, by selection) (out []version, err error) {
	err = g.view(ctx, func(r reader) error {
		all, err := r.scanVersions(record.Range{})
		if err != nil {
			return err
		}
		for i, v := range all {
			if !strings.HasPrefix(v.Subject, by.prefix) || !by.wants(v) {
				continue
			}
			if last := len(out) - 1; by.latest && last >= 0 && out[last].Subject == v.Subject {
				out[last] = all[i]
				continue
			}
			out = append(out, v)
		}
		return nil
	})
	out = out[min(max(by.offset, 0), len(out)):]
	if by.limit > 0 {
		out = out[:min(by.limit, len(out))]
	}
	return out, err
}

func (by selection) wants(v version) bool {
	if by.deletedOnly {
		return v.Deleted && (by.id == 0 || by.id == v.ID)
	}
	return (by.deleted || !v.Deleted) && (by.id == 0 || by.id == v.ID)
}

// Check returns why a schema would not be taken as a version of a subject. number is a
// version, or empty for those that the subject's level asks for.
func (g *Registry) Check(ctx context.Context, subject, number string, d Definition, normalize bool) (messages []string, err error) {
	err = g.view(ctx, func(r reader) error {
		p, err := g.read(r, d, normalize)
		if err != nil {
			return err
		}
		rules, err := r.effective(subject)
		if err != nil {
			return err
		}
		versions, err := r.versions(subject)
		if err != nil {
			return err
		}
		versions = live(versions)
		if number != "" && (len(versions) > 0 || number != latest) {
			v, err := r.find(subject, number, false)
			if err != nil {
				return err
			}
			versions = []version{v}
		}
		messages, err = g.check(r, rules.Level, p, versions)
		return err
	})
	return messages, err
}

// referencedBy returns the ids of schemas that refer to a version.
func (r reader) referencedBy(subject string, number int) ([]int, error) {
	all, err := r.Scan(collectionSchema, record.Range{})
	if err != nil {
		return nil, err
	}
	var ids []int
	for _, one := range all {
		var s stored
		if err := decode(collectionSchema, one, &s); err != nil {
			return nil, err
		}
		for _, ref := range s.References {
			if ref.Subject == subject && ref.Version == number {
				ids = append(ids, s.ID)
				break
			}
		}
	}
	return ids, nil
}

// ReferencedBy returns the ids of schemas that refer to a version of a subject.
func (g *Registry) ReferencedBy(ctx context.Context, subject, number string) (ids []int, err error) {
	err = g.view(ctx, func(r reader) error {
		v, err := r.find(subject, number, true)
		if err != nil {
			return err
		}
		ids, err = r.referencedBy(subject, v.Version)
		return err
	})
	return ids, err
}
