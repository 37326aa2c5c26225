package pass

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/pass/checkpoint"
	"github.com/millrace/millrace/stream"
)

const (
	// takeOverBelow is how many records a job may be behind the live ones when these
	// are made to wait for it.
	takeOverBelow = 20_000
	// takeOverWait bounds how long they wait.
	takeOverWait = 30 * time.Second
)

// ErrNotFailed says that a job runs, so that there is nothing to go on with.
var ErrNotFailed = errors.New("the job runs")

// BackfillJob lets a job begin anew with what the log has since a time (zero: all of it),
// beside the one that runs, and lets it take over when it has caught up. Its results
// replace those of the same keys as they come; results of outputs without a key are not
// published a second time. It returns how many records were read.
func (p *Pass) BackfillJob(ctx context.Context, name string, since time.Time, progress func(read, of int64)) (records int64, err error) {
	return p.catchUp(ctx, name, progress, func(c *catchUp, _ *stream.Failure, _ map[int32]int64) (map[int32]int64, error) {
		c.keyedOnly, c.config.Beside = true, true
		from, _, err := p.span(ctx, since)
		return from, err
	})
}

// RestartJob lets a job that has failed go on from where it failed: it reads what it has
// missed, publishes its results, and runs on.
func (p *Pass) RestartJob(ctx context.Context, name string, progress func(read, of int64)) (records int64, err error) {
	return p.catchUp(ctx, name, progress, func(c *catchUp, failed *stream.Failure, stopped map[int32]int64) (map[int32]int64, error) {
		if failed == nil {
			return nil, fmt.Errorf("%w: %q", ErrNotFailed, name)
		}
		c.config.Resume = true
		start, err := p.cfg.Topic.StartOffsets(ctx)
		for partition, at := range start {
			if stopped[partition] < at && err == nil {
				err = fmt.Errorf("job %q: the log no longer has the offsets %d to %d of partition %d, which it has missed; backfill it instead",
					name, stopped[partition], at-1, partition)
			}
			start[partition] = max(at, stopped[partition])
		}
		return start, err
	})
}

// catchUp runs a job over the log's history until it can take over.
type catchUp struct {
	p         *Pass
	j         *jobs
	shadow    *shadow
	history   *history
	config    stream.Config // Beside or Resume
	keyedOnly bool
}

func (p *Pass) catchUp(
	ctx context.Context, name string, progress func(read, of int64),
	begin func(*catchUp, *stream.Failure, map[int32]int64) (from map[int32]int64, err error),
) (records int64, err error) {
	if !p.shadowing.TryLock() {
		return 0, ErrShadowBusy
	}
	defer p.shadowing.Unlock()
	c := &catchUp{p: p, j: p.running.Load()}
	if c.j == nil {
		return 0, ErrNoJobs
	}
	p.committing.Lock()
	job, failed, stopped, err := c.j.engine.Find(name)
	p.committing.Unlock()
	if err != nil {
		return 0, fmt.Errorf("%w: %q", ErrNoJob, name)
	}
	from, err := begin(c, failed, stopped)
	if err != nil {
		return 0, err
	}
	c.history = p.newHistory(from)
	if c.shadow, err = p.openBeside(c.history, c.config, job); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.shadow.close()) }()
	read := func() (n int64) {
		for partition, at := range c.history.positions() {
			n += at - from[partition]
		}
		return n
	}
	if err := c.approach(ctx, func() { progress(read(), read()+c.history.left()) }); err != nil {
		return read(), err
	}
	if err := c.takeOver(ctx); err != nil {
		return read(), err
	}
	progress(read(), read())
	return read(), p.writer.settle(ctx) // who asked finds the results
}

// approach reads until little is left.
func (c *catchUp) approach(ctx context.Context, progress func()) error {
	// The first seal makes the state known, so that another job's is not in its place.
	if err := c.seal(ctx); err != nil {
		return err
	}
	for {
		stored, err := c.stored(ctx)
		if err != nil {
			return err
		}
		c.history.to = stored
		if c.history.left() < takeOverBelow {
			return nil
		}
		if err := c.read(ctx, stored, progress); err != nil {
			return err
		}
	}
}

func (c *catchUp) stored(ctx context.Context) (map[int32]int64, error) {
	stored, err := c.p.cfg.Store.Positions(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot read the positions of the analytics store: %w", err)
	}
	return stored.Offsets, nil
}

func (c *catchUp) read(ctx context.Context, to map[int32]int64, progress func()) error {
	err := c.history.read(ctx, to, func(b *event.Batch) error {
		progress()
		if due := c.shadow.take(b); !due {
			return nil
		}
		return c.seal(ctx)
	})
	if err != nil {
		return err
	}
	return c.seal(ctx)
}

// seal commits the job's state with its results.
func (c *catchUp) seal(ctx context.Context) error {
	if !c.p.pending.acquire(ctx) { // results wait for the store as events do
		return ctx.Err()
	}
	c.p.committing.Lock()
	defer c.p.committing.Unlock()
	if err := c.alive(); err != nil {
		return err
	}
	var outputs []stream.Output
	err := c.shadow.seal(c.p.cfg.Checkpoint, func(commit *checkpoint.Commit, all []stream.Output) error {
		outputs = c.j.mirrored(slices.DeleteFunc(all, func(o stream.Output) bool {
			return c.keyedOnly && len(o.Sink.Key) == 0
		}))
		return c.j.keep(commit, outputs)
	})
	if err != nil {
		return err
	}
	published, err := c.j.publish(outputs)
	if err == nil {
		c.p.writer.enqueue(unit{published: published})
	}
	return err
}

func (c *catchUp) alive() error {
	select {
	case <-c.p.failed:
		return fmt.Errorf("the pass has failed: %w", c.p.failure)
	case <-c.p.stopping:
		return ErrNoJobs
	default:
		return nil
	}
}

// takeOver makes the live tasks wait, reads what is left, and puts the job in its place.
func (c *catchUp) takeOver(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, takeOverWait)
	defer cancel()
	p := c.p
	p.gate.Lock()
	defer p.gate.Unlock()
	if err := c.alive(); err != nil {
		return err
	}
	if err := p.commit(); err != nil {
		p.fail(err)
		return err
	}
	if err := p.writer.settle(ctx); err != nil {
		return err
	}
	stored, err := c.stored(ctx)
	if err != nil {
		return err
	}
	if err := c.read(ctx, stored, func() {}); err != nil {
		return err
	}
	p.committing.Lock()
	defer p.committing.Unlock()
	if err := c.alive(); err != nil {
		return err
	}
	var refused error
	if err := p.commitThen(func() { refused = c.j.engine.Adopt(c.shadow.engine) }); err != nil {
		p.fail(err)
		return err
	}
	return refused
}
