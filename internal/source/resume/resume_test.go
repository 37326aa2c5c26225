package resume_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/resume"
	"github.com/millrace/millrace/internal/source/resumetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hasty is a clock on which no wait takes time.
type hasty struct{ clock.Clock }

func (hasty) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func around(l *resumetest.Log) *resume.Log {
	return &resume.Log{Appender: l, Tail: l, Cursors: l, Clock: hasty{clock.NewFake(time.Unix(0, 0))}}
}

// ingest appends the positions 1 to n of a content, in batches of 7. It gives up
// once stop positions have been sent, without a goodbye.
func ingest(ctx context.Context, l *resume.Log, content string, n, stop int) error {
	w, err := l.Open(ctx, resume.Options{Source: "shop", Stream: "orders.csv", Identity: content, InFlight: 3, SaveEvery: 2})
	if err != nil {
		return err
	}
	for at := 1; at <= n; {
		b, err := w.Batch(ctx)
		if err != nil {
			return err
		}
		for ; at <= n && len(b.Entries) < 7; at++ {
			b.Last = int64(at)
			if !w.Known(int64(at)) {
				b.Entries = append(b.Entries, eventlog.Entry{
					Key:    fmt.Appendf(nil, "k%d", at%11),
					Record: adapter.Record{Source: "shop", Stream: "orders.csv", Position: int64(at), Payload: []byte(content)},
				})
			}
		}
		w.Send(ctx, b)
		if at > stop {
			return nil
		}
	}
	if err := w.Finish(ctx); err != nil {
		return err
	}
	return w.Close()
}

// count returns how often each position of a content is in the log.
func count(l *resumetest.Log, content string) map[int64]int {
	n := make(map[int64]int)
	for p := range int32(resumetest.Partitions) {
		for _, e := range l.Records(p) {
			if string(e.Record.Payload) == content {
				n[e.Record.Position]++
			}
		}
	}
	return n
}

func expectOnce(t *testing.T, l *resumetest.Log, content string, n int) {
	t.Helper()
	counts := count(l, content)
	for at := 1; at <= n; at++ {
		if c := counts[int64(at)]; c != 1 {
			t.Fatalf("position %d of %s is %d times in the log", at, content, c)
		}
	}
	if len(counts) != n {
		t.Fatalf("%d positions of %s are in the log, want %d", len(counts), content, n)
	}
}

func TestEveryRecordOnceThroughKillsAndFaults(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 0))
		log := resumetest.New()
		if seed%3 > 0 {
			log.Fail(0.3, seed)
		}
		const n = 400
		for range random.IntN(5) {
			if err := ingest(t.Context(), around(log), "one", n, random.IntN(n)); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			next := log.Kill()
			log.Wait()
			log = next
		}
		if err := ingest(t.Context(), around(log), "one", n, n+1); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		log.Wait()
		expectOnce(t, log, "one", n)
	}
}

func TestContentsOfOneNameDoNotMix(t *testing.T) {
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 0))
		log := resumetest.New()
		for i := range 6 {
			content := []string{"one", "two", "three"}[i%3]
			if err := ingest(t.Context(), around(log), content, 300, random.IntN(300)); err != nil {
				t.Fatal(err)
			}
			next := log.Kill()
			log.Wait()
			log = next
		}
		for _, content := range []string{"two", "three", "one"} {
			if err := ingest(t.Context(), around(log), content, 300, 301); err != nil {
				t.Fatal(err)
			}
		}
		log.Wait()
		for _, content := range []string{"one", "two", "three"} {
			expectOnce(t, log, content, 300)
		}
	}
}

func TestAFinishedStreamCanBeSentAgain(t *testing.T) {
	log := resumetest.New()
	for range 2 {
		if err := ingest(t.Context(), around(log), "one", 100, 101); err != nil {
			t.Fatal(err)
		}
	}
	if log.Total() != 200 {
		t.Errorf("the log has %d records, want each of 100 twice", log.Total())
	}
}

func TestAFullDiskIsWaitedFor(t *testing.T) {
	log := resumetest.New()
	log.FullAt(150)
	attempts := 0
	log.OnAppend = func(int) {
		if attempts++; attempts == 40 {
			go log.FullAt(0)
		}
	}
	if err := ingest(t.Context(), around(log), "one", 400, 401); err != nil {
		t.Fatal(err)
	}
	log.Wait()
	expectOnce(t, log, "one", 400)
}

func TestTheWaitHasALimit(t *testing.T) {
	log := resumetest.New()
	log.FullAt(1)
	fake := clock.NewFake(time.Unix(0, 0))
	l := around(log)
	l.Clock = advancing{fake}
	w, err := l.Open(t.Context(), resume.Options{Source: "shop", Stream: "x", Identity: "1", RetryFor: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	b, err := w.Batch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for at := range int64(2) {
		b.Entries = append(b.Entries, eventlog.Entry{Record: adapter.Record{Source: "shop", Stream: "x", Position: at + 1}})
	}
	w.Send(t.Context(), b)
	err = w.Finish(t.Context())
	if !errors.Is(err, eventlog.ErrUnavailable) || err.Error() != "gave up after 1m0s: log is unavailable: disk full" {
		t.Errorf("got %v", err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

// advancing is a clock on which sleeping takes the time that it should, at once.
type advancing struct{ *clock.Fake }

func (a advancing) Sleep(ctx context.Context, d time.Duration) error {
	a.Advance(d)
	return ctx.Err()
}

func TestAStreamHasOneWriter(t *testing.T) {
	l := around(resumetest.New())
	o := resume.Options{Source: "shop", Stream: "orders.csv", Identity: "one"}
	w, err := l.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Open(t.Context(), o); !errors.Is(err, resume.ErrActive) ||
		err.Error() != `stream "orders.csv" of source "shop" is being ingested already` {
		t.Errorf("got %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w, err = l.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// picky is a log that takes no payload above 2,000 bytes, and of a batch the others.
type picky struct{ *resumetest.Log }

func taken(entries []eventlog.Entry) (small []eventlog.Entry, err error) {
	for _, e := range entries {
		if len(e.Record.Payload) > 2000 {
			err = eventlog.ErrTooLarge
			continue
		}
		small = append(small, e)
	}
	return small, err
}

func (p picky) Append(ctx context.Context, entries []eventlog.Entry) error {
	small, err := taken(entries)
	if err != nil {
		return errors.Join(p.Log.Append(ctx, small), err)
	}
	return p.Log.Append(ctx, entries)
}

func (p picky) AppendAsync(ctx context.Context, entries []eventlog.Entry, done func([]eventlog.Entry, error)) {
	small, tooLarge := taken(entries)
	if tooLarge == nil {
		p.Log.AppendAsync(ctx, entries, done)
		return
	}
	p.Log.AppendAsync(ctx, small, func(_ []eventlog.Entry, err error) { done(entries, errors.Join(err, tooLarge)) })
}

func TestARecordThatTheLogCannotTakeIsCountedAndHoldsNothingUp(t *testing.T) {
	for seed := range uint64(30) {
		log := resumetest.New()
		if seed%3 > 0 {
			log.Fail(0.3, seed)
		}
		l := around(log)
		l.Appender = picky{log}
		w, err := l.Open(t.Context(), resume.Options{Source: "shop", Stream: "orders", Identity: "one", InFlight: 3})
		if err != nil {
			t.Fatal(err)
		}
		const n, large = 100, 50
		for at := 1; at <= n; {
			b, err := w.Batch(t.Context())
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			for ; at <= n && len(b.Entries) < 7; at++ {
				e := eventlog.Entry{Key: fmt.Appendf(nil, "k%d", at%11), Record: adapter.Record{
					Source: "shop", Stream: "orders", Position: int64(at), Payload: []byte("small"),
				}}
				if at == large {
					e.Record.Payload = make([]byte, 5000)
				}
				b.Last, b.Entries = int64(at), append(b.Entries, e)
			}
			w.Send(t.Context(), b)
		}
		if err := errors.Join(w.Flush(t.Context()), w.Close()); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		log.Wait()
		expectLarge(t, log, n, large)
	}
}

// expectLarge checks that the log has the positions 1 to n once, and one as a sample.
func expectLarge(t *testing.T, log *resumetest.Log, n int, large int64) {
	t.Helper()
	seen := make(map[int64]bool)
	for p := range int32(resumetest.Partitions) {
		for _, e := range log.Records(p) {
			r := e.Record
			if seen[r.Position] {
				t.Fatalf("position %d is twice in the log", r.Position)
			}
			seen[r.Position] = true
			if r.Position == large && (r.Reject != "too_large" || len(r.Payload) != 1024) || r.Position != large && r.Reject != "" {
				t.Errorf("position %d has %d bytes and the reject reason %q", r.Position, len(r.Payload), r.Reject)
			}
		}
	}
	if len(seen) != n {
		t.Errorf("the log has %d positions, want %d", len(seen), n)
	}
}
