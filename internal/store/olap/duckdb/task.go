package duckdb

// The bindings leave out the part of DuckDB's C API by which others' threads work for it
// ("Threading Information" of duckdb.h). The library itself is linked by the bindings.

/*
typedef void *duckdb_task_state;
extern duckdb_task_state duckdb_create_task_state(void *database);
extern void duckdb_execute_tasks_state(duckdb_task_state state);
extern void duckdb_finish_execution(duckdb_task_state state);
extern void duckdb_destroy_task_state(duckdb_task_state state);
*/
import "C"

import capi "github.com/duckdb/duckdb-go-bindings"

// tasks are what threads need that work off the tasks of a database.
type tasks struct{ state C.duckdb_task_state }

func newTasks(db capi.Database) tasks {
	return tasks{C.duckdb_create_task_state(db.Ptr)}
}

// work works off tasks of any statement, on the calling thread, until stop.
func (t tasks) work() { C.duckdb_execute_tasks_state(t.state) }

// stop lets a thread return that works, when it has done what it is at. That may be one of
// other tasks, which goes on: stop is repeated until all have returned.
func (t tasks) stop() { C.duckdb_finish_execution(t.state) }

// destroy frees the tasks, on which nobody works any more.
func (t tasks) destroy() { C.duckdb_destroy_task_state(t.state) }
