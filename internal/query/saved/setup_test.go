package saved_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/query/saved"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/record"
	"github.com/millrace/millrace/internal/store/record/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// monday is a Monday, a minute before eight in London.
var monday = time.Date(2026, 11, 23, 7, 59, 0, 0, time.UTC)

// store answers statements with rows that a test sets.
type store struct {
	mu    sync.Mutex
	rows  [][]any
	errs  []error // of the next questions
	asked []olap.Query
	users []string
}

func (s *store) Ask(_ context.Context, u *query.User, q olap.Query) (*olap.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.Describe {
		if strings.Contains(q.SQL, "DELETE") {
			return nil, &olap.Error{Kind: olap.ErrNotQuery, Message: "only queries are allowed here", Line: 1, Column: 1}
		}
		return &olap.Result{ParameterNames: parametersOf(q.SQL)}, nil
	}
	s.asked, s.users = append(s.asked, q), append(s.users, u.Name)
	if len(s.errs) > 0 {
		err := s.errs[0]
		s.errs = s.errs[1:]
		if err != nil {
			return nil, err
		}
	}
	columns := []olap.ResultColumn{{Name: "country", Type: "VARCHAR"}, {Name: "revenue", Type: "DECIMAL(18,6)"}}
	limits := q.Limits.Or(olap.Limits{Rows: 1000, Bytes: 1 << 20})
	return olap.NewResult(columns, &cursor{rows: slices.Clone(s.rows)}, limits, monday, func() time.Time { return monday }), nil
}

func parametersOf(sql string) []string {
	names := make(map[string]bool)
	for i := range len(sql) {
		if sql[i] != '$' {
			continue
		}
		end := i + 1
		for end < len(sql) && strings.IndexByte("abcdefghijklmnopqrstuvwxyz_0123456789", sql[end]) >= 0 {
			end++
		}
		names[sql[i+1:end]] = true
	}
	return slices.Sorted(maps.Keys(names))
}

type cursor struct{ rows [][]any }

func (c *cursor) Next() ([][]any, error) {
	rows := c.rows
	c.rows = nil
	return rows, nil
}

func (c *cursor) Close() error { return nil }

// target takes what it is sent.
type target struct {
	mu   sync.Mutex
	got  []alert.Message
	sent chan struct{}
}

func (t *target) TakesReports() {}

func (t *target) Send(_ context.Context, m *alert.Message) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.got = append(t.got, *m)
	t.sent <- struct{}{}
	return "", nil
}

// pager is a channel that takes no reports.
type pager struct{}

func (pager) Send(context.Context, *alert.Message) (string, error) {
	return "", errors.New("not for this")
}

// crashing is a record store whose process is killed: from the transaction that is due on,
// nothing is stored any more.
type crashing struct {
	record.Store
	left int // transactions; below 0: no crash is due
}

var errKilled = errors.New("the process was killed")

func (c *crashing) Update(ctx context.Context, write func(record.Tx) error) error {
	if c.left == 0 {
		return errKilled
	}
	c.left--
	return c.Store.Update(ctx, write)
}

// shop is a service with all that it needs.
type shop struct {
	t       *testing.T
	clock   *clock.Fake
	records *crashing
	store   *store
	mail    *target
	desk    *alert.Desk
	*saved.Service
}

func newShop(t *testing.T) *shop {
	records, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "records.sqlite")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = records.Close() })
	s := &shop{
		t: t, clock: clock.NewFake(monday), records: &crashing{records, -1}, store: &store{rows: [][]any{{"GB", olap.DecimalOf(12_500_000, 6)}}},
		mail: &target{sent: make(chan struct{}, 1000)},
	}
	s.open("")
	return s
}

// half is the chance of every jitter.
type half struct{}

func (half) Float64() float64 { return 0.5 }

// open begins a process on what is stored.
func (s *shop) open(dir string) {
	s.t.Helper()
	var err error
	s.desk, err = alert.Open(s.t.Context(), alert.Config{
		Store: s.records, Targets: map[string]alert.Channel{"sales": s.mail, "pager": pager{}}, Clock: s.clock, Random: half{}, Logger: slog.New(slog.DiscardHandler),
		Interval: time.Hour, Attempts: 3, RetryMin: time.Second, RetryMax: time.Minute, Timeout: time.Minute, Retention: 24 * time.Hour, BaseURL: "https://millrace.example",
	})
	if err != nil {
		s.t.Fatal(err)
	}
	ann, err := query.NewUser("ann", &query.Role{Name: "analyst"}, "")
	if err != nil {
		s.t.Fatal(err)
	}
	bob, err := query.NewUser("bob", &query.Role{}, "")
	if err != nil {
		s.t.Fatal(err)
	}
	s.Service, err = saved.Open(saved.Config{
		Asker: s.store, Users: query.NewAccess([]*query.User{ann, bob}, &query.Role{}), Records: s.records, Poster: s.desk, Dir: dir, Clock: s.clock,
		Logger: slog.New(slog.DiscardHandler), Limits: saved.Limits{Rows: 100},
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) user(name string) *query.User { return &query.User{Name: name, Role: &query.Role{}} }

// save saves a query that must be taken.
func (s *shop) save(text string) *saved.Entry {
	s.t.Helper()
	q, err := saved.Parse([]byte(text), "q.yaml")
	if err != nil {
		s.t.Fatal(err)
	}
	after, _, err := s.Put(s.t.Context(), q.ID, []byte(text), saved.Change{User: s.user("ann"), By: "ann"})
	if err != nil {
		s.t.Fatal(err)
	}
	return after
}

// told lists what the outbox has, as title, due time and rows.
func (s *shop) told() []string {
	var all []string
	for _, e := range s.desk.Outbox() {
		rows := "-"
		if e.Result != nil {
			rows = fmt.Sprint(e.Result.Rows)
		}
		all = append(all, fmt.Sprintf("%s %s %s", e.Title, e.Opened.Format("Mon 15:04"), rows))
	}
	return all
}
