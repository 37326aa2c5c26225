package query

import (
	"context"
	"log/slog"
	"math"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
)

// Store is what is asked.
type Store interface {
	Query(ctx context.Context, q olap.Query) (*olap.Result, error)
	Positions(ctx context.Context) (olap.Positions, error)
}

// Config is what a service is made of.
type Config struct {
	Store      Store
	Limits     olap.Limits   // of a query
	CacheBytes int64         // of answers that are kept; 0: none are
	SlowAfter  time.Duration // a query that takes longer is slow; 0: none is
	Now        func() time.Time
	Logger     *slog.Logger
}

// Service asks the store on behalf of users. It is safe for concurrent use.
type Service struct {
	cfg   Config
	cache *cache
	slow  slowLog
}

// New returns a service.
func New(cfg Config) *Service { return &Service{cfg: cfg, cache: newCache(cfg.CacheBytes)} }

// Slow returns the newest slow queries, newest first.
func (s *Service) Slow() []Slow { return s.slow.newest() }

// Ask runs a statement that u wrote, or answers with what the same statement gave when the
// store stood where it stands. Limits of q only lower those of the role.
func (s *Service) Ask(ctx context.Context, u *User, q olap.Query) (*olap.Result, error) {
	q.Limits = least(q.Limits, u.Role.Most(s.cfg.Limits))
	q.Untrusted, q.User, q.Reader = true, u.Name, u.Role.Reader
	if q.Describe {
		return s.cfg.Store.Query(ctx, q)
	}
	w := &watch{s: s, user: u, q: q, start: s.cfg.Now()}
	if s.cfg.CacheBytes > 0 {
		// The positions are those before the run: what comes or changes meanwhile is under later ones.
		at, err := s.cfg.Store.Positions(ctx)
		if err != nil {
			return nil, err
		}
		w.key = keyOf(u, &q, at)
		if a := s.cache.get(w.key); a != nil {
			all := olap.Limits{Rows: math.MaxInt, Bytes: math.MaxInt64} // it was within the limits then
			result := olap.NewResult(a.columns, &kept{a.rows}, all, w.start, s.cfg.Now)
			result.Stable, result.Cached = true, true
			return result, nil
		}
	}
	result, err := s.cfg.Store.Query(ctx, q)
	if err != nil {
		w.Done(false, err)
		return nil, err
	}
	w.result, w.keep = result, w.key != "" && result.Stable
	result.Observe(w)
	return result, nil
}

// watch sees a query run: it keeps the rows for the cache, and tells how long it took. It
// is an [olap.Observer].
type watch struct {
	s      *Service
	user   *User
	q      olap.Query
	key    string
	start  time.Time
	result *olap.Result // nil when the query did not start

	keep  bool
	rows  [][]any
	bytes int64
}

// share is the part of the cache that one answer may have.
const share = 8

// Rows implements [olap.Observer].
func (w *watch) Rows(rows [][]any) {
	if !w.keep {
		return
	}
	for _, row := range rows {
		const header = 24 // of a slice
		w.bytes += header
		for _, v := range row {
			const word = 16 // an interface
			w.bytes += word + olap.Size(v)
		}
		w.rows = append(w.rows, append([]any(nil), row...))
	}
	if w.bytes > w.s.cfg.CacheBytes/share {
		w.keep, w.rows = false, nil
	}
}

// Done implements [olap.Observer].
func (w *watch) Done(complete bool, err error) {
	if w.keep && complete {
		w.s.cache.put(&answer{key: w.key, columns: w.result.Columns, rows: w.rows, bytes: w.bytes + int64(len(w.key))})
	}
	elapsed := w.s.cfg.Now().Sub(w.start)
	if w.s.cfg.SlowAfter <= 0 || elapsed < w.s.cfg.SlowAfter {
		return
	}
	slow := Slow{At: w.start, User: w.user.Name, Role: w.user.Role.Name, SQL: w.q.SQL, Elapsed: elapsed}
	if w.result != nil {
		slow.Rows = w.result.Rows()
	}
	if err != nil {
		slow.Err = err.Error()
	}
	w.s.slow.add(slow)
	w.s.cfg.Logger.Warn("slow query", slog.String("user", slow.User), slog.Duration("elapsed", elapsed), slog.Int("rows", slow.Rows),
		slog.String("error", slow.Err), slog.String("sql", slow.SQL))
}

// least returns the limits of asked, each bounded by that of most.
func least(asked, most olap.Limits) olap.Limits {
	return olap.Limits{
		Rows: lesser(asked.Rows, most.Rows), Bytes: lesser(asked.Bytes, most.Bytes), Timeout: lesser(asked.Timeout, most.Timeout),
	}
}

// lesser returns the lower of two limits, of which 0 is none.
func lesser[T int | int64 | time.Duration](a, b T) T {
	if a <= 0 || b > 0 && b < a {
		return b
	}
	return a
}
