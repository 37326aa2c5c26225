package limit_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/runtime/limit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func gate(most int64) *limit.Gate {
	return limit.NewGate(limit.Options{What: "requests", Setting: "limits.inflight_requests", Max: most, RetryAfter: 1500 * time.Millisecond})
}

func TestFullGateRefusesAndSaysWhy(t *testing.T) {
	g := gate(2)
	for range 2 {
		if err := g.TryAcquire(1); err != nil {
			t.Fatal(err)
		}
	}
	err := g.TryAcquire(1)
	var full *limit.FullError
	if !errors.Is(err, limit.ErrFull) || !errors.As(err, &full) {
		t.Fatalf("got %v", err)
	}
	want := "too many requests at once (limit 2, set by limits.inflight_requests); try again in 1.5s"
	if err.Error() != want || full.Seconds() != 2 {
		t.Errorf("got %q, %d s", err, full.Seconds())
	}
	g.Release(1)
	if err := g.TryAcquire(1); err != nil {
		t.Error(err)
	}
	if g.Used() != 2 || g.Refused() != 1 {
		t.Errorf("used %d, refused %d", g.Used(), g.Refused())
	}
}

func TestTooLargeIsAdmittedAlone(t *testing.T) {
	g := gate(10)
	if err := g.TryAcquire(1); err != nil {
		t.Fatal(err)
	}
	if err := g.TryAcquire(100); err == nil {
		t.Error("admitted beside another")
	}
	g.Release(1)
	if err := g.TryAcquire(100); err != nil {
		t.Error(err)
	}
	if err := g.TryAcquire(1); err == nil {
		t.Error("admitted beside the large one")
	}
}

func TestAcquireWaitsForItsTurn(t *testing.T) {
	g := gate(1)
	if err := g.TryAcquire(1); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	gaveUp, admitted := make(chan error, 1), make(chan error, 1)
	go func() { gaveUp <- g.Acquire(ctx, 1) }()
	go func() { admitted <- g.Acquire(t.Context(), 1) }()
	cancel()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	g.Release(1)
	if err := <-admitted; err != nil {
		t.Error(err)
	}
	g.Release(1)
	if g.Used() != 0 {
		t.Errorf("used %d", g.Used())
	}
}

func TestNeverMoreThanTheMaximum(t *testing.T) {
	g := gate(3)
	var inside, most atomic.Int64
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			weight := int64(i%3 + 1)
			if err := g.Acquire(t.Context(), weight); err != nil {
				t.Error(err)
				return
			}
			now := inside.Add(weight)
			for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
			}
			inside.Add(-weight)
			g.Release(weight)
		})
	}
	all.Wait()
	if most.Load() > 3 || g.Used() != 0 {
		t.Errorf("most %d, left %d", most.Load(), g.Used())
	}
}
