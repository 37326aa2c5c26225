package duckdb

import (
	"fmt"
	"sync"
	"testing"
	"time"

	capi "github.com/duckdb/duckdb-go-bindings"
)

func openEngineTest(t *testing.T, threads int) *engine {
	t.Helper()
	cfg, err := Config{Path: t.TempDir() + "/analytics.duckdb", Threads: threads, Now: time.Now}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	eng, err := openEngine(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := eng.close(); err != nil {
			t.Error(err)
		}
	})
	return eng
}

func (l *lender) lends() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.crew != nil
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

// begun begins a statement that its caller does not work off. worked reports whether others did.
func begun(t *testing.T, eng *engine, sql string) (worked func() bool, free func()) {
	t.Helper()
	c, err := eng.connect()
	if err != nil {
		t.Fatal(err)
	}
	var stmt capi.PreparedStatement
	if capi.Prepare(c.c, sql, &stmt) == capi.StateError {
		t.Fatal(capi.PrepareError(stmt))
	}
	var pending capi.PendingResult
	if capi.PendingPrepared(stmt, &pending) == capi.StateError {
		t.Fatal(capi.PendingError(pending))
	}
	worked = func() bool { return capi.PendingExecutionIsFinished(capi.PendingExecuteCheckState(pending)) }
	return worked, func() {
		capi.DestroyPending(&pending)
		capi.DestroyPrepare(&stmt)
		c.close()
	}
}

// TestLentThreadsWork: a statement that its caller only begins is worked off by those who
// are lent, and by nobody before.
func TestLentThreadsWork(t *testing.T) {
	eng := openEngineTest(t, 3)
	worked, free := begun(t, eng, "SELECT sum(hash(range)) FROM range(1000000)")
	defer free()
	for range 20 {
		if worked() {
			t.Fatal("somebody works for a statement that nobody runs")
		}
		time.Sleep(time.Millisecond)
	}
	eng.own.during(0, func() { eventually(t, "the statement is worked off", worked) })
}

// TestLowThreadsTakeNothingFromThePass: while a statement of those runs who do not give way,
// threads of users' queries begin no task, and afterwards they do.
func TestLowThreadsTakeNothingFromThePass(t *testing.T) {
	eng := openEngineTest(t, 3)
	worked, free := begun(t, eng, "SELECT sum(hash(range)) FROM range(1000000)")
	defer free()
	var low sync.WaitGroup
	ends := make(chan struct{})
	defer low.Wait()
	defer close(ends)
	eng.own.during(time.Hour, func() {
		low.Go(func() { eng.aside.during(0, func() { <-ends }) })
		eventually(t, "threads are lent to the query", eng.aside.lends)
		for range 50 {
			if worked() {
				t.Fatal("a thread of low priority works beside the pass")
			}
			time.Sleep(time.Millisecond)
		}
	})
	eventually(t, "the statement is worked off", worked)
}

// TestThreadsAreLentToLongStatements: from when the first takes long until the last has ended.
func TestThreadsAreLentToLongStatements(t *testing.T) {
	eng := openEngineTest(t, 2)
	l := &eng.aside
	l.during(time.Hour, func() {
		if l.lends() {
			t.Error("threads are lent to a statement that does not take long")
		}
	})
	first, second := make(chan struct{}), make(chan struct{})
	var running sync.WaitGroup
	for _, ends := range []chan struct{}{first, second} {
		running.Go(func() { l.during(0, func() { <-ends }) })
	}
	both := func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.long == 2
	}
	eventually(t, "both take long", both)
	close(first)
	eventually(t, "one takes long", func() bool { return !both() })
	if !l.lends() {
		t.Error("no threads are lent, and one statement takes long")
	}
	close(second)
	running.Wait()
	if l.lends() {
		t.Error("threads are lent, and nothing runs")
	}
	l.leaving.Wait()
}

// TestLendingNeverEndsInAWait: statements of both lenders come and go at random.
func TestLendingNeverEndsInAWait(t *testing.T) {
	eng := openEngineTest(t, 3)
	var running sync.WaitGroup
	for k := range 6 {
		running.Go(func() {
			c, err := eng.connect()
			if err != nil {
				t.Error(err)
				return
			}
			defer c.close()
			l := &eng.own
			if k%2 == 0 {
				l = &eng.aside
			}
			for i := range 15 {
				l.during(time.Duration(i%3)*time.Millisecond, func() {
					err = c.exec(fmt.Sprintf("SELECT sum(hash(range)) FROM range(%d)", 1000<<(i%10)))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	running.Wait()
}

// TestOneThreadIsLentToNobody: the caller's is the one.
func TestOneThreadIsLentToNobody(t *testing.T) {
	eng := openEngineTest(t, 1)
	eng.own.during(0, func() {
		time.Sleep(5 * time.Millisecond)
		if eng.own.lends() {
			t.Error("a second thread works")
		}
	})
}
