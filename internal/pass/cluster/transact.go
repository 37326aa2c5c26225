package cluster

import (
	"context"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/stream"
)

// transact is the commit point.
func (s *session) transact(ctx context.Context, tasks []*task, now time.Time) error {
	records := make([][]*kgo.Record, len(tasks))
	err := s.each(len(tasks), func(i int) (err error) {
		if records[i], err = tasks[i].seal(now, quiet); err != nil {
			return fatal(err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.group.Begin(); err != nil {
		return fmt.Errorf("cannot begin a transaction: %w", err)
	}
	// The end of the process must not cut a transaction off: how it ended would not be known.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	if err := s.write(ending, records); err != nil {
		return s.abandon(ending, err)
	}
	committed, err := s.end(ending, tasks)
	if err != nil {
		return fmt.Errorf("cannot commit a transaction: %w", err)
	}
	if !committed {
		s.p.count(func(s *Status) { s.Aborts++ })
		return s.each(len(tasks), func(i int) error { return fatalOr(tasks[i].rollback()) })
	}
	return s.committed(tasks)
}

// end commits with the positions of the tasks, unless the group has rebalanced. The
// client makes sure of its membership before, and when that is lost waits for the
// callback that says so, which waits for the cycle. So a rebalance is
// let in when the end takes long. The callback finds the transaction either not
// committed, and then it will not be, or ended.
func (s *session) end(ctx context.Context, tasks []*task) (committed bool, err error) {
	done, allowed := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(allowed)
		select {
		case <-done:
		case <-s.cfg.Clock.After(patience):
			s.group.AllowRebalance()
		}
	}()
	committed, err = s.group.End(kgo.PreTxnCommitFnContext(ctx, func(r *kmsg.TxnOffsetCommitRequest) error {
		s.addPositions(r, tasks)
		return nil
	}), kgo.TryCommit)
	close(done)
	<-allowed
	return committed, err
}

// write produces the records, and waits until the brokers have them.
func (s *session) write(ctx context.Context, records [][]*kgo.Record) error {
	var failed atomic.Pointer[error]
	for _, of := range records {
		for _, r := range of {
			s.group.Produce(ctx, r, func(r *kgo.Record, err error) {
				if err != nil {
					err = fmt.Errorf("cannot write to partition %d of topic %q: %w", r.Partition, r.Topic, err)
					failed.CompareAndSwap(nil, &err)
				}
			})
		}
	}
	if err := s.group.Client().Flush(ctx); err != nil {
		return fmt.Errorf("cannot write a transaction: %w", err)
	}
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// abandon ends a transaction that lacks some of its records.
func (s *session) abandon(ctx context.Context, reason error) error {
	s.p.count(func(s *Status) { s.Aborts++ })
	if _, err := s.group.End(ctx, kgo.TryAbort); err != nil {
		return fmt.Errorf("%w; and cannot abort: %w", reason, err)
	}
	return reason
}

// addPositions adds the positions of tasks that have read nothing. With them the
// broker checks the generation of this process for whatever the transaction
// changes, and a new owner waits for it.
func (s *session) addPositions(r *kmsg.TxnOffsetCommitRequest, tasks []*task) {
	topics := make(map[string]*kmsg.TxnOffsetCommitRequestTopic)
	has := make(map[string]map[int32]bool)
	for i := range r.Topics {
		t := &r.Topics[i]
		has[t.Topic] = make(map[int32]bool)
		for _, p := range t.Partitions {
			has[t.Topic][p.Partition] = true
		}
	}
	for _, t := range tasks {
		name := s.cfg.source(t.place)
		if has[name][t.place.Number] {
			continue
		}
		p := kmsg.NewTxnOffsetCommitRequestTopicPartition()
		p.Partition, p.Offset, p.LeaderEpoch = t.place.Number, t.progress.position, -1
		if topics[name] == nil {
			topics[name] = &kmsg.TxnOffsetCommitRequestTopic{Topic: name}
		}
		topics[name].Partitions = append(topics[name].Partitions, p)
	}
	for name, added := range topics {
		s.merge(r, name, added)
	}
}

func (s *session) merge(r *kmsg.TxnOffsetCommitRequest, name string, added *kmsg.TxnOffsetCommitRequestTopic) {
	for i := range r.Topics {
		if r.Topics[i].Topic == name {
			r.Topics[i].Partitions = append(r.Topics[i].Partitions, added.Partitions...)
			return
		}
	}
	topic := kmsg.NewTxnOffsetCommitRequestTopic()
	topic.Topic, topic.Partitions = name, added.Partitions
	r.Topics = append(r.Topics, topic)
}

// committed brings local state to the moment of the commit.
func (s *session) committed(tasks []*task) error {
	if err := s.each(len(tasks), func(i int) error { return fatalOr(tasks[i].commit()) }); err != nil {
		return err
	}
	s.p.count(func(status *Status) {
		status.Commits++
		status.Tasks = maps.Clone(status.Tasks)
		if status.Tasks == nil {
			status.Tasks = make(map[stream.Place]int64)
		}
		for _, t := range tasks {
			status.Tasks[t.place] = t.progress.position
		}
	})
	return nil
}

// fatalOr makes an error that nobody can cure of any.
func fatalOr(err error) error {
	if err == nil {
		return nil
	}
	return fatal(err)
}
