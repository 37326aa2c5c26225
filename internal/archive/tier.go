package archive

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/store/lake"
	"github.com/millrace/millrace/internal/store/olap"
)

const (
	// shiftRows bounds the rows that leave the store in one transaction, which a commit
	// of the pass waits for.
	shiftRows = 500_000
	// groupFiles is how many files cost a query that opens them as much as one more branch
	// of a view costs every query: 16 times 70 µs are 1.1 ms of planning.
	groupFiles = 16
)

// Tier lets go of rows in the store that are old and in the lake, and makes it read from
// the files that the lake has now.
func (s *Service) Tier(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shiftTo(ctx, nil)
}

func (s *Service) tier(ctx context.Context) (Did, error) {
	if err := s.Tier(ctx); err != nil {
		return Did{}, fmt.Errorf("cannot move old rows to the lake: %w", err)
	}
	return Did{}, nil
}

// shiftTo moves the seam to where the policy wants it, in steps. The events that are
// erased leave the store with the first. mu is held.
func (s *Service) shiftTo(ctx context.Context, erased []olap.Coordinates) error {
	now, err := s.cfg.Store.Seam(ctx)
	if err != nil {
		return err
	}
	want, err := s.wanted(ctx, now.Below)
	if err != nil || want.IsZero() && len(erased) == 0 {
		return err
	}
	next, err := s.filesFor(ctx, want)
	if err != nil || next == nil {
		return err
	}
	next.Erased = erased
	if same(&now, next) {
		return nil
	}
	for next.Below = now.Below; ; next.Erased = nil {
		if next.Below, err = s.reach(ctx, next.Below, want); err != nil {
			return err
		}
		if err := s.cfg.Store.Shift(ctx, *next); err != nil {
			return err
		}
		if !next.Below.Before(want) {
			return nil
		}
	}
}

// wanted is where the seam should be: the hot span behind the newest row that is not of
// the future, never behind where it is.
func (s *Service) wanted(ctx context.Context, now time.Time) (time.Time, error) {
	if s.cfg.Hot == 0 {
		return now, nil
	}
	newest, err := s.newest(ctx, eventsTable, "event_time")
	if err != nil || newest.IsZero() {
		return now, err
	}
	below := lake.Day.Start(newest.Add(-s.cfg.Hot))
	if below.Before(now) {
		below = now
	}
	return below, nil
}

// newest is the time of the newest row of a table that is not of the future. It is rows'
// own time, not the clock's, by which ages are told: the replay of an old year is not old.
func (s *Service) newest(ctx context.Context, table, column string) (time.Time, error) {
	rows, err := s.rows(ctx, fmt.Sprintf("SELECT max(%s) FROM %s WHERE %[1]s <= %[3]s", quote(column), quote(table), timestamp(s.cfg.Clock.Now())))
	if err != nil {
		return time.Time{}, err
	}
	at, _ := rows[0][0].(time.Time)
	return at, nil
}

// reach is how far a step of the seam goes: as far as few rows leave the store.
func (s *Service) reach(ctx context.Context, from, to time.Time) (time.Time, error) {
	if !from.Before(to) {
		return to, nil
	}
	var times []string
	for _, name := range together() {
		times = append(times, fmt.Sprintf("SELECT event_time FROM %s WHERE event_time < %s", olap.OwnRows(name), timestamp(to)))
	}
	rows, err := s.rows(ctx, fmt.Sprintf(`SELECT min(h) FROM (SELECT h, sum(n) OVER (ORDER BY h) AS below FROM
(SELECT date_trunc('hour', event_time)::TIMESTAMP + INTERVAL 1 HOUR AS h, count(*) AS n FROM (%s) GROUP BY 1)) WHERE below > %d`,
		strings.Join(times, " UNION ALL "), shiftRows))
	if err != nil {
		return time.Time{}, err
	}
	if at, ok := rows[0][0].(time.Time); ok && at.Before(to) {
		return at, nil
	}
	return to, nil
}

// filesFor returns the files that hold what happened before a time. It is nil while the
// tables that move together are not at one position, or the lake is ahead of the store.
func (s *Service) filesFor(ctx context.Context, below time.Time) (*olap.Seam, error) {
	seam := &olap.Seam{Below: below}
	var at *lake.Positions
	for _, name := range together() {
		state, err := s.cfg.Lake.Load(ctx, name, lake.Version{})
		if err != nil {
			return nil, err
		}
		if at != nil && !equal(*at, state.Snapshot.Positions) {
			return nil, nil
		}
		at = &state.Snapshot.Positions
		table, err := s.fileTable(ctx, state, below)
		if err != nil {
			return nil, err
		}
		seam.Tables = append(seam.Tables, *table)
	}
	seam.Offsets = at.Offsets
	stored, err := s.cfg.Store.Positions(ctx)
	if err != nil {
		return nil, err
	}
	for p, next := range seam.Offsets {
		if stored.Offsets[p] < next {
			return nil, nil
		}
	}
	return seam, nil
}

// fileTable is what is read of a table from files.
func (s *Service) fileTable(ctx context.Context, state *lake.State, below time.Time) (*olap.FileTable, error) {
	if err := state.Readable(); err != nil {
		return nil, err
	}
	t := &olap.FileTable{Name: state.Name}
	for _, c := range state.Columns {
		if name := declaredOf(state, c.ID); name != "" {
			t.Columns = append(t.Columns, olap.FileColumn{Name: name, ID: c.ID})
		}
	}
	for _, f := range state.Files {
		switch {
		case f.From.IsZero() || !f.From.Before(below): // rows without a time stay in the store
			continue
		case len(f.Deletes) > 0:
			return nil, fmt.Errorf("rows of %q are deleted, and the file is not written again yet: run millrace lake compact %s", f.Path, state.Name)
		}
		if err := s.cfg.Files.Fetch(ctx, []lake.File{f}); err != nil {
			return nil, err
		}
		name, err := filepath.Rel(s.cfg.Dir, f.Path)
		if err != nil {
			return nil, err
		}
		last := len(t.Groups) - 1
		if last < 0 || !t.Groups[last].From.Equal(f.From) {
			t.Groups = append(t.Groups, olap.FileGroup{From: f.From, To: f.To})
			last++
		}
		t.Groups[last].Files = append(t.Groups[last].Files, name)
	}
	t.Groups = merged(t.Groups)
	return t, nil
}

// merged joins neighbouring groups, so that planning all branches and opening the files of
// one cost the least together: n branches over N files cost n + N/n/groupFiles.
func merged(groups []olap.FileGroup) []olap.FileGroup {
	files := 0
	for _, g := range groups {
		files += len(g.Files)
	}
	most := max(1, int(math.Sqrt(float64(files)/groupFiles)))
	var out []olap.FileGroup
	for _, g := range groups {
		last := len(out) - 1
		if last < 0 || (len(out) < most && len(out[last].Files) >= (files+most-1)/most) {
			out = append(out, olap.FileGroup{From: g.From})
			last++
		}
		out[last].To = g.To
		out[last].Files = append(out[last].Files, g.Files...)
	}
	return out
}

// same reports whether a shift would change nothing. A position that moved is no reason
// to shift, unless late rows went to the lake.
func same(now, next *olap.Seam) bool {
	return len(next.Erased) == 0 && now.Below.Equal(next.Below) && len(now.Tables) == len(next.Tables) &&
		slices.EqualFunc(now.Tables, next.Tables, func(a, b olap.FileTable) bool {
			return slices.Equal(a.Columns, b.Columns) && slices.EqualFunc(a.Groups, b.Groups, func(a, b olap.FileGroup) bool { return slices.Equal(a.Files, b.Files) })
		})
}
