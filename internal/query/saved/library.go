package saved

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/store/record"
	"github.com/millrace/millrace/internal/yamldoc"
)

// Origin is where a query comes from.
type Origin string

// The origins. A saved query counts before a file of its id.
const (
	OfFile Origin = "file"
	Saved  Origin = "saved"
)

// Entry is a query as it counts.
type Entry struct {
	Query   *Query
	Text    string // as YAML
	Origin  Origin
	Version string // of the text
	File    string // empty for a saved one
	Number  int    // of the saved version, from 1; 0 for a file
	By      string // who saved it
	At      time.Time
}

func entry(q *Query, text string, origin Origin) *Entry {
	sum := sha256.Sum256([]byte(text))
	return &Entry{Query: q, Text: text, Origin: origin, Version: hex.EncodeToString(sum[:8])}
}

// What callers act on.
var (
	ErrNotFound = errors.New("there is no such saved query")
	ErrChanged  = errors.New("the query has changed")
	ErrInvalid  = errors.New("not a saved query")
	ErrFull     = errors.New("there are too many")
	ErrOwned    = errors.New("the query is somebody else's")
)

const (
	queryRecords   = "query"
	versionRecords = "query.version" // earlier ones, by id and number
	maxSaved       = 500
	maxVersions    = 50 // of a query; the oldest go
)

// stored is the record of a saved query.
type stored struct {
	Text   string    `json:"text"`
	Number int       `json:"number"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

func readStored(key string, value []byte) (*Entry, error) {
	var v stored
	if err := json.Unmarshal(value, &v); err != nil {
		return nil, fmt.Errorf("the record of the saved query %q is damaged: %w", key, err)
	}
	q, err := Parse([]byte(v.Text), key)
	if err != nil {
		return nil, fmt.Errorf("the saved query %q cannot be read: %w", key, err)
	}
	e := entry(q, v.Text, Saved)
	e.Number, e.By, e.At = v.Number, v.By, v.At
	return e, nil
}

// List returns all queries as they count, by title.
func (s *Service) List(ctx context.Context) ([]*Entry, error) {
	var all []*Entry
	err := s.cfg.Records.View(ctx, func(r record.Reader) error {
		all = nil
		records, err := r.Scan(queryRecords, record.Range{})
		for i := range records {
			e, err := readStored(records[i].Key, records[i].Value)
			if err != nil {
				return err
			}
			all = append(all, e)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read saved queries: %w", err)
	}
	for _, e := range s.files.List() {
		if !slices.ContainsFunc(all, func(o *Entry) bool { return o.Query.ID == e.Query.ID }) {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b *Entry) int {
		if c := strings.Compare(strings.ToLower(a.Query.Title), strings.ToLower(b.Query.Title)); c != 0 {
			return c
		}
		return strings.Compare(a.Query.ID, b.Query.ID)
	})
	return all, nil
}

// Get returns a query. The error wraps [ErrNotFound] when there is none.
func (s *Service) Get(ctx context.Context, id string) (*Entry, error) {
	var found *Entry
	err := s.cfg.Records.View(ctx, func(r record.Reader) (err error) {
		found, err = s.lookup(r, id)
		return err
	})
	if err == nil && found == nil {
		err = s.unknown(ctx, id)
	}
	return found, err
}

// lookup finds the query that counts; nil for none.
func (s *Service) lookup(r record.Reader, id string) (*Entry, error) {
	if idForm.MatchString(id) { // others have no record
		found, err := r.Get(queryRecords, id)
		switch {
		case err == nil:
			return readStored(id, found.Value)
		case !errors.Is(err, record.ErrNotFound):
			return nil, fmt.Errorf("cannot read the saved query %q: %w", id, err)
		}
	}
	return s.findFile(id), nil
}

func (s *Service) unknown(ctx context.Context, id string) error {
	hint := "/api/v1/queries lists them"
	if all, err := s.List(ctx); err == nil {
		ids := make([]string, len(all))
		for i, e := range all {
			ids[i] = e.Query.ID
		}
		if near := spell.Nearest(id, ids); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
	}
	return fmt.Errorf("%w: %q; %s", ErrNotFound, yamldoc.Clip(id), hint)
}

// Versions returns what is kept of a query's saved versions, the newest first; the first
// is the one that counts.
func (s *Service) Versions(ctx context.Context, id string) ([]*Entry, error) {
	var all []*Entry
	err := s.cfg.Records.View(ctx, func(r record.Reader) error {
		now, err := s.lookup(r, id)
		if err != nil || now == nil {
			return err
		}
		all = []*Entry{now}
		older, err := r.Scan(versionRecords, record.Range{Prefix: id + "/"})
		for _, o := range slices.Backward(older) {
			e, err := readStored(id, o.Value)
			if err != nil {
				return err
			}
			all = append(all, e)
		}
		return err
	})
	if err == nil && len(all) == 0 {
		err = s.unknown(ctx, id)
	}
	return all, err
}

// Change says who changes a query.
type Change struct {
	User    *query.User
	By      string // as the audit trail has it
	Version string // that it changes; empty: whichever counts
}

// Put saves a query, of YAML or JSON, and returns what counted before; nil for nothing.
// What is wrong with the text or its statement wraps [ErrInvalid]. A query that somebody
// owns only that user changes.
func (s *Service) Put(ctx context.Context, id string, text []byte, c Change) (after, before *Entry, err error) {
	q, err := Parse(text, id+".yaml")
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if q.ID != id {
		return nil, nil, fmt.Errorf("%w: its id is %q, but the address says %q", ErrInvalid, q.ID, id)
	}
	if owner := s.nameOf(c.User); q.Owner != owner {
		q.Owner = owner
		if text, err = Format(q); err != nil {
			return nil, nil, err
		}
	}
	if err := s.try(ctx, q, c.User); err != nil {
		return nil, nil, err
	}
	after = entry(q, string(text), Saved)
	after.By, after.At = c.By, s.cfg.Clock.Now().UTC()
	err = s.cfg.Records.Update(ctx, func(tx record.Tx) (err error) {
		if before, err = s.lookup(tx, id); err != nil {
			return err
		}
		if err := s.may(before, id, &c); err != nil {
			return err
		}
		return put(tx, after, before)
	})
	if err == nil {
		s.rouse()
	}
	return after, before, err
}

// put stores a query, and what counted before as an earlier version.
func put(tx record.Tx, after, before *Entry) error {
	id := after.Query.ID
	after.Number = 1
	older, err := tx.Scan(versionRecords, record.Range{Prefix: id + "/"})
	if err != nil {
		return err
	}
	if n := len(older); n > 0 { // it was saved before, perhaps removed since
		last, err := readStored(id, older[n-1].Value)
		if err != nil {
			return err
		}
		after.Number = last.Number + 1
	}
	if before != nil && before.Origin == Saved {
		after.Number = before.Number + 1
		if err := keep(tx, before, older); err != nil {
			return err
		}
	} else {
		known, err := tx.Scan(queryRecords, record.Range{Limit: maxSaved})
		if err != nil {
			return err
		}
		if len(known) >= maxSaved {
			return fmt.Errorf("%w: %d queries are saved, which is the limit; remove one", ErrFull, maxSaved)
		}
	}
	return write(tx, queryRecords, id, after)
}

// keep stores an earlier version, in the place of the oldest where there are too many.
func keep(tx record.Tx, e *Entry, older []record.Record) error {
	for i := range max(0, len(older)-maxVersions+2) { // the one that counts is one, too
		if err := tx.Delete(versionRecords, older[i].Key); err != nil {
			return err
		}
	}
	return write(tx, versionRecords, fmt.Sprintf("%s/%08d", e.Query.ID, e.Number), e)
}

func write(tx record.Tx, collection, key string, e *Entry) error {
	value, err := json.Marshal(stored{e.Text, e.Number, e.By, e.At})
	if err != nil {
		return fmt.Errorf("cannot write the query %q: %w", e.Query.ID, err)
	}
	_, err = tx.Put(collection, key, value)
	return err
}

// may refuses a change of another version than the one that counts, and of a query that is
// somebody else's.
func (s *Service) may(e *Entry, id string, c *Change) error {
	switch {
	case e == nil && c.Version != "":
		return fmt.Errorf("%w: %q was removed meanwhile", ErrChanged, id)
	case e == nil:
		return nil
	case c.Version != "" && e.Version != c.Version:
		return fmt.Errorf("%w: %q has version %s by now, not %s; read it again", ErrChanged, id, e.Version, yamldoc.Clip(c.Version))
	case s.cfg.Users.Known(e.Query.Owner) && e.Query.Owner != s.nameOf(c.User):
		return fmt.Errorf("%w: %q is that of %s; save yours under another id", ErrOwned, id, e.Query.Owner)
	}
	return nil
}

// nameOf is the owner that a user makes: nobody for one who did not say a name.
func (s *Service) nameOf(u *query.User) string {
	if u == nil || !s.cfg.Users.Known(u.Name) {
		return ""
	}
	return u.Name
}

// Delete removes a saved query; its versions stay, for whoever saves it again. One of a
// file comes back, which is after; nil for none.
func (s *Service) Delete(ctx context.Context, id string, c Change) (before, after *Entry, err error) {
	err = s.cfg.Records.Update(ctx, func(tx record.Tx) (err error) {
		if before, err = s.lookup(tx, id); err != nil {
			return err
		}
		if before == nil || before.Origin != Saved {
			return fmt.Errorf("%w: %q is not saved; what a file brings cannot be removed here", ErrNotFound, yamldoc.Clip(id))
		}
		if err := s.may(before, id, &c); err != nil {
			return err
		}
		older, err := tx.Scan(versionRecords, record.Range{Prefix: id + "/"})
		if err != nil {
			return err
		}
		if err := keep(tx, before, older); err != nil {
			return err
		}
		return tx.Delete(queryRecords, id)
	})
	if err != nil {
		return nil, nil, err
	}
	s.rouse()
	return before, s.findFile(id), nil
}
