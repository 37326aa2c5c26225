package duckdb

import "syscall"

// lowerPriority makes the calling thread give way to the others of the process. Where that
// is not allowed queries run as everything else does.
func lowerPriority() {
	thread := syscall.Gettid()
	raw, err := syscall.Getpriority(syscall.PRIO_PROCESS, thread) // 20 less the niceness
	if err != nil {
		return
	}
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, thread, min(19, 20-raw+queryNice)) // nobody to tell
}
