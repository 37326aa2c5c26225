package duckdb

// The bindings leave out the part of DuckDB's C API by which others' threads work for it
// ("Threading Information" of duckdb.h). The library itself is linked by the bindings.

/*
#include <time.h>

typedef void *duckdb_task_state;
extern duckdb_task_state duckdb_create_task_state(void *database);
extern void duckdb_execute_tasks_state(duckdb_task_state state);
extern unsigned long long duckdb_execute_n_tasks_state(duckdb_task_state state, unsigned long long max_tasks);
extern _Bool duckdb_task_state_is_finished(duckdb_task_state state);
extern void duckdb_finish_execution(duckdb_task_state state);
extern void duckdb_destroy_task_state(duckdb_task_state state);

// A thread that waits inside the database is woken by the next task, whoever's it is, so this
// one looks for tasks every millisecond. It is in C throughout: a thread of low priority that
// ran Go would keep one of the processors of Go's scheduler while it does not run.
static void millrace_work_behind(duckdb_task_state state, const int *others) {
	const struct timespec pause = {0, 1000000};
	while (!duckdb_task_state_is_finished(state)) {
		if (__atomic_load_n(others, __ATOMIC_ACQUIRE) > 0 || duckdb_execute_n_tasks_state(state, 1) == 0)
			nanosleep(&pause, NULL);
	}
}
*/
import "C"

import (
	"sync/atomic"
	"unsafe"

	capi "github.com/duckdb/duckdb-go-bindings"
)

// tasks are what threads need that work off the tasks of a database.
type tasks struct{ state C.duckdb_task_state }

func newTasks(db capi.Database) tasks {
	return tasks{C.duckdb_create_task_state(db.Ptr)}
}

// work works off tasks of any statement, on the calling thread, until stop.
func (t tasks) work() { C.duckdb_execute_tasks_state(t.state) }

// workBehind works off tasks until stop, and begins none while others is above 0.
func (t tasks) workBehind(others *atomic.Int32) {
	C.millrace_work_behind(t.state, (*C.int)(unsafe.Pointer(others)))
}

// stop lets a thread return that works, when it has done what it is at. That may be one of
// other tasks, which goes on: stop is repeated until all have returned.
func (t tasks) stop() { C.duckdb_finish_execution(t.state) }

// destroy frees the tasks, on which nobody works any more.
func (t tasks) destroy() { C.duckdb_destroy_task_state(t.state) }
