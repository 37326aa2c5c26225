package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/store/record"
)

// Item is something declared, as it is now.
type Item struct {
	Kind    Kind
	Name    string
	Version string // as rows name it
	Content string
	File    string // where it is declared
	// Modified is when the file was; zero when it is not known.
	Modified time.Time
	// BuiltIn ones come with the binary: that they exist is no change by anybody.
	BuiltIn bool
}

func (i *Item) key() string { return thing(i.Kind, i.Name) }

// thing is the key of something declared. Names may have slashes.
func thing(kind Kind, name string) string { return string(kind) + "/" + url.PathEscape(name) }

// Version is a version of something declared, and when it was in use.
type Version struct {
	Kind      Kind      `json:"kind"`
	Name      string    `json:"name"`
	Version   string    `json:"version"`
	File      string    `json:"file,omitempty"`
	BuiltIn   bool      `json:"built_in,omitempty"`
	Binary    string    `json:"binary,omitempty"` // that first used it
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"` // when it was last found in use: at a start, or when it was replaced
	Current   bool      `json:"current"`
	Content   string    `json:"content,omitempty"`
	Digest    string    `json:"digest"`
}

func (v *Version) key() string { return thing(v.Kind, v.Name) + "/" + v.Version }

// Sight is a look at what is declared.
type Sight struct {
	Items  []Item
	Kinds  []Kind // that Items has all of: what is known of them and not there was removed
	By     string
	Reason string
	Binary string // version of the binary
	// Request says how the change came, for entries; empty: the item's file.
	Request string
}

// Observe compares what is declared with what was when it was last looked at, records
// the changes, and keeps the content of each version. It returns how many changes there
// were.
func (t *Trail) Observe(ctx context.Context, s Sight) (changes int, err error) {
	if t == nil {
		return 0, nil
	}
	err = t.update(ctx, func(tx record.Tx) error {
		o := &observation{Sight: s, tx: tx, now: t.cfg.Clock.Now().UTC().Truncate(time.Microsecond)}
		for i := range s.Items {
			if err := o.item(&s.Items[i]); err != nil {
				return err
			}
		}
		for _, kind := range s.Kinds {
			if err := o.removed(kind); err != nil {
				return err
			}
		}
		changes = len(o.changes)
		for i := range o.changes {
			if err := o.changes[i].check(); err != nil {
				return err
			}
		}
		return t.append(tx, o.changes)
	})
	return changes, err
}

// observation is a transaction of Observe.
type observation struct {
	Sight
	tx      record.Tx
	now     time.Time
	changes []Entry
}

// item compares one item with what is known of it.
func (o *observation) item(i *Item) error {
	i.Content = cut(i.Content, maxContentBytes)
	found, err := o.tx.Get(known, i.key())
	if err != nil && !errors.Is(err, record.ErrNotFound) {
		return err
	}
	var before Version
	if exists := err == nil; exists {
		if before, err = read[Version](found, known); err != nil {
			return err
		}
	}
	now := Version{
		Kind: i.Kind, Name: i.Name, Version: i.Version, File: i.File, BuiltIn: i.BuiltIn, Binary: o.Binary,
		FirstSeen: o.now, LastSeen: o.now, Digest: Digest(i.Content),
	}
	same := before.Version == now.Version && before.Digest == now.Digest
	if same {
		now.FirstSeen, now.Binary = before.FirstSeen, before.Binary
	}
	if err := o.keep(&now, i.Content); err != nil {
		return err
	}
	switch {
	case same:
		return nil
	case before.Version != "":
		return o.note(Changed, &before, &now, i)
	case !i.BuiltIn:
		return o.note(Created, &before, &now, i)
	}
	return nil
}

// keep makes a version the known one.
func (o *observation) keep(v *Version, text string) error {
	if _, err := putContent(o.tx, text); err != nil {
		return err
	}
	if err := put(o.tx, known, thing(v.Kind, v.Name), v); err != nil {
		return err
	}
	one := *v
	earlier, err := o.tx.Get(versions, v.key())
	switch {
	case err == nil: // it was in use before
		was, err := read[Version](earlier, versions)
		if err != nil {
			return err
		}
		one.FirstSeen, one.Binary = was.FirstSeen, was.Binary
	case !errors.Is(err, record.ErrNotFound):
		return err
	}
	return put(o.tx, versions, v.key(), one)
}

// note adds a change, and says of the version before that it was in use until now.
func (o *observation) note(action string, before, now *Version, i *Item) error {
	e := Entry{
		By: o.By, Action: action, Kind: now.Kind, Name: now.Name, Reason: o.Reason,
		VersionBefore: before.Version, VersionAfter: now.Version, Request: o.Request,
	}
	if i != nil {
		e.After = i.Content
		if !i.Modified.IsZero() {
			e.Reason = strings.TrimSpace(e.Reason + fmt.Sprintf(" The file was modified at %s.", i.Modified.UTC().Format(time.RFC3339)))
		}
	}
	if e.Request == "" {
		e.Request = cmp.Or(now.File, before.File)
	}
	if before.Version != "" {
		var err error
		if e.Before, err = content(o.tx, emptyAsNone(before.Digest)); err != nil {
			return err
		}
		if before.key() != now.key() || action == Removed {
			was := *before
			was.LastSeen = o.now
			if err := put(o.tx, versions, was.key(), was); err != nil {
				return err
			}
		}
	}
	o.changes = append(o.changes, e)
	return nil
}

// emptyAsNone is the digest by which a content is kept: an empty one is not.
func emptyAsNone(digest string) string {
	if digest == Digest("") {
		return ""
	}
	return digest
}

// removed notes what is known of a kind and not among the items.
func (o *observation) removed(kind Kind) error {
	all, err := o.tx.Scan(known, record.Range{Prefix: string(kind) + "/"})
	if err != nil {
		return err
	}
	for _, one := range all {
		if slices.ContainsFunc(o.Items, func(i Item) bool { return i.key() == one.Key }) {
			continue
		}
		before, err := read[Version](one, known)
		if err != nil {
			return err
		}
		gone := Version{Kind: before.Kind, Name: before.Name}
		if err := o.note(Removed, &before, &gone, nil); err != nil {
			return err
		}
		if err := o.tx.Delete(known, one.Key); err != nil {
			return err
		}
	}
	return nil
}

// ErrNoVersion says that a version was never in use here, or is forgotten.
var ErrNoVersion = errors.New("no such version")

// Versions returns the versions of something that was declared, newest first, without
// contents. An empty name returns those of all things of the kind.
func (t *Trail) Versions(ctx context.Context, kind Kind, name string) (out []Version, err error) {
	prefix := string(kind) + "/"
	if name != "" {
		prefix = thing(kind, name) + "/"
	}
	err = t.cfg.Records.View(ctx, func(r record.Reader) error {
		out = nil
		found, err := r.Scan(versions, record.Range{Prefix: prefix})
		if err != nil {
			return err
		}
		for _, one := range found {
			v, err := read[Version](one, versions)
			if err != nil {
				return err
			}
			now, err := current(r, &v)
			if err != nil {
				return err
			}
			v.Current = now
			out = append(out, v)
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b Version) int { return b.LastSeen.Compare(a.LastSeen) })
	return out, err
}

// current reports whether a version is the one in use.
func current(r record.Reader, v *Version) (bool, error) {
	found, err := r.Get(known, thing(v.Kind, v.Name))
	if errors.Is(err, record.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	now, err := read[Version](found, known)
	return now.Version == v.Version, err
}

// Version returns a version with its content. The error wraps [ErrNoVersion] when there
// is none. Without a name it is looked for in all things of the kind: rows name rules by
// their version only, which is a digest.
func (t *Trail) Version(ctx context.Context, kind Kind, name, version string) (Version, error) {
	all, err := t.Versions(ctx, kind, name)
	if err != nil {
		return Version{}, err
	}
	i := slices.IndexFunc(all, func(v Version) bool { return v.Version == version })
	if i < 0 {
		return Version{}, fmt.Errorf("%w: %s %q was never in use as %q, as far as this platform remembers", ErrNoVersion, kind, name, version)
	}
	v := all[i]
	err = t.cfg.Records.View(ctx, func(r record.Reader) (err error) {
		v.Content, err = content(r, emptyAsNone(v.Digest))
		return err
	})
	return v, err
}

// Resolve returns what a row's column `versions` names, in its order, with contents.
// What is not known any more has no content and no times.
func (t *Trail) Resolve(ctx context.Context, column string) ([]Version, error) {
	var out []Version
	between := func(r rune) bool { return r == ' ' || r == ',' } // enrichments are a list of their own
	for token := range strings.FieldsFuncSeq(column, between) {
		name, version, ok := strings.Cut(token, "@")
		if !ok {
			return nil, fmt.Errorf("%w: %q is no versions of a row; they are like onlineretail@1-3fa2 rules@ab12", ErrInvalid, token)
		}
		found, err := t.resolve(ctx, name, version)
		if err != nil {
			return nil, err
		}
		if out = append(out, found); len(out) > maxTokens {
			return nil, fmt.Errorf("%w: it names more than %d versions", ErrInvalid, maxTokens)
		}
	}
	return out, nil
}

// maxTokens bounds the versions of one row.
const maxTokens = 64

// resolve finds one version by the name that rows have for it.
func (t *Trail) resolve(ctx context.Context, name, version string) (Version, error) {
	candidates := []struct {
		kind Kind
		name string
	}{{Mapping, name}, {Enrichment, name}, {Job, name}}
	switch Kind(name) {
	case Rules, Contracts:
		candidates = candidates[:1]
		candidates[0].kind, candidates[0].name = Kind(name), ""
	}
	for _, c := range candidates {
		v, err := t.Version(ctx, c.kind, c.name, version)
		if err == nil || !errors.Is(err, ErrNoVersion) {
			return v, err
		}
	}
	return Version{Kind: candidates[0].kind, Name: name, Version: version}, nil
}
