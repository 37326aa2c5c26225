package stream

import "fmt"

// Port is where a program gives a job the values that it has read itself. Make it with
// [Input].
type Port[T any] struct{ n *node }

// Input is a source of values that the program has read and decoded itself, from a topic
// of its own or a device, where [Events] reads the events that the platform has judged.
// A program that runs an [Engine] of its own gives them to the port:
//
//	bids, port := stream.Input[Bid](job, "bids")
//	…
//	front, err := engine.OpenFront(partition)
//	port.Put(front, decoded) // after each fetch
//	engine.Work()
//
// The watermarks of all sources hold the job's time: the program tells them what it has
// read by [Watermarks.Observe].
func Input[T any](j *Job, name string) (Stream[T], Port[T]) {
	n := j.add(name, nil)
	n.build = func(x *instance) (any, error) { return emitter[T](x, n) }
	j.ports = append(j.ports, n)
	return Stream[T]{n}, Port[T]{n}
}

// Put gives the job elements of a front's partition, in the order of their offsets. Each
// has its event time, and its place in the partition as its cause. The slice is the
// caller's again when Put returns; what the values point to may be kept. As with
// [Front.Process], the caller is the goroutine of the partition.
func (p Port[T]) Put(f *Front, elements []Element[T]) {
	for _, x := range f.instances {
		if x.run.job != p.n.job {
			continue
		}
		x.run.guard(x.place, func() error {
			take := x.inputs[p.n].(func(Element[T]))
			x.allow(len(elements))
			for i := range elements {
				take(elements[i])
			}
			x.made += int64(len(elements))
			return nil
		})
		x.flush()
		return
	}
	if !f.engine.runs(p.n.job) {
		panic(fmt.Sprintf("BUG: input %q was given a front of an engine that does not run job %q", p.n.name, p.n.job.name))
	}
}

// runs reports whether a job is one of the engine's. A front has no part of a job that had
// failed when it was opened.
func (e *Engine) runs(j *Job) bool {
	for _, run := range e.jobs {
		if run.job == j {
			return true
		}
	}
	return false
}
