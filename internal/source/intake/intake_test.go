package intake_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/intake"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/resumetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type plain struct{}

func (plain) Name() string                                 { return "plain" }
func (plain) Version() string                              { return "1" }
func (plain) NewDecoder(adapter.Telemetry) adapter.Decoder { return plainDecoder{} }

type plainDecoder struct{}

func (plainDecoder) RouteKey(dst []byte, r *adapter.Record) ([]byte, error) {
	return append(dst, r.Payload...), nil
}

func (plainDecoder) IdempotencyKey(dst []byte, r *adapter.Record) []byte {
	return append(dst, r.Payload...)
}
func (plainDecoder) Decode(*event.Batch, int, *adapter.Record) {}

func config(log eventlog.Appender) intake.Config {
	return intake.Config{
		Source: "till", Adapter: plain{}, Stream: "queue:till", Appender: log, Meters: new(meter.Registry),
		Clock: clock.Real(), BatchRecords: 16, EventBytes: 2000,
	}
}

// told collects what the source is told.
type told struct {
	mu     sync.Mutex
	tokens []int
	errs   []error
}

func (l *told) landed(tokens []int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokens = append(l.tokens, tokens...)
	if err != nil {
		l.errs = append(l.errs, err)
	}
}

func take(t *testing.T, i *intake.Intake[int], from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		if err := i.Take(t.Context(), &intake.Message{Payload: fmt.Appendf(nil, "event-%d", n)}, n); err != nil {
			t.Fatal(err)
		}
	}
}

func payloads(log *resumetest.Log) map[string]int {
	found := make(map[string]int)
	for p := range int32(resumetest.Partitions) {
		for _, e := range log.Records(p) {
			found[string(e.Record.Payload)]++
		}
	}
	return found
}

func TestTheSourceIsToldOfEveryMessageInOrderOnceTheLogHasIt(t *testing.T) {
	log, told := resumetest.New(), new(told)
	i := intake.Open(t.Context(), config(log), func(tokens []int, err error) {
		for _, n := range tokens {
			if payloads(log)[fmt.Sprintf("event-%d", n)] != 1 {
				t.Errorf("told of %d before the log had it", n)
			}
		}
		told.landed(tokens, err)
	})
	take(t, i, 0, 200)
	i.Close()
	log.Wait()
	if len(told.tokens) != 200 || !slices.IsSorted(told.tokens) || len(told.errs) != 0 {
		t.Errorf("told of %d, sorted %v, errors %v", len(told.tokens), slices.IsSorted(told.tokens), told.errs)
	}
	if err := i.Take(t.Context(), &intake.Message{Payload: []byte("late")}, 1); err == nil {
		t.Error("took a message after it was closed")
	}
	i.Close() // once more does nothing
}

func TestWhatTheLogRefusesIsTriedAgain(t *testing.T) {
	log, told := resumetest.New(), new(told)
	log.Fail(0.2, 7)
	cfg := config(log)
	i := intake.Open(t.Context(), cfg, told.landed)
	take(t, i, 0, 100)
	i.Close()
	log.Wait()
	found := payloads(log)
	for n := range 100 {
		if found[fmt.Sprintf("event-%d", n)] == 0 {
			t.Errorf("event-%d is not in the log", n)
		}
	}
	if len(told.tokens) != 100 || len(told.errs) != 0 {
		t.Errorf("told of %d, errors %v", len(told.tokens), told.errs)
	}
	if s := cfg.Meters.Stats()[0]; s.Events != 100 || s.Rejected != 0 {
		t.Errorf("counted %+v", s)
	}
}

func TestALogThatRefusesForLongIsAnErrorOfTheMessages(t *testing.T) {
	log, told := resumetest.New(), new(told)
	log.FullAt(1)
	cfg := config(log)
	cfg.RetryFor = 150 * time.Millisecond
	i := intake.Open(t.Context(), cfg, told.landed)
	take(t, i, 0, 20)
	i.Close()
	log.Wait()
	if len(told.tokens) != 20 || len(told.errs) == 0 || !errors.Is(told.errs[0], eventlog.ErrUnavailable) {
		t.Fatalf("told of %d, errors %v", len(told.tokens), told.errs)
	}
	if text := told.errs[0].Error(); !strings.Contains(text, "messages for 150ms") {
		t.Errorf("the error does not say how long: %s", text)
	}
}

// gate is a log that takes nothing until it is opened.
type gate struct {
	*resumetest.Log
	open  chan struct{}
	sizes chan int
	calls sync.WaitGroup
}

func (g *gate) AppendAsync(ctx context.Context, entries []eventlog.Entry, done func([]eventlog.Entry, error)) {
	g.sizes <- len(entries)
	g.calls.Go(func() {
		<-g.open
		done(entries, g.Append(ctx, entries))
	})
}

func TestBatchesGrowWhileTheLogIsSlowAndTheirNumberIsBounded(t *testing.T) {
	log, told := &gate{Log: resumetest.New(), open: make(chan struct{}), sizes: make(chan int, 100)}, new(told)
	cfg := config(log)
	cfg.InFlight = 2
	i := intake.Open(t.Context(), cfg, told.landed)
	// One alone, then two full batches; a fourth has no room.
	take(t, i, 0, 1+16+16)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := i.Take(ctx, &intake.Message{Payload: []byte("x")}, 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("took a message above the bound: %v", err)
	}
	close(log.open)
	take(t, i, 33, 40)
	i.Close()
	log.calls.Wait()
	if a, b, c := <-log.sizes, <-log.sizes, <-log.sizes; a != 1 || b != 16 || c != 16 {
		t.Errorf("batches of %d, %d, %d", a, b, c)
	}
	if len(told.tokens) != 40 || !slices.IsSorted(told.tokens) {
		t.Errorf("told of %v", told.tokens)
	}
}

// narrow is a log whose records may have 1,000 bytes.
type narrow struct{ *resumetest.Log }

func (l narrow) check(entries []eventlog.Entry) error {
	for i := range entries {
		if len(entries[i].Record.Payload) > 1000 && entries[i].Record.Reject == "" {
			return fmt.Errorf("%w: 1,000 bytes", eventlog.ErrTooLarge)
		}
	}
	return nil
}

func (l narrow) Append(ctx context.Context, entries []eventlog.Entry) error {
	if err := l.check(entries); err != nil {
		return err
	}
	return l.Log.Append(ctx, entries)
}

func (l narrow) AppendAsync(ctx context.Context, entries []eventlog.Entry, done func([]eventlog.Entry, error)) {
	if err := l.check(entries); err != nil {
		done(entries, err)
		return
	}
	l.Log.AppendAsync(ctx, entries, done)
}

func TestWhatCannotBeTakenIsLoggedAsASample(t *testing.T) {
	log, told := resumetest.New(), new(told)
	cfg := config(narrow{log})
	i := intake.Open(t.Context(), cfg, told.landed)
	for n, m := range []intake.Message{
		{Payload: []byte("good"), Stream: "queue:other", Envelope: `{"id":"1"}`, Line: 3},
		{Payload: nil},
		{Payload: make([]byte, 2001)},
		{Payload: make([]byte, 1500)}, // the log says no
		{Payload: make([]byte, 1200), Reject: "undecodable"},
	} {
		if err := i.Take(t.Context(), &m, n); err != nil {
			t.Fatal(err)
		}
	}
	i.Close()
	log.Wait()
	var got []string
	for p := range int32(resumetest.Partitions) {
		for _, e := range log.Records(p) {
			r := e.Record
			got = append(got, fmt.Sprintf("%s %s %d %d %q", r.Stream, r.Envelope, r.Line, len(r.Payload), r.Reject))
		}
	}
	slices.Sort(got)
	want := []string{
		`queue:other {"id":"1"} 3 4 ""`,
		`queue:till  0 0 "empty"`,
		`queue:till  0 1024 "too_large"`,
		`queue:till  0 1024 "too_large"`,
		`queue:till  0 1024 "undecodable"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("the log has\n%s", strings.Join(got, "\n"))
	}
	if s := cfg.Meters.Stats()[0]; s.Events != 5 || s.Rejected != 4 {
		t.Errorf("counted %+v", s)
	}
	if len(told.errs) != 0 || len(told.tokens) != 5 {
		t.Errorf("told %v %v", told.tokens, told.errs)
	}
}

// slow is a limiter and a disk that count how often they are asked.
type slow struct{ events int }

func (s *slow) Wait(_ context.Context, events int, _ int64) error {
	if s.events += events; s.events > 3 {
		return context.DeadlineExceeded
	}
	return nil
}

func TestTheLimiterHoldsMessagesBack(t *testing.T) {
	log := resumetest.New()
	cfg := config(log)
	cfg.Limiter = new(slow)
	i := intake.Open(t.Context(), cfg, new(told).landed)
	take(t, i, 0, 3)
	if err := i.Take(t.Context(), &intake.Message{Payload: []byte("x")}, 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the fourth came in: %v", err)
	}
	i.Close()
	log.Wait()
}

// discard is a log that takes everything at once.
type discard struct{}

func (discard) Append(context.Context, []eventlog.Entry) error { return nil }
func (discard) Partition([]byte) int32                         { return 0 }
func (discard) AppendAsync(_ context.Context, entries []eventlog.Entry, done func([]eventlog.Entry, error)) {
	done(entries, nil)
}

func BenchmarkTake(b *testing.B) {
	cfg := config(discard{})
	cfg.BatchRecords = 2048
	i := intake.Open(b.Context(), cfg, func([]uint64, error) {})
	defer i.Close()
	m := &intake.Message{Payload: []byte(strings.Repeat("x", 250)), Envelope: `{"id":"1"}`}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		if err := i.Take(b.Context(), m, uint64(n)); err != nil {
			b.Fatal(err)
		}
	}
}

// closedDoor is a log that takes nothing for small enough.
type closedDoor struct{ discard }

func (closedDoor) Append(context.Context, []eventlog.Entry) error { return eventlog.ErrTooLarge }
func (closedDoor) AppendAsync(_ context.Context, entries []eventlog.Entry, done func([]eventlog.Entry, error)) {
	done(entries, eventlog.ErrTooLarge)
}

// advancing is a clock on which sleeping takes the time that it should, at once.
type advancing struct{ *clock.Fake }

func (a advancing) Sleep(ctx context.Context, d time.Duration) error {
	a.Advance(d)
	return ctx.Err()
}

func TestALogThatTakesNotEvenASampleIsAnErrorOfTheMessages(t *testing.T) {
	told := new(told)
	cfg := config(closedDoor{})
	cfg.Clock, cfg.RetryFor = advancing{clock.NewFake(time.Unix(0, 0))}, time.Minute
	i := intake.Open(t.Context(), cfg, told.landed)
	take(t, i, 0, 1)
	i.Close()
	if len(told.errs) != 1 || !errors.Is(told.errs[0], eventlog.ErrTooLarge) || !strings.Contains(told.errs[0].Error(), "for 1m0s") {
		t.Errorf("errors %v", told.errs)
	}
}
