package analysis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/store/olap"
)

// Service runs analyses. It is safe for concurrent use.
type Service struct {
	cfg      Config
	analyses []Analysis

	running sync.Mutex // held by the run under way

	mu     sync.Mutex // guards what follows
	runs   map[string]Run
	active string
}

// Open reads what former runs have left in the store.
func Open(ctx context.Context, cfg Config) (*Service, error) {
	s := &Service{cfg: cfg, analyses: All(), runs: make(map[string]Run)}
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// State is an analysis and its newest run.
type State struct {
	Analysis
	Last    *Run // nil: it never ran
	Running bool
}

// List returns all analyses.
func (s *Service) List() []State {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]State, 0, len(s.analyses))
	for _, a := range s.analyses {
		state := State{Analysis: a, Running: s.active == a.Name}
		if last, ok := s.runs[a.Name]; ok {
			state.Last = &last
		}
		out = append(out, state)
	}
	return out
}

// Find returns an analysis and its newest run. The error wraps [ErrNotFound].
func (s *Service) Find(name string) (*State, error) {
	var names []string
	for _, state := range s.List() {
		if state.Name == name {
			return &state, nil
		}
		names = append(names, state.Name)
	}
	return nil, fmt.Errorf("%w: %q; %s", ErrNotFound, name, spell.Suggest(name, names))
}

// RunNow runs an analysis and replaces its tables. The error wraps [ErrNotFound], [ErrRunning], or [ErrInput]
// when nothing can be computed; the tables stay what they were then.
func (s *Service) RunNow(ctx context.Context, name, by string) (*Run, error) {
	state, err := s.Find(name)
	if err != nil {
		return nil, err
	}
	if !s.running.TryLock() {
		return nil, fmt.Errorf("%w: try again when it has ended", ErrRunning)
	}
	defer s.running.Unlock()
	return s.run(ctx, &state.Analysis, by)
}

// run runs an analysis. running is held.
func (s *Service) run(ctx context.Context, a *Analysis, by string) (*Run, error) {
	s.activate(a.Name)
	defer s.activate("")
	start := s.cfg.Clock.Now()
	positions, err := s.cfg.Store.Positions(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot read the positions of the analytics store: %w", err)
	}
	scan := &scan{store: s.cfg.Store, settings: s.cfg.Settings, timeout: s.cfg.Timeout, positions: positions.Offsets}
	if err := scan.open(ctx); err != nil {
		return nil, err
	}
	found, err := a.run(ctx, scan)
	if err != nil {
		return nil, fmt.Errorf("the analysis %s failed: %w", a.Name, err)
	}
	run := Run{
		Analysis: a.Name, Finished: s.cfg.Clock.Now().UTC(), Until: scan.until, By: by,
		Positions: positions.Offsets, Parameters: s.parameters(found.parameters, scan), Figures: scan.figures,
	}
	run.Seconds = run.Finished.Sub(start).Seconds()
	for i := range found.tables {
		run.Rows += int64(found.tables[i].Len())
	}
	return s.store(ctx, run, found.tables)
}

func (s *Service) activate(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active = name
}

func (s *Service) parameters(own map[string]string, scan *scan) map[string]string {
	all := map[string]string{"currency": scan.currency}
	if s.cfg.Version != "" {
		all["version"] = s.cfg.Version
	}
	if s.cfg.Settings.Window > 0 {
		all["window"] = s.cfg.Settings.Window.String()
	}
	maps.Copy(all, own)
	return all
}

// store replaces the tables of an analysis, together with the table of runs.
func (s *Service) store(ctx context.Context, run Run, tables []olap.Snapshot) (*Run, error) {
	s.mu.Lock()
	run.Number = s.runs[run.Analysis].Number + 1
	runs := maps.Clone(s.runs)
	s.mu.Unlock()
	runs[run.Analysis] = run
	known, err := runsTable(runs)
	if err != nil {
		return nil, err
	}
	if err := s.cfg.Store.Replace(ctx, append(tables, known)); err != nil {
		return nil, fmt.Errorf("cannot keep the results of the analysis %s: %w", run.Analysis, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs = runs
	return &run, nil
}

// runsTable is the table of the newest run of each analysis.
func runsTable(runs map[string]Run) (olap.Snapshot, error) {
	t := newTable(RunsTable, "The newest run of each analysis: its tables are of this run",
		col("analysis", olap.Text, "rfm, cohorts, clv, attribution or baskets"),
		col("run", olap.Int64, "Number of the run, from 1"),
		col("finished_at", olap.Timestamp, "When it ended, UTC"),
		col("seconds", olap.Double, "How long it took"),
		col("observed_until", olap.Timestamp, "Time of the newest line of an order that it knows, UTC"),
		col("requested_by", olap.Text, "Who asked for it; schedule when nobody did"),
		col("positions", olap.Text, "Up to where it read the log: the next offset of each partition, JSON"),
		col("parameters", olap.Text, "What it was run with, JSON"),
		col("figures", olap.Text, "Totals, and what was left out, JSON"),
		col("rows", olap.Int64, "Rows of its tables"))
	for _, name := range slices.Sorted(maps.Keys(runs)) {
		r := runs[name]
		t.text(r.Analysis).number(r.Number).number(r.Finished.UnixMicro()).double(r.Seconds).number(r.Until.UnixMicro()).text(r.By)
		for _, v := range []any{r.Positions, r.Parameters, r.Figures} {
			text, err := json.Marshal(v)
			if err != nil {
				return olap.Snapshot{}, err
			}
			t.text(string(text))
		}
		t.number(r.Rows)
	}
	return t.Snapshot, nil
}

// load reads the table of runs, which is not there before the first one.
func (s *Service) load(ctx context.Context) error {
	scan := &scan{store: s.cfg.Store, settings: s.cfg.Settings, timeout: s.cfg.Timeout}
	there, err := scan.query(ctx, "SELECT table_name FROM information_schema.tables WHERE table_name = ?", RunsTable)
	if err != nil || len(there) == 0 {
		return err
	}
	rows, err := scan.query(ctx, "SELECT analysis, run, finished_at, seconds, observed_until, requested_by, positions, parameters, figures, rows FROM "+RunsTable)
	if err != nil {
		return err
	}
	for _, row := range rows {
		r := reader{row: row}
		run := Run{Analysis: r.text(), Number: r.number(), Finished: r.time()}
		run.Seconds, _ = r.next().(float64)
		run.Until, run.By = r.time(), r.text()
		for _, to := range []any{&run.Positions, &run.Parameters, &run.Figures} {
			if err := json.Unmarshal([]byte(r.text()), to); err != nil {
				return fmt.Errorf("cannot read the table %s: %w", RunsTable, err)
			}
		}
		run.Rows = r.number()
		if r.err != nil {
			return r.err
		}
		s.runs[run.Analysis] = run
	}
	return nil
}

const (
	// stepEvery is how often analyses that are due are looked for.
	stepEvery = 10 * time.Second
	// firstWait is how long after the start an analysis that never ran runs.
	firstWait = time.Minute
	// Scheduled is who asks for scheduled runs.
	Scheduled = "schedule"
)

// Run runs analyses every interval, when there are new rows, until the context ends.
func (s *Service) Run(ctx context.Context) error {
	if s.cfg.Interval <= 0 {
		<-ctx.Done()
		return nil
	}
	tried := make(map[string]time.Time)
	for _, state := range s.List() {
		tried[state.Name] = s.cfg.Clock.Now().Add(min(firstWait, s.cfg.Interval) - s.cfg.Interval)
		if state.Last != nil {
			tried[state.Name] = state.Last.Finished
		}
	}
	ticker := s.cfg.Clock.NewTicker(stepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		for _, state := range s.List() {
			if s.cfg.Clock.Now().Sub(tried[state.Name]) >= s.cfg.Interval && s.scheduled(ctx, &state) {
				tried[state.Name] = s.cfg.Clock.Now()
			}
		}
	}
}

// scheduled runs an analysis that is due. It reports false when another is under way.
func (s *Service) scheduled(ctx context.Context, state *State) bool {
	if !s.running.TryLock() {
		return false
	}
	defer s.running.Unlock()
	positions, err := s.cfg.Store.Positions(ctx)
	if err == nil && state.Last != nil && maps.Equal(positions.Offsets, state.Last.Positions) {
		return true // it would give the same
	}
	_, err = s.run(ctx, &state.Analysis, Scheduled)
	switch {
	case err == nil || ctx.Err() != nil:
	case errors.Is(err, ErrInput):
		s.cfg.Logger.Info("an analysis has no result yet", slog.String("analysis", state.Name), slog.Any("reason", err))
	default:
		s.cfg.Logger.Warn("an analysis failed; it is run again at its next time", slog.String("analysis", state.Name), slog.Any("error", err))
	}
	return true
}
