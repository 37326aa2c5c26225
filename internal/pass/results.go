package pass

import (
	"context"
	"fmt"

	"github.com/millrace/millrace/internal/result"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/stream"
)

// results are what the jobs bring to a transaction of the analytics store.
type results struct {
	rows []olap.JobRows
	to   uint64 // number of the result behind the newest; 0 when there are no results
	load load
}

// publish numbers what is committed, tells listeners, and returns the rows of it for the
// analytics store. They count in the budget until they are stored.
func (j *jobs) publish(outputs []stream.Output) (r results, err error) {
	if len(outputs) == 0 {
		return r, nil
	}
	if j.p.cfg.Feed != nil {
		j.p.cfg.Feed(j.next, outputs)
	}
	touched := make(map[string]bool)
	first, toTopics := j.next, false
	for i := range outputs {
		o := &outputs[i]
		number := j.next
		j.next++
		toTopics = toTopics || o.Sink.Kind == stream.Topic
		if o.Sink.Kind != stream.Table {
			continue
		}
		if err := j.tables[o.Sink.Name].Add(number, o.Row); err != nil {
			return r, fmt.Errorf("job %q: table %q: %w", o.Job, o.Sink.Name, err)
		}
		r.load.add(load{1, len(o.Row)})
		touched[o.Sink.Name] = true
	}
	if toTopics || !j.topics.next.CompareAndSwap(first, j.next) {
		j.topics.wake()
	}
	r.rows, r.to = j.take(touched), j.next
	j.p.pending.hold(r.load)
	return r, nil
}

// take returns the rows that the tables have, in the tables' order.
func (j *jobs) take(touched map[string]bool) (rows []olap.JobRows) {
	for i := range j.defined {
		if name := j.defined[i].Name; touched[name] {
			rows = append(rows, j.tables[name].Take())
		}
	}
	return rows
}

// openResults prepares the tables of the analytics store, and hands its writer what
// an earlier run committed and did not store.
func (j *jobs) openResults(ctx context.Context) error {
	if j == nil {
		return nil
	}
	p := j.p
	if err := p.cfg.Store.Define(ctx, j.defined); err != nil {
		return fmt.Errorf("cannot prepare the tables of jobs: %w", err)
	}
	stored, err := p.cfg.Store.Positions(ctx)
	if err != nil {
		return fmt.Errorf("cannot read the positions of the analytics store: %w", err)
	}
	if stored.Results > j.next {
		return fmt.Errorf("the analytics store has the jobs' results up to %d, the checkpoint ends at %d: "+
			"the data folder was put together from different times; restore all of it from one backup", stored.Results, j.next)
	}
	trimmed, err := p.cfg.Checkpoint.TrimmedOutputs()
	if err != nil {
		return err
	}
	if stored.Results < trimmed {
		return fmt.Errorf("the analytics store has the jobs' results up to %d, those up to %d are no longer in the outbox: "+
			"the data folder was put together from different times; restore all of it from one backup", stored.Results, trimmed)
	}
	j.trimmed = trimmed
	j.topics.next.Store(trimmed)
	p.writer.results.Store(stored.Results)
	return j.redeliver(stored.Results)
}

// redeliver enqueues the results from a number on, as the outbox has them.
func (j *jobs) redeliver(from uint64) error {
	var r results
	touched := make(map[string]bool)
	enqueue := func(to uint64) {
		r.rows, r.to = j.take(touched), to
		j.p.pending.hold(r.load)
		j.p.writer.enqueue(unit{published: r})
		r = results{}
		clear(touched)
	}
	err := j.p.cfg.Checkpoint.Outputs(from, func(number uint64, stored []byte) error {
		e, err := result.Parse(stored)
		if err != nil {
			return fmt.Errorf("result %d: %w", number, err)
		}
		if e.Kind != stream.Table {
			return nil
		}
		t := j.tables[e.Sink]
		if t == nil || t.Fingerprint != e.Schema {
			j.p.cfg.Logger.Warn("a result of another version of a job has no table any more", "job", e.Job, "table", e.Sink)
			return nil
		}
		if err := t.Add(number, e.Row); err != nil {
			return fmt.Errorf("result %d: job %q: table %q: %w", number, e.Job, e.Sink, err)
		}
		touched[e.Sink] = true
		r.load.add(load{1, len(e.Row)})
		if r.load.reaches(j.p.pending.limit, storeShare) {
			enqueue(number + 1)
		}
		return nil
	})
	if err == nil && from < j.next {
		enqueue(j.next)
	}
	return err
}
