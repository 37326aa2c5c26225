package pass_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/pass"
	"github.com/millrace/millrace/stream"
)

// wantCounts compares the table of [countJob] by customer with the events.
func (s *shop) wantCounts(where string) {
	s.t.Helper()
	got := s.count(`SELECT key, events, amount FROM by_customer ORDER BY key`)
	want := s.count(`SELECT customer_id AS key, count(*), sum(amount) FROM events WHERE NOT late ` + where + ` GROUP BY 1 ORDER BY 1`)
	if got != want {
		s.t.Errorf("by_customer differs from a count of the events:\n%s", difference(got, want))
	}
}

func byCustomerJob() *stream.Job {
	return countJob("by_customer", false, func(p purchase) string { return p.Customer })
}

// sendSales delivers n sales in small batches, and returns when all are queryable.
func (s *shop) sendSales(random *rand.Rand, known *int, n int) {
	s.t.Helper()
	for range n / 100 {
		lines := make([]string, 100)
		for i := range lines {
			lines[i] = sale(random, known)
		}
		s.send(lines...)
	}
}

// A job that came late is backfilled while events go on to come: it counts those from
// before it, those during the backfill, and those after it, once each.
func TestABackfillTakesOver(t *testing.T) {
	s := newJobShop(t, 2)
	s.jobs = nil
	random := rand.New(rand.NewPCG(5, 0))
	known := 0
	s.start()
	s.sendSales(random, &known, 2000)
	s.untilQueryable()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s.jobs = func() []*stream.Job { return []*stream.Job{byCustomerJob()} }
	var heard atomic.Int64
	s.feed = func(_ uint64, outputs []stream.Output) { heard.Add(int64(len(outputs))) }
	s.start()
	s.sendSales(random, &known, 500)
	s.untilQueryable()
	if got := s.rows(`SELECT coalesce(sum(events), 0)::BIGINT FROM by_customer`)[0][0].(int64); got == 0 || got > 500 {
		t.Errorf("the job has counted %d events before its backfill", got)
	}
	stop := make(chan struct{})
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
				s.send(sale(random, &known))
			}
		}
	}()
	n, err := s.pass.BackfillJob(t.Context(), "by_customer", time.Time{}, func(read, of int64) {
		if read > of {
			t.Errorf("progress is %d of %d", read, of)
		}
	})
	close(stop)
	<-sent
	if err != nil || n < 2500 {
		t.Errorf("the backfill has read %d records: %v", n, err)
	}
	s.untilQueryable()
	if got, want := heard.Load(), s.rows(`SELECT sum(events)::BIGINT FROM by_customer`)[0][0].(int64); got < want {
		t.Errorf("listeners have heard %d results of %d", got, want)
	}
	s.sendSales(random, &known, 300)
	s.untilQueryable()
	s.wantCounts("")
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s.start() // the state that was taken over is that of the checkpoint
	s.sendSales(random, &known, 300)
	s.untilQueryable()
	s.wantCounts("")
	if _, err := s.pass.BackfillJob(t.Context(), "none", time.Time{}, nil); !errors.Is(err, pass.ErrNoJob) {
		t.Errorf("backfill of no job: %v", err)
	}
	if _, err := s.pass.RestartJob(t.Context(), "by_customer", nil); !errors.Is(err, pass.ErrNotFailed) {
		t.Errorf("restart of a job that runs: %v", err)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}

// A job that failed goes on from where it failed, once what made it fail is mended; so
// does one that did not run for a while.
func TestAFailedJobIsRestarted(t *testing.T) {
	var broken atomic.Bool
	s := newJobShop(t, 2)
	s.jobs = func() []*stream.Job {
		return []*stream.Job{countJob("by_customer", false, func(p purchase) string {
			if broken.Load() {
				panic("it does not like this")
			}
			return p.Customer
		})}
	}
	random := rand.New(rand.NewPCG(6, 0))
	known := 0
	s.start()
	s.sendSales(random, &known, 500)
	s.untilQueryable()
	broken.Store(true)
	s.sendSales(random, &known, 500)
	s.untilQueryable()
	s.untilJob("by_customer", "does not like")
	broken.Store(false)
	s.sendSales(random, &known, 200)
	if n, err := s.pass.RestartJob(t.Context(), "by_customer", func(int64, int64) {}); err != nil || n == 0 {
		t.Errorf("the restart has read %d records: %v", n, err)
	}
	s.sendSales(random, &known, 200)
	s.untilQueryable()
	s.wantCounts("")
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}

	with := s.jobs
	s.jobs = nil
	s.start()
	s.sendSales(random, &known, 300)
	s.untilQueryable()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s.jobs = with
	s.start()
	s.untilQueryable()
	s.untilJob("by_customer", "it did not run while the offsets")
	if _, err := s.pass.RestartJob(t.Context(), "by_customer", func(int64, int64) {}); err != nil {
		t.Error(err)
	}
	s.untilQueryable()
	s.wantCounts("")
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}

// untilJob waits until a job has failed for a reason, and this is recorded.
func (s *shop) untilJob(name, reason string) {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		for _, j := range s.pass.Jobs() {
			if j.Name == name && j.Failure != nil && strings.Contains(j.Failure.Reason, reason) {
				return
			}
		}
	}
	s.t.Fatalf("job %q has not failed because %q: %+v", name, reason, s.pass.Jobs())
}

// A backfill that is given up leaves the job as it was, and nothing behind.
func TestABackfillThatIsGivenUpChangesNothing(t *testing.T) {
	s := newJobShop(t, 1)
	panics := new(atomic.Int64)
	s.jobs = func() []*stream.Job {
		j := stream.NewJob("by_customer", 1)
		events := stream.Events(j, "all", func(b *event.Batch, i int, emit func(total)) {
			if panics.Add(-1) == 0 {
				panic("out of luck")
			}
			emit(total{Key: b.CustomerID[i], Events: 1, Amount: b.Amount[i]})
		})
		stream.ToTable(events, "by_customer", "the newest event of each customer", "key")
		return []*stream.Job{j}
	}
	s.start()
	random := rand.New(rand.NewPCG(8, 0))
	known := 0
	s.sendSales(random, &known, 300)
	s.untilQueryable()
	before := s.count(`SELECT key, amount FROM by_customer ORDER BY 1`)
	panics.Store(100)
	if _, err := s.pass.BackfillJob(t.Context(), "by_customer", time.Time{}, func(int64, int64) {}); err == nil || !strings.Contains(err.Error(), "out of luck") {
		t.Errorf("the backfill ended with %v", err)
	}
	panics.Store(0)
	if n, err := s.pass.BackfillJob(t.Context(), "by_customer", time.Time{}, func(int64, int64) {}); err != nil || n != 300 {
		t.Errorf("the next one has read %d records: %v", n, err)
	}
	s.untilQueryable()
	if after := s.count(`SELECT key, amount FROM by_customer ORDER BY 1`); after != before {
		t.Errorf("rows were\n%s\nand are\n%s", before, after)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}
