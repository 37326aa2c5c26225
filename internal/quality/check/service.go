package check

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/store/record"
)

// Signals hears of failures, and of their end. Calls may come again for the same result
// after a crash: its name, window and revision tell.
type Signals interface {
	CheckFailed(ctx context.Context, r Result)
	CheckRecovered(ctx context.Context, r Result)
}

// Rounds is told of each round of checks: those that are due, windows that are complete,
// and what somebody has run. What it returns is told how the round ended.
type Rounds interface {
	RoundBegan(ctx context.Context) (ended func([]Result, error))
}

// Publisher takes results to a topic, each exactly once by its number.
type Publisher interface {
	Publish(ctx context.Context, results []Result) error
}

// Config is what a service is made of. Every field is required unless it says otherwise.
type Config struct {
	Set     *Set
	Store   Querier
	Records record.Store
	// Stored says up to which offset, per partition, rows are in the tables.
	Stored    func() map[int32]int64
	Signals   Signals   // nil: none
	Publisher Publisher // nil: none
	Rounds    Rounds    // nil: nobody is told
	Clock     clock.Clock
	Logger    *slog.Logger
	Timeout   time.Duration // of a statement
	Idle      time.Duration // after which a partition without events does not hold windows
	Keep      int           // results per check
}

// Service runs the checks of a process. Its methods are safe for concurrent use.
type Service struct {
	cfg       Config
	evaluator *evaluator
	windows   *windows
	history   *history
	skipped   atomic.Int64 // windows that were not computed, as too many waited

	mu  sync.Mutex
	due map[string]time.Time // of scheduled checks
}

// Open prepares a service, and reads what former processes have left.
func Open(ctx context.Context, cfg Config) (*Service, error) {
	s := &Service{cfg: cfg, evaluator: newEvaluator(&cfg), due: make(map[string]time.Time)}
	s.history = newHistory(cfg.Records, cfg.Keep, cfg.Publisher != nil)
	s.windows = newWindows(s)
	if err := s.history.load(ctx, cfg.Set, cfg.Clock.Now()); err != nil {
		return nil, fmt.Errorf("cannot read the history of checks: %w", err)
	}
	s.windows.restore(s.history.marks)
	now := cfg.Clock.Now()
	for _, c := range cfg.Set.All() {
		if at := c.firstDue(now, s.history.last(c.Name)); !at.IsZero() {
			s.due[c.Name] = at
		}
	}
	return s, nil
}

// firstWait is how long after the start a check that has never run runs at the latest.
const firstWait = time.Minute

// firstDue is when a scheduled check runs first after a start; zero for none.
func (c *Check) firstDue(now time.Time, last *Result) time.Time {
	switch {
	case c.cron != nil && last != nil:
		return c.cron.after(last.Time)
	case c.cron != nil:
		return c.cron.after(now)
	case c.every > 0 && last != nil:
		return last.Time.Add(c.every)
	case c.every > 0:
		return now.Add(min(c.every, firstWait))
	}
	return time.Time{}
}

// Observer makes the observer of a task of the pass; nil when no check needs one.
func (s *Service) Observer(partition int32) *Observer {
	if len(s.windows.plan.checks) == 0 {
		return nil
	}
	return s.windows.observer(partition)
}

// stepEvery is how often complete windows and due checks are looked for.
const stepEvery = time.Second

// Run publishes windows and runs scheduled checks until the context ends.
func (s *Service) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var running sync.WaitGroup
	for _, step := range []func(context.Context) error{s.windows.step, s.scheduled} {
		running.Go(func() { s.repeat(ctx, step) })
	}
	running.Wait()
	return ctx.Err()
}

// repeat calls step every second. What fails is tried again: checks never stop the
// process.
func (s *Service) repeat(ctx context.Context, step func(context.Context) error) {
	tick := s.cfg.Clock.NewTicker(stepEvery)
	defer tick.Stop()
	failed := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := step(ctx)
		switch {
		case err == nil || ctx.Err() != nil:
			failed = ""
		case err.Error() != failed: // once, not every second
			failed = err.Error()
			s.cfg.Logger.Warn("checks are late", "error", err)
		}
	}
}

// scheduled runs the checks that are due.
func (s *Service) scheduled(ctx context.Context) error {
	now := s.cfg.Clock.Now()
	var jobs []job
	s.mu.Lock()
	for _, c := range s.cfg.Set.All() {
		at, ok := s.due[c.Name]
		if !ok || at.After(now) {
			continue
		}
		jobs = append(jobs, job{check: c})
		if c.cron != nil {
			s.due[c.Name] = c.cron.after(now)
		} else {
			s.due[c.Name] = now.Add(c.every)
		}
	}
	s.mu.Unlock()
	if len(jobs) == 0 {
		return nil
	}
	ended := s.round(ctx)
	results := s.evaluator.run(ctx, jobs)
	err := ctx.Err()
	if err == nil {
		err = s.save(ctx, results, nil)
	}
	ended(results, err)
	return err
}

// round tells that a round of checks has begun.
func (s *Service) round(ctx context.Context) (ended func([]Result, error)) {
	if s.cfg.Rounds == nil {
		return func([]Result, error) {}
	}
	return s.cfg.Rounds.RoundBegan(ctx)
}

// save keeps results and tells of them.
func (s *Service) save(ctx context.Context, results []Result, marks map[string]windowMark) error {
	before := make([]*Result, len(results))
	for i := range results {
		before[i] = s.history.last(results[i].Name)
	}
	if err := s.history.add(ctx, results, marks); err != nil {
		return fmt.Errorf("cannot keep results of checks: %w", err)
	}
	for i := range results {
		s.signal(ctx, results[i], before[i])
	}
	return s.publish(ctx)
}

func (s *Service) signal(ctx context.Context, r Result, before *Result) {
	if s.cfg.Signals == nil {
		return
	}
	switch {
	case r.Status == Failed:
		s.cfg.Signals.CheckFailed(ctx, r)
	case r.Status == Passed && before != nil && before.Status == Failed:
		s.cfg.Signals.CheckRecovered(ctx, r)
	}
}

// publish brings what waits to the topic.
func (s *Service) publish(ctx context.Context) error {
	if s.cfg.Publisher == nil {
		return nil
	}
	for {
		waiting, err := s.history.outbox(ctx)
		if err != nil || len(waiting) == 0 {
			return err
		}
		if err := s.cfg.Publisher.Publish(ctx, waiting); err != nil {
			return fmt.Errorf("cannot publish results of checks: %w", err)
		}
		if err := s.history.sent(ctx, waiting); err != nil {
			return err
		}
	}
}

// ErrNotFound says that there is no such check.
var ErrNotFound = errors.New("there is no such check")

// Checks returns all checks.
func (s *Service) Checks() []*Check { return s.cfg.Set.All() }

// Find returns a check by its name. The error wraps [ErrNotFound].
func (s *Service) Find(name string) (*Check, error) {
	if c := s.cfg.Set.Of(name); c != nil {
		return c, nil
	}
	var names []string
	for _, c := range s.cfg.Set.All() {
		names = append(names, c.Name)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%w: %q; no checks are configured (quality.checks)", ErrNotFound, name)
	}
	return nil, fmt.Errorf("%w: %q; %s", ErrNotFound, name, spell.Suggest(name, names))
}

// Last returns the newest result of a check; nil for none.
func (s *Service) Last(name string) *Result { return s.history.last(name) }

// History returns the newest results of a check, the newest first.
func (s *Service) History(ctx context.Context, name string, limit int) ([]Result, error) {
	return s.history.of(ctx, name, limit)
}

// Skipped is how many windows were not computed, because too many waited.
func (s *Service) Skipped() int64 {
	n := s.skipped.Load()
	s.windows.mu.Lock()
	defer s.windows.mu.Unlock()
	for _, o := range s.windows.observers {
		o.mu.Lock()
		n += o.dropped
		o.mu.Unlock()
	}
	return n
}

// RunNow runs checks on what the tables have now, and keeps the results. A check on
// windows is run on the newest complete window of its table. With anew their recorded
// baselines are forgotten before.
func (s *Service) RunNow(ctx context.Context, checks []*Check, anew bool) ([]Result, error) {
	jobs := make([]job, 0, len(checks))
	for _, c := range checks {
		if anew {
			if err := s.evaluator.forget(ctx, c); err != nil {
				return nil, err
			}
		}
		j := job{check: c}
		if c.window != nil {
			var err error
			if j.in, err = s.evaluator.newestWindow(ctx, c); err != nil {
				return nil, err
			}
		}
		jobs = append(jobs, j)
	}
	ended := s.round(ctx)
	results := s.evaluator.run(ctx, jobs)
	err := s.keep(ctx, results)
	ended(results, err)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return results, err
}

// keep saves what results say that is new.
func (s *Service) keep(ctx context.Context, results []Result) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	kept, err := s.history.revised(ctx, results)
	if err != nil {
		return err
	}
	return s.save(ctx, kept, nil)
}

// Try runs checks that are not part of the service, without keeping anything.
func (s *Service) Try(ctx context.Context, checks []*Check) ([]Result, error) {
	e := *s.evaluator
	e.records = nothing{}
	jobs := make([]job, 0, len(checks))
	for _, c := range checks {
		j := job{check: c}
		if c.window != nil {
			var err error
			if j.in, err = e.newestWindow(ctx, c); err != nil {
				return nil, err
			}
		}
		jobs = append(jobs, j)
	}
	return e.run(ctx, jobs), ctx.Err()
}

// newestWindow is the newest window of a table that is complete by its newest row.
func (e *evaluator) newestWindow(ctx context.Context, c *Check) (span, error) {
	newest := *c
	newest.asNewest, newest.selected = true, sqlText("true")
	end, err := e.end(ctx, &newest)
	return c.span(floor(end, c.window.size) - 1), err
}
