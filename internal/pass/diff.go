package pass

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/result"
	"github.com/millrace/millrace/stream"
)

// ErrShadowBusy says that the pass runs a job beside the live ones already.
var ErrShadowBusy = errors.New("another run over the log's history is under way; try again when it is done")

// DiffJobs runs two jobs over what the log has since a time (zero: all of it) up to
// now, and compares their results. It writes nothing that anybody else sees. progress
// is told how much of how much has been read.
func (p *Pass) DiffJobs(ctx context.Context, a, b *stream.Job, since time.Time, progress func(read, of int64)) (*result.Diff, error) {
	if !p.shadowing.TryLock() {
		return nil, ErrShadowBusy
	}
	defer p.shadowing.Unlock()
	from, to, err := p.span(ctx, since)
	if err != nil {
		return nil, err
	}
	h := p.newHistory(from)
	var sides [2]*result.Side
	var shadows [2]*shadow
	for i, job := range [...]*stream.Job{a, b} {
		if sides[i], err = result.NewSide(job); err != nil {
			return nil, err
		}
		if shadows[i], err = p.openShadow(h, job); err != nil {
			return nil, err
		}
		defer func() { _ = shadows[i].close() }() // it only leaves scratch files behind
	}
	h.to = to
	total := h.left()
	err = h.read(ctx, to, func(batch *event.Batch) error {
		progress(total-h.left(), total)
		return errors.Join(shadows[0].process(batch, sides[0].Take), shadows[1].process(batch, sides[1].Take))
	})
	if err == nil {
		err = errors.Join(shadows[0].publish(sides[0].Take), shadows[1].publish(sides[1].Take))
	}
	if err != nil {
		return nil, err
	}
	progress(total, total)
	return &result.Diff{Records: total, Outputs: result.Compare(sides[0], sides[1])}, nil
}

// span returns the positions of a time, and those that the store has.
func (p *Pass) span(ctx context.Context, since time.Time) (from, to map[int32]int64, err error) {
	if from, err = p.cfg.Topic.StartOffsets(ctx); err != nil {
		return nil, nil, err
	}
	if !since.IsZero() {
		at, err := p.cfg.Topic.OffsetsAt(ctx, since)
		if err != nil {
			return nil, nil, err
		}
		for partition := range from {
			from[partition] = max(from[partition], at[partition])
		}
	}
	to = make(map[int32]int64)
	stored, err := p.cfg.Store.Positions(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read the positions of the analytics store: %w", err)
	}
	for partition := range from {
		to[partition] = max(from[partition], stored.Offsets[partition])
	}
	return from, to, nil
}
