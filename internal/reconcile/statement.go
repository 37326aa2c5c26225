package reconcile

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

	"github.com/millrace/millrace/internal/ledger"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/record"
)

// Statement is the ledger of one day of receipt (UTC), as it stood when the day was
// closed. Each names the digest of the one before, so that none can be changed or taken
// away unseen.
type Statement struct {
	Day      string            `json:"day"` // 2026-01-31
	Closed   time.Time         `json:"closed"`
	Sources  []SourceStatement `json:"sources"`
	Total    ledger.Counts     `json:"total"`
	Previous string            `json:"previous"` // digest of the statement before; empty for the first
	Digest   string            `json:"digest"`   // of all above, SHA-256 in hexadecimal
	Signed   []Signature       `json:"signed,omitempty"`
}

// SourceStatement is what became of a source's events of the day.
type SourceStatement struct {
	Source string `json:"source"`
	ledger.Counts
}

// Signature says that somebody has seen a statement and stands by it.
type Signature struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Note   string    `json:"note,omitempty"`
	Digest string    `json:"digest"` // of the statement that was signed
	// Changes are how the ledger of the day differed from the statement when it was
	// signed; the signer has seen them.
	Changes []string `json:"changes,omitempty"`
}

// The kinds of failure that callers act on.
var (
	ErrNoStatement = errors.New("there is no statement of that day")
	ErrUnbalanced  = errors.New("the ledger of that day does not balance")
	ErrSigned      = errors.New("they have signed that statement already")
	ErrBroken      = errors.New("the statements were changed by hand")
)

// Statements closes days and keeps their statements. It is safe for concurrent use.
type Statements struct {
	Records record.Store
	Ledger  Ledger
	Clock   clock.Clock
	// Grace is how long after its end a day is closed.
	Grace time.Duration
	// Retention is that of the ledger's minutes; zero is for ever. A day of which some
	// have expired is neither closed nor compared.
	Retention time.Duration
}

const (
	statements = "ledger_statement"
	// maxDays bounds how many days one call closes.
	maxDays = 366
)

// digest is that of everything but itself and the signatures.
func (s *Statement) digest() string {
	c := *s
	c.Digest, c.Signed = "", nil
	text, err := json.Marshal(&c)
	if err != nil {
		panic("BUG: a statement cannot be encoded: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Close makes the statements of all days that are over and have none, oldest first. It
// returns how many it made.
func (s *Statements) Close(ctx context.Context) (made int, err error) {
	now := s.Clock.Now().UTC()
	until := now.Add(-s.Grace).Truncate(24 * time.Hour)
	all, err := s.List(ctx)
	if err != nil {
		return 0, err
	}
	from := time.Time{}
	previous := ""
	if n := len(all); n > 0 {
		last, err := time.Parse(time.DateOnly, all[n-1].Day)
		if err != nil {
			return 0, fmt.Errorf("%w: one is of the day %q", ErrBroken, all[n-1].Day)
		}
		from, previous = last.AddDate(0, 0, 1), all[n-1].Digest
	}
	days, err := s.days(from, until)
	if err != nil {
		return 0, err
	}
	if len(all) > 0 {
		days = withEmptyDays(days, s.kept(from), until)
	} else if len(days) > 0 {
		first, _ := time.Parse(time.DateOnly, days[0].Day) // formatted by this package
		days = withEmptyDays(days, first, until)
	}
	if len(days) == 0 {
		return 0, nil
	}
	err = s.Records.Update(ctx, func(tx record.Tx) error {
		made = 0
		for _, d := range days {
			d.Closed, d.Previous = now, previous
			d.Digest = d.digest()
			previous = d.Digest
			if err := put(tx, &d); err != nil {
				return err
			}
			made++
		}
		return nil
	})
	return made, err
}

// withEmptyDays adds the days of [from, until) on which nothing was received, and keeps the
// first maxDays. Records that waited in a spool come into the ledger later, at the minute of
// their receipt: without a statement that says "nothing", nobody would see the difference.
func withEmptyDays(days []Statement, from, until time.Time) []Statement {
	var all []Statement
	for day := from; day.Before(until) && len(all) < maxDays; day = day.AddDate(0, 0, 1) {
		name := day.Format(time.DateOnly)
		if len(days) > 0 && days[0].Day == name {
			all, days = append(all, days[0]), days[1:]
			continue
		}
		all = append(all, Statement{Day: name, Sources: []SourceStatement{}})
	}
	return all
}

// days sums the ledger's minutes of each day of [from, until) up. Days on which nothing
// was received are left out. A zero from is the beginning.
func (s *Statements) days(from, until time.Time) ([]Statement, error) {
	if from = s.kept(from); !from.Before(until) {
		return nil, nil
	}
	var rows []ledger.Row
	err := s.Ledger.LedgerAt(func(l *ledger.Ledger, _ map[int32]int64) (err error) {
		rows, err = l.Rows(ledger.ByMinute, ledger.Filter{From: from, To: until})
		return err
	})
	if err != nil {
		return nil, err
	}
	byDay := make(map[string]*Statement)
	for _, r := range rows {
		day := r.At.Format(time.DateOnly)
		st, ok := byDay[day]
		if !ok {
			st = &Statement{Day: day}
			byDay[day] = st
		}
		st.add(r.Source, r.Counts)
	}
	out := make([]Statement, 0, len(byDay))
	for _, st := range byDay {
		out = append(out, *st)
	}
	slices.SortFunc(out, func(a, b Statement) int { return strings.Compare(a.Day, b.Day) })
	return out, nil
}

// kept is from, or the first day after it that the ledger still has all minutes of.
func (s *Statements) kept(from time.Time) time.Time {
	if s.Retention <= 0 {
		return from
	}
	// An hour is left for the minutes at the edge, which go away one by one.
	first := s.Clock.Now().UTC().Add(time.Hour-s.Retention).Truncate(24*time.Hour).AddDate(0, 0, 1)
	if from.Before(first) {
		return first
	}
	return from
}

// add counts a minute. The ledger's rows come by source.
func (s *Statement) add(source string, c ledger.Counts) {
	s.Total.Add(c)
	if n := len(s.Sources); n > 0 && s.Sources[n-1].Source == source {
		s.Sources[n-1].Add(c)
		return
	}
	s.Sources = append(s.Sources, SourceStatement{source, c})
}

func put(tx record.Tx, s *Statement) error {
	text, err := json.Marshal(s)
	if err == nil {
		_, err = tx.Put(statements, s.Day, text)
	}
	if err != nil {
		return fmt.Errorf("cannot keep the statement of %s: %w", s.Day, err)
	}
	return nil
}

// List returns all statements, oldest first.
func (s *Statements) List(ctx context.Context) ([]Statement, error) {
	var all []Statement
	err := s.Records.View(ctx, func(r record.Reader) error {
		records, err := r.Scan(statements, record.Range{})
		all = make([]Statement, len(records))
		for i, one := range records {
			if err := json.Unmarshal(one.Value, &all[i]); err != nil {
				return fmt.Errorf("%w: that of %s cannot be read: %w", ErrBroken, one.Key, err)
			}
		}
		return err
	})
	return all, err
}

// Get returns the statement of a day, and how the ledger of the day differs from it now.
func (s *Statements) Get(ctx context.Context, day string) (*Statement, []string, error) {
	st, err := s.read(ctx, day)
	if err != nil {
		return nil, nil, err
	}
	changes, err := s.changes(st)
	return st, changes, err
}

func (s *Statements) read(ctx context.Context, day string) (*Statement, error) {
	st := new(Statement)
	err := s.Records.View(ctx, func(r record.Reader) error {
		one, err := r.Get(statements, day)
		if err == nil {
			err = json.Unmarshal(one.Value, st)
		}
		return err
	})
	if errors.Is(err, record.ErrNotFound) {
		return nil, fmt.Errorf("%w: %s", ErrNoStatement, day)
	}
	return st, err
}

// changes are how the ledger of the day differs from its statement: what was quarantined
// then may have been repaired since. A day that the ledger no longer has by the minute
// differs in nothing.
func (s *Statements) changes(st *Statement) ([]string, error) {
	from, err := time.Parse(time.DateOnly, st.Day)
	if err != nil {
		return nil, fmt.Errorf("%w: one is of the day %q", ErrBroken, st.Day)
	}
	now, err := s.days(from, from.AddDate(0, 0, 1))
	if err != nil || len(now) == 0 {
		return nil, err
	}
	held := make(map[string]ledger.Counts)
	for _, one := range now[0].Sources {
		held[one.Source] = one.Counts
	}
	var out []string
	for _, one := range st.Sources {
		if now := held[one.Source]; now != one.Counts {
			out = append(out, fmt.Sprintf("%s: %s then, %s now", one.Source, brief(one.Counts), brief(now)))
		}
		delete(held, one.Source)
	}
	for source, c := range held {
		out = append(out, fmt.Sprintf("%s: nothing then, %s now", source, brief(c)))
	}
	slices.Sort(out)
	return out, nil
}

// Sign adds a signature to a statement. One that does not balance is signed with a note
// only, that says why.
func (s *Statements) Sign(ctx context.Context, day, by, note string) (*Statement, error) {
	st, changes, err := s.Get(ctx, day)
	if err != nil {
		return nil, err
	}
	if !st.Total.Balanced() && note == "" {
		return nil, fmt.Errorf("%w: %s; sign it with a note that says why", ErrUnbalanced, brief(st.Total))
	}
	err = s.Records.Update(ctx, func(tx record.Tx) error {
		one, err := tx.Get(statements, day)
		if err == nil {
			*st = Statement{}
			err = json.Unmarshal(one.Value, st)
		}
		if err != nil {
			return err
		}
		if slices.ContainsFunc(st.Signed, func(g Signature) bool { return g.By == by && slices.Equal(g.Changes, changes) }) {
			return fmt.Errorf("%w: %s", ErrSigned, by)
		}
		if len(st.Signed) >= maxSignatures {
			return fmt.Errorf("%w: it has %d signatures, as many as it may", ErrSigned, len(st.Signed))
		}
		st.Signed = append(st.Signed, Signature{By: by, At: s.Clock.Now().UTC(), Note: note, Digest: st.Digest, Changes: changes})
		return put(tx, st)
	})
	return st, err
}

const maxSignatures = 100

// Verify checks that every statement is as it was made, and that none is missing between
// two.
func (s *Statements) Verify(ctx context.Context) (checked int, err error) {
	all, err := s.List(ctx)
	if err != nil {
		return 0, err
	}
	previous := ""
	for i := range all {
		st := &all[i]
		switch {
		case st.digest() != st.Digest:
			return i, fmt.Errorf("%w: that of %s is not what was closed", ErrBroken, st.Day)
		case st.Previous != previous:
			return i, fmt.Errorf("%w: a statement before that of %s is missing or was made anew", ErrBroken, st.Day)
		}
		for _, g := range st.Signed {
			if g.Digest != st.Digest {
				return i, fmt.Errorf("%w: %s signed another statement of %s", ErrBroken, g.By, st.Day)
			}
		}
		previous = st.Digest
	}
	return len(all), nil
}
