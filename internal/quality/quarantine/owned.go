package quarantine

import (
	"context"
	"errors"
	"maps"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
)

// Of a consumer group each process sees what is done in its own partitions only. Rows of
// partitions that it once had stay in its tables as they were when it gave them away: an
// act about one of them would be done elsewhere, and its outcome never be seen here.

var (
	// errElsewhere is why a run leaves an event alone.
	errElsewhere = errors.New("another process of the group (log.group) has its partition now: what became of it is to be seen there, and a run about it belongs there")
	// errNoPartitions is why a run waits.
	errNoPartitions = errors.New("this process has no partitions of its group (log.group) at the moment")
)

// owns tells which partitions this process reads. It fails while there are none, as it is
// until the group has given it some.
func (s *Service) owns() (func(partition int32) bool, error) {
	if s.cfg.Owned == nil {
		return func(int32) bool { return true }, nil
	}
	owned := s.cfg.Owned()
	if len(owned) == 0 {
		return nil, errNoPartitions
	}
	return func(partition int32) bool { return owned[partition] }, nil
}

// own leaves the items of partitions of this process, and says so of the others.
func (s *Service) own(items []HeldItem) (left []HeldItem, failures []HeldFailure, err error) {
	owns, err := s.owns()
	if err != nil {
		return nil, nil, err
	}
	for i := range items {
		if owns(items[i].Partition) {
			left = append(left, items[i])
		} else {
			failures = append(failures, HeldFailure{items[i].Coordinates().String(), errElsewhere.Error()})
		}
	}
	return left, failures, nil
}

// reached waits until the tables reflect the log up to some offsets. It does not wait for
// partitions that belong to others, now or in the meantime.
func (s *Service) reached(ctx context.Context, to map[int32]int64) error {
	for {
		at, err := s.cfg.Store.Positions(ctx)
		if err != nil {
			return err
		}
		owns, err := s.owns()
		if err != nil {
			return err
		}
		maps.DeleteFunc(to, func(p int32, end int64) bool { return at.Offsets[p] >= end || !owns(p) })
		if len(to) == 0 {
			return nil
		}
		if err := s.cfg.Clock.Sleep(ctx, outcomeWait); err != nil {
			return err
		}
	}
}

// handedOver are the acts whose partition went to another process before their outcome
// could be read: of all others it can be.
func handedOver(acts []eventlog.ActEntry, outcomes map[Coordinates]outcome) (failures []HeldFailure) {
	for i := range acts {
		if acts[i].Act.Kind == event.Enter {
			continue
		}
		at := Coordinates{acts[i].Partition, acts[i].Act.Offset}
		if _, known := outcomes[at]; !known {
			failures = append(failures, HeldFailure{at.String(), errElsewhere.Error()})
		}
	}
	return failures
}
