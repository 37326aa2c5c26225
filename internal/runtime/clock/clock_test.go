package clock_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/runtime/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2011, 12, 9, 12, 50, 0, 0, time.UTC)

func TestFakeWakesInOrderOfTime(t *testing.T) {
	f := clock.NewFake(start)
	late, early := f.After(2*time.Second), f.After(time.Second)
	f.Advance(999 * time.Millisecond)
	if len(early)+len(late) != 0 {
		t.Fatal("woke too early")
	}
	f.Advance(time.Minute)
	if at := <-early; !at.Equal(start.Add(time.Second)) {
		t.Errorf("early woke at %s", at)
	}
	if at := <-late; !at.Equal(start.Add(2 * time.Second)) {
		t.Errorf("late woke at %s", at)
	}
	if got := f.Now(); !got.Equal(start.Add(time.Minute + 999*time.Millisecond)) {
		t.Errorf("stands at %s", got)
	}
}

func TestFakeTickerKeepsOneTickForALateReader(t *testing.T) {
	f := clock.NewFake(start)
	ticker := f.NewTicker(time.Second)
	f.Advance(5 * time.Second)
	if at := <-ticker.C; !at.Equal(start.Add(time.Second)) {
		t.Errorf("first tick at %s", at)
	}
	if len(ticker.C) != 0 {
		t.Error("ticks piled up")
	}
	f.Advance(time.Second)
	if at := <-ticker.C; !at.Equal(start.Add(6 * time.Second)) {
		t.Errorf("next tick at %s", at)
	}
	ticker.Stop()
	f.Advance(time.Hour)
	if len(ticker.C) != 0 {
		t.Error("ticked after Stop")
	}
}

func TestSleepEndsWithTimeOrContext(t *testing.T) {
	for name, c := range map[string]clock.Clock{"real": clock.Real(), "fake": clock.NewFake(start)} {
		ctx, cancel := context.WithCancel(t.Context())
		if err := c.Sleep(ctx, 0); err != nil {
			t.Errorf("%s: no time: %v", name, err)
		}
		cancel()
		if err := c.Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: cancelled: %v", name, err)
		}
	}
	if err := clock.Real().Sleep(t.Context(), time.Millisecond); err != nil {
		t.Error(err)
	}
}

func TestBlockUntilSeesTheSleeper(t *testing.T) {
	f := clock.NewFake(start)
	done := make(chan error, 1)
	go func() { done <- f.Sleep(t.Context(), time.Hour) }()
	if err := f.BlockUntil(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	f.Advance(time.Hour)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestRealTickerTicks(t *testing.T) {
	ticker := clock.Real().NewTicker(time.Millisecond)
	defer ticker.Stop()
	<-ticker.C
	<-clock.Real().After(time.Millisecond)
	if clock.Real().Now().Before(start) {
		t.Error("the real clock is in the past")
	}
}
