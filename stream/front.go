package stream

import "github.com/millrace/millrace/event"

// Front is the part of all jobs in one partition of the log. It belongs to the
// goroutine of the partition's task.
type Front struct {
	engine    *Engine
	partition int32
	instances []*instance
}

// OpenFront opens the jobs' part of a partition, with its state as of the newest
// commit.
func (e *Engine) OpenFront(partition int32) (*Front, error) {
	f := &Front{engine: e, partition: partition}
	for _, run := range e.jobs {
		if run.failure() != nil {
			continue
		}
		x, err := e.open(run, Place{Number: partition})
		if err != nil {
			return nil, err
		}
		f.instances = append(f.instances, x)
	}
	e.mu.Lock()
	e.fronts[partition] = f
	e.mu.Unlock()
	return f, nil
}

// CloseFront lets go of a partition. What was not sealed is forgotten.
func (e *Engine) CloseFront(partition int32) {
	e.mu.Lock()
	f := e.fronts[partition]
	delete(e.fronts, partition)
	e.mu.Unlock()
	if f != nil {
		for _, x := range f.instances {
			x.close()
		}
	}
	e.cfg.Watermarks.Forget(partition)
}

// Committed says that the commit of the newest seal is in the backend.
func (f *Front) Committed() {
	for _, x := range f.instances {
		x.committed()
	}
}

// Process takes a batch of judged events. It keeps no reference to the batch
// itself, but its strings may be kept.
func (f *Front) Process(b *event.Batch) {
	for _, x := range f.instances {
		if x.run.failure() != nil {
			continue
		}
		x.run.guard(x.place, func() error {
			for _, r := range x.readers {
				r.process(b)
			}
			return nil
		})
		x.flush()
	}
}
