package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// ErrEarly is wrapped when a module's Run returned although nobody stopped it.
var ErrEarly = errors.New("ended by itself")

// ErrGrace is wrapped when a module did not stop in time.
var ErrGrace = errors.New("did not stop within the grace period")

// Options describes a process.
type Options struct {
	Modules []Module      // in the order of Resolve
	Grace   time.Duration // for all modules together to stop
	Logger  *slog.Logger
	Started func() // called once all modules have started; may be nil
}

// Run starts the modules, waits until ctx ends or a module fails, and stops those
// that started, in reverse. It returns nil when ctx ended and all stopped in time;
// else why not, with the failure that came first at the front. A module that does
// not stop in time is left behind, and those that it needs are not closed under
// its feet but left to the end of the process.
func Run(ctx context.Context, o Options) error {
	p := process{o: o, failed: make(chan error, len(o.Modules))}
	// The modules outlive ctx by the grace period.
	base := context.WithoutCancel(ctx)
	failure := p.start(ctx, base)
	if failure == nil {
		if o.Started != nil {
			o.Started()
		}
		select {
		case <-ctx.Done():
		case failure = <-p.failed:
		}
	}
	if failure != nil {
		o.Logger.Error("stopping because a module failed", "error", failure)
	}
	return errors.Join(failure, p.stop(base))
}

type process struct {
	o       Options
	running []*running
	failed  chan error // has room for each module's failure
}

type running struct {
	Module
	cancel context.CancelFunc
	done   chan struct{} // closed when Run has returned
	err    error         // of Run after it was told to end; read after done
}

func (p *process) start(ctx, base context.Context) error {
	for _, m := range p.o.Modules {
		select {
		case err := <-p.failed:
			return err
		case <-ctx.Done():
			return nil // told to stop while starting: no failure
		default:
		}
		if m.Start != nil {
			if err := m.Start(ctx); err != nil {
				if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
					return nil
				}
				return fmt.Errorf("cannot start %s: %w", m.Name, err)
			}
		}
		p.running = append(p.running, p.run(base, m))
	}
	return nil
}

func (p *process) run(base context.Context, m Module) *running {
	ctx, cancel := context.WithCancel(base)
	r := &running{Module: m, cancel: cancel, done: make(chan struct{})}
	if m.Run == nil {
		close(r.done)
		return r
	}
	go func() {
		defer close(r.done)
		err := m.Run(ctx)
		if ctx.Err() == nil { // nobody told it to
			if err == nil {
				err = ErrEarly
			}
			p.failed <- fmt.Errorf("%s failed: %w", m.Name, err)
			return
		}
		if !errors.Is(err, context.Canceled) {
			r.err = err
		}
	}()
	return r
}

// stop stops what runs, newest first, all within the grace period.
func (p *process) stop(base context.Context) error {
	ctx, cancel := context.WithTimeout(base, p.o.Grace)
	defer cancel()
	var errs []error
	for i := len(p.running) - 1; i >= 0; i-- {
		err, late := p.running[i].end(ctx)
		errs = append(errs, err)
		if late {
			for ; i >= 0; i-- {
				p.running[i].cancel()
			}
			break
		}
	}
	return errors.Join(errs...)
}

func (r *running) end(ctx context.Context) (err error, late bool) {
	defer r.cancel()
	if r.Stop != nil {
		stopped := make(chan error, 1)
		go func() { stopped <- r.Stop(ctx) }()
		select {
		case err = <-stopped:
		case <-ctx.Done():
			return fmt.Errorf("%s %w", r.Name, ErrGrace), true
		}
	}
	r.cancel()
	select {
	case <-r.done:
	case <-ctx.Done():
		return errors.Join(r.wrap(err), fmt.Errorf("%s %w", r.Name, ErrGrace)), true
	}
	err = errors.Join(err, r.err)
	if r.Close != nil {
		err = errors.Join(err, r.Close())
	}
	return r.wrap(err), false
}

func (r *running) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("cannot stop %s: %w", r.Name, err)
}
