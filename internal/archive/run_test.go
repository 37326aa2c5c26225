package archive_test

import (
	"context"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/archive"
)

// TestRunCleansUpNowAndThen lets rows come all the time: they are flushed at once, and files are
// cleaned up once per interval.
func TestRunCleansUpNowAndThen(t *testing.T) {
	s := openShop(t, t.TempDir(), options{change: func(c *archive.Config) { c.FlushRows = 1 }})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Service.Run(ctx) }()
	wait := func() {
		t.Helper()
		if err := s.clock.BlockUntil(ctx, 1); err != nil {
			t.Fatal(err)
		}
	}
	after := func(step string) time.Time {
		for _, w := range s.Status().Work {
			if w.Step == step {
				return w.At
			}
		}
		t.Fatalf("there is no step %s", step)
		return time.Time{}
	}
	for range 3 {
		wait()
		s.sell(1)
		s.clock.Advance(5 * time.Second)
		wait()
		if at := after("flush"); !at.Equal(s.clock.Now()) {
			t.Errorf("rows were flushed last at %v, want %v", at, s.clock.Now())
		}
		if at := after("clean_up"); !at.IsZero() {
			t.Errorf("files were cleaned up at %v, within the interval", at)
		}
	}
	s.clock.Advance(s.cfg.FlushInterval)
	wait()
	if at := after("clean_up"); at.IsZero() {
		t.Error("files were not cleaned up once per interval")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
