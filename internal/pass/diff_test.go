package pass_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/pass"
	"github.com/millrace/millrace/stream"
)

// Two versions of a job are compared over the log that the shop has, with the
// verdicts of then: duplicates, broken and late events do not come back.
func TestTwoJobsAreComparedOverTheHistory(t *testing.T) {
	s := newJobShop(t, 2)
	s.start()
	random := rand.New(rand.NewPCG(7, 0))
	known := 0
	lines := make([]string, 3000)
	for i := range lines {
		lines[i] = sale(random, &known)
	}
	s.send(lines...)
	s.untilQueryable()

	byCustomer := func(version string) *stream.Job {
		return countJob("by_customer", false, func(p purchase) string {
			if version == "split" && p.Amount > 50_000_000 {
				return p.Customer + " large"
			}
			return p.Customer
		})
	}
	read := int64(0)
	same, err := s.pass.DiffJobs(t.Context(), byCustomer(""), byCustomer(""), time.Time{}, func(n, of int64) {
		if n < read || of != 3000 {
			t.Errorf("progress is %d of %d after %d", n, of, read)
		}
		read = n
	})
	if err != nil {
		t.Fatal(err)
	}
	keys := s.rows(`SELECT count(*) FROM by_customer`)[0][0].(int64)
	if d := same.Outputs[0]; len(same.Outputs) != 1 || d.Name != "by_customer" || d.Equal != keys || d.Changed+d.OnlyA+d.OnlyB != 0 || read != 3000 {
		t.Errorf("a job differs from itself: %+v (%d keys, %d read)", same, keys, read)
	}
	other, err := s.pass.DiffJobs(t.Context(), byCustomer(""), byCustomer("split"), time.Time{}, func(int64, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	split := s.rows(`SELECT count(DISTINCT customer_id) FROM events WHERE NOT late AND amount > 50`)[0][0].(int64)
	d := other.Outputs[0]
	if split == 0 || d.OnlyB != split || d.Changed+d.OnlyA != split || d.Equal != keys-split || len(d.Samples) == 0 {
		t.Errorf("%d customers were split; the comparison is %+v", split, d)
	}
	// What the jobs would say of the live table's rows: the same.
	want := s.count(`SELECT sum(events) FROM by_customer`)
	if got := s.count(`SELECT count(*) FROM events WHERE NOT late`); got != want {
		t.Errorf("live results are of %s events, want %s", want, got)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}

// Only the log since a time is read, and one run at a time.
func TestAComparisonCanBeginLater(t *testing.T) {
	s := newJobShop(t, 1)
	s.start()
	s.send("e1 ann 2026-01-01T10:00:00Z 10.00", "e2 bob 2026-01-01T10:00:01Z 20.00")
	s.untilQueryable()
	time.Sleep(20 * time.Millisecond)
	since := time.Now()
	s.send("e3 ann 2026-01-01T10:00:02Z 30.00")
	s.untilQueryable()
	job := func() *stream.Job {
		return countJob("by_customer", false, func(p purchase) string { return p.Customer })
	}
	d, err := s.pass.DiffJobs(t.Context(), job(), job(), since, func(int64, int64) {
		if _, err := s.pass.DiffJobs(t.Context(), job(), job(), since, nil); !errors.Is(err, pass.ErrShadowBusy) {
			t.Errorf("a second run at a time: %v", err)
		}
		if err := s.pass.SetJobs(t.Context(), countJobs()); !errors.Is(err, pass.ErrShadowBusy) {
			t.Errorf("jobs replaced during a run: %v", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if d.Records != 1 || d.Outputs[0].Equal != 1 {
		t.Errorf("since then: %+v", d)
	}
	broken := stream.NewJob("broken", 1)
	stream.ToTable(stream.Events(broken, "all", func(*event.Batch, int, func(purchase)) { panic("no") }), "broken", "", "customer")
	if _, err := s.pass.DiffJobs(t.Context(), job(), broken, since, func(int64, int64) {}); err == nil {
		t.Error("a job that fails was compared")
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}
