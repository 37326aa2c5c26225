// Package disk keeps the data folder safe: Guard stops the taking of events
// before the disk is full, Folder keeps other processes and other formats away.
package disk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/millrace/millrace/internal/runtime/clock"
)

// ErrFull is what Guard.Check returns while space is low.
var ErrFull = errors.New("the disk is nearly full")

// Options describes a Guard.
type Options struct {
	Dir      string        // an existing folder on the disk to watch
	Reserve  int64         // bytes: below this much free space the disk is low
	Interval time.Duration // between two looks
	Clock    clock.Clock
	Logger   *slog.Logger
	// Free returns the bytes of dir's disk that this process may still use.
	// Nil: FreeBytes.
	Free func(dir string) (int64, error)
}

// Guard watches the free space of a disk. Space is low when it falls below the
// reserve, and enough again when it is an eighth of the reserve above it, so that
// a disk at the edge does not flap. It is safe for concurrent use.
type Guard struct {
	o Options

	mu      sync.Mutex
	reason  string        // why space is low; "" when it is not
	free    int64         // at the last look
	changed chan struct{} // closed and replaced when low turns
}

// NewGuard looks at the disk once, so that Low is right from the beginning.
func NewGuard(o Options) (*Guard, error) {
	if o.Free == nil {
		o.Free = FreeBytes
	}
	g := &Guard{o: o, changed: make(chan struct{})}
	if err := g.Look(); err != nil {
		return nil, err
	}
	return g, nil
}

// Run looks at the disk every interval until ctx ends.
func (g *Guard) Run(ctx context.Context) error {
	ticker := g.o.Clock.NewTicker(g.o.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := g.Look(); err != nil {
				return err
			}
		}
	}
}

// Look looks at the disk now.
func (g *Guard) Look() error {
	free, err := g.o.Free(g.o.Dir)
	if err != nil {
		return fmt.Errorf("cannot read the free space of %s: %w", g.o.Dir, err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.free = free
	low := g.reason != ""
	switch {
	case free < g.o.Reserve:
		g.turnLocked(fmt.Sprintf("%s has %d MiB free, less than the reserve of %d MiB (disk.reserve_bytes); free some space",
			g.o.Dir, free>>20, g.o.Reserve>>20))
	case low && free >= g.o.Reserve+g.o.Reserve/8:
		g.turnLocked("")
	}
	return nil
}

// Report tells the guard of an error that a write met. When it means that the
// disk or a quota is full, space is low until a look finds enough; otherwise
// nothing happens. It returns whether it meant that.
func (g *Guard) Report(err error) bool {
	if !IsFull(err) {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.turnLocked(fmt.Sprintf("a write to %s failed: %v; free some space", g.o.Dir, err))
	return true
}

// Low reports whether no more events should be taken.
func (g *Guard) Low() bool { return g.Reason() != "" }

// Reason says why space is low, for the readiness page; "" when it is not.
func (g *Guard) Reason() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.reason
}

// Free is the space found by the last look, in bytes.
func (g *Guard) Free() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.free
}

// Check returns an error that wraps ErrFull while space is low.
func (g *Guard) Check() error {
	if reason := g.Reason(); reason != "" {
		return fmt.Errorf("%w: %s", ErrFull, reason)
	}
	return nil
}

// Changed returns a channel that is closed when low turns next.
func (g *Guard) Changed() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.changed
}

// Wait returns when there is space, or with ctx's error.
func (g *Guard) Wait(ctx context.Context) error {
	for {
		changed := g.Changed() // before Low, so that no turn is missed
		if !g.Low() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (g *Guard) turnLocked(reason string) {
	turned := (reason == "") != (g.reason == "")
	g.reason = reason
	if !turned {
		return
	}
	close(g.changed)
	g.changed = make(chan struct{})
	if reason == "" {
		g.o.Logger.Info("the disk has space again; events are taken", "dir", g.o.Dir, "free_bytes", g.free)
	} else {
		g.o.Logger.Error("the disk is nearly full; no events are taken", "reason", reason, "free_bytes", g.free)
	}
}

// IsFull reports whether err says that a disk or a quota is full.
func IsFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// FreeBytes returns the bytes of dir's disk that an unprivileged process may
// still use.
func FreeBytes(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil //nolint:unconvert // narrower on other systems
}
