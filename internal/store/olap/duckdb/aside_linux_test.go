package duckdb

import (
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/millrace/millrace/internal/store/olap"
)

// niceness is that of the calling thread.
func niceness(t *testing.T) int {
	t.Helper()
	raw, err := syscall.Getpriority(syscall.PRIO_PROCESS, syscall.Gettid())
	if err != nil {
		t.Fatal(err)
	}
	return 20 - raw
}

// schedulerClass is that of the calling thread.
func schedulerClass(t *testing.T) uint32 {
	t.Helper()
	attr, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return attr.Policy
}

// TestQueriesGiveWay: a user's query runs on a thread of lower priority, and nothing else of
// the process does afterwards.
func TestQueriesGiveWay(t *testing.T) {
	before, own := niceness(t), schedulerClass(t)
	for range 20 {
		a := newAside()
		got, class := 0, uint32(0)
		if !a.do(func() { got, class = niceness(t), schedulerClass(t) }) {
			t.Fatal("it did not run")
		}
		if class != unix.SCHED_IDLE {
			t.Fatalf("a query has the scheduler's class %d, want %d", class, unix.SCHED_IDLE)
		}
		if want := min(19, before+queryNice); got < want { // the whole process may be lowered meanwhile
			t.Fatalf("a query has niceness %d, want %d", got, want)
		}
		close(a.stop)
		if a.do(func() {}) {
			t.Error("something runs for a query that is gone")
		}
		if class := schedulerClass(t); class != own {
			t.Fatalf("what is no query has the scheduler's class %d, and had %d", class, own)
		}
		raw, err := syscall.Getpriority(syscall.PRIO_PROCESS, os.Getpid()) // the first thread runs no query
		if err != nil {
			t.Fatal(err)
		}
		if now, first := niceness(t), 20-raw; now >= first+queryNice {
			t.Fatalf("what is no query has niceness %d, and the first thread %d", now, first)
		}
	}
}

// TestPatientQueriesGiveWay: a query of the platform's own that nobody waits for runs at the lower
// priority, and another one does not.
func TestPatientQueriesGiveWay(t *testing.T) {
	s := openTest(t, t.TempDir(), nil)
	for _, patient := range []bool{true, false} {
		q := olap.Query{SQL: "SELECT count(*) FROM events", Patient: patient, Limits: s.cfg.Limits}
		if err := s.lines.of(&q).acquire(t.Context(), "", 1); err != nil {
			t.Fatal(err)
		}
		c, err := s.newCursor(t.Context(), q, s.lines.of(&q))
		if err != nil {
			t.Fatal(err)
		}
		if gives := c.aside != nil && c.conn.lend == &s.eng.aside; gives != patient {
			t.Errorf("patient %t: it gives way: %t", patient, gives)
		}
		if err := c.begin(q); err != nil {
			t.Fatal(err)
		}
		if rows, err := c.Next(); err != nil || rows[0][0] != int64(0) {
			t.Errorf("patient %t: %v, %v", patient, rows, err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTransformationsGiveWay: their statements run at the lower priority, and what commits
// them does not.
func TestTransformationsGiveWay(t *testing.T) {
	s := openTest(t, t.TempDir(), nil)
	defer s.Close()
	own := niceness(t)
	during := 0
	if err := s.Transform(t.Context(), func(tx olap.Tx) error {
		tr := tx.(*transform)
		tr.aside.do(func() { during = niceness(t) })
		if tr.conn.lend != &tr.eng.aside {
			t.Error("threads of the pass's priority are lent to a transformation")
		}
		return tx.Exec("SELECT 1")
	}); err != nil {
		t.Fatal(err)
	}
	if want := min(19, own+queryNice); during < want {
		t.Errorf("a transformation has niceness %d, want %d", during, want)
	}
}
