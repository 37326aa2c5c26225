package pass

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
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
	// Rules makes the rules for one task; nil when the source has none.
	Rules func() Rules
	// RulesVersion changes with the rules.
	RulesVersion string
	// Lateness is how far behind the watermark an event may be without being
	// marked late.
	Lateness time.Duration
}

// Config is what a pass is made of.
type Config struct {
	config.Pass
	Topic *eventlog.Topic
	// Instance names this process in the consumer group that shares the
	// partitions. Empty: there is no group, all partitions are this process's.
	Instance   string
	Store      olap.Store
	Checkpoint *checkpoint.Store
	Dir        string // of the dedup indexes
	Adapters   map[string]adapter.Adapter
	Sources    []Source
	Enrichment Enrichment
	Telemetry  adapter.Telemetry
	Retention  time.Duration // of the ledger's minutes
	Clock      clock.Clock
	Logger     *slog.Logger
}

// Pass runs the tasks of this process. Make it with [New], run it once.
type Pass struct {
	cfg     Config
	env     *environment
	workers []*worker
	pending *budget
	stats   *stats

	consumer *eventlog.Consumer
	mu       sync.Mutex // guards what follows
	changed  chan struct{}
	owned    map[int32]*task
}

// environment is what all tasks share.
type environment struct {
	cfg      *Config
	enrich   Enrichment
	disorder time.Duration
	sources  map[string]Source
	batches  *sync.Pool // batches are large, and as many are in use as commits are wide
}

// New checks the configuration and prepares the pass.
func New(cfg Config) (*Pass, error) {
	if cfg.Workers == 0 {
		cfg.Workers = runtime.GOMAXPROCS(0)
	}
	p := &Pass{
		cfg: cfg, pending: newBudget(cfg.MaxPendingRows), stats: newStats(cfg.Clock),
		owned: make(map[int32]*task), changed: make(chan struct{}),
	}
	p.env = &environment{
		cfg: &p.cfg, enrich: cfg.Enrichment, disorder: cfg.WatermarkDisorder,
		sources: make(map[string]Source),
		batches: &sync.Pool{New: func() any { return new(event.Batch) }},
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
		d.versions = a.Name() + "@" + a.Version()
	}
	if s, ok := e.sources[key.source]; ok {
		if s.Lateness > 0 {
			d.lateness = s.Lateness
		}
		if s.Rules != nil {
			d.rules = s.Rules()
			d.versions += " rules@" + s.RulesVersion
		}
	}
	d.versions += " " + e.enrich.Version()
	return d
}

// Run processes the log until the context ends, then commits what it has judged.
func (p *Pass) Run(ctx context.Context) error {
	if err := p.open(ctx); err != nil {
		return err
	}
	// Workers and committer outlive the poller, so that what was read is
	// committed; they end by the second context.
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var workers sync.WaitGroup
	for _, w := range p.workers {
		workers.Go(func() { w.run(inner) })
	}
	failed := make(chan error, 1)
	committer := make(chan struct{})
	stopCommits := make(chan struct{})
	go func() {
		defer close(committer)
		if err := p.commitLoop(inner, stopCommits); err != nil {
			failed <- err
		}
	}()
	err := p.poll(ctx, failed)
	p.consumer.Close()
	close(stopCommits)
	<-committer
	stop()
	workers.Wait()
	select {
	case commitErr := <-failed:
		err = errors.Join(err, commitErr)
	default:
	}
	return errors.Join(err, p.closeTasks())
}

func (p *Pass) open(ctx context.Context) (err error) {
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
	p.consumer, err = eventlog.OpenConsumer(p.cfg.Topic, positions)
	return err
}

// poll hands records to the workers until the context ends or a part of the
// pass has failed.
func (p *Pass) poll(ctx context.Context, failed <-chan error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var failure error
	watch := make(chan struct{})
	go func() {
		defer close(watch)
		select {
		case failure = <-failed:
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
		return errors.Join(err, failure)
	}
}

func (p *Pass) worker(partition int32) *worker { return p.workers[int(partition)%len(p.workers)] }

// Assigned implements [eventlog.Owner]: it opens the tasks of the partitions and
// returns their positions.
func (p *Pass) Assigned(_ context.Context, partitions []int32) (map[int32]int64, error) {
	positions := make(map[int32]int64, len(partitions))
	for _, partition := range partitions {
		t, err := p.openTask(partition)
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
		positions[partition] = t.state.Position
	}
	return positions, nil
}

func (p *Pass) openTask(partition int32) (*task, error) {
	state, err := p.cfg.Checkpoint.Load(partition)
	if err != nil {
		return nil, err
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
	return &task{
		partition: partition, state: *state, committed: state.Position, dedup: index,
		byKey: make(map[sourceKey]*decoding), env: p.env,
	}, nil
}

// Revoked implements [eventlog.Owner].
func (p *Pass) Revoked(ctx context.Context, partitions []int32, lost bool) {
	for _, partition := range partitions {
		w := p.worker(partition)
		if !lost {
			p.drain(ctx, w, partition)
		}
		w.mu.Lock()
		t := w.tasks[partition]
		delete(w.tasks, partition)
		dropped := 0
		if t != nil {
			for _, b := range t.pending {
				dropped += b.Len()
			}
			t.pending = nil
		}
		w.mu.Unlock()
		p.pending.release(dropped)
		p.mu.Lock()
		delete(p.owned, partition)
		p.mu.Unlock()
		if t != nil {
			if err := t.close(); err != nil {
				p.cfg.Logger.Error("cannot close the dedup index", "partition", partition, "error", err)
			}
		}
	}
}

// drain waits until everything read of a partition is committed.
func (p *Pass) drain(ctx context.Context, w *worker, partition int32) {
	barrier := make(chan struct{})
	select {
	case w.in <- work{barrier: barrier}:
	case <-ctx.Done():
		return
	}
	select {
	case <-barrier:
	case <-ctx.Done():
		return
	}
	w.mu.Lock()
	t := w.tasks[partition]
	w.mu.Unlock()
	if t == nil {
		return
	}
	w.mu.Lock()
	target := t.state.Position
	w.mu.Unlock()
	_ = p.waitCommitted(ctx, partition, target)
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
