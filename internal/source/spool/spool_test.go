package spool_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/resumetest"
	"github.com/millrace/millrace/internal/source/spool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// brisk is a clock that stands still, on which a wait lasts a millisecond.
type brisk struct{ *clock.Fake }

func (b brisk) Sleep(ctx context.Context, _ time.Duration) error {
	return clock.Real().Sleep(ctx, time.Millisecond)
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// process is a spool with its draining goroutine, as one process has them.
type process struct {
	*spool.Spool
	clock  *clock.Fake
	cancel context.CancelFunc
	ended  chan error
}

func start(t *testing.T, dir string, log *resumetest.Log, change func(*spool.Options)) *process {
	t.Helper()
	p := &process{clock: clock.NewFake(noon), ended: make(chan error, 1)}
	o := spool.Options{
		Dir: dir, Name: "test", Log: log, Tail: log, Cursors: log, Clock: brisk{p.clock},
		Logger: slog.New(slog.DiscardHandler), Random: func() float64 { return 0.5 },
	}
	if change != nil {
		change(&o)
	}
	var err error
	if p.Spool, err = spool.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	go func() { p.ended <- p.Run(ctx) }()
	return p
}

func (p *process) stop(t *testing.T) {
	t.Helper()
	p.cancel()
	if err := errors.Join(<-p.ended, p.Close()); err != nil {
		t.Error(err)
	}
}

// await polls until something holds. The test's own deadline is the only other end.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for !ok() {
		if t.Context().Err() != nil {
			t.Fatalf("never: %s", what)
		}
		_ = clock.Real().Sleep(t.Context(), time.Millisecond)
	}
}

// entry is event n of a sender.
func entry(sender string, n int) eventlog.Entry {
	return eventlog.Entry{Key: []byte(sender), Record: adapter.Record{
		Source: "shop", Adapter: "native", Stream: "http:/v1/events", Request: sender + "-" + strconv.Itoa(n),
		Payload: fmt.Appendf(nil, `{"n":%d}`, n),
	}}
}

// inLog returns the requests that a log has, in order per sender, and fails on one
// that it has twice.
func inLog(t *testing.T, log *resumetest.Log) map[string][]int {
	t.Helper()
	all, seen := make(map[string][]int), make(map[string]bool)
	for p := range int32(resumetest.Partitions) {
		for _, e := range log.Records(p) {
			if seen[e.Record.Request] {
				t.Fatalf("%s is twice in the log", e.Record.Request)
			}
			seen[e.Record.Request] = true
			sender, number, _ := strings.Cut(e.Record.Request, "-")
			n, err := strconv.Atoi(number)
			if err != nil {
				t.Fatal(err)
			}
			all[sender] = append(all[sender], n)
		}
	}
	return all
}

func expectOrder(t *testing.T, sender string, got []int, upTo int) {
	t.Helper()
	if len(got) != upTo {
		t.Fatalf("the log has %d events of %s, want %d", len(got), sender, upTo)
	}
	for i, n := range got {
		if n != i+1 {
			t.Fatalf("event %d of %s is at place %d in the log", n, sender, i+1)
		}
	}
}

func TestWhileTheLogAnswersTheSpoolDoesNothing(t *testing.T) {
	log, dir := resumetest.New(), filepath.Join(t.TempDir(), "spool")
	p := start(t, dir, log, nil)
	defer p.stop(t)
	one := []eventlog.Entry{entry("a", 1)}
	if err := p.Append(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	if one[0].Offset != 0 || one[0].Spooled != nil {
		t.Errorf("the entry is at offset %d, its mark is %q", one[0].Offset, one[0].Spooled)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a folder (%v) although nothing was spooled", err)
	}
	if s := p.Stats(); s.State != "empty" || s.Spooled != 0 {
		t.Errorf("the spool is %+v", s)
	}
}

func TestEventsQueueBehindTheSpoolAndKeepTheirOrderAndTheirTime(t *testing.T) {
	log, dir := resumetest.New(), filepath.Join(t.TempDir(), "spool")
	p := start(t, dir, log, nil)
	defer p.stop(t)
	send := func(n int) eventlog.Entry {
		t.Helper()
		one := []eventlog.Entry{entry("a", n)}
		if err := p.Append(t.Context(), one); err != nil {
			t.Fatalf("event %d: %v", n, err)
		}
		return one[0]
	}
	send(1)
	log.FullAt(1)
	for n := 2; n <= 5; n++ {
		if e := send(n); e.Offset != eventlog.InSpool || e.Partition != p.Partition(e.Key) {
			t.Fatalf("event %d is at partition %d, offset %d", n, e.Partition, e.Offset)
		}
	}
	s := p.Stats()
	if s.State != "spooling" || s.Records != 4 || s.Spooled != 4 || s.Drained != 0 || !s.Oldest.Equal(noon) || s.Bytes == 0 {
		t.Errorf("the spool is %+v", s)
	}
	p.clock.Advance(time.Hour)
	log.FullAt(0)
	await(t, "the spool is empty", func() bool { return p.Stats().State == "empty" })
	if e := send(6); e.Offset != 5 {
		t.Errorf("event 6 is at offset %d", e.Offset)
	}
	expectOrder(t, "a", inLog(t, log)["a"], 6)
	for n, e := range log.Records(p.Partition([]byte("a"))) {
		if spooled := n >= 1 && n <= 4; spooled != (e.Spooled != nil) {
			t.Errorf("event %d has the mark %q", n+1, e.Spooled)
			continue
		} else if !spooled {
			continue
		}
		at, err := eventlog.ParseSpooled(e.Spooled)
		if err != nil || at != (eventlog.Spooled{Spool: "test", Sequence: int64(n), Received: noon.UnixMicro()}) {
			t.Errorf("event %d was spooled as %+v, %v", n+1, at, err)
		}
	}
	s = p.Stats()
	if s.Records != 0 || s.Bytes != 0 || s.Drained != 4 || !s.Oldest.IsZero() {
		t.Errorf("the spool is %+v", s)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) > 0 {
		t.Errorf("files are left: %v", files)
	}
}

func TestAsynchronousCallsKeepTheirOrder(t *testing.T) {
	for range 20 {
		log := resumetest.New()
		p := start(t, filepath.Join(t.TempDir(), "spool"), log, nil)
		const calls, each = 60, 5
		var done sync.WaitGroup
		n := 0
		for i := range calls {
			switch i {
			case 20:
				log.FullAt(1) // calls are under way
			case 45:
				await(t, "the log's failure is known", func() bool { return p.Stats().State != "empty" })
				log.FullAt(0)
			}
			var entries []eventlog.Entry
			for range each {
				n++
				entries = append(entries, entry("a", n))
			}
			done.Add(1)
			p.AppendAsync(t.Context(), entries, func(_ []eventlog.Entry, err error) {
				if err != nil {
					t.Error(err)
				}
				done.Done()
			})
		}
		done.Wait()
		await(t, "the spool is empty", func() bool { return p.Stats().State == "empty" })
		expectOrder(t, "a", inLog(t, log)["a"], calls*each)
		p.stop(t)
		log.Wait()
	}
}

func TestAFullSpoolRefusesAndSaysWhy(t *testing.T) {
	log := resumetest.New()
	p := start(t, filepath.Join(t.TempDir(), "spool"), log, func(o *spool.Options) { o.MaxBytes, o.SegmentBytes = 8<<10, 1<<10 })
	defer p.stop(t)
	log.FullAt(1)
	if err := p.Append(t.Context(), []eventlog.Entry{entry("a", 1)}); err != nil {
		t.Fatal(err) // the log has room for one
	}
	taken := 1
	var err error
	for n := 2; err == nil && n < 1000; n++ {
		if err = p.Append(t.Context(), []eventlog.Entry{entry("a", n)}); err == nil {
			taken = n
		}
	}
	if !errors.Is(err, spool.ErrFull) || !errors.Is(err, eventlog.ErrUnavailable) {
		t.Fatalf("after %d events the error is %v", taken, err)
	}
	if s := p.Stats(); s.Bytes > s.MaxBytes || s.Bytes < s.MaxBytes/2 || s.Refused != 1 || p.Fill() < 0.5 {
		t.Errorf("the spool is %+v", s)
	}
	failed := make(chan error)
	p.AppendAsync(t.Context(), []eventlog.Entry{entry("b", 1)}, func(_ []eventlog.Entry, err error) { failed <- err })
	if err := <-failed; !errors.Is(err, spool.ErrFull) {
		t.Errorf("an asynchronous call fails with %v", err)
	}
	log.FullAt(0)
	await(t, "the spool is empty", func() bool { return p.Stats().State == "empty" })
	all := inLog(t, log)
	expectOrder(t, "a", all["a"], taken)
	expectOrder(t, "b", all["b"], 0)
}

func TestWhatIsLeftIsBroughtInByTheNextProcess(t *testing.T) {
	log, dir := resumetest.New(), filepath.Join(t.TempDir(), "spool")
	log.FullAt(1)
	p := start(t, dir, log, func(o *spool.Options) { o.SegmentBytes = 512 })
	for n := 1; n <= 100; n++ {
		if err := p.Append(t.Context(), []eventlog.Entry{entry("a", n)}); err != nil {
			t.Fatal(err)
		}
	}
	p.stop(t)
	files, err := filepath.Glob(filepath.Join(dir, "*.spool"))
	if err != nil || len(files) < 10 {
		t.Fatalf("the spool has %d files, want many (%v)", len(files), err)
	}
	// A record that was being written when the process was killed.
	last, err := os.OpenFile(files[len(files)-1], os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	const torn = 11
	if _, err := last.Write(make([]byte, torn)); err != nil {
		t.Fatal(err)
	}
	if err := last.Close(); err != nil {
		t.Fatal(err)
	}
	// One that was being made.
	if err := os.WriteFile(filepath.Join(dir, "00000000000fffff.spool"), []byte("MRS"), 0o600); err != nil {
		t.Fatal(err)
	}
	p = start(t, dir, log, nil)
	defer p.stop(t)
	if s := p.Stats(); s.State != "spooling" || s.Records != 99 || s.Torn != torn+3 || !s.Oldest.Equal(noon) {
		t.Errorf("the spool is %+v", s)
	}
	if err := p.Append(t.Context(), []eventlog.Entry{entry("a", 101)}); err != nil {
		t.Fatal(err)
	}
	log.FullAt(0)
	await(t, "the spool is empty", func() bool { return p.Stats().State == "empty" })
	expectOrder(t, "a", inLog(t, log)["a"], 101)
}

// picky is a log that takes no payload above a size.
type picky struct {
	*resumetest.Log
	max int
}

func (p *picky) Append(ctx context.Context, entries []eventlog.Entry) error {
	for i := range entries {
		if len(entries[i].Record.Payload) > p.max {
			return eventlog.ErrTooLarge
		}
	}
	return p.Log.Append(ctx, entries)
}

func TestARecordThatTheLogCannotTakeIsCountedAndHoldsNothingUp(t *testing.T) {
	log := resumetest.New()
	p := start(t, filepath.Join(t.TempDir(), "spool"), log, func(o *spool.Options) { o.Log = &picky{log, 2000} })
	defer p.stop(t)
	log.FullAt(1)
	for n := 1; n <= 20; n++ {
		e := entry("a", n)
		if n == 10 {
			e.Record.Payload = make([]byte, 5000)
		}
		if err := p.Append(t.Context(), []eventlog.Entry{e}); err != nil {
			t.Fatal(err)
		}
	}
	log.FullAt(0)
	await(t, "the spool is empty", func() bool { return p.Stats().State == "empty" })
	expectOrder(t, "a", inLog(t, log)["a"], 20)
	for n, e := range log.Records(p.Partition([]byte("a"))) {
		want := ""
		if n+1 == 10 {
			want = "too_large"
		}
		if e.Record.Reject != want || len(e.Record.Payload) > 1024 {
			t.Errorf("event %d has %d bytes and the reject reason %q, want %q", n+1, len(e.Record.Payload), e.Record.Reject, want)
		}
	}
}

func TestRecordsWithoutTheirCursorAreNotGuessedAt(t *testing.T) {
	log, dir := resumetest.New(), filepath.Join(t.TempDir(), "spool")
	log.FullAt(1)
	p := start(t, dir, log, nil)
	for n := 1; n <= 3; n++ {
		if err := p.Append(t.Context(), []eventlog.Entry{entry("a", n)}); err != nil {
			t.Fatal(err)
		}
	}
	p.stop(t)
	other := resumetest.New()
	open := func() error {
		_, err := spool.Open(t.Context(), spool.Options{
			Dir: dir, Name: "test", Log: other, Tail: other, Cursors: other, Clock: clock.NewFake(noon), Logger: slog.New(slog.DiscardHandler),
		})
		return err
	}
	if err := open(); err == nil || !strings.Contains(err.Error(), "no cursor says") {
		t.Errorf("the error is %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "00000000000fffff.spool"), []byte("somebody else's"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(); err == nil || !strings.Contains(err.Error(), "00000000000fffff.spool: it is no segment of a spool") {
		t.Errorf("the error is %v", err)
	}
}

func TestASpoolThatCannotBeWrittenRefuses(t *testing.T) {
	log, dir := resumetest.New(), filepath.Join(t.TempDir(), "spool")
	p := start(t, dir, log, nil)
	defer p.stop(t)
	log.FullAt(1)
	if err := p.Append(t.Context(), []eventlog.Entry{entry("a", 1)}); err != nil {
		t.Fatal(err) // the log has room for one
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // no folder can be made there
		t.Fatal(err)
	}
	err := p.Append(t.Context(), []eventlog.Entry{entry("b", 1)})
	if !errors.Is(err, eventlog.ErrUnavailable) || !strings.Contains(err.Error(), "spool cannot be written") {
		t.Errorf("the error is %v", err)
	}
	if s := p.Stats(); s.Records != 0 || s.Bytes != 0 || s.Spooled != 0 {
		t.Errorf("the spool is %+v", s)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if err := p.Append(t.Context(), []eventlog.Entry{entry("a", 2)}); err != nil {
		t.Fatal(err)
	}
	log.FullAt(0)
	await(t, "the spool is empty", func() bool { return p.Stats().State == "empty" })
	all := inLog(t, log)
	expectOrder(t, "a", all["a"], 2)
	expectOrder(t, "b", all["b"], 0)
}

// slow is a log that leaves calls unanswered until it is told.
type slow struct {
	*resumetest.Log
	asked  atomic.Int64
	answer chan error
}

func (s *slow) Append(ctx context.Context, entries []eventlog.Entry) error {
	s.asked.Add(1)
	if err := <-s.answer; err != nil {
		return err
	}
	return s.Log.Append(ctx, entries)
}

func TestCallsThatComeWhileOthersAreUnansweredWaitBehindThem(t *testing.T) {
	log := &slow{Log: resumetest.New(), answer: make(chan error)}
	p := start(t, filepath.Join(t.TempDir(), "spool"), log.Log, func(o *spool.Options) { o.Log = log })
	var calls sync.WaitGroup
	for n := 1; n <= 2; n++ {
		calls.Go(func() {
			if err := p.Append(t.Context(), []eventlog.Entry{entry("a"+strconv.Itoa(n), 1)}); err != nil {
				t.Error(err)
			}
		})
	}
	await(t, "both calls are under way", func() bool { return log.asked.Load() == 2 })
	log.answer <- eventlog.ErrUnavailable
	await(t, "the log's failure is known", func() bool { return p.Stats().State == "turning" })
	calls.Go(func() {
		if err := p.Append(t.Context(), []eventlog.Entry{entry("b", 1)}); err != nil {
			t.Error(err)
		}
	})
	// An answer while turning is as good as before.
	log.answer <- nil
	calls.Wait()
	if s := p.Stats(); s.State != "spooling" || s.Records != 2 {
		t.Errorf("the spool is %+v", s)
	}
	close(log.answer) // all of the drain is answered
	await(t, "the spool is empty", func() bool { return p.Stats().State == "empty" })
	if n := log.Total(); n != 3 {
		t.Errorf("the log has %d records, want 3", n)
	}
	p.stop(t)
	if err := p.Append(t.Context(), []eventlog.Entry{entry("c", 1)}); !errors.Is(err, eventlog.ErrUnavailable) {
		t.Errorf("a closed spool says %v", err)
	}
}
