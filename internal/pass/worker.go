package pass

import (
	"context"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// worker runs the tasks of some partitions, one batch at a time.
type worker struct {
	in chan work
	p  *Pass

	mu    sync.Mutex // guards tasks and what they hold, between batches
	tasks map[int32]*task
}

// work is what the poller hands over: records of a partition, or a barrier that
// is closed when everything before it has been processed.
type work struct {
	partition int32
	records   []*kgo.Record
	barrier   chan struct{}
}

func (w *worker) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case job := <-w.in:
			if job.barrier != nil {
				close(job.barrier)
				continue
			}
			if err := w.process(ctx, job); err != nil {
				w.p.fail(err)
				return
			}
		}
	}
}

// process works through a fetch in steps, so that the committer gets its turn
// and the pending rows stay bounded. When the context ends it leaves the rest.
func (w *worker) process(ctx context.Context, job work) error {
	records := job.records
	for len(records) > 0 && w.p.pending.acquire(ctx) {
		chunk := records[:min(len(records), batchEvents)]
		records = records[len(chunk):]
		if err := w.step(job.partition, chunk); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) step(partition int32, chunk []*kgo.Record) error {
	w.p.gate.RLock()
	defer w.p.gate.RUnlock()
	if err := w.judge(partition, chunk); err != nil {
		return err
	}
	w.p.jobs.work()
	return nil
}

func (w *worker) judge(partition int32, chunk []*kgo.Record) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.tasks[partition]
	if t == nil { // it was taken away meanwhile
		return nil
	}
	judged, err := t.process(chunk)
	// Counted under the lock: a commit must not seal what is not counted yet.
	w.p.pending.add(judged)
	return err
}

// seal cuts what the worker's tasks have ready. The caller holds the worker's
// mutex.
func (w *worker) seal(dst []sealed) ([]sealed, error) {
	for _, t := range w.tasks {
		if len(t.pending) == 0 {
			continue
		}
		s, err := t.seal()
		if err != nil {
			return dst, err
		}
		w.p.pending.seal(s.load)
		dst = append(dst, s)
	}
	return dst, nil
}
