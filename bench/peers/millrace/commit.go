package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/internal/pass/checkpoint"
	"github.com/millrace/millrace/stream"
)

// seal commits what has been processed, and begins to deliver the results.
func (c *contestant) seal(ctx context.Context) error {
	if err := c.delivery.wait(); err != nil { // of what the commit before has stored, and this one removes
		return err
	}
	outputs, err := c.save()
	if err == nil {
		c.delivery.start(ctx, outputs)
	}
	return err
}

// save makes state, positions and results durable in one synced write.
func (c *contestant) save() ([]stream.Output, error) {
	positions := make(map[int32]int64)
	for _, p := range c.parts {
		newest := p.task.Newest[source]
		c.marks.Observe(p.number, source, newest, newest)
		positions[p.number] = p.task.Position
	}
	commit := c.store.NewCommit()
	outputs, err := c.write(commit, positions)
	if err != nil {
		return nil, errors.Join(err, commit.Discard())
	}
	if err := commit.Apply(); err != nil {
		return nil, err
	}
	for _, p := range c.parts {
		p.front.Committed()
	}
	c.engine.Committed()
	return outputs, nil
}

func (c *contestant) write(commit *checkpoint.Commit, positions map[int32]int64) ([]stream.Output, error) {
	sealed, err := c.engine.Seal(stream.SealRequest{Now: time.Now().UnixMicro(), Positions: positions, Writer: commit.State()})
	if err != nil {
		return nil, err
	}
	if len(sealed.Failed) > 0 {
		f := sealed.Failed[0]
		return nil, fmt.Errorf("query %q stopped in %s: %s\n%s", f.Job, f.Place, f.Reason, f.Stack)
	}
	for _, p := range c.parts {
		if err := commit.Task(p.number, &p.task); err != nil {
			return nil, err
		}
	}
	return sealed.Outputs, c.delivery.store(commit, sealed.Outputs)
}
