package spool_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/resumetest"
	"github.com/millrace/millrace/internal/source/spool"
)

// sender sends the events of one key, one after the other, and never one again.
type sender struct {
	name  string
	sent  int
	acked map[int]bool
}

// run sends until it has sent all, or the process is killed: what is acknowledged
// after that the sender does not hear.
func (s *sender) run(t *testing.T, p *process, upTo, batch int, sent *atomic.Int64, killed *atomic.Bool) {
	for s.sent < upTo && !killed.Load() {
		var entries []eventlog.Entry
		for range min(batch, upTo-s.sent) {
			s.sent++
			entries = append(entries, entry(s.name, s.sent))
		}
		first := s.sent - len(entries) + 1
		err := p.Append(t.Context(), entries)
		sent.Add(int64(len(entries)))
		if killed.Load() || err != nil {
			continue
		}
		for n := first; n <= s.sent; n++ {
			s.acked[n] = true
		}
	}
}

// faulty is a log that fails some calls, of which it takes the first records all the
// same: a client of Kafka that gives up a record gives up those behind it, too.
type faulty struct {
	*resumetest.Log
	mu     sync.Mutex
	random *rand.Rand
	share  float64 // of calls that fail
}

func (f *faulty) fail(share float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.share = share
}

func (f *faulty) Append(ctx context.Context, entries []eventlog.Entry) error {
	f.mu.Lock()
	failing, taken := f.random.Float64() < f.share, f.random.IntN(len(entries)+1)
	pause := time.Duration(f.random.IntN(300)) * time.Microsecond
	f.mu.Unlock()
	if !failing {
		return errors.Join(f.Log.Append(ctx, entries), clock.Real().Sleep(ctx, pause))
	}
	if err := f.Log.Append(ctx, entries[:taken]); err != nil {
		return err
	}
	// Others are answered before it is given up.
	if err := clock.Real().Sleep(ctx, 10*pause); err != nil {
		return err
	}
	return fmt.Errorf("%w: no answer", eventlog.ErrUnavailable)
}

// expectOnce checks that the log has what was acknowledged, nothing twice, and the
// events of each sender in order.
func expectOnce(t *testing.T, log *resumetest.Log, senders []*sender) {
	t.Helper()
	all := inLog(t, log)
	for _, s := range senders {
		before, found := 0, 0
		for _, n := range all[s.name] {
			if n <= before {
				t.Fatalf("event %d of %s is behind event %d", n, s.name, before)
			}
			before = n
			if s.acked[n] {
				found++
			}
		}
		if found != len(s.acked) {
			t.Fatalf("%d events of %s were acknowledged, the log has %d of them", len(s.acked), s.name, found)
		}
	}
}

// kill ends a process as kill -9 does, as far as others can see: from now on nothing
// that it does reaches log or disk. It returns what the next process finds.
func kill(t *testing.T, p *process, log *resumetest.Log, dir string) (*resumetest.Log, string) {
	t.Helper()
	next := log.Kill()
	copied := t.TempDir()
	// A file that is being written is copied as far as it is: that is its torn end.
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it was drained, and removed, meanwhile
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(copied, filepath.Base(file)), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.stop(t)
	return next, copied
}

// history is what becomes of one spool with a seed: senders, a log that comes and
// goes and takes parts of calls that it fails, kills while spooling and draining.
func history(t *testing.T, seed uint64, each, batch, kills, drained int) {
	random := rand.New(rand.NewPCG(seed, 7))
	log, dir := resumetest.New(), t.TempDir()
	senders := make([]*sender, 8)
	for i := range senders {
		senders[i] = &sender{name: fmt.Sprintf("s%d", i), acked: make(map[int]bool)}
	}
	for life := 0; life <= kills; life++ {
		faults := &faulty{Log: log, random: rand.New(rand.NewPCG(seed, uint64(life)))}
		p := start(t, dir, log, func(o *spool.Options) { o.SegmentBytes, o.Log, o.BatchRecords = 16<<10, faults, drained })
		var killed atomic.Bool
		var running sync.WaitGroup
		upTo := each * (life + 1) / (kills + 1)
		var sending, sent atomic.Int64
		sending.Store(int64(len(senders)))
		for _, s := range senders {
			running.Go(func() {
				defer sending.Add(-1)
				s.run(t, p, upTo, batch, &sent, &killed)
			})
		}
		for range random.IntN(6) {
			switch random.IntN(3) {
			case 0:
				log.FullAt(1)
			case 1:
				log.FullAt(0)
				faults.fail(0.3)
			case 2:
				log.FullAt(0)
				faults.fail(0)
			}
			at := sent.Load() + int64(random.IntN(each*len(senders)/(2*kills+2)))
			await(t, "some more is sent, or nothing more comes", func() bool { return sent.Load() >= at || sending.Load() == 0 })
		}
		if life < kills {
			if random.IntN(2) == 0 { // in the middle of the drain
				log.FullAt(0)
				at := p.Stats().Drained + int64(random.IntN(100))
				await(t, "some is drained, or nothing is there", func() bool { s := p.Stats(); return s.Drained >= at || s.Records == 0 })
			}
			killed.Store(true)
			log, dir = kill(t, p, log, dir)
			running.Wait()
			continue
		}
		log.FullAt(0)
		faults.fail(0)
		running.Wait()
		await(t, "the spool is empty", func() bool { return p.Stats().State == "empty" })
		p.stop(t)
	}
	expectOnce(t, log, senders)
}

func TestEveryRecordOnceThroughKillsAndFaults(t *testing.T) {
	for seed := range uint64(16) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { history(t, seed, 120, 1+2*int(seed%2), int(seed/2%4), 5+10*int(seed%4)) })
	}
}

// TestAHundredThousandEventsThroughKills is the same with many events.
func TestAHundredThousandEventsThroughKills(t *testing.T) {
	history(t, 1, 100_000/8, 50, 9, 1000)
}

// forgetful is a log that takes the calls of one sender without an answer, none of the
// others, and then as many as it is told.
type forgetful struct {
	*resumetest.Log
	asked atomic.Int64
	takes atomic.Int64
}

func (f *forgetful) Append(ctx context.Context, entries []eventlog.Entry) error {
	if entries[0].Spooled != nil {
		if f.takes.Add(-1) < 0 {
			return eventlog.ErrUnavailable
		}
		return f.Log.Append(ctx, entries)
	}
	f.asked.Add(1)
	for f.asked.Load() < 2 { // both are under way
		if err := clock.Real().Sleep(ctx, time.Millisecond); err != nil {
			return err
		}
	}
	if string(entries[0].Key) == "taken" {
		if err := f.Log.Append(ctx, entries); err != nil {
			return err
		}
	}
	return eventlog.ErrUnavailable
}

// TestWhatWasFoundInTheLogIsRemembered kills a process after its cursor has moved
// beyond records that it had found in the log.
func TestWhatWasFoundInTheLogIsRemembered(t *testing.T) {
	log, dir := resumetest.New(), t.TempDir()
	f := &forgetful{Log: log}
	f.takes.Store(40) // the cursor is saved after 32
	one := func(o *spool.Options) { o.Log, o.BatchRecords = f, 1 }
	p := start(t, dir, log, one)
	var calls sync.WaitGroup
	for _, sender := range []string{"lost", "taken"} {
		var entries []eventlog.Entry
		for n := range 50 {
			entries = append(entries, entry(sender, n+1))
		}
		calls.Go(func() {
			if err := p.Append(t.Context(), entries); err != nil {
				t.Error(err)
			}
		})
		await(t, "the call is under way", func() bool { return f.asked.Load() > 0 }) // so "lost" is first
	}
	calls.Wait()
	await(t, "some is drained", func() bool { return p.Stats().Drained == 40 })
	if s := p.Stats(); s.Records != 10 {
		t.Errorf("%d records are left to be brought in, want 10: those of the second call are in the log", s.Records)
	}
	log, dir = kill(t, p, log, dir)
	p = start(t, dir, log, nil)
	defer p.stop(t)
	await(t, "the spool is empty", func() bool { return p.Stats().State == "empty" })
	all := inLog(t, log)
	expectOrder(t, "lost", all["lost"], 50)
	expectOrder(t, "taken", all["taken"], 50)
}
