package archive

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/lake"
	"github.com/millrace/millrace/internal/store/olap"
)

// Store is an analytics store whose rows may rest in a lake.
type Store interface {
	olap.Store
	olap.Archive
}

// Config configures a [Service].
type Config struct {
	Lake  lake.Store
	Files lake.Files // of the lake
	Store Store
	Dir   string // of the lake
	Clock clock.Clock
	// Logger is told what failed; it is tried again.
	Logger *slog.Logger

	FlushInterval time.Duration // rows wait no longer for the lake
	FlushRows     int64         // so many waiting events are written at once
	Hot           time.Duration // rows that happened within this span of the newest stay in the store; 0: all
	// Keep is how far behind the newest row a table's rows may lie before the lake lets
	// go of them, by table; none or 0: they stay.
	Keep      map[string]time.Duration
	FileBytes int64         // a file is to be as large
	Snapshots time.Duration // replaced snapshots stay
	Grace     time.Duration // files that no snapshot has stay
	Partition lake.Span     // of events and their items

	// Forget removes what is quoted elsewhere of events that are erased; nil: nothing is.
	Forget func(ctx context.Context, events []olap.Coordinates) error
}

// Service does it, one thing after the other. It is safe for concurrent use.
type Service struct {
	cfg Config

	mu      sync.Mutex // of who changes the lake
	defined map[string]bool

	statusMu sync.Mutex
	status   Status
}

// New returns a service; Run is its life.
func New(cfg Config) *Service {
	return &Service{cfg: cfg, defined: make(map[string]bool), status: Status{Work: make([]Work, len(steps))}}
}

// poll is how often the service looks whether enough rows wait.
const poll = 5 * time.Second

// Run works in the background until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	next, cleaned := s.plan(), s.cfg.Clock.Now()
	for s.cfg.Clock.Sleep(ctx, min(poll, s.cfg.FlushInterval)) == nil {
		due := !s.cfg.Clock.Now().Before(next)
		if !due {
			waiting, err := s.waiting(ctx)
			if due = err == nil && waiting >= s.cfg.FlushRows; !due {
				continue
			}
		}
		// Under a load there is one round after the other, and cleaning up lists all files.
		clean := s.cfg.Clock.Now().Sub(cleaned) >= s.cfg.FlushInterval
		err := s.round(ctx, clean)
		if ctx.Err() == nil {
			s.judge(err)
		}
		if clean {
			cleaned = s.cfg.Clock.Now()
		}
		next = s.plan()
	}
	return nil // the end of ctx is how the service is stopped
}

// judge notes how a round ended.
func (s *Service) judge(err error) {
	if err == nil {
		s.note(func(st *Status) { st.Failed = "" })
		return
	}
	s.note(func(st *Status) { st.Failed = err.Error() })
	s.cfg.Logger.Warn("the lake could not be brought up to date; it is tried again", "error", err)
}

// plan says when the next round is due.
func (s *Service) plan() time.Time {
	next := s.cfg.Clock.Now().Add(s.cfg.FlushInterval)
	s.note(func(st *Status) { st.Next = next })
	return next
}

// Round does everything once.
func (s *Service) Round(ctx context.Context) error { return s.round(ctx, true) }

func (s *Service) round(ctx context.Context, clean bool) error {
	var failed []error
	steps := []func(context.Context) (Did, error){s.flushAll, s.expireRows, s.compactAll, s.tier, s.expireAll}
	if !clean {
		steps = steps[:len(steps)-1]
	}
	for i, step := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := s.track(ctx, i, step)
		if i == 0 && err != nil {
			return err // what follows counts on what was flushed
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// Names returns the tables of the lake.
func (s *Service) Names(ctx context.Context) ([]string, error) {
	flows, err := s.flows(ctx)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(flows))
	for i, f := range flows {
		names[i] = f.table.Name
	}
	return names, nil
}

// Load returns a table as it is, or was.
func (s *Service) Load(ctx context.Context, name string, at lake.Version) (*lake.State, error) {
	return s.cfg.Lake.Load(ctx, name, at)
}

// rows runs a query of the platform's own.
func (s *Service) rows(ctx context.Context, sql string, args ...any) ([][]any, error) {
	r, err := s.cfg.Store.Query(ctx, olap.Query{SQL: sql, Args: args, Limits: olap.Limits{Rows: 1 << 20, Timeout: 10 * time.Minute}})
	if err != nil {
		return nil, err
	}
	return r.All()
}

// again repeats f when another writer of the lake was first.
func again(f func() error) error {
	const attempts = 5
	var err error
	for range attempts {
		if err = f(); !errors.Is(err, lake.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("other writers were first %d times: %w", attempts, err)
}
