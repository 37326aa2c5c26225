package query

import (
	"slices"
	"sync"
	"time"
)

// Slow is a query that took long.
type Slow struct {
	At      time.Time
	User    string
	Role    string
	SQL     string
	Elapsed time.Duration
	Rows    int
	Err     string // empty when it succeeded
}

const (
	// maxSlow bounds the slow queries that are remembered.
	maxSlow = 200
	// maxSlowBytes bounds what is kept of a statement.
	maxSlowBytes = 4 << 10
)

// slowLog remembers the newest slow queries.
type slowLog struct {
	mu      sync.Mutex // guards queries
	queries []Slow     // newest last
}

func (l *slowLog) add(s Slow) {
	if len(s.SQL) > maxSlowBytes {
		s.SQL = s.SQL[:maxSlowBytes] + "…"
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queries) >= maxSlow {
		l.queries = slices.Delete(l.queries, 0, 1)
	}
	l.queries = append(l.queries, s)
}

// newest returns the queries, newest first.
func (l *slowLog) newest() []Slow {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := slices.Clone(l.queries)
	slices.Reverse(out)
	return out
}
