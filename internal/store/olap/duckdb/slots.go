package duckdb

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
)

// refusalPause is how long who finds the line full waits for that answer: a client that asks
// again at once would cost more than its query.
const refusalPause = time.Second

// slots bound how many queries run and how many wait. Who waits is served in turns, user
// by user, so that one who asks much delays the others by one query and not by all of his.
type slots struct {
	most    int // that run
	line    int // that wait
	timeout time.Duration

	mu      sync.Mutex // guards what follows
	running map[string]int
	total   int // that run
	waiting []*waiter
	last    string // user who was served last from the line
}

// waiter is a query that waits for its turn.
type waiter struct {
	user  string
	most  int
	ready chan struct{} // closed when it may run
}

// lines are those in front of the store: of users' queries, of the platform's own, and of those
// of its own that nobody waits for.
type lines struct{ users, trusted, patient *slots }

// trustedTimeout is how long a query of the platform's own waits for its turn. Who waits for it
// gives up before.
const trustedTimeout = time.Minute

func newLines(cfg Config) lines {
	of := func(most int, timeout time.Duration) *slots {
		return &slots{most: most, line: cfg.MaxWaiting, timeout: timeout, running: make(map[string]int)}
	}
	return lines{of(cfg.MaxQueries, cfg.QueueTimeout), of(cfg.MaxQueries, max(cfg.QueueTimeout, trustedTimeout)), of(1, 24*time.Hour)}
}

// of returns where a query waits.
func (l *lines) of(q *olap.Query) *slots {
	switch {
	case q.Untrusted:
		return l.users
	case q.Patient:
		return l.patient
	}
	return l.trusted
}

// acquire waits for a slot; it is given back by release.
func (s *slots) acquire(ctx context.Context, user string, most int) error {
	w, err := s.enter(user, most)
	if err != nil {
		if clock.Real().Sleep(ctx, refusalPause) != nil {
			return context.Cause(ctx)
		}
		return err
	}
	if w == nil {
		return nil
	}
	timer := time.NewTimer(s.timeout)
	defer timer.Stop()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-timer.C:
		err = fmt.Errorf("%w: none of those that run ended within %v, try again later", olap.ErrBusy, s.timeout)
	}
	if !s.withdraw(w) {
		s.release(user) // its turn came meanwhile
	}
	return err
}

// enter takes a slot, or a place in the line, which it returns.
func (s *slots) enter(user string, most int) (*waiter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.total < s.most && s.running[user] < most {
		s.take(user)
		return nil, nil
	}
	if len(s.waiting) >= s.line {
		return nil, fmt.Errorf("%w: %d run and %d wait already, try again later", olap.ErrBusy, s.total, len(s.waiting))
	}
	own := 0
	for _, w := range s.waiting {
		if w.user == user {
			own++
		}
	}
	if user != "" && own >= max(1, s.line/2) { // the rest of the line is for others
		return nil, fmt.Errorf("%w: %d of your queries run and %d wait already, try again later", olap.ErrBusy, s.running[user], own)
	}
	w := &waiter{user: user, most: most, ready: make(chan struct{})}
	s.waiting = append(s.waiting, w)
	return w, nil
}

// take counts a query that runs. mu is held.
func (s *slots) take(user string) {
	s.total++
	s.running[user]++
}

// withdraw leaves the line; it is false for one whose turn has come.
func (s *slots) withdraw(w *waiter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.waiting, w)
	if i < 0 {
		return false
	}
	s.waiting = slices.Delete(s.waiting, i, i+1)
	return true
}

func (s *slots) release(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total--
	if s.running[user]--; s.running[user] == 0 {
		delete(s.running, user)
	}
	for s.total < s.most {
		i := s.turn()
		if i < 0 {
			return
		}
		w := s.waiting[i]
		s.waiting = slices.Delete(s.waiting, i, i+1)
		s.take(w.user)
		s.last = w.user
		close(w.ready)
	}
}

// turn returns the query that is next: of the users with room, the first in the order of
// names behind the one served last, and of its queries the one that waits longest. mu is
// held.
func (s *slots) turn() int {
	best := -1
	for i, w := range s.waiting {
		if s.running[w.user] >= w.most {
			continue
		}
		if best < 0 || s.before(w.user, s.waiting[best].user) {
			best = i
		}
	}
	return best
}

// before reports whether the turn of user a comes before that of b.
func (s *slots) before(a, b string) bool {
	if a == b {
		return false
	}
	behindA, behindB := a > s.last, b > s.last
	if behindA != behindB {
		return behindA
	}
	return a < b
}
