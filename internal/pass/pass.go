package pass

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/bits"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/fingerprint"
	"github.com/millrace/millrace/internal/pass/checkpoint"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/stream"
)

// Rules are a source's checks and corrections. One Rules serves one task.
type Rules interface {
	// Apply corrects and judges the given rows of the batch.
	Apply(b *event.Batch, rows []int32)
}

// Enrichment adds what can be derived from an event. It is shared by all tasks.
type Enrichment interface {
	Apply(b *event.Batch, rows []int32)
	Version() string
}

// Source is what the pass knows of a configured source.
type Source struct {
	Name string
	// Contracts makes the check of events against their contracts for one task; nil
	// when the source's events are not checked.
	Contracts func() Rules
	// ContractsVersion changes with the contracts. Empty: they give no verdicts, and
	// rows do not name them.
	ContractsVersion string
	// Rules makes the rules for one task; nil when the source has none.
	Rules func() Rules
	// RulesVersion changes with the rules.
	RulesVersion string
	// Lateness is how far behind the watermark an event may be without being
	// marked late.
	Lateness time.Duration
}

// Schemas is a schema registry.
type Schemas interface {
	// Register returns the id of an Avro schema, which becomes a version of the subject
	// unless it is one.
	Register(ctx context.Context, subject, schema string) (id uint32, err error)
}

// Observer sees what a task judged, for what is known about the process and not
// kept: profiles, health, checks of windows. One observer serves one task.
type Observer interface {
	// Observe sees a judged batch, within the worker's time: it must be quick, and may
	// keep nothing of the batch. Batches that are judged again after a crash are seen
	// again; those of which only the rows are made again are not.
	Observe(b *event.Batch)
}

// Config is what a pass is made of.
type Config struct {
	config.Pass
	Topic *eventlog.Topic
	// Name is that of the data folder: results in topics are numbered under it.
	Name string
	// Instance names this process in the consumer group that shares the
	// partitions. Empty: there is no group, all partitions are this process's.
	Instance   string
	Store      olap.Store
	Checkpoint *checkpoint.Store
	Dir        string // of the dedup indexes
	Adapters   map[string]adapter.Adapter
	Sources    []Source
	Enrichment Enrichment
	Jobs       []*stream.Job
	// Feed takes what jobs publish, once it is committed; nil for nobody. It must
	// not block.
	Feed func(first uint64, results []stream.Output)
	// Mirrors are the topics to which tables and feeds of jobs go besides, by their names.
	Mirrors map[string]string
	// Schemas has the schemas of results in topics that are Avro. With nil these stay in
	// Avro's single-object encoding.
	Schemas Schemas
	// Observers makes those of the task of a partition; nil for none.
	Observers func(partition int32) []Observer
	Telemetry adapter.Telemetry
	Retention time.Duration // of the ledger's minutes
	Clock     clock.Clock
	Logger    *slog.Logger
}

// Pass runs the tasks of this process. Make it with [New], run it once.
type Pass struct {
	cfg       Config
	env       *environment
	workers   []*worker
	pending   *budget
	writer    *storeWriter
	stats     *stats
	jobs      *jobs // nil when none are configured
	running   atomic.Pointer[jobs]
	gate      sync.RWMutex // held by workers for each step; who locks it makes them wait
	shadowing sync.Mutex   // held by a run over the history

	consumer   *eventlog.Consumer
	committing sync.Mutex    // held while tasks are sealed and committed
	stopping   chan struct{} // closed when nothing more is read
	failOnce   sync.Once
	failed     chan struct{} // closed when a part of the pass has failed
	failure    error         // why; set before failed is closed

	mu      sync.Mutex // guards what follows
	changed chan struct{}
	owned   map[int32]*task
}

// environment is what all tasks share.
type environment struct {
	cfg      *Config
	enrich   Enrichment
	disorder time.Duration
	sources  map[string]Source
	// Batches are large, and many are in use. A pool holds those of up to a
	// power of two of events, so that small ones do not pin the memory of large.
	batches [batchClasses]sync.Pool
}

// The smallest class of batches is of 64 events, the largest of batchEvents.
const (
	smallestClass = 6
	batchClasses  = 7
)

func batchClass(events int) int {
	return min(max(bits.Len(uint(max(events, 1)-1)), smallestClass)-smallestClass, batchClasses-1)
}

// batch returns an empty batch for some events.
func (e *environment) batch(events int) *event.Batch {
	if b, ok := e.batches[batchClass(events)].Get().(*event.Batch); ok {
		return b
	}
	return new(event.Batch)
}

func (e *environment) recycle(b *event.Batch) {
	class := batchClass(b.Len())
	b.Reset()
	e.batches[class].Put(b)
}

// New checks the configuration and prepares the pass.
func New(cfg Config) (*Pass, error) {
	if cfg.Workers == 0 {
		cfg.Workers = runtime.GOMAXPROCS(0)
	}
	p := &Pass{
		cfg: cfg, pending: newBudget(load{cfg.MaxPendingRows, int(cfg.MaxPendingBytes)}), stats: newStats(cfg.Clock),
		stopping: make(chan struct{}), failed: make(chan struct{}),
		owned: make(map[int32]*task), changed: make(chan struct{}),
	}
	p.writer = newStoreWriter(p)
	p.env = &environment{
		cfg: &p.cfg, enrich: cfg.Enrichment, disorder: cfg.WatermarkDisorder,
		sources: make(map[string]Source),
	}
	for _, s := range cfg.Sources {
		if _, twice := p.env.sources[s.Name]; twice {
			return nil, fmt.Errorf("source %q is configured twice", s.Name)
		}
		p.env.sources[s.Name] = s
	}
	for range cfg.Workers {
		p.workers = append(p.workers, &worker{p: p, in: make(chan work, 1), tasks: make(map[int32]*task)})
	}
	return p, nil
}

// decoding makes what a task needs to read a source's records.
func (e *environment) decoding(key sourceKey) *decoding {
	d := &decoding{lateness: e.cfg.AllowedLateness}
	a, ok := e.cfg.Adapters[key.adapter]
	if ok {
		d.decoder = a.NewDecoder(e.cfg.Telemetry)
	}
	s, ok := e.sources[key.source]
	if ok {
		if s.Lateness > 0 {
			d.lateness = s.Lateness
		}
		if s.Contracts != nil {
			d.contracts = s.Contracts()
		}
		if s.Rules != nil {
			d.rules = s.Rules()
		}
	}
	d.versions = Versions(a, &s, e.enrich)
	return d
}

// Versions is what rows carry of those who made them: as name@version, the adapter (nil:
// there is none), the source's contracts and rules, the enrichment.
func Versions(a adapter.Adapter, s *Source, e Enrichment) string {
	var versions string
	if a != nil {
		versions = a.Name() + "@" + a.Version()
	}
	if s.ContractsVersion != "" {
		versions += " contracts@" + s.ContractsVersion
	}
	if s.Rules != nil {
		versions += " rules@" + s.RulesVersion
	}
	return versions + " " + e.Version()
}

// enrichAccepted enriches events whose verdict is known: what is missed by now changes it
// no more.
func (e *environment) enrichAccepted(b *event.Batch, rows []int32) {
	known := len(b.Problems)
	e.enrich.Apply(b, rows)
	b.Problems = b.Problems[:known]
}

// Run processes the log until the context ends, then commits and stores what it
// has judged.
func (p *Pass) Run(ctx context.Context) error {
	if err := p.open(ctx); err != nil {
		p.jobs.closeTopics()
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			return nil // stopped before it began
		}
		return err
	}
	p.running.Store(p.jobs)
	// Each part outlives the one before it in the way of an event, so that what
	// was judged is committed, and what was committed is stored.
	inner := context.WithoutCancel(ctx)
	working, stopWorking := context.WithCancel(inner)
	defer stopWorking()
	var workers sync.WaitGroup
	for _, w := range p.workers {
		workers.Go(func() { w.run(working) })
	}
	stopCommitter := p.start(func(stop <-chan struct{}) error { return p.commitLoop(inner, stop) })
	stopWriter := p.start(func(stop <-chan struct{}) error { return p.writer.run(inner, stop) })
	stopTopics := p.start(func(stop <-chan struct{}) error { return p.jobs.deliver(inner, stop) })
	err := p.poll(ctx)
	close(p.stopping)
	p.consumer.Close()
	stopWorking()
	workers.Wait()
	stopCommitter()
	stopWriter()
	stopTopics()
	select {
	case <-p.failed:
		err = errors.Join(err, p.failure)
	default:
	}
	return errors.Join(err, p.closeTasks())
}

// start runs a part of the pass. What it returns makes it finish, and waits for
// that.
func (p *Pass) start(run func(stop <-chan struct{}) error) (finish func()) {
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		if err := run(stop); err != nil {
			p.fail(err)
		}
	}()
	return func() {
		close(stop)
		<-done
	}
}

// fail ends the pass. The first reason counts.
func (p *Pass) fail(err error) {
	p.failOnce.Do(func() {
		p.failure = err
		close(p.failed)
	})
}

func (p *Pass) open(ctx context.Context) (err error) {
	if err := p.removeShadows(); err != nil {
		return fmt.Errorf("cannot remove what an earlier run left behind: %w", err)
	}
	if err := p.openJobs(); err != nil {
		return err
	}
	if err := p.jobs.openResults(ctx); err != nil {
		return err
	}
	if p.cfg.Instance != "" {
		p.consumer, err = eventlog.OpenGroupConsumer(p.cfg.Topic, p.cfg.Instance, p)
		return err
	}
	all := make([]int32, p.cfg.Topic.Partitions())
	for i := range all {
		all[i] = int32(i)
	}
	positions, err := p.Assigned(ctx, all)
	if err != nil {
		return errors.Join(err, p.closeTasks())
	}
	p.askEnds(ctx)
	p.consumer, err = eventlog.OpenConsumer(p.cfg.Topic, positions)
	return err
}

// poll hands records to the workers until the context ends or a part of the
// pass has failed.
func (p *Pass) poll(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watch := make(chan struct{})
	go func() {
		defer close(watch)
		select {
		case <-p.failed:
			cancel()
		case <-ctx.Done():
		}
	}()
	for {
		err := p.consumer.Poll(ctx, func(partition int32, records []*kgo.Record) {
			select {
			case p.worker(partition).in <- work{partition: partition, records: records}:
			case <-ctx.Done():
			}
		})
		if err == nil && ctx.Err() == nil {
			continue
		}
		if ctx.Err() != nil {
			err = nil
		}
		cancel()
		<-watch
		return err
	}
}

func (p *Pass) worker(partition int32) *worker { return p.workers[int(partition)%len(p.workers)] }

// Assigned implements [eventlog.Owner]: it opens the tasks of the partitions and
// returns the positions to read from.
func (p *Pass) Assigned(ctx context.Context, partitions []int32) (map[int32]int64, error) {
	stored, err := p.cfg.Store.Positions(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot read the positions of the analytics store: %w", err)
	}
	positions := make(map[int32]int64, len(partitions))
	for _, partition := range partitions {
		t, err := p.openTask(partition, stored.Offsets[partition])
		if err != nil {
			return nil, err
		}
		w := p.worker(partition)
		w.mu.Lock()
		w.tasks[partition] = t
		w.mu.Unlock()
		p.mu.Lock()
		p.owned[partition] = t
		p.mu.Unlock()
		positions[partition] = t.read
	}
	p.broadcast()
	return positions, nil
}

// openTask opens a task at its checkpoint. stored is the position that the
// store's rows reflect; it may be behind the checkpoint.
func (p *Pass) openTask(partition int32, stored int64) (*task, error) {
	state, err := p.cfg.Checkpoint.Load(partition)
	if err != nil {
		return nil, err
	}
	if stored > state.Position {
		return nil, fmt.Errorf("the analytics store has the rows of partition %d up to offset %d, the checkpoint ends at %d: the data folder was put together from different times; restore all of it from one backup",
			partition, stored, state.Position)
	}
	log, err := p.cfg.Checkpoint.VerdictLog(partition, stored, state.Position)
	if err != nil {
		return nil, fmt.Errorf("cannot store the rows that were committed before the restart: %w", err)
	}
	dir := filepath.Join(p.cfg.Dir, strconv.Itoa(int(partition)))
	index, err := fingerprint.Open(dir, fingerprint.Options{
		Horizon:       p.cfg.Dedup.Horizon,
		MemoryEntries: max(1024, p.cfg.Dedup.MemoryEntries/int(p.cfg.Topic.Partitions())),
	}, state.Manifest, p.cfg.Checkpoint.Deltas(partition))
	if err != nil {
		return nil, fmt.Errorf("cannot open the dedup index of partition %d: %w", partition, err)
	}
	state.Manifest = nil
	t := &task{
		partition: partition, state: *state, dedup: index, logged: log.Entries,
		read: stored, sealed: stored, stored: stored, committed: state.Position,
		byKey: make(map[sourceKey]*decoding), received: make(map[string]int64), env: p.env, acts: newActs(),
	}
	if p.cfg.Observers != nil {
		t.observers = p.cfg.Observers(partition)
	}
	if p.jobs != nil {
		if t.front, err = p.jobs.engine.OpenFront(partition); err != nil {
			return nil, errors.Join(err, t.close())
		}
	}
	if stored < state.Position {
		t.refill = &refill{log: log, end: state.Position, logger: p.cfg.Logger}
	}
	return t, nil
}

// Revoked implements [eventlog.Owner].
func (p *Pass) Revoked(ctx context.Context, partitions []int32, lost bool) {
	for _, partition := range partitions {
		if lost {
			p.forget(partition)
		} else {
			p.drain(ctx, partition)
		}
		// What is committed belongs into this process's store, whoever goes on.
		_ = p.await(ctx, partition, func(t *task) bool { return t.stored >= t.sealed })
		p.forget(partition)
		if err := p.drop(partition); err != nil {
			p.cfg.Logger.Error("cannot close the dedup index", "partition", partition, "error", err)
		}
	}
}

// drain waits until everything read of a partition is stored.
func (p *Pass) drain(ctx context.Context, partition int32) {
	barrier := make(chan struct{})
	select {
	case p.worker(partition).in <- work{barrier: barrier}:
	case <-p.failed:
		return
	case <-ctx.Done():
		return
	}
	select {
	case <-barrier:
	case <-p.failed:
		return
	case <-ctx.Done():
		return
	}
	_ = p.await(ctx, partition, func(t *task) bool { return t.stored >= t.read })
}

// forget drops what a partition's task has judged and not committed, and lets it
// judge no more.
func (p *Pass) forget(partition int32) {
	p.committing.Lock() // a commit under way has the task's state
	defer p.committing.Unlock()
	w := p.worker(partition)
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.tasks[partition]
	if t == nil {
		return
	}
	delete(w.tasks, partition)
	p.pending.seal(t.weight)
	p.pending.release(t.weight)
	t.pending, t.weight = nil, load{}
}

// drop closes a task that is forgotten.
func (p *Pass) drop(partition int32) error {
	p.mu.Lock()
	t := p.owned[partition]
	delete(p.owned, partition)
	p.mu.Unlock()
	if t == nil {
		return nil
	}
	return t.close()
}

func (p *Pass) closeTasks() error {
	var errs []error
	for _, w := range p.workers {
		for partition, t := range w.tasks {
			errs = append(errs, t.close())
			delete(w.tasks, partition)
		}
	}
	return errors.Join(errs...)
}
