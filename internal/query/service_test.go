package query_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/store/olap"
)

// store answers each query with its number of runs.
type store struct {
	at      int64
	changes uint64
	runs    int
	bulk    int // bytes of a further column
	err     error
	now     time.Time
	last    olap.Query
}

func (s *store) Positions(context.Context) (olap.Positions, error) {
	return olap.Positions{Offsets: map[int32]int64{0: s.at}, Changes: s.changes}, nil
}

func (s *store) Query(_ context.Context, q olap.Query) (*olap.Result, error) {
	s.runs++
	s.last = q
	if s.err != nil {
		return nil, s.err
	}
	s.now = s.now.Add(100 * time.Millisecond)
	rows := &rows{chunks: [][][]any{{{int64(s.runs), string(make([]byte, s.bulk))}}, {{int64(-1), "end"}}}}
	result := olap.NewResult([]olap.ResultColumn{{Name: "n", Type: "BIGINT"}, {Name: "x", Type: "VARCHAR"}}, rows, q.Limits.Or(olap.Limits{Rows: 10, Bytes: 1 << 30}), s.now, s.clock)
	result.Stable = q.SQL != "now"
	return result, nil
}

func (s *store) clock() time.Time { return s.now }

// rows reuses its rows, as drivers do.
type rows struct {
	chunks [][][]any
	buf    [][]any
}

func (r *rows) Next() ([][]any, error) {
	for _, row := range r.buf {
		clear(row)
	}
	if len(r.chunks) == 0 {
		return nil, nil
	}
	r.buf, r.chunks = r.chunks[0], r.chunks[1:]
	return r.buf, nil
}

func (r *rows) Close() error { return nil }

func TestCache(t *testing.T) {
	s := &store{now: time.Unix(1, 0)}
	service := query.New(query.Config{Store: s, CacheBytes: 8 << 10, Now: s.clock, Logger: slog.New(slog.DiscardHandler)})
	role, other := &query.Role{Name: "a"}, &query.Role{Name: "b"}
	ask := func(role *query.Role, sql string, args ...any) string {
		t.Helper()
		result, err := service.Ask(t.Context(), &query.User{Name: "ann", Role: role}, olap.Query{SQL: sql, Args: args})
		if err != nil {
			t.Fatal(err)
		}
		cached := result.Cached
		all, err := result.All()
		if err != nil || len(all) != 2 || all[1][1] != "end" {
			t.Fatalf("%v, %v", all, err)
		}
		return fmt.Sprint(all[0][0], cached)
	}
	steps := []struct {
		what, got, want string
	}{
		{"first", ask(role, "q"), "1 false"},
		{"again", ask(role, "q"), "1 true"},
		{"and again", ask(role, "q"), "1 true"},
		{"another statement", ask(role, "p"), "2 false"},
		{"another role", ask(other, "q"), "3 false"},
		{"an argument", ask(role, "q", int64(1)), "4 false"},
		{"the argument as text", ask(role, "q", "1"), "5 false"},
		{"the same argument", ask(role, "q", "1"), "5 true"},
		{"what changes by itself", ask(role, "now"), "6 false"},
		{"that again", ask(role, "now"), "7 false"},
	}
	s.at++
	steps = append(steps, struct{ what, got, want string }{"behind a commit", ask(role, "q"), "8 false"})
	again := ask(role, "q")
	s.changes++
	steps = append(steps, struct{ what, got, want string }{"that again", again, "8 true"}, struct{ what, got, want string }{"when rows expired", ask(role, "q"), "9 false"})
	s.bulk = 2 << 10
	steps = append(steps, struct{ what, got, want string }{"what is too large", ask(role, "large"), "10 false"}, struct{ what, got, want string }{"that again", ask(role, "large"), "11 false"})
	s.bulk = 512
	for i := range 20 { // more than fits
		ask(role, fmt.Sprint("fill", i))
	}
	steps = append(steps, struct{ what, got, want string }{"the newest", ask(role, "fill19"), "31 true"}, struct{ what, got, want string }{"what was thrown out", ask(role, "q"), "32 false"})
	for _, c := range steps {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", c.what, c.got, c.want)
		}
	}
}

// TestPartOfAnAnswer: what was not read to its end is not kept.
func TestPartOfAnAnswer(t *testing.T) {
	s := &store{now: time.Unix(1, 0)}
	service := query.New(query.Config{Store: s, CacheBytes: 8 << 10, Now: s.clock, Logger: slog.New(slog.DiscardHandler)})
	u := &query.User{Name: "ann", Role: &query.Role{}}
	for range 2 {
		result, err := service.Ask(t.Context(), u, olap.Query{SQL: "q"})
		if err != nil || result.Cached {
			t.Fatalf("%v, cached %t", err, result.Cached)
		}
		if _, err := result.Next(); err != nil {
			t.Fatal(err)
		}
		_ = result.Close()
	}
}

func TestSlowQueries(t *testing.T) {
	s := &store{now: time.Unix(1, 0)}
	service := query.New(query.Config{Store: s, SlowAfter: 50 * time.Millisecond, Now: s.clock, Logger: slog.New(slog.DiscardHandler)})
	u := &query.User{Name: "ann", Role: &query.Role{Name: "analyst", Limits: olap.Limits{Rows: 5, Timeout: time.Second}}}
	result, err := service.Ask(t.Context(), u, olap.Query{SQL: "q", Limits: olap.Limits{Rows: 3, Timeout: time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	if l := s.last.Limits; l.Rows != 3 || l.Timeout != time.Second || !s.last.Untrusted || s.last.User != "ann" {
		t.Errorf("asked with %+v", s.last)
	}
	_ = result.Close()
	s.err = errors.New("no")
	if _, err := service.Ask(t.Context(), u, olap.Query{SQL: "p"}); err == nil {
		t.Error("no error")
	}
	slow := service.Slow()
	if len(slow) != 1 || slow[0].SQL != "q" || slow[0].User != "ann" || slow[0].Role != "analyst" || slow[0].Elapsed != 100*time.Millisecond {
		t.Errorf("slow: %+v", slow)
	}
}

func TestPasswords(t *testing.T) {
	verifier, err := query.HashPassword("sésame", constant{})
	if err != nil {
		t.Fatal(err)
	}
	ann, err := query.NewUser("ann", &query.Role{}, verifier)
	if err != nil {
		t.Fatal(err)
	}
	access := query.NewAccess([]*query.User{ann}, nil)
	if got, err := access.Authenticate("ann", "sésame"); err != nil || got != ann {
		t.Errorf("the right password: %v", err)
	}
	for _, c := range [][2]string{{"ann", "sesame"}, {"ann", ""}, {"bob", "sésame"}, {"", ""}} {
		if _, err := access.Authenticate(c[0], c[1]); !errors.Is(err, query.ErrUnauthenticated) {
			t.Errorf("%q: %v", c, err)
		}
	}
	if _, err := access.Anonymous("api"); !errors.Is(err, query.ErrNoAnonymous) {
		t.Errorf("nobody: %v", err)
	}
	if _, err := access.Find("bob"); !errors.Is(err, query.ErrUnauthenticated) {
		t.Errorf("bob: %v", err)
	}
	for _, bad := range []string{"x", "md5abc", "SCRAM-SHA-256$1:aa==$aa==:aa==", "SCRAM-SHA-256$4096:!$aa==:aa==", "SCRAM-SHA-256$99999999:YQ==$YQ==:YQ=="} {
		if _, err := query.ParsePassword(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

type constant struct{}

func (constant) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 7
	}
	return len(p), nil
}
