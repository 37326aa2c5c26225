package stream

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/millrace/millrace/stream/state"
)

// Config is what an engine is made of.
type Config struct {
	Jobs []*Job
	// Shards is how many shards keyed streams are spread over. It is a property of
	// the stored state and cannot change.
	Shards int
	// Backend holds the state as of the newest commit.
	Backend state.Backend
	// Memory bounds the state that is kept in memory, in bytes. State beyond it
	// is read from the backend.
	Memory int64
	// Workers is how many goroutines a seal may use.
	Workers int
	// Watermarks tells the engine's event time. The engine is its only user.
	Watermarks *Watermarks
	// Exchange is for an engine that holds only some of the shards; nil when it
	// holds all.
	Exchange Exchange
	// Held are the shards that an engine with an Exchange holds.
	Held []int32
	// Beside makes the jobs begin anew, with state apart from that of the jobs of the
	// same names that another engine of the same backend runs, until that adopts them.
	Beside bool
	// Resume makes jobs that have failed go on from the state that they have, until the
	// engine in which they failed adopts them.
	Resume bool
	// Positions are those that the backend's newest commit is of. A job whose state is
	// of earlier ones has missed events, and is taken for failed. Nil: not known.
	Positions map[int32]int64
}

// Engine runs jobs over the partitions and shards of one process.
type Engine struct {
	cfg       Config
	budget    *state.Budget
	shards    []*shard
	jobs      []*running
	orphans   []orphan        // that the next seal removes
	positions map[int32]int64 // of the newest seal; nil when not known

	mu         sync.Mutex // guards fronts and the status of jobs
	fronts     map[int32]*Front
	status     []JobStatus
	watermarks []SourceWatermark
}

// shard is the part of all jobs that holds some of the keys.
type shard struct {
	mu        sync.Mutex // held by who works it off
	instances map[*running]*instance

	inboxMu sync.Mutex
	inbox   []parcel
}

// ErrDefinition says that a job cannot run as it is defined.
var ErrDefinition = errors.New("job cannot run")

// NewEngine checks the jobs and opens their shards.
func NewEngine(cfg Config) (*Engine, error) {
	if cfg.Shards <= 0 || cfg.Backend == nil || cfg.Watermarks == nil {
		return nil, errors.New("BUG: an engine needs shards, a backend and watermarks")
	}
	cfg.Workers = max(1, cfg.Workers)
	e := &Engine{cfg: cfg, budget: state.NewBudget(cfg.Memory), fronts: make(map[int32]*Front), positions: cfg.Positions}
	for range cfg.Shards {
		e.shards = append(e.shards, &shard{instances: make(map[*running]*instance)})
	}
	if err := errors.Join(e.loadJobs(), e.findOrphans()); err != nil {
		return nil, err
	}
	for number, s := range e.shards {
		for _, run := range e.jobs {
			if run.failure() != nil || !e.holds(int32(number)) {
				continue
			}
			x, err := e.open(run, Place{Shard: true, Number: int32(number)})
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrDefinition, err)
			}
			s.instances[run] = x
		}
	}
	return e, nil
}

func (e *Engine) holds(shard int32) bool {
	return e.cfg.Exchange == nil || slices.Contains(e.cfg.Held, shard)
}

// post leaves a parcel for a shard.
func (s *shard) post(p parcel) {
	s.inboxMu.Lock()
	s.inbox = append(s.inbox, p)
	s.inboxMu.Unlock()
}

// collect takes what is in the inbox.
func (s *shard) collect(spare []parcel) []parcel {
	s.inboxMu.Lock()
	defer s.inboxMu.Unlock()
	taken := s.inbox
	s.inbox = spare[:0]
	return taken
}

// drain works the inbox off. The caller holds the shard's lock.
func (s *shard) drain() (worked bool) {
	var spare []parcel
	for {
		parcels := s.collect(spare)
		if len(parcels) == 0 {
			return worked
		}
		worked = true
		for i := range parcels {
			p := &parcels[i]
			x := s.instances[p.run]
			if x == nil || p.run.failure() != nil {
				continue
			}
			p.run.guard(x.place, func() error {
				x.receivers[p.inlet].take(*p)
				return nil
			})
		}
		for _, x := range s.instances {
			x.flush()
		}
		clear(parcels)
		spare = parcels
	}
}

// Work works off what waits in shards that nobody else is at. Callers do so
// between batches.
func (e *Engine) Work() {
	for _, s := range e.shards {
		if s.mu.TryLock() {
			s.drain()
			s.mu.Unlock()
		}
	}
}

// drainAll works until no shard has anything left. All fronts rest.
func (e *Engine) drainAll() {
	for {
		var worked [1]bool
		var mu sync.Mutex
		e.eachShard(func(s *shard) {
			if s.drain() {
				mu.Lock()
				worked[0] = true
				mu.Unlock()
			}
		})
		if !worked[0] {
			return
		}
	}
}

// eachShard runs f for every shard, several at a time, each under its lock.
func (e *Engine) eachShard(f func(s *shard)) {
	each(e.cfg.Workers, e.shards, func(s *shard) {
		s.mu.Lock()
		defer s.mu.Unlock()
		f(s)
	})
}

// each runs f for all parts, as many at a time as there are workers.
func each[T any](workers int, parts []T, f func(T)) {
	next := make(chan T, len(parts))
	for _, p := range parts {
		next <- p
	}
	close(next)
	var running sync.WaitGroup
	for range min(workers, len(parts)) {
		running.Go(func() {
			for p := range next {
				f(p)
			}
		})
	}
	running.Wait()
}

// SealRequest is what a commit brings to the engine.
type SealRequest struct {
	Now       int64           // processing time, µs
	Positions map[int32]int64 // offset to read next, per partition
	Writer    state.Writer    // of the atomic commit
}

// Sealed is what came of a commit.
type Sealed struct {
	Outputs []Output
	Failed  []Failure // jobs that were stopped since the seal before
}

// Committed says that the commit of the newest seal is in the backend. Fronts are
// told by [Front.Committed]. It comes before the next seal.
func (e *Engine) Committed() {
	e.eachShard(func(s *shard) {
		for _, x := range s.instances {
			x.committed()
		}
	})
}

// Close gives the memory of the state back. What was not sealed is forgotten.
func (e *Engine) Close() {
	for _, x := range e.instances() {
		x.close()
	}
}

// Seal brings the jobs to one moment and adds their changed state to the commit.
// All fronts must rest. When it fails, the engine must be thrown away and opened
// again from the backend.
func (e *Engine) Seal(r SealRequest) (Sealed, error) {
	e.drainAll()
	e.cfg.Watermarks.Advance(r.Now)
	stages := 0
	for _, run := range e.jobs {
		run.tell(&e.cfg, r.Now)
		stages = max(stages, run.stages)
	}
	for stage := 0; stage <= stages; stage++ {
		e.advance(stage)
		e.drainAll()
	}
	instances := e.instances()
	e.checkLimits(instances)
	e.observe(instances)
	var sealed Sealed
	for _, x := range instances {
		if x.run.failure() != nil {
			continue
		}
		if err := x.write(r.Writer); err != nil {
			return sealed, fmt.Errorf("job %q, %s: %w", x.run.job.name, x.place, err)
		}
		sealed.Outputs = append(sealed.Outputs, x.outputs...)
		clear(x.outputs)
		x.outputs = x.outputs[:0]
	}
	if e.positions != nil {
		e.positions = r.Positions
	}
	failed, err := e.record(r)
	sealed.Failed = failed
	return sealed, errors.Join(err, e.removeOrphans(r))
}

func (e *Engine) advance(stage int) {
	move := func(x *instance) {
		if stage < len(x.times) { // stages behind it take what this one publishes as of the seal before
			x.times[stage] = x.run.times[stage]
		}
		x.run.guard(x.place, func() error { return x.advance(stage) })
	}
	if stage == 0 {
		each(e.cfg.Workers, e.orderedFronts(), func(f *Front) {
			for _, x := range f.instances {
				move(x)
			}
		})
		return
	}
	e.eachShard(func(s *shard) {
		for _, run := range e.jobs {
			if x := s.instances[run]; x != nil {
				move(x)
			}
		}
	})
}

// instances lists the parts of all jobs, in an order that every run has.
func (e *Engine) instances() (all []*instance) {
	for _, f := range e.orderedFronts() {
		all = append(all, f.instances...)
	}
	for _, s := range e.shards {
		for _, run := range e.jobs {
			if x := s.instances[run]; x != nil {
				all = append(all, x)
			}
		}
	}
	return all
}

func (e *Engine) orderedFronts() []*Front {
	e.mu.Lock()
	defer e.mu.Unlock()
	fronts := make([]*Front, 0, len(e.fronts))
	for _, f := range e.fronts {
		fronts = append(fronts, f)
	}
	slices.SortFunc(fronts, func(a, b *Front) int { return int(a.partition) - int(b.partition) })
	return fronts
}

func (e *Engine) checkLimits(instances []*instance) {
	keys := make(map[*running]int64)
	for _, x := range instances {
		keys[x.run] += x.entries()
	}
	for run, n := range keys {
		if n > run.job.limits.Keys {
			run.fail(Place{}, fmt.Errorf("%d entries of state, its limit is %d: give its state a TTL, or raise the limit", n, run.job.limits.Keys))
		}
	}
}
