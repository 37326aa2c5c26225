package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/stream"
)

// session is a membership of the group, from joining it to leaving or losing it.
type session struct {
	p     *Process
	cfg   *Config
	group *kgo.GroupTransactSession
	// rebalanced says that partitions were taken away between transactions. The
	// client then lets the next commit fail, whatever is in it.
	rebalanced atomic.Bool
	purged     time.Time

	using sync.Mutex // held while tasks are processed or committed; before mu

	mu     sync.Mutex // guards what follows
	tasks  map[stream.Place]*task
	failed error // of the client's goroutine
}

func (p *Process) runSession(ctx context.Context) (err error) {
	if err := p.checkTransactions(ctx); err != nil {
		return err
	}
	if p.fronts, err = p.prepareTopics(ctx); err != nil {
		return err
	}
	s := &session{p: p, cfg: &p.cfg, tasks: make(map[stream.Place]*task), purged: p.cfg.Clock.Now()}
	if s.group, err = kgo.NewGroupTransactSession(p.options(s.options()...)...); err != nil {
		return fmt.Errorf("cannot make a client of the group %q: %w", p.cfg.Group, err)
	}
	p.count(func(s *Status) { s.Sessions++ })
	// A transaction that this process has left open ends here, and not when the tasks
	// write for the first time: they wait for it before.
	if _, _, err = s.group.Client().ProducerID(ctx); err != nil {
		err = fmt.Errorf("cannot get a producer's epoch: %w", err)
	}
	for err == nil && ctx.Err() == nil {
		err = s.cycle(ctx)
	}
	s.group.CloseAllowingRebalance()
	return errors.Join(err, s.dropAll())
}

func (s *session) options() []kgo.Opt {
	c := s.cfg
	byKey := kgo.StickyKeyPartitioner(nil)
	return []kgo.Opt{
		kgo.ConsumerGroup(c.Group),
		kgo.InstanceID(c.Instance),
		kgo.ConsumeTopics(c.Input, c.exchangeTopic()),
		kgo.Balancers(kgo.CooperativeStickyBalancer()),
		kgo.BlockRebalanceOnPoll(),
		kgo.SessionTimeout(c.SessionTimeout),
		kgo.HeartbeatInterval(c.SessionTimeout / 5),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxWait(500 * time.Millisecond),
		// A position outside the log is an error to report, not to skip.
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.AdjustFetchOffsetsFn(s.assigned),
		kgo.OnPartitionsRevoked(s.revoked),
		kgo.OnPartitionsLost(s.revoked),
		kgo.TransactionalID(c.Group + "." + c.Instance),
		kgo.TransactionTimeout(c.TransactionTimeout),
		kgo.ProducerLinger(0),
		kgo.RecordPartitioner(kgo.BasicConsistentPartitioner(func(topic string) func(*kgo.Record, int) int {
			if c.internal(topic) {
				return func(r *kgo.Record, _ int) int { return int(r.Partition) }
			}
			return byKey.ForTopic(topic).Partition
		})),
	}
}

// cycle reads for an interval, and commits what came of it. The group rebalances
// between cycles only.
func (s *session) cycle(ctx context.Context) error {
	defer s.group.AllowRebalance()
	proceed, err := s.gather(ctx)
	if err != nil || !proceed {
		return err
	}
	now := s.cfg.Clock.Now()
	s.using.Lock()
	defer s.using.Unlock()
	due, err := s.due(now)
	if err != nil || len(due) == 0 {
		return err
	}
	if err := s.transact(ctx, due, now); err != nil {
		return err
	}
	return s.purge(ctx, now)
}

// gather polls and processes until the interval is over or there is enough. It
// waits for the first records no longer than tasks may rest.
func (s *session) gather(ctx context.Context) (proceed bool, err error) {
	clock, wait := s.cfg.Clock, quiet
	var begin time.Time
	for count := 0; count < s.cfg.MaxRecords && wait > 0; {
		polling, cancel := context.WithTimeout(ctx, wait)
		fetches := s.group.PollRecords(polling, s.cfg.MaxRecords-count)
		cancel()
		if begin.IsZero() && s.rebalanced.Swap(false) {
			return false, s.startOver(ctx)
		}
		if err := s.pollError(ctx, fetches); err != nil {
			return false, err
		}
		now := clock.Now()
		if n := fetches.NumRecords(); n > 0 {
			count += n
			if err := s.process(fetches, now); err != nil {
				return false, err
			}
		}
		if count == 0 {
			return true, nil
		}
		if begin.IsZero() {
			begin = now
		}
		wait = s.cfg.Interval - now.Sub(begin)
	}
	return true, nil
}

// startOver has the client forget what it has polled and that the group has
// rebalanced. Nothing is lost: no task has processed anything since its commit.
func (s *session) startOver(ctx context.Context) error {
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	if _, err := s.group.End(ending, kgo.TryAbort); err != nil {
		return fmt.Errorf("cannot go on after a rebalance: %w", err)
	}
	return nil
}

func (s *session) pollError(ctx context.Context, fetches kgo.Fetches) error {
	s.mu.Lock()
	failed := s.failed
	s.mu.Unlock()
	if failed != nil {
		return failed
	}
	for _, e := range fetches.Errors() {
		if errors.Is(e.Err, context.Canceled) || errors.Is(e.Err, context.DeadlineExceeded) || ctx.Err() != nil {
			continue
		}
		if group := new(kgo.ErrGroupSession); errors.As(e.Err, &group) && !isFatal(group.Err) {
			s.cfg.Logger.Warn("the consumer group is out of reach and is tried again", "group", s.cfg.Group, "error", group.Err)
			continue
		}
		if kgo.IsRetryableBrokerErr(e.Err) {
			continue
		}
		return fmt.Errorf("cannot read partition %d of topic %q: %w", e.Partition, e.Topic, e.Err)
	}
	return nil
}

// process gives fetched records to their tasks.
func (s *session) process(fetches kgo.Fetches, now time.Time) error {
	type work struct {
		task    *task
		records []*kgo.Record
	}
	var all []work
	var missing error
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if len(p.Records) == 0 {
			return
		}
		place := stream.Place{Shard: p.Topic != s.cfg.Input, Number: p.Partition}
		s.mu.Lock()
		t := s.tasks[place]
		s.mu.Unlock()
		if t == nil {
			missing = fatalf("BUG: records of %s came, which was not assigned", place)
			return
		}
		all = append(all, work{t, p.Records})
	})
	if missing != nil {
		return missing
	}
	s.using.Lock()
	defer s.using.Unlock()
	return s.each(len(all), func(i int) error {
		if err := all[i].task.process(all[i].records, now); err != nil {
			return fatal(err)
		}
		return nil
	})
}

// each runs f for some tasks, several at a time.
func (s *session) each(n int, f func(i int) error) error {
	var next atomic.Int64
	errs := make([]error, n)
	var workers sync.WaitGroup
	for range min(s.cfg.Workers, n) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				errs[i] = f(i)
			}
		})
	}
	workers.Wait()
	return errors.Join(errs...)
}

// due lists the tasks that the next transaction includes. The client does not tell of
// each loss: of several between two transactions it tells the first. So what
// it holds positions of is what counts; it changes between cycles only.
func (s *session) due(now time.Time) (tasks []*task, err error) {
	owned := s.group.Client().CommittedOffsets()
	s.mu.Lock()
	defer s.mu.Unlock()
	for place, t := range s.tasks {
		_, mine := owned[s.cfg.source(place)][place.Number]
		switch {
		case mine:
			t.assigned = true
			if t.due(now, quiet) {
				tasks = append(tasks, t)
			}
		case t.assigned:
			delete(s.tasks, place)
			s.p.forget(place)
			err = errors.Join(err, t.drop())
		}
	}
	return tasks, err
}

// purge keeps the exchange short.
func (s *session) purge(ctx context.Context, now time.Time) error {
	if now.Sub(s.purged) < purgeEvery {
		return nil
	}
	s.purged = now
	read := make(map[int32]int64)
	s.mu.Lock()
	for place, t := range s.tasks {
		if place.Shard && !t.dirty {
			read[place.Number] = t.progress.position
		}
	}
	s.mu.Unlock()
	if err := s.p.purge(ctx, read); err != nil {
		s.cfg.Logger.Warn("the exchange grows until it can be purged again", "error", err)
	}
	return nil
}

func (s *session) dropAll() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for place, t := range s.tasks {
		errs = append(errs, t.drop())
		delete(s.tasks, place)
	}
	s.p.count(func(status *Status) { status.Tasks = nil })
	return errors.Join(errs...)
}

// forget takes a task out of the status.
func (p *Process) forget(place stream.Place) {
	p.count(func(status *Status) {
		status.Tasks = maps.Clone(status.Tasks)
		delete(status.Tasks, place)
	})
}

// count changes the status.
func (p *Process) count(change func(*Status)) {
	for {
		old := p.status.Load()
		changed := *old
		change(&changed)
		if p.status.CompareAndSwap(old, &changed) {
			return
		}
	}
}
