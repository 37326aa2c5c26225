package metric

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/runtime/reload"
	"github.com/millrace/millrace/internal/store/olap"
)

// Store is what is read of the analytics store.
type Store interface {
	Query(ctx context.Context, q olap.Query) (*olap.Result, error)
	Positions(ctx context.Context) (olap.Positions, error)
}

// Config is what a service is made of.
type Config struct {
	Store Store
	// Paths are files and folders of the shop's metrics, beside the platform's own.
	Paths []string
	// Rollups returns those that can be read now; nil: none.
	Rollups func() []Rollup
	// Keeps reports whether the relation in which a dataset is kept has rows of all partitions
	// of positions, and can be read; nil: none can.
	Keeps func(relation string, stored map[int32]int64) bool
	// Stand returns how the tables behind such a relation stand, and whether they can be read;
	// nil: they cannot. Nudge says that they are wanted to come further.
	Stand func(relation string) (Stand, bool)
	Nudge func(relation string)
	// Datasets that metrics may be computed over; nil: [Datasets].
	Datasets []Dataset
	Base     string // currency of the amounts of datasets without a column for it; empty: unknown
	Engine   string // name of the store's engine
	Currency string // of amounts where a query names none; empty: that of most order lines
	Timeout  time.Duration
	// KeepBytes bounds the values that are kept to count different ones; 0: some 220 MB.
	KeepBytes int64
	Clock     clock.Clock
	Logger    *slog.Logger
}

// Service answers queries of metrics. It is safe for concurrent use.
type Service struct {
	cfg     Config
	catalog atomic.Pointer[Catalog]

	mu       sync.Mutex
	currency string
	known    time.Time // when it was last looked up
	lines    *currencyLines

	kept kept
}

// Open reads the metrics.
func Open(cfg Config) (*Service, error) {
	if cfg.Datasets == nil {
		cfg.Datasets = Datasets()
	}
	s := &Service{cfg: cfg, kept: newKept(cfg.KeepBytes, cfg.Clock.Now)}
	if _, err := s.Reload(); err != nil {
		return nil, err
	}
	return s, nil
}

// Catalog returns the metrics as they are now.
func (s *Service) Catalog() *Catalog { return s.catalog.Load() }

// Reload reads the files again. When something is wrong with them the metrics stay what they
// are. It reports whether they changed.
func (s *Service) Reload() (changed bool, err error) {
	files, err := ReadFiles(s.cfg.Paths)
	if err != nil {
		return false, err
	}
	c, err := Load(append(Defaults(), files...), s.cfg.Datasets)
	if err != nil {
		return false, err
	}
	old := s.catalog.Swap(c)
	return old == nil || old.Version() != c.Version(), nil
}

// Run reads the files again when they change, until the context ends.
func (s *Service) Run(ctx context.Context) error {
	reload.Watch(ctx, s.cfg.Clock, s.cfg.Logger, "metrics", s.Reload)
	return nil
}

// Query answers a query. The error wraps [ErrQuery] when the query is to blame.
func (s *Service) Query(ctx context.Context, q Query) (*Answer, error) {
	start := s.cfg.Clock.Now()
	c := s.Catalog()
	metrics, err := c.check(&q)
	if err != nil {
		return nil, err
	}
	before, err := s.cfg.Store.Positions(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot read the positions of the analytics store: %w", err)
	}
	a := &Answer{Metrics: metrics, Version: c.Version(), Engine: s.cfg.Engine, Positions: before.Offsets}
	if q.AsOf != nil {
		a.Positions, a.Exact = q.AsOf, true
	}
	if err := s.complete(ctx, &q, metrics); err != nil {
		return nil, err
	}
	if err := s.answer(ctx, &q, a, before); err != nil {
		return nil, err
	}
	if q.AsOf == nil {
		after, err := s.cfg.Store.Positions(ctx)
		a.Exact = err == nil && maps.Equal(before.Offsets, after.Offsets) && !a.Behind
	}
	a.Elapsed = s.cfg.Clock.Now().Sub(start)
	return a, nil
}

// AsOf returns the positions that the log had at a time, as far as accepted events tell.
func (s *Service) AsOf(ctx context.Context, at time.Time) (map[int32]int64, error) {
	rows, err := s.rows(ctx, olap.Query{
		SQL: `SELECT "partition", max("offset") + 1 FROM events WHERE received_at <= ? GROUP BY 1`, Args: []any{at},
	})
	if err != nil {
		return nil, err
	}
	positions := make(map[int32]int64, len(rows))
	for _, r := range rows {
		partition, ok := r[0].(int64)
		next, ok2 := r[1].(int64)
		if !ok || !ok2 {
			return nil, fmt.Errorf("BUG: a position is a %T and a %T", r[0], r[1])
		}
		positions[int32(partition)] = next
	}
	return positions, nil
}

// complete finds the currency and the range where a query leaves them open.
func (s *Service) complete(ctx context.Context, q *Query, metrics []*Metric) error {
	cumulative := false
	for _, m := range metrics {
		for _, p := range m.parts {
			cumulative = cumulative || p.kind == "cumulative"
		}
	}
	if named := money(metrics); q.Currency == AnyCurrency && named != "" && !slices.Contains(q.Dimensions, "currency") {
		return wrong("currency", "Amounts of different currencies cannot be added (%s): name a currency, or ask for the dimension currency.", named)
	}
	if q.Currency == "" && scoped(metrics) {
		var err error
		if q.Currency, err = s.mainCurrency(ctx); err != nil {
			return err
		}
	}
	if (q.Grain != "" || cumulative) && (q.From.IsZero() || q.To.IsZero()) {
		if err := s.extent(ctx, q, metrics); err != nil {
			return err
		}
	}
	return checkBuckets(q)
}

// scoped reports whether amounts of some metric are in the currency that is asked for.
func scoped(metrics []*Metric) bool {
	return slices.ContainsFunc(metrics, func(m *Metric) bool {
		return slices.ContainsFunc(m.parts, func(p *part) bool { return p.dataset.Currency != "" })
	})
}

// checkBuckets refuses too many buckets before the work.
func checkBuckets(q *Query) error {
	if q.Grain == "" || q.From.IsZero() || q.To.IsZero() {
		return nil
	}
	n := 0
	for at := Truncate(q.From, q.Grain); at.Before(q.To); at = Next(at, q.Grain) {
		if n++; n > MaxBuckets {
			return wrong("grain", "The range has more than %d buckets of one %s; choose a coarser grain or a shorter range.", MaxBuckets, q.Grain)
		}
	}
	return nil
}

// currencyFor is how long the main currency is not looked up again.
const currencyFor = time.Minute

// mainCurrency is that of most order lines; empty when they have none.
func (s *Service) mainCurrency(ctx context.Context) (string, error) {
	if s.cfg.Currency != "" {
		return s.cfg.Currency, nil
	}
	if known := s.knownCurrency(); known != "" {
		return known, nil
	}
	stored, err := s.cfg.Store.Positions(ctx)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	lines := s.lines
	s.mu.Unlock()
	if lines, err = s.linesByCurrency(ctx, lines, stored); err != nil {
		return "", err
	}
	found, most := "", int64(0)
	for _, currency := range slices.Sorted(maps.Keys(lines.counts)) {
		if n := lines.counts[currency]; n > most || n == most && found == "" {
			found, most = currency, n
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.currency, s.lines = found, lines
	return found, nil
}

// currencyLines are the order lines up to positions, by currency, empty for none. They do not change.
type currencyLines struct {
	counts    map[string]int64
	at        map[int32]int64
	rewritten uint64
}

// linesByCurrency brings counts up to date by the lines that came, or counts all.
func (s *Service) linesByCurrency(ctx context.Context, old *currencyLines, stored olap.Positions) (*currencyLines, error) {
	from, where := "order_lines", ""
	next := &currencyLines{counts: make(map[string]int64), rewritten: stored.Rewritten}
	var since map[int32]int64
	if old != nil && old.rewritten == stored.Rewritten && olap.Lag(old.at, stored.Offsets) <= maxBehind {
		since = (&result{at: old.at}).begins(stored.Offsets)
		from, where = olap.PlacedRows("order_lines"), " AND "+olap.Behind(since, stored.Trail.Floor(since))
		maps.Copy(next.counts, old.counts)
	}
	rows, at, err := s.placed(ctx, &plan{query: &Query{}}, sqlText(`SELECT coalesce(currency, ''), count(*) FROM %s WHERE kind IN ('sale', 'cancellation', 'adjustment', 'fee')%s GROUP BY 1`, from, where))
	if err != nil {
		return nil, err
	}
	if next.at = at; since != nil {
		next.at = moved(since, at)
	}
	for _, r := range rows {
		currency, ok := r[0].(string)
		n, ok2 := r[1].(int64)
		if !ok || !ok2 {
			return nil, fmt.Errorf("BUG: lines of a currency are a %T and a %T", r[0], r[1])
		}
		next.counts[currency] += n
	}
	return next, nil
}

// knownCurrency is the main currency as it was looked up last; empty where it has to be looked
// up. That may read all order lines: of those who find it old, one does, and the others do
// not wait for it.
func (s *Service) knownCurrency() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Clock.Now()
	if now.Sub(s.known) >= currencyFor {
		s.known = now
		return ""
	}
	return s.currency
}

// extent completes the range by the first and the last row of the datasets, in whole
// buckets.
func (s *Service) extent(ctx context.Context, q *Query, metrics []*Metric) error {
	var parts []fragment
	done := make(map[string]bool)
	for _, m := range metrics {
		for _, p := range m.parts {
			if set := p.dataset; !done[set.Name] {
				done[set.Name] = true
				one := &plan{query: q}
				scan, err := one.scan(set)
				if err != nil {
					return err
				}
				parts = append(parts, join([]fragment{sqlText("SELECT min(%s) AS a, max(%[1]s) AS b FROM ", quote(set.Time)), scan.from, scan.where(one.from(), one.to(), false)}, ""))
			}
		}
	}
	sql, args := join(parts, "\nUNION ALL\n").wrap("SELECT min(a), max(b) FROM (", ") AS extent").prepared()
	rows, err := s.rows(ctx, olap.Query{SQL: sql, Args: args})
	if err != nil {
		return err
	}
	from, ok := rows[0][0].(time.Time)
	to, ok2 := rows[0][1].(time.Time)
	if !ok || !ok2 {
		return nil // there are no rows
	}
	grain := q.Grain
	if grain == "" {
		grain = "day"
	}
	if q.From.IsZero() {
		q.From = Truncate(from, grain)
	}
	if q.To.IsZero() {
		q.To = Next(Truncate(to, grain), grain)
	}
	return nil
}

func (s *Service) answer(ctx context.Context, q *Query, a *Answer, stored olap.Positions) error {
	a.From, a.To, a.Currency = q.From, q.To, q.Currency
	if !scoped(a.Metrics) && slices.ContainsFunc(a.Metrics, func(m *Metric) bool { return m.Format == "money" }) {
		a.Currency = s.cfg.Base
	}
	now, err := s.run(ctx, q, a, stored)
	if err != nil {
		return err
	}
	a.Statement, a.Sources = now.plan.statement.String(), now.plan.sources()
	now.fill()
	if q.Compare != "" {
		move := shift(q)
		other := *q
		other.From, other.To = move(q.From), move(q.To)
		if now.cut {
			if f, ok := now.among(); ok {
				other.Filters = append(slices.Clone(q.Filters), f)
			}
			other.Limit = 0 // they may stand elsewhere
		}
		before, err := s.run(ctx, &other, a, stored)
		if err != nil {
			return err
		}
		a.Compared, a.BeforeFrom, a.BeforeTo = before.plan.statement.String(), other.From, other.To
		now.compare(before, move)
	}
	a.Truncated = now.order()
	a.Rows = now.rows
	a.Opens, err = opens(q, a.Metrics)
	return err
}

// Derived is what can be read in the place of rows: rollups, and relations in which datasets
// are kept.
type Derived struct {
	Rollups []Rollup
	Kept    map[string]bool
}

func (s *Service) derived(stored olap.Positions) (have Derived) {
	if s.cfg.Rollups != nil {
		have.Rollups = s.cfg.Rollups()
	}
	have.Kept = make(map[string]bool)
	for i := range s.cfg.Datasets {
		if relation := s.cfg.Datasets[i].Kept; relation != "" && s.cfg.Keeps != nil {
			have.Kept[relation] = s.cfg.Keeps(relation, stored.Offsets)
		}
	}
	return have
}

// run runs the statement of a query, by what is derived where that does. A relation that is
// replaced between the choice and the run is not there: then rows are read.
func (s *Service) run(ctx context.Context, q *Query, a *Answer, stored olap.Positions) (*table, error) {
	if !q.Rows {
		t, err := s.runOver(ctx, q, a, s.derived(stored), stored)
		if !errors.Is(err, errRefused) {
			return t, err
		}
		s.cfg.Logger.Warn("what is derived could not be read; rows are", slog.Any("error", err))
	}
	return s.runOver(ctx, q, a, Derived{}, stored)
}

func (s *Service) runOver(ctx context.Context, q *Query, a *Answer, have Derived, stored olap.Positions) (*table, error) {
	p, err := compile(q, a.Metrics, have, stored.Offsets)
	if err != nil {
		return nil, err
	}
	if q.From.IsZero() && slices.ContainsFunc(p.parts, func(one *part) bool { return one.kind == "cumulative" }) {
		return p.table(nil), nil // there are no rows
	}
	found, err := s.partials(ctx, p, a.Version, have, stored)
	if err != nil {
		return nil, err
	}
	t := p.table(found.rows)
	t.cut, a.Added = found.cut, found.added
	if found.at != nil && olap.Lag(found.at, a.Positions) > 0 {
		a.Positions, a.Behind = lower(a.Positions, found.at), true
	}
	return t, nil
}

// lower are the positions that two sets of rows both reflect.
func lower(a, b map[int32]int64) map[int32]int64 {
	both := make(map[int32]int64, len(a))
	for p, next := range a {
		both[p] = min(next, b[p])
	}
	return both
}

var errTooMany = fmt.Errorf("%w: there are more than %d rows; ask for fewer dimensions, a coarser grain, or filter", ErrQuery, MaxRows)

// rows runs a statement. What the database says of one that it refuses is no concern of the
// client: statements are made here.
func (s *Service) rows(ctx context.Context, q olap.Query) ([][]any, error) {
	q.Limits = olap.Limits{Rows: MaxRows + 1, Timeout: s.cfg.Timeout}
	result, err := s.cfg.Store.Query(ctx, q)
	if err != nil {
		return nil, failed(err)
	}
	rows, err := result.All()
	switch {
	case err != nil:
		return nil, failed(err)
	case len(rows) > MaxRows || result.Truncated():
		return nil, errTooMany
	}
	return rows, nil
}

// errRefused hides the kind of the error, which would blame the client.
var errRefused = errors.New("BUG: the analytics store refuses the statement of a metric")

func failed(err error) error {
	if errors.Is(err, olap.ErrSyntax) || errors.Is(err, olap.ErrNotQuery) {
		return fmt.Errorf("%w: %s", errRefused, err.Error())
	}
	return err
}

// opens makes a statement for each number that metrics are made of.
func opens(q *Query, metrics []*Metric) ([]Opening, error) {
	var all []Opening
	for _, m := range metrics {
		for _, one := range m.parts {
			p := &plan{query: q, parts: []*part{one}}
			if one.kind == "cumulative" && q.From.IsZero() {
				continue
			}
			b, err := p.branch([]*part{one})
			if err != nil {
				return nil, err
			}
			all = append(all, Opening{Metric: m.Name, Column: one.name, Query: b.String()})
		}
	}
	return all, nil
}
