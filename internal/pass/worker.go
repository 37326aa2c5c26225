package pass

import (
	"context"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/fingerprint"
	"github.com/millrace/millrace/internal/ledger"
	"github.com/millrace/millrace/internal/pass/checkpoint"
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
			if !w.process(ctx, job) {
				return
			}
		}
	}
}

// process works through a fetch in steps, so that the committer gets its turn
// and the pending rows stay bounded. It is false when the context ended.
func (w *worker) process(ctx context.Context, job work) bool {
	records := job.records
	for len(records) > 0 {
		if !w.p.pending.acquire(ctx) {
			return false
		}
		chunk := records[:min(len(records), batchEvents)]
		records = records[len(chunk):]
		w.mu.Lock()
		n := 0
		if t := w.tasks[job.partition]; t != nil {
			n = t.process(chunk)
		}
		w.mu.Unlock()
		w.p.pending.add(n)
	}
	return true
}

// sealed is what one task brings to a commit.
type sealed struct {
	task     *task
	state    checkpoint.Task
	batches  []*event.Batch
	dedup    fingerprint.Checkpoint
	ledger   ledger.Delta
	position int64
}

// seal cuts what the worker's tasks have ready.
func (w *worker) seal(dst []sealed) ([]sealed, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range w.tasks {
		if len(t.pending) == 0 {
			continue
		}
		cp, err := t.dedup.Checkpoint()
		if err != nil {
			return dst, err
		}
		state := t.state
		state.Newest = make(map[string]int64, len(t.state.Newest))
		for source, at := range t.state.Newest {
			state.Newest[source] = at
		}
		dst = append(dst, sealed{
			task: t, state: state, batches: t.pending, dedup: cp, ledger: t.ledger, position: state.Position,
		})
		t.pending, t.ledger = nil, ledger.Delta{}
	}
	return dst, nil
}

// acknowledge tells the worker's tasks that a commit is durable.
func (w *worker) acknowledge(s *sealed) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.task.committed = s.position
	s.task.dedup.Committed()
}

// budget bounds the judged rows that wait for their commit.
type budget struct {
	mu    sync.Mutex
	rows  int
	limit int
	free  chan struct{} // closed and replaced when rows are released
	ready chan struct{} // has one token when there is something to commit
	full  chan struct{} // has one token when half of the limit is used
}

func newBudget(limit int) *budget {
	return &budget{
		limit: limit, free: make(chan struct{}),
		ready: make(chan struct{}, 1), full: make(chan struct{}, 1),
	}
}

// acquire waits until there is room for another batch.
func (b *budget) acquire(ctx context.Context) bool {
	for {
		b.mu.Lock()
		ok, free := b.rows < b.limit, b.free
		b.mu.Unlock()
		if ok {
			return ctx.Err() == nil
		}
		select {
		case <-ctx.Done():
			return false
		case <-free:
		}
	}
}

func (b *budget) add(n int) {
	if n == 0 {
		return
	}
	b.mu.Lock()
	b.rows += n
	half := b.rows >= b.limit/2
	b.mu.Unlock()
	signal(b.ready)
	if half {
		signal(b.full)
	}
}

func (b *budget) release(n int) {
	b.mu.Lock()
	b.rows -= n
	close(b.free)
	b.free = make(chan struct{})
	b.mu.Unlock()
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
