package saved

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/internal/store/record"
)

// Outcome is what became of a run.
type Outcome string

// The outcomes.
const (
	Sent      Outcome = "sent"      // the result is on its way to the targets
	Empty     Outcome = "empty"     // not sent: it has no rows
	Unchanged Outcome = "unchanged" // not sent: it is what was sent last
	Failed    Outcome = "failed"    // there is none; the targets are told why
)

// Run is a run of a schedule.
type Run struct {
	Due       time.Time     `json:"due"`
	Started   time.Time     `json:"started"`
	Elapsed   time.Duration `json:"elapsed"`
	Outcome   Outcome       `json:"outcome"`
	Error     string        `json:"error,omitempty"`
	Rows      int           `json:"rows"`
	Truncated bool          `json:"truncated,omitempty"`
	Missed    int           `json:"missed,omitempty"` // times before Due that passed without a run
	Attempts  int           `json:"attempts"`
	By        string        `json:"by,omitempty"` // who asked for it; empty: the schedule
	Version   string        `json:"version"`      // of the query
	Targets   []string      `json:"targets,omitempty"`
}

// state is the record of a schedule.
type state struct {
	Spec   string    `json:"spec"`   // the times that it is of
	Since  time.Time `json:"since"`  // what came until then is done
	Digest string    `json:"digest"` // of the result that was sent last
	Runs   []Run     `json:"runs"`   // newest last
}

const (
	scheduleRecords = "query.schedule"
	maxRuns         = 100 // that are kept of a schedule
	// longestWait bounds the wait for the next due time, so that a clock that is set
	// does not let one pass.
	longestWait = time.Minute
)

func readState(r record.Reader, id string) (*state, error) {
	found, err := r.Get(scheduleRecords, id)
	if errors.Is(err, record.ErrNotFound) {
		return &state{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the runs of the query %q: %w", id, err)
	}
	st := &state{}
	if err := json.Unmarshal(found.Value, st); err != nil {
		return nil, fmt.Errorf("the runs of the query %q are damaged: %w", id, err)
	}
	return st, nil
}

func (st *state) write(tx record.Tx, id string) error {
	value, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("cannot write the runs of the query %q: %w", id, err)
	}
	_, err = tx.Put(scheduleRecords, id, value)
	return err
}

func (s *Service) state(ctx context.Context, id string) (st *state, err error) {
	err = s.cfg.Records.View(ctx, func(r record.Reader) (err error) {
		st, err = readState(r, id)
		return err
	})
	return st, err
}

// Runs returns the runs of a query's schedule, newest first, and when it is due next; zero
// for never.
func (s *Service) Runs(ctx context.Context, id string) (runs []Run, next time.Time, err error) {
	e, err := s.Get(ctx, id)
	if err != nil {
		return nil, time.Time{}, err
	}
	st, err := s.state(ctx, id)
	if err != nil {
		return nil, time.Time{}, err
	}
	for i := range st.Runs {
		runs = append(runs, st.Runs[len(st.Runs)-1-i])
	}
	next, err = s.Next(e.Query)
	return runs, next, err
}

// Next says when a query is due next; zero for never.
func (s *Service) Next(q *Query) (time.Time, error) {
	if !q.Scheduled() {
		return time.Time{}, nil
	}
	now := s.cfg.Clock.Now()
	d, err := q.Schedule.due(now, now)
	return d.next, err
}

// schedule runs what is due until the context ends.
func (s *Service) schedule(ctx context.Context) {
	for ctx.Err() == nil {
		next, err := s.step(ctx)
		if err != nil && ctx.Err() == nil {
			s.cfg.Logger.Error("the schedules of saved queries cannot be looked at; they are again", slog.Any("error", err))
		}
		wait := longestWait
		if until := next.Sub(s.cfg.Clock.Now()); !next.IsZero() && until < wait {
			wait = max(until, time.Millisecond)
		}
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-s.cfg.Clock.After(wait):
		}
	}
}

// step runs everything that is due, and returns when something is due next; zero for
// never.
func (s *Service) step(ctx context.Context) (next time.Time, err error) {
	all, err := s.List(ctx)
	if err != nil {
		return time.Time{}, err
	}
	var group errgroup.Group
	group.SetLimit(s.cfg.Limits.Parallel)
	for _, e := range all {
		if !e.Query.Scheduled() {
			continue
		}
		d, err := s.begin(ctx, e)
		if err != nil {
			return time.Time{}, errors.Join(err, group.Wait())
		}
		if !d.next.IsZero() && (next.IsZero() || d.next.Before(next)) {
			next = d.next
		}
		if !d.at.IsZero() {
			group.Go(func() error { return s.perform(ctx, e, order{due: d.at, missed: d.missed}) })
		}
	}
	return next, group.Wait()
}

// begin says what of a schedule is due. One that is new, or has other times than before,
// begins now.
func (s *Service) begin(ctx context.Context, e *Entry) (due, error) {
	now := s.cfg.Clock.Now()
	st, err := s.state(ctx, e.Query.ID)
	if err != nil {
		return due{}, err
	}
	if st.Spec == e.Query.Schedule.spec() {
		return e.Query.Schedule.due(st.Since, now)
	}
	err = s.change(ctx, e.Query.ID, func(st *state) { st.Spec, st.Since = e.Query.Schedule.spec(), now.UTC() })
	if err != nil {
		return due{}, err
	}
	return e.Query.Schedule.due(now, now)
}

// change stores a change of a schedule's state.
func (s *Service) change(ctx context.Context, id string, do func(*state)) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	return s.cfg.Records.Update(ctx, func(tx record.Tx) error {
		st, err := readState(tx, id)
		if err != nil {
			return err
		}
		do(st)
		return st.write(tx, id)
	})
}

// note adds a run to the state.
func (st *state) note(r *Run, digest string) {
	if len(st.Runs) >= maxRuns {
		st.Runs = st.Runs[1:]
	}
	st.Runs = append(st.Runs, *r)
	if r.By == "" && r.Due.After(st.Since) {
		st.Since = r.Due
	}
	if r.Outcome == Sent {
		st.Digest = digest
	}
}
