package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/millrace/millrace/internal/store/lake"
	"github.com/millrace/millrace/internal/store/olap"
)

// Status says what the service does and did.
type Status struct {
	Flushed time.Time // when the newest flush ended
	Rows    int64     // written to the lake since the start
	Failed  string    // why the last round failed; empty: it did not
	Next    time.Time // when the next round is due, unless many rows wait before
	Work    []Work    // the steps of a round, in their order
}

// Work is a step of the rounds in the background.
type Work struct {
	Step   string
	At     time.Time     // when it ended last; zero: it did not run yet
	Took   time.Duration // then
	Total  time.Duration // since the start of the process
	Did    Did           // since the start of the process
	Failed string        // why it failed last; empty: it did not
}

// Did is what steps did.
type Did struct {
	Rows      int64
	Files     int
	Bytes     int64 // of the files
	Snapshots int
}

func (d *Did) add(o Did) {
	d.Rows += o.Rows
	d.Files += o.Files
	d.Bytes += o.Bytes
	d.Snapshots += o.Snapshots
}

// steps are the names of the steps of a round.
var steps = [...]string{"flush", "expire_rows", "compact", "tier", "clean_up"}

// track runs a step, and notes how it went.
func (s *Service) track(ctx context.Context, step int, do func(context.Context) (Did, error)) error {
	start := s.cfg.Clock.Now()
	did, err := do(ctx)
	end := s.cfg.Clock.Now()
	s.note(func(st *Status) {
		w := &st.Work[step]
		w.At, w.Took, w.Failed = end, end.Sub(start), ""
		w.Total += w.Took
		w.Did.add(did)
		if err != nil {
			w.Failed = err.Error()
		}
	})
	return err
}

// Status returns what the service does and did.
func (s *Service) Status() Status {
	s.statusMu.Lock()
	defer s.statusMu.Unlock()
	st := s.status
	st.Work = slices.Clone(st.Work)
	for i := range st.Work {
		st.Work[i].Step = steps[i]
	}
	return st
}

func (s *Service) note(f func(*Status)) {
	s.statusMu.Lock()
	defer s.statusMu.Unlock()
	f(&s.status)
}

// Tiers says where events rest, and what the policy does with them next. Times are of the
// events; the zero value stands for none.
type Tiers struct {
	Waiting int64     // records of the log that the lake lacks
	Hot     int64     // events in the store
	First   time.Time // of these
	Cold    int64     // events that are read from the lake
	Oldest  time.Time // start of the oldest partition of the lake
	Below   time.Time // events of before are read from the lake
	Newest  time.Time
	// Next is where Below goes in the next round.
	Next time.Time
	// Expires is the time of which the lake lets partitions go that end before.
	Expires time.Time
}

// Tiers looks where events rest.
func (s *Service) Tiers(ctx context.Context) (t Tiers, err error) {
	seam, err := s.cfg.Store.Seam(ctx)
	if err != nil {
		return t, err
	}
	t.Below = seam.Below
	if t.Next, err = s.wanted(ctx, seam.Below); err != nil {
		return t, err
	}
	if t.Newest, err = s.newest(ctx, eventsTable, "event_time"); err != nil {
		return t, err
	}
	if keep := s.cfg.Keep[eventsTable]; keep > 0 && !t.Newest.IsZero() {
		t.Expires = t.Newest.Add(-keep)
	}
	if t.Hot, t.First, err = s.hot(ctx); err != nil {
		return t, err
	}
	if t.Waiting, err = s.waiting(ctx); err != nil {
		return t, err
	}
	state, err := s.cfg.Lake.Load(ctx, eventsTable, lake.Version{})
	if errors.Is(err, lake.ErrNoTable) {
		return t, nil // it is made with its first rows
	}
	if err != nil {
		return t, err
	}
	if i := slices.IndexFunc(state.Files, func(f lake.File) bool { return !f.From.IsZero() }); i >= 0 {
		t.Oldest = state.Files[i].From
	}
	t.Cold, err = s.countBelow(ctx, state, seam.Below)
	return t, err
}

// hot counts the events in the store, and says when the first of them happened.
func (s *Service) hot(ctx context.Context) (n int64, first time.Time, err error) {
	rows, err := s.rows(ctx, "SELECT count(*), min(event_time) FROM "+olap.OwnRows(eventsTable))
	if err != nil {
		return 0, time.Time{}, err
	}
	n, _ = rows[0][0].(int64)
	first, _ = rows[0][1].(time.Time)
	return n, first, nil
}

// countBelow counts the rows of a table of the lake from before a time: by what the files
// say, except those whose partition the time is in.
func (s *Service) countBelow(ctx context.Context, state *lake.State, below time.Time) (int64, error) {
	var n int64
	var cut []lake.File
	for _, f := range state.Files {
		switch {
		case f.From.IsZero() || !f.From.Before(below):
		case f.To.After(below):
			cut = append(cut, f)
		default:
			n += f.Rows
			for _, d := range f.Deletes {
				n -= d.Rows
			}
		}
	}
	if len(cut) == 0 {
		return n, nil
	}
	if err := s.cfg.Files.Fetch(ctx, cut); err != nil {
		return 0, err
	}
	column := "event_time"
	for _, c := range state.Columns {
		if declaredOf(state, c.ID) == column {
			column = c.Name // it may be called otherwise by now
			break
		}
	}
	rows, err := s.count(ctx, fileRows(state, cut), quote(column)+" < "+timestamp(below))
	return n + rows, err
}

func (s *Service) count(ctx context.Context, from, where string) (int64, error) {
	rows, err := s.rows(ctx, fmt.Sprintf("SELECT count(*) FROM %s WHERE %s", from, where))
	if err != nil {
		return 0, err
	}
	n, _ := rows[0][0].(int64)
	return n, nil
}

// Policy is what the service goes by, as [Config] has it.
type Policy struct {
	FlushInterval time.Duration
	FlushRows     int64
	Hot           time.Duration
	Keep          map[string]time.Duration
	FileBytes     int64
	Snapshots     time.Duration
	Grace         time.Duration
}

// Policy returns what the service goes by.
func (s *Service) Policy() Policy {
	c := &s.cfg
	return Policy{c.FlushInterval, c.FlushRows, c.Hot, c.Keep, c.FileBytes, c.Snapshots, c.Grace}
}
