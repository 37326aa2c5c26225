package supervise_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/supervise"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patient is a clock on which waiting takes no real time; the waits are kept.
type patient struct {
	*clock.Fake
	waits []time.Duration
}

func (p *patient) Sleep(ctx context.Context, d time.Duration) error {
	p.waits = append(p.waits, d)
	p.Advance(d)
	return ctx.Err()
}

var errRefused = errors.New("connection refused")

// world runs attempts on a clock of its own.
type world struct {
	t     *testing.T
	clock *patient
	meter *meter.Registry
	seen  []meter.State // while each attempt ran, before it connected
}

func newWorld(t *testing.T) *world {
	return &world{t: t, clock: &patient{Fake: clock.NewFake(time.Unix(1_700_000_000, 0))}, meter: new(meter.Registry)}
}

func (w *world) stats() meter.Stats { return w.meter.Stats()[0] }

// run makes as many attempts as there are lifetimes: 0 is one that does not
// connect, another one that lasts so long once it has.
func (w *world) run(o supervise.Options, lifetimes ...time.Duration) {
	w.t.Helper()
	o.Source, o.Kind, o.Clock, o.Logger = "shop", "postgres", w.clock, slog.New(slog.DiscardHandler)
	o.Meter = w.meter.Source("shop", "native")
	if o.Random == nil {
		o.Random = func() float64 { return 1 } // the longest wait that the jitter allows
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	attempts := 0
	err := supervise.Run(ctx, o, func(_ context.Context, connected func()) error {
		w.seen = append(w.seen, w.stats().State)
		life := lifetimes[attempts]
		if attempts++; attempts == len(lifetimes) {
			cancel()
		}
		if life > 0 {
			connected()
			if got := w.stats().State; got != meter.Running {
				w.t.Errorf("a connected source is %s", got)
			}
			w.clock.Advance(life)
		}
		return errRefused
	})
	cancel()
	if err != nil {
		w.t.Fatal(err)
	}
	if attempts != len(lifetimes) {
		w.t.Fatalf("there were %d attempts, want %d", attempts, len(lifetimes))
	}
}

func expectWaits(t *testing.T, got []time.Duration, want ...time.Duration) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the waits are\n%v, want\n%v", got, want)
	}
}

func TestWaitsGrowUntilTheCircuitOpens(t *testing.T) {
	w := newWorld(t)
	w.run(supervise.Options{First: time.Second, Max: 20 * time.Second, OpenAfter: 4}, make([]time.Duration, 7)...)
	expectWaits(t, w.clock.waits,
		1*time.Second, 2*time.Second, 4*time.Second, // three failures
		20*time.Second, 20*time.Second, 20*time.Second) // the circuit is open
	want := []meter.State{meter.Passive, meter.Retrying, meter.Retrying, meter.Retrying, meter.Probing, meter.Probing, meter.Probing}
	if fmt.Sprint(w.seen) != fmt.Sprint(want) {
		t.Errorf("the states at the attempts are %v, want %v", w.seen, want)
	}
	s := w.stats()
	if s.Errors != 6 || s.LastError != errRefused.Error() {
		t.Errorf("%d errors are counted, the last is %q", s.Errors, s.LastError)
	}
}

func TestOnlyAConnectionThatLastsClosesTheCircuit(t *testing.T) {
	w := newWorld(t)
	o := supervise.Options{First: time.Second, Max: 20 * time.Second, OpenAfter: 2, Settle: 5 * time.Second}
	w.run(o, 0, 0, 4*time.Second, 0, 5*time.Second, 0)
	expectWaits(t, w.clock.waits,
		1*time.Second,                  // one failure
		20*time.Second,                 // open
		20*time.Second, 20*time.Second, // a probe that connects and drops, one that does not connect
		1*time.Second) // a probe that lasts: the count begins anew
}

func TestABudgetBoundsTheRetriesOfAPeerThatFlaps(t *testing.T) {
	w := newWorld(t)
	o := supervise.Options{First: time.Second, Max: 100 * time.Second, OpenAfter: 1000, Settle: time.Second, Budget: 5}
	// Every connection lasts long enough to close the circuit, and fails all the same.
	lives := make([]time.Duration, 60)
	for i := range lives {
		lives[i] = 2 * time.Second
	}
	w.run(o, lives...)
	short := 0
	for _, wait := range w.clock.waits {
		if wait < o.Max {
			short++
		}
	}
	elapsed := w.clock.Now().Sub(time.Unix(1_700_000_000, 0))
	if most := o.Budget + int(elapsed/o.Max) + 1; short > most || short < o.Budget {
		t.Errorf("in %s there were %d short waits, want %d to %d", elapsed, short, o.Budget, most)
	}
	// A peer that lives on gives the budget back.
	w = newWorld(t)
	for i := range lives {
		lives[i] = time.Hour
	}
	w.run(o, lives...)
	for i, wait := range w.clock.waits {
		if wait != o.First {
			t.Fatalf("wait %d of a source that lives for hours is %s", i, wait)
		}
	}
}

func TestJitterSpreadsOverTheUpperHalf(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	low, high := time.Hour, time.Duration(0)
	for range 500 {
		w := newWorld(t)
		w.run(supervise.Options{First: 8 * time.Second, Random: random.Float64}, 0, 0)
		low, high = min(low, w.clock.waits[0]), max(high, w.clock.waits[0])
	}
	if low < 4*time.Second || low > 4100*time.Millisecond || high > 8*time.Second || high < 7900*time.Millisecond {
		t.Errorf("the first waits lie between %s and %s, want them over 4 s to 8 s", low, high)
	}
}

func TestTheEndOfTheContextEndsAWait(t *testing.T) {
	fake := clock.NewFake(time.Unix(0, 0))
	meters := new(meter.Registry)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- supervise.Run(ctx, supervise.Options{
			Source: "shop", Meter: meters.Source("shop", "native"), Clock: fake, Logger: slog.New(slog.DiscardHandler),
			Random: func() float64 { return 0 },
		}, func(context.Context, func()) error { return errRefused })
	}()
	if err := fake.BlockUntil(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if s := meters.Stats()[0]; s.State != meter.Retrying {
		t.Errorf("while it waits the source is %s", s.State)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the end of the context is an error: %v", err)
	}
}
