package saved

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/runtime/reload"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/record"
)

// Asker runs statements on behalf of users. [query.Service] does.
type Asker interface {
	Ask(ctx context.Context, u *query.User, q olap.Query) (*olap.Result, error)
}

// Users knows who asks. [query.Access] does.
type Users interface {
	Find(name string) (*query.User, error)
	Anonymous(from string) (*query.User, error)
	Known(name string) bool
}

// Poster delivers reports. [alert.Desk] does.
type Poster interface {
	Post(ctx context.Context, r *alert.Report, also func(record.Tx) error) error
	TakesReports(target string) error
	Targets() []string
}

// Config is what a service is made of.
type Config struct {
	Asker   Asker
	Users   Users
	Records record.Store
	Poster  Poster
	Dir     string // folder of the shop's files; empty: none
	Clock   clock.Clock
	Logger  *slog.Logger
	Limits  Limits
}

// Limits bound scheduled runs. A zero field takes its default.
type Limits struct {
	Rows     int           // of a result that is sent; 10,000
	Bytes    int64         // of one; 1 MiB
	Parallel int           // runs at once; 2
	Attempts int           // of a run that fails; 3
	Wait     time.Duration // before the second attempt; it doubles; 10 s
}

func (l Limits) withDefaults() Limits {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.Rows, 10_000)
	set(&l.Parallel, 2)
	set(&l.Attempts, 3)
	if l.Bytes <= 0 {
		l.Bytes = 1 << 20
	}
	if l.Wait <= 0 {
		l.Wait = 10 * time.Second
	}
	return l
}

// Service keeps queries, answers them, and runs those with a schedule. It is safe for
// concurrent use.
type Service struct {
	cfg   Config
	files reload.Folder[*Entry]
	wake  chan struct{} // a schedule may have changed
	turn  sync.Mutex    // held from reading the state of a schedule to storing it
}

// Open reads the files.
func Open(cfg Config) (*Service, error) {
	cfg.Limits = cfg.Limits.withDefaults()
	s := &Service{cfg: cfg, wake: make(chan struct{}, 1)}
	if _, err := s.reload(); err != nil {
		return nil, err
	}
	return s, nil
}

// Run runs what is due, and reads the files again when they change, until the context
// ends.
func (s *Service) Run(ctx context.Context) error {
	var watch sync.WaitGroup
	watch.Go(func() { reload.Watch(ctx, s.cfg.Clock, s.cfg.Logger, "saved queries", s.reload) })
	defer watch.Wait()
	s.schedule(ctx)
	return nil
}

// rouse lets the schedules be looked at again.
func (s *Service) rouse() {
	select {
	case s.wake <- struct{}{}:
	default: // they will be anyway
	}
}

// Targets lists who can be sent results.
func (s *Service) Targets() []string {
	return slices.DeleteFunc(s.cfg.Poster.Targets(), func(name string) bool { return s.cfg.Poster.TakesReports(name) != nil })
}

// addressed refuses a schedule whose results cannot be sent where it says.
func (s *Service) addressed(q *Query) error {
	for _, target := range q.Schedule.To {
		if err := s.cfg.Poster.TakesReports(target); err != nil {
			return fmt.Errorf("schedule.to: %w; %s", err, spell.Suggest(target, s.Targets()))
		}
	}
	return nil
}

// try checks whether a query can be run by who saves it: its statement is prepared, and
// its parameters are those that it declares.
func (s *Service) try(ctx context.Context, q *Query, u *query.User) error {
	if err := s.addressed(q); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	result, err := s.cfg.Asker.Ask(ctx, u, olap.Query{SQL: q.SQL, Describe: true})
	var wrong *olap.Error
	switch {
	case errors.As(err, &wrong):
		at := ""
		if wrong.Line > 0 {
			at = fmt.Sprintf(", line %d, column %d", wrong.Line, wrong.Column)
		}
		return fmt.Errorf("%w: sql%s: %w", ErrInvalid, at, err)
	case err != nil:
		return err
	}
	names := result.ParameterNames
	for _, name := range names {
		if name != "" && strings.Trim(name, "0123456789") == "" {
			return fmt.Errorf("%w: sql: parameters have names, such as $country, and not ? or $1", ErrInvalid)
		}
		if q.Parameter(name) == nil {
			return fmt.Errorf("%w: sql: $%s is no declared parameter; add it to parameters", ErrInvalid, name)
		}
	}
	for i := range q.Parameters {
		if name := q.Parameters[i].Name; !slices.Contains(names, name) {
			return fmt.Errorf("%w: parameters[%d]: the statement does not use $%s; %s", ErrInvalid, i, name, spell.Suggest(name, names))
		}
	}
	return nil
}

// Ask runs a query for somebody, with that user's own role. The error wraps [ErrArgument]
// when the arguments are wrong.
func (s *Service) Ask(ctx context.Context, u *query.User, id string, arguments map[string]string, limits olap.Limits) (*olap.Result, error) {
	e, err := s.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	at, err := e.Query.moment(s.cfg.Clock.Now())
	if err != nil {
		return nil, err
	}
	named, err := e.Query.Bind(arguments, at)
	if err != nil {
		return nil, err
	}
	return s.cfg.Asker.Ask(ctx, u, olap.Query{SQL: e.Query.SQL, Named: named, Limits: limits})
}

// moment is a time in the zone that the query's dates are those of.
func (q *Query) moment(at time.Time) (time.Time, error) {
	zone, err := q.Schedule.zone()
	return at.In(zone), err
}
