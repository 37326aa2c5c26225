package cluster

import (
	"context"
	"fmt"
	"maps"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/stream"
)

// assigned opens the tasks of partitions that this process gets, and returns where to
// read them from. The client calls it with the group's positions, which it has asked
// for with require_stable: no transaction that may still commit has a position
// of these partitions. It ends early when the group rebalances again.
func (s *session) assigned(ctx context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	places := make(map[stream.Place]int64)
	for topic, partitions := range offsets {
		for number, at := range partitions {
			places[stream.Place{Shard: topic != s.cfg.Input, Number: number}] = at.EpochOffset().Offset
		}
	}
	if err := s.discard(places); err != nil {
		return nil, s.fail(err)
	}
	begin := s.cfg.Clock.Now()
	opened, err := s.p.restore(ctx, places)
	if err != nil {
		if ctx.Err() == nil && isFatal(err) {
			return nil, s.fail(err)
		}
		return nil, err
	}
	s.mu.Lock()
	maps.Copy(s.tasks, opened)
	s.mu.Unlock()
	for place, t := range opened {
		offsets[s.cfg.source(place)][place.Number] = kgo.NewOffset().At(t.progress.position)
	}
	waited := s.cfg.Clock.Now().Sub(begin)
	s.p.count(func(status *Status) {
		status.Restored += int64(len(opened))
		status.WaitedMicro = waited.Microseconds()
	})
	return offsets, nil
}

// fail ends the session with an error of the client's goroutine.
func (s *session) fail(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil {
		s.failed = err
	}
	return err
}

// discard lets go of tasks that are to be opened again.
func (s *session) discard(places map[stream.Place]int64) error {
	s.using.Lock()
	defer s.using.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for place := range places {
		if t := s.tasks[place]; t != nil {
			delete(s.tasks, place)
			if err := t.drop(); err != nil {
				return fmt.Errorf("cannot close the state of %s: %w", place, err)
			}
		}
	}
	return nil
}

// revoked remembers that partitions were given away or lost. Their tasks go with the
// next cycle. It must not wait for the cycle at hand, whose end may wait for it.
func (s *session) revoked(context.Context, *kgo.Client, map[string][]int32) { s.rebalanced.Store(true) }
