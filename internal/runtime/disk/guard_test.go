package disk_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/runtime/disk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const mib = 1 << 20

// guarded returns a guard with a reserve of 80 MiB over a disk whose free space
// the test sets.
func guarded(t *testing.T, freeMiB int64) (*disk.Guard, *atomic.Int64, *clock.Fake) {
	t.Helper()
	var free atomic.Int64
	free.Store(freeMiB * mib)
	c := clock.NewFake(time.Unix(0, 0))
	g, err := disk.NewGuard(disk.Options{
		Dir: "/data", Reserve: 80 * mib, Interval: time.Second, Clock: c, Logger: slog.New(slog.DiscardHandler),
		Free: func(string) (int64, error) { return free.Load(), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return g, &free, c
}

func TestLowHasHysteresis(t *testing.T) {
	g, free, _ := guarded(t, 100)
	for _, step := range []struct {
		freeMiB int64
		low     bool
	}{{100, false}, {80, false}, {79, true}, {80, true}, {89, true}, {90, false}, {85, false}, {0, true}} {
		free.Store(step.freeMiB * mib)
		if err := g.Look(); err != nil {
			t.Fatal(err)
		}
		if g.Low() != step.low || (g.Check() != nil) != step.low {
			t.Errorf("%d MiB free: low %v, want %v", step.freeMiB, g.Low(), step.low)
		}
	}
	want := "/data has 0 MiB free, less than the reserve of 80 MiB (disk.reserve_bytes); free some space"
	if g.Reason() != want || !errors.Is(g.Check(), disk.ErrFull) {
		t.Errorf("got %q", g.Reason())
	}
}

func TestLowFromTheBeginning(t *testing.T) {
	if g, _, _ := guarded(t, 1); !g.Low() {
		t.Error("a full disk was not seen when the guard was made")
	}
}

func TestReportOfAFullDisk(t *testing.T) {
	g, _, _ := guarded(t, 100)
	if g.Report(errors.New("other")) || g.Low() {
		t.Error("took another error for a full disk")
	}
	if !g.Report(fmt.Errorf("append: %w", &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC})) || !g.Low() {
		t.Error("did not take ENOSPC for a full disk")
	}
	if err := g.Look(); err != nil || g.Low() {
		t.Errorf("low although there is space: %v", err)
	}
}

func TestWaitUntilSpace(t *testing.T) {
	g, free, c := guarded(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- g.Run(ctx) }()
	waited := make(chan error, 1)
	go func() { waited <- g.Wait(t.Context()) }()
	if err := c.BlockUntil(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	free.Store(1000 * mib)
	c.Advance(time.Second)
	if err := <-waited; err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-ran; err != nil {
		t.Error(err)
	}
}

func TestWaitEndsWithContext(t *testing.T) {
	g, _, _ := guarded(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestFreeBytes(t *testing.T) {
	if free, err := disk.FreeBytes(t.TempDir()); err != nil || free <= 0 {
		t.Errorf("%d, %v", free, err)
	}
	_, err := disk.NewGuard(disk.Options{Dir: "/does/not/exist", Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "cannot read the free space of /does/not/exist") {
		t.Errorf("got %v", err)
	}
}
