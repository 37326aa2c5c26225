package stream

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Shape sets a digest of what the job's state means, for jobs whose definition comes
// from outside of the program. The engine refuses a job whose shape differs from that
// of its state, unless its version is higher: then the job begins anew.
func (j *Job) Shape(digest string) *Job {
	j.shape = digest
	return j
}

// Replace lets the engine run another list of jobs. A job of the list that runs goes on as
// it is. One of the name of another that runs takes over its state; the others begin, or go
// on where they once were. All fronts must rest, and what the newest seal wrote must be in
// the backend, with nothing processed since. When it fails, everything is as before. The
// next seal makes the change durable.
func (e *Engine) Replace(jobs []*Job) error {
	if e.cfg.Exchange != nil {
		return errors.New("jobs that run in several processes cannot be replaced while they do: restart them")
	}
	planned, err := e.plan(jobs)
	if err != nil {
		return err
	}
	return e.swap(planned)
}

// swap runs the planned jobs in place of those that run.
func (e *Engine) swap(planned []*running) error {
	fronts := e.orderedFronts()
	opened, err := e.openAll(planned, fronts)
	if err != nil {
		for _, x := range opened {
			x.close()
		}
		return fmt.Errorf("%w: %w", ErrDefinition, err)
	}
	goes := func(x *instance) bool {
		if slices.Contains(planned, x.run) {
			return false
		}
		x.close()
		return true
	}
	for _, f := range fronts {
		f.instances = slices.DeleteFunc(f.instances, goes)
	}
	e.mu.Lock()
	e.jobs = planned
	e.mu.Unlock()
	for _, s := range e.shards {
		s.mu.Lock()
		maps.DeleteFunc(s.instances, func(_ *running, x *instance) bool { return goes(x) })
		s.mu.Unlock()
	}
	for _, x := range opened {
		e.install(x, fronts)
	}
	return nil
}

// openAll opens the parts of the jobs that do not run yet. On an error it returns those
// that were opened.
func (e *Engine) openAll(planned []*running, fronts []*Front) (opened []*instance, err error) {
	for _, run := range planned {
		if run.failure() != nil || slices.Contains(e.jobs, run) {
			continue
		}
		places := make([]Place, 0, len(e.shards)+len(fronts))
		for number := range e.shards {
			places = append(places, Place{Shard: true, Number: int32(number)})
		}
		for _, f := range fronts {
			places = append(places, Place{Number: f.partition})
		}
		for _, place := range places {
			x, err := e.open(run, place)
			if err != nil {
				return opened, err
			}
			opened = append(opened, x)
		}
	}
	return opened, nil
}

// install puts a part of a job in its place. In fronts jobs have the order of the engine.
func (e *Engine) install(x *instance, fronts []*Front) {
	if x.place.Shard {
		s := e.shards[x.place.Number]
		s.mu.Lock()
		defer s.mu.Unlock()
		s.instances[x.run] = x
		return
	}
	i := slices.IndexFunc(fronts, func(f *Front) bool { return f.partition == x.place.Number })
	f := fronts[i]
	f.instances = append(f.instances, x)
	slices.SortFunc(f.instances, func(a, b *instance) int {
		return slices.Index(e.jobs, a.run) - slices.Index(e.jobs, b.run)
	})
}
