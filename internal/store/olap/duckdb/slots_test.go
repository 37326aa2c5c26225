package duckdb

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
)

func testSlots(most, line int) *slots {
	return &slots{most: most, line: line, timeout: time.Minute, running: make(map[string]int)}
}

// wait puts a query into the line and returns when it stands there.
func (s *slots) wait(t *testing.T, ctx context.Context, user string, most int, served chan<- string) {
	t.Helper()
	s.mu.Lock()
	before := len(s.waiting)
	s.mu.Unlock()
	go func() {
		if err := s.acquire(ctx, user, most); err != nil {
			served <- fmt.Sprintf("%s: %v", user, err)
			return
		}
		served <- user
	}()
	for {
		s.mu.Lock()
		n := len(s.waiting)
		s.mu.Unlock()
		if n > before {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// TestTurns: of many queries of one user and few of others, users are served in turns.
func TestTurns(t *testing.T) {
	s := testSlots(1, 10)
	if err := s.acquire(t.Context(), "greedy", 1); err != nil {
		t.Fatal(err)
	}
	served := make(chan string)
	for _, user := range []string{"greedy", "greedy", "greedy", "ann", "bob", "ann"} {
		s.wait(t, t.Context(), user, 1, served)
	}
	var got []string
	last := "greedy"
	for range 6 {
		s.release(last)
		last = <-served
		got = append(got, last)
	}
	if fmt.Sprint(got) != "[ann bob greedy ann greedy greedy]" {
		t.Errorf("served in the order %v", got)
	}
	s.release(last)
	if s.total != 0 || len(s.running) != 0 || len(s.waiting) != 0 {
		t.Errorf("left behind: %+v", s)
	}
}

// TestShare: a user has no more than its share, and the line has a room for others.
func TestShare(t *testing.T) {
	s := testSlots(4, 4)
	if got := (*olap.Reader)(nil).Share("ann", s.most); got != 3 {
		t.Errorf("the share is %d, want 3", got)
	}
	if got := (&olap.Reader{Running: 1}).Share("ann", s.most); got != 1 {
		t.Errorf("the share by the role is %d, want 1", got)
	}
	for range 3 {
		if err := s.acquire(t.Context(), "ann", 3); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	served := make(chan string, 2)
	s.wait(t, ctx, "ann", 3, served)
	s.wait(t, ctx, "ann", 3, served)
	if err := s.acquire(t.Context(), "ann", 3); !errors.Is(err, olap.ErrBusy) {
		t.Errorf("a third one in the line: %v", err)
	}
	if err := s.acquire(t.Context(), "bob", 3); err != nil { // the fourth slot is free for him
		t.Errorf("bob: %v", err)
	}
	cancel(errors.New("gave up"))
	for range 2 {
		if got := <-served; got != "ann: gave up" {
			t.Errorf("a query that was given up: %s", got)
		}
	}
	s.release("ann")
	if err := s.acquire(t.Context(), "ann", 3); err != nil {
		t.Errorf("a slot behind those who gave up: %v", err)
	}
}

// TestRefusal: who finds the line full is told so behind a pause, unless the caller gives up.
func TestRefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newLines(Config{MaxQueries: 1}).users
		if err := s.acquire(t.Context(), "ann", 1); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := s.acquire(t.Context(), "bob", 1); !errors.Is(err, olap.ErrBusy) || time.Since(began) != refusalPause {
			t.Errorf("behind %v: %v", time.Since(began), err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errors.New("gave up"))
		if err := s.acquire(ctx, "bob", 1); err == nil || err.Error() != "gave up" {
			t.Errorf("one that gave up: %v", err)
		}
	})
}

// TestPlatformWaits: while a write needs all the memory a user's query is refused, and one of the
// platform's own waits; so does it for a turn, behind others than those that nobody waits for.
func TestPlatformWaits(t *testing.T) {
	s := openTest(t, t.TempDir(), func(c *Config) { c.MaxQueries, c.QueueTimeout = 1, time.Millisecond })
	ask := func(q olap.Query) error {
		q.SQL = "SELECT count(*) FROM events"
		r, err := s.Query(t.Context(), q)
		if err == nil {
			_, err = r.All()
		}
		return err
	}
	s.pause(true)
	if err := ask(olap.Query{Untrusted: true}); !errors.Is(err, olap.ErrBusy) {
		t.Errorf("a user's query in a pause: %v", err)
	}
	time.AfterFunc(50*time.Millisecond, func() { s.pause(false) })
	if err := ask(olap.Query{}); err != nil {
		t.Errorf("one of the platform's in a pause: %v", err)
	}

	patient := s.lines.patient
	if err := patient.acquire(t.Context(), "", patient.most); err != nil {
		t.Fatal(err)
	}
	if err := ask(olap.Query{}); err != nil {
		t.Errorf("beside one that nobody waits for: %v", err)
	}
	time.AfterFunc(50*time.Millisecond, func() { patient.release("") })
	if err := ask(olap.Query{Patient: true}); err != nil {
		t.Errorf("a second one of those: %v", err)
	}
}
