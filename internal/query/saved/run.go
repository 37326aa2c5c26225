package saved

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/record"
)

// order says why a query is run.
type order struct {
	due    time.Time
	missed int
	by     string // who asks; empty: the schedule
}

// Send runs a query's schedule now, besides its times, and sends the result whatever the
// schedule's condition. The run is noted with who asked.
func (s *Service) Send(ctx context.Context, id string, c Change) (*Run, error) {
	e, err := s.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := s.may(e, id, &c); err != nil {
		return nil, err
	}
	if e.Query.Schedule.Cron == "" {
		return nil, fmt.Errorf("%w: %q has no schedule that says who gets its result", ErrInvalid, id)
	}
	r, err := s.run(ctx, e, order{due: s.cfg.Clock.Now(), by: c.By})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// perform runs a query that is due.
func (s *Service) perform(ctx context.Context, e *Entry, o order) error {
	r, err := s.run(ctx, e, o)
	if err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the process ends; the next one runs it
		}
		return fmt.Errorf("cannot note a run of the query %q: %w", e.Query.ID, err)
	}
	if r.Missed > 0 {
		s.cfg.Logger.Warn("times of a scheduled query have passed without a run", slog.String("query", e.Query.ID), slog.Int("missed", r.Missed), slog.Time("due", r.Due))
	}
	if r.Outcome == Failed {
		s.cfg.Logger.Error("a scheduled query has failed", slog.String("query", e.Query.ID), slog.Time("due", r.Due), slog.String("error", r.Error))
	}
	return nil
}

// run runs a query, and stores the run with the messages that bring its result. The error
// says that nothing was stored.
func (s *Service) run(ctx context.Context, e *Entry, o order) (*Run, error) {
	q := e.Query
	r := &Run{
		Due: o.due.UTC(), Started: s.cfg.Clock.Now().UTC(), Missed: o.missed, By: o.by, Version: e.Version,
	}
	result, err := s.attempts(ctx, q, o.due, r)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	r.Elapsed = s.cfg.Clock.Now().Sub(r.Started)
	digest := ""
	if err != nil {
		r.Outcome, r.Error = Failed, clip(err.Error())
	} else {
		r.Rows, r.Truncated = result.Rows, result.Truncated
		digest = digestOf(result)
		st, err := s.state(ctx, q.ID)
		if err != nil {
			return nil, err
		}
		r.Outcome = outcome(&q.Schedule, result, digest == st.Digest, o.by != "")
	}
	return r, s.post(ctx, q, r, result, digest)
}

// post stores a run together with its messages.
func (s *Service) post(ctx context.Context, q *Query, r *Run, result *alert.Result, digest string) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	note := func(tx record.Tx) error {
		st, err := readState(tx, q.ID)
		if err != nil {
			return err
		}
		st.note(r, digest)
		return st.write(tx, q.ID)
	}
	report := q.report(r, result)
	r.Targets = report.Targets
	err := s.cfg.Poster.Post(ctx, report, note)
	if errors.Is(err, alert.ErrUnknown) || errors.Is(err, alert.ErrReportsFull) {
		r.Outcome, r.Error, r.Targets = Failed, clip(err.Error()), nil
		return s.cfg.Poster.Post(ctx, &alert.Report{}, note)
	}
	return err
}

// outcome decides whether a result is sent.
func outcome(s *Schedule, result *alert.Result, same, asked bool) Outcome {
	switch {
	case asked:
		return Sent
	case s.When == whenRows && result.Rows == 0:
		return Empty
	case s.When == whenChanged && same:
		return Unchanged
	}
	return Sent
}

// report writes what the targets are told of a run.
func (q *Query) report(r *Run, result *alert.Result) *alert.Report {
	report := &alert.Report{
		Name: q.ID, Key: r.Started.Format(time.RFC3339Nano), Title: q.Title, Due: r.Due, Link: "/sql?saved=" + q.ID,
	}
	if r.By == "" {
		report.Key = "due" // there is one run of each due time
	}
	switch r.Outcome {
	case Sent:
		report.Text, report.Result, report.Targets = q.Description, result, q.Schedule.To
		if result.Rows == 0 {
			report.Text = joined(report.Text, "The query found no rows.")
		}
	case Failed:
		report.Title, report.Text = "Failed: "+q.Title, "The query could not be run: "+r.Error
		report.Failed, report.Targets = true, q.Schedule.To
	}
	if r.Missed > 0 && len(report.Targets) > 0 {
		report.Text = joined(report.Text, fmt.Sprintf("%d earlier times passed while Millrace did not run; this result stands for them, too.", r.Missed))
	}
	return report
}

func joined(text, more string) string {
	if text == "" {
		return more
	}
	return text + "\n\n" + more
}

// attempts runs the statement until it succeeds, or fails for good.
func (s *Service) attempts(ctx context.Context, q *Query, at time.Time, r *Run) (*alert.Result, error) {
	wait := s.cfg.Limits.Wait
	for {
		r.Attempts++
		result, err := s.ask(ctx, q, at)
		passing := errors.Is(err, olap.ErrBusy) || errors.Is(err, olap.ErrClosed) || errors.Is(err, olap.ErrFull)
		if err == nil || !passing || r.Attempts >= s.cfg.Limits.Attempts {
			return result, err
		}
		if err := s.cfg.Clock.Sleep(ctx, wait); err != nil {
			return nil, err
		}
		wait *= 2
	}
}

// ask runs the statement as the query's owner, as of its due time.
func (s *Service) ask(ctx context.Context, q *Query, at time.Time) (*alert.Result, error) {
	u, err := s.owner(q)
	if err != nil {
		return nil, err
	}
	if at, err = q.moment(at); err != nil {
		return nil, err
	}
	named, err := q.Bind(q.Schedule.Arguments, at)
	if err != nil {
		return nil, err
	}
	result, err := s.cfg.Asker.Ask(ctx, u, olap.Query{SQL: q.SQL, Named: named, Limits: olap.Limits{Rows: s.cfg.Limits.Rows, Bytes: s.cfg.Limits.Bytes}})
	if err != nil {
		return nil, err
	}
	defer result.Close()
	out, err := encode(result)
	if err != nil {
		return nil, err
	}
	out.File = q.ID + "-" + at.Format("2006-01-02-1504") + ".csv"
	out.Attach = q.Schedule.Format == formatCSV
	return out, nil
}

// owner finds whose role a scheduled run has.
func (s *Service) owner(q *Query) (*query.User, error) {
	if q.Owner == "" {
		u, err := s.cfg.Users.Anonymous("schedule")
		if err != nil {
			return nil, fmt.Errorf("the query has no owner, and olap.sql.anonymous_role is not set: %w; save it as a user", err)
		}
		return u, nil
	}
	u, err := s.cfg.Users.Find(q.Owner)
	if err != nil {
		return nil, fmt.Errorf("its owner %q is none of olap.sql.users; let another user save it", q.Owner)
	}
	return u, nil
}

// encode reads a result into CSV.
func encode(result *olap.Result) (*alert.Result, error) {
	var text bytes.Buffer
	out := query.NewCSV(&text)
	if err := out.Begin(result.Columns); err != nil {
		return nil, err
	}
	for {
		rows, err := result.Next()
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			break
		}
		if err := out.Rows(rows); err != nil {
			return nil, err
		}
	}
	err := out.End()
	return &alert.Result{CSV: text.String(), Rows: result.Rows(), Truncated: result.Truncated()}, err
}

func digestOf(r *alert.Result) string {
	sum := sha256.Sum256([]byte(r.CSV))
	return hex.EncodeToString(sum[:16])
}

// maxError bounds the error that a run keeps.
const maxError = 1000

func clip(text string) string {
	if len(text) > maxError {
		return text[:maxError] + "…"
	}
	return text
}
