package control_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/control"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// store keeps values in memory.
type store struct {
	values map[string][]byte
	err    error
}

func (s *store) Get(key string) ([]byte, bool, error) {
	v, ok := s.values[key]
	return v, ok, s.err
}

func (s *store) Put(key string, value []byte) error {
	if s.err == nil {
		s.values[key] = value
	}
	return s.err
}

// world has a registry of one source, "shop".
type world struct {
	*control.Registry
	t     *testing.T
	clock *clock.Fake
	store *store
	fill  float64
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func start(t *testing.T, configured control.Settings) *world {
	w := &world{t: t, clock: clock.NewFake(noon), store: &store{values: map[string][]byte{}}}
	w.restart(configured)
	return w
}

func (w *world) restart(configured control.Settings) {
	w.t.Helper()
	var err error
	w.Registry, err = control.Open(control.Config{
		Sources: map[string]control.Settings{"shop": configured}, Store: w.store, Clock: w.clock, Fill: func() float64 { return w.fill },
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) admit(events int, bytes int64) string {
	w.t.Helper()
	r := w.Source("shop").Admit(events, bytes)
	if r == nil {
		return "yes"
	}
	return fmt.Sprintf("%s (%s)", r.Detail, r.RetryAfter)
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func ptr[T any](v T) *T { return &v }

func TestARateLetsABurstThroughAndThenItsShare(t *testing.T) {
	w := start(t, control.Settings{EventsPerSecond: 10, Burst: 2 * time.Second})
	for range 20 {
		expect(t, w.admit(1, 100), "yes")
	}
	expect(t, w.admit(1, 100), `Source "shop" is above its rate of 10 events per second. (100ms)`)
	w.clock.Advance(100 * time.Millisecond)
	// A batch may be larger than what is left. Its debt is paid before anything else.
	expect(t, w.admit(31, 100), "yes")
	expect(t, w.admit(1, 100), `Source "shop" is above its rate of 10 events per second. (3.1s)`)
	w.clock.Advance(3099 * time.Millisecond)
	expect(t, w.admit(1, 100), `Source "shop" is above its rate of 10 events per second. (1ms)`)
	w.clock.Advance(time.Millisecond)
	expect(t, w.admit(1, 100), "yes")
	// However long nothing comes, no more than the burst is saved.
	w.clock.Advance(time.Hour)
	for range 20 {
		expect(t, w.admit(1, 100), "yes")
	}
	expect(t, w.admit(1, 100), `Source "shop" is above its rate of 10 events per second. (100ms)`)
}

func TestBytesHaveARateOfTheirOwn(t *testing.T) {
	w := start(t, control.Settings{EventsPerSecond: 1000, BytesPerSecond: 1000})
	expect(t, w.admit(1, 3000), "yes")
	expect(t, w.admit(1, 1), `Source "shop" is above its rate of 1000 bytes per second. (2.001s)`)
}

// TestARateHoldsOverTime sends at random and counts what came through.
func TestARateHoldsOverTime(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		const rate, burst = 50, 3
		w := start(t, control.Settings{EventsPerSecond: rate, Burst: burst * time.Second})
		taken, largest := 0, 0
		for range 3000 {
			w.clock.Advance(time.Duration(random.IntN(40)) * time.Millisecond)
			n := 1 + random.IntN(9)
			if w.Source("shop").Admit(n, 1) == nil {
				taken += n
				largest = max(largest, n)
			}
		}
		seconds := w.clock.Now().Sub(noon).Seconds()
		if most := rate*(seconds+burst) + float64(largest); float64(taken) > most || float64(taken) < 0.95*rate*seconds {
			t.Errorf("seed %d: %d events came through in %.1f s", seed, taken, seconds)
		}
	}
}

func TestPrioritiesShareTheWayIntoTheLog(t *testing.T) {
	for _, c := range []struct {
		priority control.Priority
		fill     float64
		ok       bool
	}{
		{control.Low, 0.49, true}, {control.Low, 0.5, false},
		{control.Normal, 0.84, true}, {control.Normal, 0.85, false}, {"", 0.85, false},
		{control.High, 1, true},
	} {
		w := start(t, control.Settings{Priority: c.priority})
		w.fill = c.fill
		if got := w.admit(1, 1); (got == "yes") != c.ok {
			t.Errorf("%s at %.2f: %s", c.priority, c.fill, got)
		}
	}
	w := start(t, control.Settings{Priority: control.Low})
	w.fill = 0.7
	expect(t, w.admit(1, 1), `The way into the log is 50% full, and source "shop", of low priority, may fill no more of it. (1s)`)
	// It is not asked for every event.
	w.fill = 0
	expect(t, w.admit(1, 1), `The way into the log is 50% full, and source "shop", of low priority, may fill no more of it. (1s)`)
	w.clock.Advance(5 * time.Millisecond)
	expect(t, w.admit(1, 1), "yes")
}

func TestAChangeHoldsAtOnceAndAfterARestartUntilItIsReset(t *testing.T) {
	configured := control.Settings{Priority: control.Low, EventsPerSecond: 5}
	w := start(t, configured)
	w.clock.Advance(time.Minute)
	if _, err := w.Change("shop", control.Change{Paused: ptr(true)}); err != nil {
		t.Fatal(err)
	}
	expect(t, w.admit(1, 1), `Source "shop" is paused. (30s)`)
	if _, err := w.Change("shop", control.Change{Priority: ptr(control.High), EventsPerSecond: ptr(int64(0))}); err != nil {
		t.Fatal(err)
	}
	check := func() {
		t.Helper()
		info, err := w.Info("shop")
		if err != nil {
			t.Fatal(err)
		}
		want := control.Settings{Paused: true, Priority: control.High, Burst: time.Second, Schema: control.Report}
		if info.Settings != want || info.Configured != configured.WithDefaults() ||
			fmt.Sprint(info.Changed) != "[paused priority events_per_second]" || !info.ChangedAt.Equal(noon.Add(time.Minute)) {
			t.Errorf("what holds is %+v", info)
		}
	}
	check()
	w.restart(configured)
	check()
	// What was not changed follows the configuration.
	w.restart(control.Settings{Schema: control.Quarantine})
	if s := w.Source("shop").Settings(); s.Schema != control.Quarantine || !s.Paused {
		t.Errorf("what holds is %+v", s)
	}
	if _, err := w.Reset("shop"); err != nil {
		t.Fatal(err)
	}
	w.restart(configured)
	info, err := w.Info("shop")
	if err != nil || info.Settings != configured.WithDefaults() || len(info.Changed) > 0 || !info.ChangedAt.IsZero() {
		t.Errorf("after a reset %+v holds (%v)", info, err)
	}
	expect(t, w.admit(1, 1), "yes")
}

func TestChangesThatAreNotPossible(t *testing.T) {
	w := start(t, control.Settings{})
	for _, c := range []struct {
		change control.Change
		want   string
	}{
		{control.Change{Priority: ptr(control.Priority("top"))}, `priority is "top"; it must be low, normal or high`},
		{control.Change{Schema: ptr(control.Policy("drop"))}, `schema is "drop"; it must be off, report or quarantine`},
		{control.Change{EventBytes: ptr(int64(-1))}, "event_bytes is -1; it must be 0 to 16777216"},
		{control.Change{BytesPerSecond: ptr(int64(1 << 41))}, "bytes_per_second is 2199023255552; it must be 0 to 1099511627776"},
		{control.Change{}, "it names no setting"},
		{control.Change{Burst: ptr(2 * time.Hour)}, "burst is 2h0m0s; it must be above 0 and at most 1h0m0s"},
	} {
		_, err := w.Change("shop", c.change)
		if !errors.Is(err, control.ErrInvalid) || err.Error() != "the change is not possible: "+c.want {
			t.Errorf("the error is %v, want %s", err, c.want)
		}
	}
	if _, err := w.Change("nobody", control.Change{Paused: ptr(true)}); !errors.Is(err, control.ErrUnknown) {
		t.Errorf("an unknown source: %v", err)
	}
	// What cannot be kept does not hold.
	w.store.err = errors.New("disk full")
	if _, err := w.Change("shop", control.Change{Paused: ptr(true)}); err == nil || w.Source("shop").Settings().Paused {
		t.Errorf("a change that was not stored holds: %v", err)
	}
	if w.Source("nobody").Admit(1, 1) != nil || w.Source("nobody").Settings() != (control.Settings{}).WithDefaults() {
		t.Error("a source that is not configured is refused")
	}
}

func TestWhatFetchesItsEventsWaits(t *testing.T) {
	w := start(t, control.Settings{Paused: true, EventsPerSecond: 10})
	shop := w.Source("shop")
	waited := make(chan error, 1)
	wait := func() { waited <- shop.Wait(t.Context(), 15, 100) }
	go wait()
	if err := w.clock.BlockUntil(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	// A change wakes it: nobody waits for the end of a pause that is over.
	if _, err := w.Change("shop", control.Change{Paused: ptr(false)}); err != nil {
		t.Fatal(err)
	}
	if err := <-waited; err != nil {
		t.Fatal(err)
	}
	go wait()
	for range 6 { // 0.6 s until the debt of 5 is paid and there is one more
		if err := w.clock.BlockUntil(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(100 * time.Millisecond)
	}
	if err := <-waited; err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := shop.Wait(ctx, 1, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("the end of the context: %v", err)
	}
	// Where the size is known only later, it is paid later.
	w = start(t, control.Settings{EventsPerSecond: 10})
	if err := w.Ready(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
	w.Spend("shop", 30, 0)
	expect(t, w.admit(1, 1), `Source "shop" is above its rate of 10 events per second. (2.1s)`)
}

func TestAThrottleIsBelowWhateverIsSet(t *testing.T) {
	w := start(t, control.Settings{EventsPerSecond: 100})
	rate := func(want int64) {
		t.Helper()
		if got := w.Source("shop").Settings().EventsPerSecond; got != want {
			t.Errorf("the rate is %d, want %d", got, want)
		}
	}
	w.Throttle("shop", 10)
	rate(10)
	for _, set := range []int64{5, 0} {
		if _, err := w.Change("shop", control.Change{EventsPerSecond: &set}); err != nil {
			t.Fatal(err)
		}
	}
	rate(10) // 0 is no limit, but for the throttle
	w.Throttle("shop", 0)
	rate(0)
	w.Throttle("nobody", 1)
}
