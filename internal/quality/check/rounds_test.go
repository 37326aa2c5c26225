package check

import (
	"slices"
	"testing"
	"time"
)

// Who is told of rounds hears of checks that are due, that somebody runs, and of windows
// that are complete; and that a round ended even when its results could not be published.
func TestRoundsAreToldOf(t *testing.T) {
	w := newWorld(t)
	err := w.start(`version: 1
checks:
  - {name: some, owner: sales, on: {table: events}, kind: volume, min: 1, every: 30s}
  - {name: busy, owner: sales, on: {source: shop}, kind: volume, min: 2, window: {size: 1h}}
`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.service.RunNow(t.Context(), w.set.All()[1:], false); err != nil {
		t.Fatal(err)
	}
	w.judge(w.batch(0, "01T00:10:00 source=shop\n01T02:10:00 source=shop"))
	w.flush()
	w.clock.Advance(2 * time.Minute)
	w.lose = true
	if err := w.service.scheduled(t.Context()); err == nil {
		t.Fatal("what could not be published is no error")
	}
	w.lose = false
	if err := w.service.windows.step(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Log(w.rounds)
	want := []string{"some failed", "some passed: cannot publish results of checks: the topic does not answer", "busy failed, busy failed, busy failed"}
	if !slices.Equal(w.rounds, want) {
		t.Errorf("told:\n%q\nwant\n%q", w.rounds, want)
	}
}
