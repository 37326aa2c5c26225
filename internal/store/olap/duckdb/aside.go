package duckdb

import "runtime"

// queryNice is how far behind the rest of the process they stand who give way, in the eyes
// of the operating system's scheduler, where its idle class is refused. 19 is as far as there
// is: a thread has a seventieth of the weight.
const queryNice = 19

// aside is a thread of its own on which a user's query or a transformation runs. Its priority is
// lower than that of the process, and a thread cannot get its priority back, so it ends with them.
type aside struct {
	work chan func()
	stop chan struct{} // closed when what runs there is gone
}

func newAside() *aside {
	a := &aside{make(chan func()), make(chan struct{})}
	go a.run()
	return a
}

func (a *aside) run() {
	runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
	lowerPriority()
	for {
		select {
		case f := <-a.work:
			f()
		case <-a.stop:
			return
		}
	}
}

// do runs f on the thread. It is false when the query is gone, and f did not run.
func (a *aside) do(f func()) bool {
	done := make(chan struct{})
	select {
	case a.work <- func() { defer close(done); f() }:
		<-done
		return true
	case <-a.stop:
		return false
	}
}
