package quarantine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
)

// errGone says that the log no longer has an event's bytes.
var errGone = errors.New("the log no longer holds its bytes (log.retention): it cannot be redriven, only waived or purged")

// prepared is an item with the record that it is redriven as.
type prepared struct {
	item   *HeldItem
	before adapter.Record // as it was received
	record adapter.Record // with the new payload
	id     event.ID       // that the record has
	// elsewhere are those of the identities that it has and had under which an event was
	// accepted in another partition.
	elsewhere []event.ID
	err       error // why it cannot be redriven
}

// change makes the payload that an item is redriven with.
type change func(item *HeldItem, r *adapter.Record) ([]byte, error)

// unchanged redrives payloads as they were received.
func unchanged(_ *HeldItem, r *adapter.Record) ([]byte, error) { return r.Payload, nil }

// prepare reads the items' records, changes their payloads, and numbers them among the
// equal lines of their files.
//
// What was taken before is known of events, duplicates and quarantined events; taken adds
// what this run has given to events that turned out to be duplicates of others.
func (s *Service) prepare(ctx context.Context, items []HeldItem, change change, taken places) ([]prepared, error) {
	raw, err := s.raw(ctx, items)
	if err != nil {
		return nil, err
	}
	out := make([]prepared, len(items))
	for i := range items {
		p := &out[i]
		p.item = &items[i]
		stored, ok := raw[p.item.Coordinates()]
		if !ok {
			p.err = errGone
			continue
		}
		p.before, p.record = stored.Record, stored.Record
		if p.record.Payload, p.err = change(p.item, &p.before); p.err != nil {
			p.record.Payload = p.before.Payload
		}
	}
	return out, s.number(ctx, out, taken)
}

// raw reads the items' records from the log.
func (s *Service) raw(ctx context.Context, items []HeldItem) (map[Coordinates]*eventlog.Stored, error) {
	offsets := make(map[int32][]int64)
	for i := range items {
		offsets[items[i].Partition] = append(offsets[items[i].Partition], items[i].Offset)
	}
	out := make(map[Coordinates]*eventlog.Stored, len(items))
	for _, p := range partitions(offsets) {
		slices.Sort(offsets[p])
		found, err := s.cfg.Raw.GetAll(ctx, p, offsets[p])
		if err != nil {
			return nil, fmt.Errorf("cannot read quarantined events from the log: %w", err)
		}
		for offset, stored := range found {
			out[Coordinates{p, offset}] = stored
		}
	}
	return out, nil
}
