package duckdb

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	capi "github.com/duckdb/duckdb-go-bindings"
)

// How long a statement works alone. Most of what the platform writes has ended by then,
// but for a checkpoint; a question about many rows has not.
const (
	writePatience = 50 * time.Millisecond
	readPatience  = 3 * time.Millisecond
)

// lender lends threads to statements that take long (ADR 103). The database has none of
// its own: while a thread of a pool has the last task of a statement, the thread that
// asked for it spins, which costs short statements more than the pool gives them.
//
// A thread of low priority that took the task of a statement of the pass would let the pass
// wait until there is a processor for it. So while such statements run, those threads begin
// nothing.
type lender struct {
	db      capi.Database
	threads int
	ahead   *atomic.Int32 // statements that run of those who do not give way
	low     bool          // whether the statements and the threads give way to these

	mu      sync.Mutex
	long    int   // statements that take long
	crew    *crew // that works for them; nil: none
	closed  bool
	leaving sync.WaitGroup // crews
}

// crew are threads that work until they are dismissed.
type crew struct {
	tasks   tasks
	working sync.WaitGroup
}

// during runs f, which runs a statement, and lends threads when that takes longer.
func (l *lender) during(patience time.Duration, f func()) {
	if !l.low {
		l.ahead.Add(1)
		defer l.ahead.Add(-1)
	}
	if l.threads == 0 {
		f()
		return
	}
	n := &loan{l: l}
	n.timer = time.AfterFunc(patience, n.give)
	defer n.end()
	f()
}

// loan is what one statement has of a lender.
type loan struct {
	l     *lender
	timer *time.Timer

	given, ended bool // guarded by l.mu
}

func (n *loan) give() {
	l := n.l
	l.mu.Lock()
	defer l.mu.Unlock()
	if n.ended || l.closed {
		return
	}
	n.given = true
	if l.long++; l.long == 1 {
		l.call()
	}
}

func (n *loan) end() {
	if n.timer.Stop() {
		return
	}
	l := n.l
	l.mu.Lock()
	defer l.mu.Unlock()
	n.ended = true
	if !n.given {
		return
	}
	if l.long--; l.long == 0 {
		l.dismiss()
	}
}

// call lets a crew begin. mu is held.
func (l *lender) call() {
	c := &crew{tasks: newTasks(l.db)}
	for range l.threads {
		c.working.Go(func() {
			runtime.LockOSThread()
			if l.low {
				lowerPriority() // for good: the thread stays locked, and ends with the goroutine
				c.tasks.workBehind(l.ahead)
				return
			}
			defer runtime.UnlockOSThread()
			c.tasks.work()
		})
	}
	l.crew = c
}

// dismiss lets the crew end, if there is one. mu is held.
func (l *lender) dismiss() {
	if c := l.crew; c != nil {
		l.crew = nil
		l.leaving.Go(c.leave)
	}
}

// leave returns when the crew has ended.
func (c *crew) leave() {
	gone := make(chan struct{})
	go func() {
		c.working.Wait()
		close(gone)
	}()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for {
		c.tasks.stop()
		select {
		case <-gone:
			c.tasks.destroy()
			return
		case <-again.C:
		}
	}
}

// close returns when no thread works any more. Statements have ended.
func (l *lender) close() {
	l.mu.Lock()
	l.closed = true
	l.dismiss()
	l.mu.Unlock()
	l.leaving.Wait()
}
