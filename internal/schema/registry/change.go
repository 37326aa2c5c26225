package registry

import (
	"context"
	"errors"

	"github.com/millrace/millrace/internal/store/record"
)

func (g *Registry) update(ctx context.Context, write func(record.Tx, reader) error) error {
	return g.cfg.Store.Update(ctx, func(tx record.Tx) error { return write(tx, reader{tx}) })
}

// DeleteSubject deletes all versions of a subject and returns their numbers. Deleted
// versions are still found by their ids; permanent removes what is deleted already.
func (g *Registry) DeleteSubject(ctx context.Context, subject string, permanent bool) (numbers []int, err error) {
	err = g.update(ctx, func(tx record.Tx, r reader) error {
		numbers = nil
		if _, err := r.writable(subject); err != nil {
			return err
		}
		all, err := r.versions(subject)
		if err != nil {
			return err
		}
		alive := live(all)
		switch {
		case len(all) == 0:
			return noSubject(subject)
		case permanent && len(alive) > 0:
			return fail(codeSubjectNotSoftDeleted, "Subject '%s' was not deleted first before being permanently deleted", subject)
		case !permanent && len(alive) == 0:
			return fail(codeSubjectSoftDeleted, "Subject '%s' was soft deleted. Set permanent=true to delete permanently", subject)
		case !permanent:
			all = alive
		}
		for _, v := range all {
			numbers = append(numbers, v.Version)
			if err := drop(tx, v, permanent); err != nil {
				return err
			}
		}
		err = tx.Delete(collectionSetting, subjectKey(subject))
		if errors.Is(err, record.ErrNotFound) {
			err = nil
		}
		return err
	})
	g.changed(ctx, err, Change{Subject: subject, Action: removal(permanent)})
	return numbers, err
}

// removal is what deleting is called where it is told of.
func removal(permanent bool) string {
	if permanent {
		return "removed"
	}
	return "deleted"
}

// drop deletes a version that no schema refers to.
func drop(tx record.Tx, v version, permanent bool) error {
	ids, err := reader{tx}.referencedBy(v.Subject, v.Version)
	if err != nil {
		return err
	}
	if len(ids) > 0 {
		return fail(codeReferenced, "One or more references exist to the schema {subject=%s, version=%d}: ids %v", v.Subject, v.Version, ids)
	}
	if permanent {
		return tx.Delete(collectionVersion, versionKey(v.Subject, v.Version))
	}
	v.Deleted = true
	return put(tx, collectionVersion, versionKey(v.Subject, v.Version), v)
}

// DeleteVersion deletes a version of a subject and returns its number.
func (g *Registry) DeleteVersion(ctx context.Context, subject, number string, permanent bool) (deleted int, err error) {
	err = g.update(ctx, func(tx record.Tx, r reader) error {
		if _, err := r.writable(subject); err != nil {
			return err
		}
		v, err := r.find(subject, number, number != latest && number != "-1")
		if err != nil {
			return err
		}
		switch {
		case permanent && !v.Deleted:
			return fail(codeVersionNotSoftDeleted, "Subject '%s' Version %d was not deleted first before being permanently deleted", subject, v.Version)
		case !permanent && v.Deleted:
			return fail(codeVersionSoftDeleted, "Subject '%s' Version %d was soft deleted. Set permanent=true to delete permanently", subject, v.Version)
		}
		deleted = v.Version
		return drop(tx, v, permanent)
	})
	g.changed(ctx, err, Change{Subject: subject, Action: removal(permanent), Version: itoa(deleted)})
	return deleted, err
}

// settingsKey is that of a subject, or of all when there is none.
func settingsKey(subject string) string {
	if subject == "" {
		return globalKey
	}
	return subjectKey(subject)
}

// Settings returns what is set for a subject, or, if effective, what holds for it. An
// empty subject is all of them.
func (g *Registry) Settings(ctx context.Context, subject string, effective bool) (s settings, err error) {
	err = g.view(ctx, func(r reader) (err error) {
		if subject == "" || effective {
			s, err = r.effective(subject)
		} else {
			s, err = r.settings(subjectKey(subject))
		}
		return err
	})
	return s, err
}

// SetLevel sets the compatibility of a subject.
func (g *Registry) SetLevel(ctx context.Context, subject string, level Level, normalize *bool) error {
	if level != "" && !level.valid() {
		return fail(codeInvalidLevel, "Invalid compatibility level %.40q. Valid values are none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive", level)
	}
	var after settings
	err := g.change(ctx, subject, func(s *settings) {
		if level != "" {
			s.Level = level
		}
		if normalize != nil {
			s.Normalize = normalize
		}
		after = *s
	})
	g.changed(ctx, err, Change{Subject: subject, Action: "set_compatibility", After: string(after.Level)})
	return err
}

// SetMode sets the mode of a subject. To import, it must have no schemas, unless force
// says otherwise.
func (g *Registry) SetMode(ctx context.Context, subject string, mode Mode, force bool) error {
	if !mode.valid() || mode == ReadOnlyOverride && subject != "" {
		return fail(codeInvalidMode, "Invalid mode %.40q. Valid values are READWRITE, READONLY, READONLY_OVERRIDE (of all subjects) and IMPORT.", mode)
	}
	err := g.update(ctx, func(tx record.Tx, r reader) error {
		if mode == Import && !force {
			in := record.Range{Limit: 1}
			if subject != "" {
				in.Prefix = subjectKey(subject) + "/"
			}
			if found, err := r.scanVersions(in); err != nil || len(found) > 0 {
				return errors.Join(err, fail(codeNotPermitted, "Cannot import since found existing subjects"))
			}
		}
		return alter(tx, subject, func(s *settings) { s.Mode = mode })
	})
	g.changed(ctx, err, Change{Subject: subject, Action: "set_mode", After: string(mode)})
	return err
}

// ClearLevel takes away what is set for a subject's compatibility, and returns what was.
func (g *Registry) ClearLevel(ctx context.Context, subject string) (before settings, err error) {
	err = g.change(ctx, subject, func(s *settings) { before, s.Level, s.Normalize = *s, "", nil })
	if err == nil && subject != "" && before.Level == "" {
		err = noSubject(subject)
	}
	g.changed(ctx, err, Change{Subject: subject, Action: "clear_compatibility"})
	return before, err
}

// ClearMode takes away a subject's mode, and returns what was set.
func (g *Registry) ClearMode(ctx context.Context, subject string) (before settings, err error) {
	err = g.change(ctx, subject, func(s *settings) { before, s.Mode = *s, "" })
	if err == nil && subject != "" && before.Mode == "" {
		err = noSubject(subject)
	}
	g.changed(ctx, err, Change{Subject: subject, Action: "clear_mode"})
	return before, err
}

func (g *Registry) change(ctx context.Context, subject string, edit func(*settings)) error {
	return g.update(ctx, func(tx record.Tx, _ reader) error { return alter(tx, subject, edit) })
}

func alter(tx record.Tx, subject string, edit func(*settings)) error {
	if subject != "" {
		if err := checkSubject(subject); err != nil {
			return err
		}
	}
	s, err := reader{tx}.settings(settingsKey(subject))
	if err != nil {
		return err
	}
	edit(&s)
	return put(tx, collectionSetting, settingsKey(subject), s)
}
