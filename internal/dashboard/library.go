package dashboard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/store/record"
)

// Origin is where a dashboard comes from.
type Origin string

// The origins. A saved dashboard counts before a file of its id, and a file before the
// platform's.
const (
	OfPlatform Origin = "platform"
	OfFile     Origin = "file"
	Saved      Origin = "saved"
)

// Entry is a dashboard as it counts.
type Entry struct {
	Board   *Board
	Text    string // as YAML
	Origin  Origin
	Version string // of the text
	File    string // empty for a saved one
}

func entry(b *Board, text string, origin Origin, file string) *Entry {
	sum := sha256.Sum256([]byte(text))
	return &Entry{Board: b, Text: text, Origin: origin, Version: hex.EncodeToString(sum[:8]), File: file}
}

// What callers act on.
var (
	ErrNotFound = errors.New("there is no such dashboard")
	ErrChanged  = errors.New("the dashboard has changed")
	ErrInvalid  = errors.New("not a dashboard")
	ErrFull     = errors.New("there are too many")
)

const (
	boardCollection = "dashboard"
	maxSaved        = 500
)

// savedBoard is the record of a saved dashboard.
type savedBoard struct {
	Text string `json:"text"`
}

// List returns all dashboards as they count: the platform's in their order, then by title.
func (s *Service) List(ctx context.Context) ([]*Entry, error) {
	var saved []*Entry
	err := s.cfg.Records.View(ctx, func(r record.Reader) error {
		saved = nil
		records, err := r.Scan(boardCollection, record.Range{})
		for i := range records {
			e, err := readSaved(&records[i])
			if err != nil {
				return err
			}
			saved = append(saved, e)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read saved dashboards: %w", err)
	}
	var all []*Entry
	add := func(e *Entry) {
		if !slices.ContainsFunc(all, func(o *Entry) bool { return o.Board.ID == e.Board.ID }) {
			all = append(all, e)
		}
	}
	for _, e := range slices.Concat(saved, s.files.List(), builtIn()) {
		add(e)
	}
	slices.SortFunc(all, func(a, b *Entry) int {
		if x, y := rank(a.Board.ID), rank(b.Board.ID); x != y {
			return x - y
		}
		return strings.Compare(a.Board.Title, b.Board.Title)
	})
	return all, nil
}

func readSaved(r *record.Record) (*Entry, error) {
	var v savedBoard
	if err := json.Unmarshal(r.Value, &v); err != nil {
		return nil, fmt.Errorf("the record of the dashboard %q is damaged: %w", r.Key, err)
	}
	// What metrics there are may have changed since; its charts tell.
	b, err := Parse([]byte(v.Text), r.Key, nil)
	if err != nil {
		return nil, fmt.Errorf("the saved dashboard %q cannot be read: %w", r.Key, err)
	}
	return entry(b, v.Text, Saved, ""), nil
}

// Get returns a dashboard. The error wraps [ErrNotFound] when there is none.
func (s *Service) Get(ctx context.Context, id string) (*Entry, error) {
	var found *Entry
	err := s.cfg.Records.View(ctx, func(r record.Reader) (err error) {
		found, err = s.lookup(r, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, s.unknown(ctx, id)
	}
	return found, nil
}

// lookup finds the dashboard that counts; nil for none.
func (s *Service) lookup(r record.Reader, id string) (*Entry, error) {
	if idForm.MatchString(id) { // others have no record
		saved, err := r.Get(boardCollection, id)
		switch {
		case err == nil:
			return readSaved(&saved)
		case !errors.Is(err, record.ErrNotFound):
			return nil, fmt.Errorf("cannot read the dashboard %q: %w", id, err)
		}
	}
	return s.declared(id), nil
}

// declared is the dashboard of a file, or of the platform; nil for none.
func (s *Service) declared(id string) *Entry {
	for _, e := range slices.Concat(s.files.List(), builtIn()) {
		if e.Board.ID == id {
			return e
		}
	}
	return nil
}

func (s *Service) unknown(ctx context.Context, id string) error {
	hint := "/api/v1/dashboards lists them"
	if all, err := s.List(ctx); err == nil {
		ids := make([]string, len(all))
		for i, e := range all {
			ids[i] = e.Board.ID
		}
		if near := spell.Nearest(id, ids); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
	}
	return fmt.Errorf("%w: %q; %s", ErrNotFound, clip(id), hint)
}

// Put saves a dashboard, of YAML or JSON. Where version is not empty, the one that counts
// must have it, or the error wraps [ErrChanged]. It returns what counted before; nil for
// nothing. What is wrong with the text wraps [ErrInvalid].
func (s *Service) Put(ctx context.Context, id string, text []byte, version string) (after, before *Entry, err error) {
	b, err := Parse(text, id+".yaml", s.cfg.Catalogue.Catalog())
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if b.ID != id {
		return nil, nil, fmt.Errorf("%w: its id is %q, but the address says %q", ErrInvalid, b.ID, id)
	}
	after = entry(b, string(text), Saved, "")
	value, err := json.Marshal(savedBoard{Text: after.Text})
	if err != nil {
		return nil, nil, fmt.Errorf("cannot write the dashboard %q: %w", id, err)
	}
	err = s.cfg.Records.Update(ctx, func(tx record.Tx) (err error) {
		if before, err = s.lookup(tx, id); err != nil {
			return err
		}
		if err := same(before, id, version); err != nil {
			return err
		}
		if before == nil || before.Origin != Saved {
			known, err := tx.Scan(boardCollection, record.Range{Limit: maxSaved})
			if err != nil {
				return err
			}
			if len(known) >= maxSaved {
				return fmt.Errorf("%w: %d dashboards are saved, which is the limit; remove one", ErrFull, maxSaved)
			}
		}
		_, err = tx.Put(boardCollection, id, value)
		return err
	})
	return after, before, err
}

// same refuses a change of another version than the one that counts.
func same(e *Entry, id, version string) error {
	switch {
	case version == "":
		return nil
	case e == nil:
		return fmt.Errorf("%w: %q was removed meanwhile", ErrChanged, id)
	case e.Version != version:
		return fmt.Errorf("%w: %q has version %s by now, not %s; read it again", ErrChanged, id, e.Version, clip(version))
	}
	return nil
}

// Delete removes a saved dashboard. One of a file or of the platform comes back, which is
// after; nil for none.
func (s *Service) Delete(ctx context.Context, id, version string) (before, after *Entry, err error) {
	err = s.cfg.Records.Update(ctx, func(tx record.Tx) (err error) {
		if before, err = s.lookup(tx, id); err != nil {
			return err
		}
		if err := same(before, id, version); err != nil {
			return err
		}
		if before == nil || before.Origin != Saved {
			return fmt.Errorf("%w: %q is not saved; what a file or the platform brings cannot be removed here", ErrNotFound, clip(id))
		}
		return tx.Delete(boardCollection, id)
	})
	if err != nil {
		return nil, nil, err
	}
	return before, s.declared(id), nil
}
