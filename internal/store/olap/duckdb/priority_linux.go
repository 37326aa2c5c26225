package duckdb

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// lowerPriority makes the calling thread give way to the others of the process: it has the
// least weight there is, and of the class of the scheduler that anything else may interrupt at
// once, and whose threads count as an idle processor when another is woken (sched(7)). Where
// that is not allowed queries run as everything else does.
func lowerPriority() {
	thread := syscall.Gettid()
	raw, err := syscall.Getpriority(syscall.PRIO_PROCESS, thread) // 20 less the niceness
	if err != nil {
		return
	}
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, thread, min(19, 20-raw+queryNice)) // nobody to tell
	_ = unix.SchedSetAttr(thread, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}, 0)
}
