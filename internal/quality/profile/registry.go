package profile

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/record"
)

// Collections of the record store. Keys are day/source/type, escaped as in an URL.
const (
	tablesIn    = "profiles"
	summariesIn = "profile_summaries"
)

// ErrNotFound says that there is no such profile.
var ErrNotFound = errors.New("there is no profile")

const (
	saveTimeout = 10 * time.Second // of the last collection, at the end
	maxScan     = 100_000
)

// Config is what a registry is made of.
type Config struct {
	Store    record.Store
	Interval time.Duration // between two collections
	Days     int           // that profiles are kept
	Clock    clock.Clock
	Logger   *slog.Logger
}

// Registry brings the samples of the observers together, and keeps them. All methods are
// safe for concurrent use.
type Registry struct {
	cfg Config

	mu        sync.Mutex // is taken before those of observers
	observers map[int32]*Observer
	day       string
	set       set
	dirty     map[pair]bool // what the store does not have yet

	saving sync.Mutex // one at a time, so that an older state does not replace a newer
}

// Open reads what there is of the day, which goes on.
func Open(ctx context.Context, cfg Config) (*Registry, error) {
	r := &Registry{cfg: cfg, observers: make(map[int32]*Observer), dirty: make(map[pair]bool)}
	r.day = r.today()
	err := cfg.Store.View(ctx, func(tx record.Reader) error {
		r.set = set{}
		records, err := tx.Scan(tablesIn, record.Range{Prefix: r.day + "/", Limit: maxTables})
		if err != nil {
			return err
		}
		for _, one := range records {
			if _, err := r.set.decode(one.Value); err != nil {
				return fmt.Errorf("%q: %w", one.Key, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read profiles from the record store: %w", err)
	}
	return r, nil
}

func (r *Registry) today() string { return r.cfg.Clock.Now().UTC().Format(time.DateOnly) }

// Observer makes the observer of a partition's task.
func (r *Registry) Observer(partition int32) *Observer {
	o := &Observer{clock: r.cfg.Clock, at: r.cfg.Clock.Now().UnixMicro(), budget: burst}
	r.mu.Lock()
	defer r.mu.Unlock()
	if before := r.observers[partition]; before != nil {
		r.gatherFrom(before)
	}
	r.observers[partition] = o
	return o
}

// Run collects every interval until ctx ends, and then once more.
func (r *Registry) Run(ctx context.Context) error {
	ticker := r.cfg.Clock.NewTicker(r.cfg.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
			defer cancel()
			r.report(r.Collect(last))
			return nil
		case <-ticker.C:
			r.report(r.Collect(ctx))
		}
	}
}

func (r *Registry) report(err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		r.cfg.Logger.Error("profiles of columns could not be kept; it is tried again", "error", err)
	}
}

// Collect brings together what the observers have, and keeps it. Profiles of days that
// are too old are removed when a day begins.
func (r *Registry) Collect(ctx context.Context) error {
	r.saving.Lock()
	defer r.saving.Unlock()
	r.mu.Lock()
	r.gather()
	day, today := r.day, r.today()
	writes, err := r.encode()
	r.mu.Unlock()
	if err != nil {
		return err
	}
	if len(writes) > 0 || day != today {
		if err := r.cfg.Store.Update(ctx, func(tx record.Tx) error { return r.write(tx, writes, today) }); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range writes {
		if t := r.set.tables[w.pair]; t.rows == w.rows { // else it has grown meanwhile
			delete(r.dirty, w.pair)
		}
	}
	if day != today && len(r.dirty) == 0 {
		r.day, r.set = today, set{}
	}
	return nil
}

// gather takes what the observers have. The caller holds mu.
func (r *Registry) gather() {
	for _, o := range r.observers {
		r.gatherFrom(o)
	}
}

func (r *Registry) gatherFrom(o *Observer) {
	taken := o.take()
	r.set.merge(&taken)
	for p := range taken.tables {
		if r.set.tables[p] != nil {
			r.dirty[p] = true
		}
	}
}

// writing is a table on its way to the store.
type writing struct {
	pair    pair
	key     string
	rows    int64
	table   []byte
	summary []byte
}

// encode writes what has changed. The caller holds mu.
func (r *Registry) encode() ([]writing, error) {
	var writes []writing
	for p := range r.dirty {
		t := r.set.tables[p]
		text, err := t.encode()
		if err != nil {
			return nil, fmt.Errorf("cannot write the profile of %q, %q: %w", p.source, p.typ, err)
		}
		summary, err := json.Marshal(t.summary())
		if err != nil {
			return nil, err
		}
		writes = append(writes, writing{p, keyOf(r.day, p), t.rows, text, summary})
	}
	return writes, nil
}

func (t *table) summary() Summary {
	return Summary{Source: t.pair.source, Type: t.pair.typ, Rows: t.rows, Sampled: t.sampled, Columns: t.used()}
}

func keyOf(day string, p pair) string {
	return day + "/" + url.PathEscape(p.source) + "/" + url.PathEscape(p.typ)
}

func (r *Registry) write(tx record.Tx, writes []writing, today string) error {
	for _, w := range writes {
		if _, err := tx.Put(tablesIn, w.key, w.table); err != nil {
			return err
		}
		if _, err := tx.Put(summariesIn, w.key, w.summary); err != nil {
			return err
		}
	}
	records, err := tx.Scan(summariesIn, record.Range{Limit: maxTables}) // the oldest first
	if err != nil {
		return err
	}
	begin, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return err
	}
	oldest := begin.AddDate(0, 0, 1-r.cfg.Days).Format(time.DateOnly)
	for _, one := range records {
		if one.Key >= oldest {
			break
		}
		if err := errors.Join(tx.Delete(tablesIn, one.Key), tx.Delete(summariesIn, one.Key)); err != nil {
			return err
		}
	}
	return nil
}

// List returns what there are profiles of, by source and type.
func (r *Registry) List(ctx context.Context) ([]Summary, error) {
	var records []record.Record
	err := r.cfg.Store.View(ctx, func(tx record.Reader) (err error) {
		records, err = tx.Scan(summariesIn, record.Range{Limit: maxScan})
		return err
	})
	if err != nil {
		return nil, err
	}
	all := make(map[pair]*Summary)
	add := func(day string, one Summary) {
		p := pair{one.Source, one.Type}
		if before := all[p]; before != nil {
			one.Days = before.Days
		}
		if one.Days = append(one.Days, day); len(one.Days) > 1 && one.Days[len(one.Days)-2] == day {
			one.Days = one.Days[:len(one.Days)-1]
		}
		all[p] = &one
	}
	for _, rec := range records {
		var one Summary
		if err := json.Unmarshal(rec.Value, &one); err != nil {
			return nil, fmt.Errorf("cannot read the profile %q: %w", rec.Key, err)
		}
		day, _, _ := strings.Cut(rec.Key, "/")
		add(day, one)
	}
	r.mu.Lock()
	r.gather()
	for _, t := range r.set.tables {
		add(r.day, t.summary())
	}
	r.mu.Unlock()
	out := make([]Summary, 0, len(all))
	for _, one := range all {
		slices.Reverse(one.Days)
		out = append(out, *one)
	}
	slices.SortFunc(out, func(a, b Summary) int {
		return cmp.Or(strings.Compare(a.Source, b.Source), strings.Compare(a.Type, b.Type))
	})
	return out, nil
}

// Profile returns the profile of a day, or the newest one with an empty day. The error
// wraps [ErrNotFound].
func (r *Registry) Profile(ctx context.Context, source, typ, day string) (*Profile, error) {
	var p *Profile
	err := r.with(ctx, pair{source, typ}, day, func(day string, t *table) { p = t.profile(day) })
	return p, err
}

// Suggest proposes rules and checks. The error wraps [ErrNotFound].
func (r *Registry) Suggest(ctx context.Context, source, typ, day string) (*Suggestion, error) {
	var s *Suggestion
	err := r.with(ctx, pair{source, typ}, day, func(day string, t *table) { s = t.suggest(day) })
	return s, err
}

// with calls use with a table: that in memory, or one of the store.
func (r *Registry) with(ctx context.Context, p pair, day string, use func(day string, t *table)) error {
	if r.useLive(p, day, use) {
		return nil
	}
	if day == "" {
		var err error
		if day, err = r.newest(ctx, p); err != nil {
			return err
		}
	}
	var stored record.Record
	err := r.cfg.Store.View(ctx, func(tx record.Reader) (err error) {
		stored, err = tx.Get(tablesIn, keyOf(day, p))
		return err
	})
	if errors.Is(err, record.ErrNotFound) {
		return fmt.Errorf("%w of source %q, type %q on %s; 'millrace profile list' shows those there are", ErrNotFound, p.source, p.typ, day)
	}
	if err != nil {
		return err
	}
	var s set
	t, err := s.decode(stored.Value)
	if err != nil {
		return err
	}
	use(day, t)
	return nil
}

func (r *Registry) useLive(p pair, day string, use func(day string, t *table)) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gather()
	t := r.set.tables[p]
	if t == nil || day != "" && day != r.day {
		return false
	}
	use(r.day, t)
	return true
}

func (r *Registry) newest(ctx context.Context, p pair) (string, error) {
	all, err := r.List(ctx)
	if err != nil {
		return "", err
	}
	for _, one := range all {
		if one.Source == p.source && one.Type == p.typ {
			return one.Days[0], nil
		}
	}
	return "", fmt.Errorf("%w of source %q, type %q; 'millrace profile list' shows those there are", ErrNotFound, p.source, p.typ)
}
