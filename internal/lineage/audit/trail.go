package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/record"
)

// Recorder takes entries. [Trail] is one.
type Recorder interface {
	// Record keeps entries, in one transaction: it costs a sync of the disk. They are
	// durable when it returns nil.
	Record(ctx context.Context, entries ...Entry) error
}

// Config is what a trail is made of.
type Config struct {
	Records   record.Store
	Clock     clock.Clock
	Retention time.Duration // of entries, and of versions that nothing uses any more
	Entries   int           // most entries
}

// Trail is the audit trail. It is safe for concurrent use. A nil one takes entries and
// keeps none, for tests of who records.
type Trail struct{ cfg Config }

// New returns the trail that a record store has.
func New(cfg Config) *Trail { return &Trail{cfg} }

const (
	entries  = "audit"
	contents = "audit_content"
	versions = "audit_version"
	known    = "audit_known"
)

// stored is an entry as it rests: contents by their digest.
type stored struct {
	Entry
	BeforeDigest string `json:"before_digest,omitempty"`
	AfterDigest  string `json:"after_digest,omitempty"`
}

// keyOf orders entries by time, newest first.
func keyOf(at time.Time) string { return fmt.Sprintf("%016x", math.MaxInt64-at.UnixMicro()) }

// timeOf is the inverse of keyOf.
func timeOf(key string) (time.Time, error) {
	inverted, err := strconv.ParseInt(key, 16, 64)
	if err != nil || len(key) != 16 {
		return time.Time{}, fmt.Errorf("%w: %q is no id of an entry", ErrInvalid, key)
	}
	return time.UnixMicro(math.MaxInt64 - inverted).UTC(), nil
}

// Record implements [Recorder].
func (t *Trail) Record(ctx context.Context, all ...Entry) error {
	if t == nil || len(all) == 0 {
		return nil
	}
	for i := range all {
		if err := all[i].check(); err != nil {
			return err
		}
	}
	return t.update(ctx, func(tx record.Tx) error { return t.append(tx, all) })
}

func (t *Trail) update(ctx context.Context, write func(record.Tx) error) error {
	if err := t.cfg.Records.Update(ctx, write); err != nil {
		return fmt.Errorf("cannot write the audit trail: %w", err)
	}
	return nil
}

// append puts checked entries. Of two with the same time the later gets a later one, so
// that a key is never taken.
func (t *Trail) append(tx record.Tx, all []Entry) error {
	for _, e := range all {
		if e.At.IsZero() {
			e.At = t.cfg.Clock.Now()
		}
		e.At = e.At.UTC().Truncate(time.Microsecond)
		for {
			_, err := tx.Get(entries, keyOf(e.At))
			if errors.Is(err, record.ErrNotFound) {
				break
			}
			if err != nil {
				return err
			}
			e.At = e.At.Add(time.Microsecond)
		}
		if err := putEntry(tx, e); err != nil {
			return err
		}
	}
	return nil
}

func putEntry(tx record.Tx, e Entry) error {
	s := stored{Entry: e}
	s.ID = keyOf(e.At)
	var err error
	if s.BeforeDigest, err = putContent(tx, e.Before); err != nil {
		return err
	}
	if s.AfterDigest, err = putContent(tx, e.After); err != nil {
		return err
	}
	s.Before, s.After = "", ""
	return put(tx, entries, s.ID, s)
}

// putContent keeps a content and returns its digest; that of no content is empty.
func putContent(tx record.Tx, content string) (string, error) {
	if content == "" {
		return "", nil
	}
	digest := Digest(content)
	_, err := tx.Get(contents, digest)
	if errors.Is(err, record.ErrNotFound) {
		_, err = tx.Put(contents, digest, []byte(content))
	}
	return digest, err
}

// Digest identifies a content.
func Digest(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

func put(tx record.Tx, collection, key string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = tx.Put(collection, key, text)
	return err
}

func read[T any](r record.Record, collection string) (v T, err error) {
	if err := json.Unmarshal(r.Value, &v); err != nil {
		return v, fmt.Errorf("the record %s %q is damaged: %w", collection, r.Key, err)
	}
	return v, nil
}

// content returns what a digest stands for.
func content(r record.Reader, digest string) (string, error) {
	if digest == "" {
		return "", nil
	}
	found, err := r.Get(contents, digest)
	return string(found.Value), err
}

// Filter selects entries. Zero fields select all.
type Filter struct {
	Kind     Kind
	Name     string
	Action   string
	By       string
	From, To time.Time // [From, To)
	After    string    // id of the last entry of the page before
	Limit    int       // most entries; required
}

func (f *Filter) matches(e *Entry) bool {
	return (f.Kind == "" || e.Kind == f.Kind) && (f.Name == "" || e.Name == f.Name) &&
		(f.Action == "" || e.Action == f.Action) && (f.By == "" || e.By == f.By)
}

// Page is entries, newest first, without what was before and after.
type Page struct {
	Entries []Entry
	Next    string // to go on with; empty at the end
}

const (
	scanned = 500    // records read at once
	maxScan = 20_000 // records that one page looks at
)

// List returns a page of entries, newest first. A page may have fewer entries than asked
// for, even none, and yet a next one: a filter that matches little is not searched for
// ever.
func (t *Trail) List(ctx context.Context, f Filter) (page Page, err error) {
	after := f.After
	if after != "" {
		if _, err := timeOf(after); err != nil {
			return page, err
		}
	} else if !f.To.IsZero() {
		after = keyOf(f.To)
	}
	err = t.cfg.Records.View(ctx, func(r record.Reader) error {
		page = Page{}
		for range maxScan / scanned {
			found, err := r.Scan(entries, record.Range{After: after, Limit: scanned})
			if err != nil {
				return err
			}
			for _, one := range found {
				s, err := read[stored](one, entries)
				if err != nil {
					return err
				}
				if !f.From.IsZero() && s.At.Before(f.From) {
					return nil
				}
				if f.matches(&s.Entry) {
					page.Entries = append(page.Entries, s.Entry)
				}
				if after = one.Key; len(page.Entries) == f.Limit {
					page.Next = after
					return nil
				}
			}
			if len(found) < scanned {
				return nil
			}
		}
		page.Next = after
		return nil
	})
	return page, err
}

// Get returns an entry with what was before and after. The error wraps
// [record.ErrNotFound] when there is none.
func (t *Trail) Get(ctx context.Context, id string) (e Entry, err error) {
	if _, err := timeOf(id); err != nil {
		return e, fmt.Errorf("%w: %w", record.ErrNotFound, err)
	}
	err = t.cfg.Records.View(ctx, func(r record.Reader) error {
		found, err := r.Get(entries, id)
		if err != nil {
			return err
		}
		s, err := read[stored](found, entries)
		if err != nil {
			return err
		}
		e = s.Entry
		if e.Before, err = content(r, s.BeforeDigest); err != nil {
			return err
		}
		e.After, err = content(r, s.AfterDigest)
		return err
	})
	return e, err
}
