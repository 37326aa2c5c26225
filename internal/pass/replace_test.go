package pass_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/pass"
	"github.com/millrace/millrace/stream"
)

// setJobs waits until jobs can be replaced.
func (s *shop) setJobs(list []*stream.Job) error {
	s.t.Helper()
	for {
		err := s.pass.SetJobs(s.t.Context(), list)
		if !errors.Is(err, pass.ErrNoJobs) {
			return err
		}
		time.Sleep(time.Millisecond) // it starts
	}
}

// Jobs that are replaced while events come see each event once: what they publish is what
// a job that was never replaced does.
func TestReplacedJobsMissNothing(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	s := newJobShop(t, 3)
	s.start()
	known := 0
	for round := range 12 {
		lines := make([]string, 1+random.IntN(400))
		for i := range lines {
			lines[i] = sale(random, &known)
		}
		s.send(lines...)
		if err := s.setJobs(countJobs()); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
	}
	s.untilQueryable()
	s.wantTotals()
	// Another one comes, sees what comes from then on, and goes.
	later := countJob("later", false, func(purchase) string { return "all" })
	if err := s.setJobs(append(countJobs(), later)); err != nil {
		t.Fatal(err)
	}
	s.send(`later1 c1 2026-01-20T10:00:01Z 1`, `later2 c2 2026-01-20T10:00:01Z 2`)
	s.untilQueryable()
	if err := s.setJobs(countJobs()); err != nil {
		t.Fatal(err)
	}
	s.send(`later3 c3 2026-01-20T10:00:01Z 1`)
	s.untilQueryable()
	if got := s.count(`SELECT events, amount FROM later`); got != "[[2 3.000000]]" && got != "[[2 3.000]]" {
		t.Errorf("the job that came and went has %s", got)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}

// A list that cannot run leaves the jobs as they are.
func TestAListThatIsWrongChangesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	s := newJobShop(t, 2)
	s.start()
	known := 0
	lines := make([]string, 100)
	for i := range lines {
		lines[i] = sale(random, &known)
	}
	s.send(lines...)
	for _, c := range []struct {
		list []*stream.Job
		want string
	}{
		{slices.Concat(countJobs(), countJobs()), "table \"by_customer\" is written by another job"},
		{append(countJobs(), stream.NewJob("nothing", 1)), "it reads no events"},
		{append(countJobs(), countJob("events", false, func(p purchase) string { return p.Customer })), "the platform has a table of that name"},
		{[]*stream.Job{countJob("by_day", false, func(p purchase) string { return p.Customer }).Shape("other")}, "raise its version"},
	} {
		if err := s.setJobs(c.list); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
		s.send(sale(random, &known))
	}
	s.untilQueryable()
	s.wantTotals()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if err := s.pass.SetJobs(t.Context(), countJobs()); !errors.Is(err, pass.ErrNoJobs) {
		t.Errorf("a pass that has stopped: %v", err)
	}
}
