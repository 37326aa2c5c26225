package pass

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/millrace/millrace/event"
)

// ErrNotKept says that the log no longer has an event.
var ErrNotKept = errors.New("the log no longer has it")

const (
	// rereadGap is how far apart two wanted records may be to be read in one go: a
	// fetch brings about so many anyway.
	rereadGap = 5_000
	// rereadMost bounds the records that are read for the wanted ones.
	rereadMost = 5_000_000
)

// Reread reads accepted events of the log again, as [Pass.DiffJobs] does: those at offsets,
// which rise within each partition, and others between them. The batch is the pass's
// again when visit returns; its strings stay valid. It does not keep other runs out.
func (p *Pass) Reread(ctx context.Context, offsets map[int32][]int64, visit func(*event.Batch) error) error {
	start, err := p.cfg.Topic.StartOffsets(ctx)
	if err != nil {
		return err
	}
	ends, err := p.cfg.Topic.EndOffsets(ctx)
	if err != nil {
		return err
	}
	left, total := make(map[int32][][]int64), int64(0)
	for partition, wanted := range offsets {
		if len(wanted) > 0 && wanted[0] < start[partition] {
			return fmt.Errorf("%w: partition %d begins at offset %d, wanted is %d", ErrNotKept, partition, start[partition], wanted[0])
		}
		for run := range runs(wanted) {
			left[partition] = append(left[partition], run)
			total += run[len(run)-1] - run[0] + 1
		}
	}
	if total > rereadMost {
		return fmt.Errorf("%w at hand: the events are spread over %d records, read are at most %d", ErrNotKept, total, rereadMost)
	}
	for len(left) > 0 {
		// A consumer reads all partitions; those that nothing is wanted of begin at their end.
		from, to := maps.Clone(ends), maps.Clone(ends)
		for partition, of := range left {
			from[partition], to[partition] = of[0][0], of[0][len(of[0])-1]+1
			if left[partition] = of[1:]; len(of) == 1 {
				delete(left, partition)
			}
		}
		h := p.newHistory(from)
		h.asStored = true
		if err := h.read(ctx, to, visit); err != nil {
			return err
		}
	}
	return nil
}

// runs cuts offsets where there is much between two.
func runs(offsets []int64) func(yield func([]int64) bool) {
	return func(yield func([]int64) bool) {
		for len(offsets) > 0 {
			n := 1
			for n < len(offsets) && offsets[n]-offsets[n-1] <= rereadGap {
				n++
			}
			if !yield(slices.Clip(offsets[:n])) {
				return
			}
			offsets = offsets[n:]
		}
	}
}
