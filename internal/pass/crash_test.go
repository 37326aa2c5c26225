package pass_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/ledger"
	"github.com/millrace/millrace/internal/pass"
)

// tables are every column of every row, by table.
func (s *shop) tables() map[string]string {
	s.t.Helper()
	out := make(map[string]string)
	for _, table := range []string{"events", "order_lines", "product_events", "quarantine", "quarantine_acts", "duplicates", "rejections", "corrections"} {
		out[table] = s.count(fmt.Sprintf(`SELECT t::VARCHAR AS row FROM %s t ORDER BY t."partition", t."offset", row`, table))
	}
	return out
}

// sale is a random line: new or sent before, the same or not, early or late,
// good or broken.
func sale(random *rand.Rand, known *int) string {
	id := *known
	if *known > 0 && random.IntN(3) == 0 {
		id = random.IntN(*known)
	} else {
		*known++
	}
	customer := fmt.Sprint("c", id%20)
	switch id % 11 {
	case 0:
		customer = "guest"
	case 1:
		customer = "odd"
	}
	amount := fmt.Sprintf("%d.00", id%90+10)
	switch {
	case id%13 == 0:
		amount = "much"
	case id%17 == 0:
		amount = "100.01"
	case random.IntN(40) == 0: // longer than before: other content
		amount = "7.123456"
	}
	day := 20
	if random.IntN(10) == 0 {
		day = 1
	}
	return fmt.Sprintf("e%d %s 2026-01-%02dT10:00:00Z %s", id, customer, day, amount)
}

// The tables after any number of crashes are those of a pass over the same log
// that was never disturbed, in every column of every row.
func TestCrashesChangeNothing(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	s := newShop(t, 3)
	s.rules = "1"
	known, ahead := 0, 0
	for round := range 8 {
		s.disturb(random)
		s.start()
		lines := make([]string, 1+random.IntN(1500))
		for i := range lines {
			lines[i] = sale(random, &known)
		}
		for chunk := range slices.Chunk(lines, 300) {
			s.send(chunk...)
		}
		time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond)
		for _, p := range s.pass.Stats().Positions {
			if p.Queryable > p.Committed {
				t.Errorf("round %d: queryable up to %d, committed up to %d", round, p.Queryable, p.Committed)
			}
			if p.Queryable < p.Committed {
				ahead++
			}
		}
		if err := s.stop(); err != nil && !errors.Is(err, errPower) {
			t.Fatalf("round %d: %v", round, err)
		}
	}
	t.Logf("%d times a checkpoint was ahead of the store", ahead)
	s.gate.before, s.gate.after = 0, 0
	total := s.wantUndisturbed()
	if total.Late == 0 || total.Duplicate == 0 || total.Quarantined == 0 || total.Corrected == 0 {
		t.Errorf("the test does not reach everything: %+v", total)
	}
}

// disturb takes other settings for the next start, and a write of the store with
// which the power goes.
func (s *shop) disturb(random *rand.Rand) {
	s.cfg.Workers = 1 + random.IntN(4)
	s.cfg.CommitInterval = time.Duration(1+random.IntN(5)) * time.Millisecond
	s.cfg.StoreInterval = time.Duration(1+random.IntN(20)) * time.Millisecond
	s.cfg.MaxPendingRows = 100 + random.IntN(5000)
	s.gate.before, s.gate.after = 0, 0
	switch random.IntN(3) {
	case 0:
		s.gate.after = 1 + random.IntN(4)
	default:
		s.gate.before = 1 + random.IntN(4)
	}
}

// wantUndisturbed compares tables and ledger with those of a pass that reads the
// same log from its beginning to its end.
func (s *shop) wantUndisturbed() ledger.Counts {
	s.t.Helper()
	got, total := s.finish()
	s.data = s.t.TempDir()
	tables, want := s.finish()
	for table, want := range tables {
		if got[table] != want {
			s.t.Errorf("%s differs from an undisturbed run:\n%s", table, difference(got[table], want))
		}
	}
	if total != want || !total.Balanced() || total.Received != int64(s.sent-s.acted) {
		s.t.Errorf("ledger %+v, undisturbed %+v, sent %d", total, want, s.sent)
	}
	return total
}

// finish runs a pass until all that was sent is queryable.
func (s *shop) finish() (map[string]string, ledger.Counts) {
	s.t.Helper()
	s.start()
	s.untilQueryable()
	tables := s.tables()
	if s.jobs != nil {
		s.wantTotals()
	}
	total, err := s.checkpoint.Ledger().Total()
	if err = errors.Join(err, s.stop()); err != nil {
		s.t.Fatal(err)
	}
	return tables, total
}

// difference shows the first rows that differ.
func difference(got, want string) string {
	g, w := strings.Split(got, "] ["), strings.Split(want, "] [")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("row %d is  %s\nwant      %s", i, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d rows, want %d", len(g), len(w))
}

// Every commit in turn is the last one before the power goes, with the store
// behind it by up to all of them.
func TestACrashBehindEveryCommit(t *testing.T) {
	s := newJobShop(t, 1)
	random := rand.New(rand.NewPCG(1, 2))
	known := 0
	for round := range 6 {
		s.start()
		if round%3 > 0 {
			s.untilQueryable() // what the crash before left to do
		}
		s.gate.hold()
		for range round + 1 {
			s.send(sale(random, &known), sale(random, &known))
			s.untilCommitted()
		}
		s.gate.open(true)
		if err := s.stop(); !errors.Is(err, errPower) {
			t.Fatalf("round %d: %v", round, err)
		}
	}
	s.wantUndisturbed()
}

// A refill takes several commits, and the power goes after the first of them.
func TestACrashInTheMiddleOfARefill(t *testing.T) {
	s := newShop(t, 1)
	s.rules = "1"
	s.start()
	s.gate.hold()
	random := rand.New(rand.NewPCG(3, 4))
	known := 0
	lines := make([]string, 10_000)
	for i := range lines {
		lines[i] = sale(random, &known)
	}
	s.send(lines...)
	s.untilCommitted()
	s.gate.open(true)
	if err := s.stop(); !errors.Is(err, errPower) {
		t.Fatal(err)
	}
	s.cfg.MaxPendingRows = 100 // so that a batch is a commit
	s.gate.after = 2
	s.start()
	if err := s.ended(); !errors.Is(err, errPower) {
		t.Fatal(err)
	}
	s.gate.after = 0
	s.wantUndisturbed()
}

func TestAVerdictIsAnsweredWhenItIsQueryable(t *testing.T) {
	s := newShop(t, 1)
	s.start()
	s.send("e0 anna 2026-01-05T10:00:00Z 1.00")
	s.untilQueryable()
	s.gate.hold()
	entry := s.send("e1 anna 2026-01-05T10:00:00Z 1.00")[0]
	s.untilCommitted()
	answered := make(chan string, 1)
	go func() { answered <- s.outcome(entry) }()
	select {
	case o := <-answered:
		t.Errorf("answered %q before the row was stored", o)
	case <-time.After(50 * time.Millisecond):
	}
	if p := s.pass.Stats().Positions[0]; p != (pass.Position{Committed: 2, Queryable: 1}) {
		t.Errorf("position %+v", p)
	}
	total, err := s.checkpoint.Ledger().Total()
	if err != nil || total.Received != 2 {
		t.Errorf("ledger %+v, %v", total, err)
	}
	s.gate.open(false)
	if o := <-answered; o != "accepted" {
		t.Errorf("answered %q", o)
	}
	if got := s.count(`SELECT count(*) FROM events`); got != "[[2]]" {
		t.Errorf("events: %s", got)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}

// A verdict leaves the memory after 16,384 later ones; who waits for its row to
// be stored still gets it.
func TestAVerdictOutlivesAStoreThatIsFarBehind(t *testing.T) {
	s := newShop(t, 1)
	s.start()
	s.gate.hold()
	first := s.send("first anna 2026-01-05T10:00:00Z 1.00")[0]
	answered := make(chan string, 1)
	go func() { answered <- s.outcome(first) }()
	s.untilCommitted()
	time.Sleep(20 * time.Millisecond)
	lines := make([]string, 20_000)
	for i := range lines {
		lines[i] = fmt.Sprintf("e%d anna 2026-01-05T10:00:00Z 1.00", i)
	}
	s.send(lines...)
	s.untilCommitted()
	s.gate.open(false)
	if o := <-answered; o != "accepted" {
		t.Errorf("answered %q", o)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}

func TestAStoppedPassHasStoredWhatItJudged(t *testing.T) {
	s := newShop(t, 3)
	// Far behind when it is stopped: the newest are not even committed.
	s.cfg.CommitInterval, s.cfg.StoreInterval = time.Hour, time.Hour
	for i := range 40 {
		s.send(fmt.Sprintf("e%d c%d 2026-01-05T10:00:00Z 1.00", i, i))
	}
	committed := int64(0)
	for patience := 200 * time.Millisecond; committed == 0; patience *= 2 {
		if patience > time.Minute {
			t.Fatal("the pass reads nothing")
		}
		s.start()
		time.Sleep(patience) // for the pass to read some
		if err := s.stop(); err != nil {
			t.Fatal(err)
		}
		for _, p := range s.pass.Stats().Positions {
			committed += p.Committed
		}
	}
	s.gate.hold() // so that nothing is refilled
	s.start()
	if got := s.count(`SELECT count(*) FROM events`); got != fmt.Sprintf("[[%d]]", committed) {
		t.Errorf("events: %s, want those of the %d records that were judged", got, committed)
	}
	s.gate.open(false)
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}

// While the store is full events are judged as far as memory goes; then the pass
// waits. A stop does not wait for space, and the next start makes up for it.
func TestAFullStoreStopsThePassAndLosesNothing(t *testing.T) {
	for _, bound := range []string{"rows", "bytes"} {
		t.Run(bound, func(t *testing.T) {
			s := newShop(t, 1)
			if bound == "rows" {
				s.cfg.MaxPendingRows = 50
			} else {
				s.cfg.MaxPendingBytes = 50 * 30
			}
			s.gate.fill(true)
			s.start()
			for i := range 300 {
				s.send(fmt.Sprintf("e%03d anna 2026-01-05T10:00:00Z 1.00", i)) // 36 bytes
			}
			deadline := time.Now().Add(time.Minute)
			for !s.pass.Stalled() && time.Now().Before(deadline) {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(50 * time.Millisecond)
			p := s.pass.Stats().Positions[0]
			if !s.pass.Stalled() || p.Queryable != 0 || p.Committed == 0 {
				t.Errorf("stalled %v at %+v", s.pass.Stalled(), p)
			}
			if bound == "bytes" && p.Committed == int64(s.sent) {
				t.Log("the records came in one fetch; it may exceed the bound")
			}
			s.gate.fill(false)
			s.untilQueryable()
			if s.pass.Stalled() {
				t.Error("stalled although there is space")
			}
			s.gate.fill(true)
			s.send("last anna 2026-01-05T10:00:00Z 1.00")
			s.untilCommitted()
			if err := s.stop(); err == nil || !strings.Contains(err.Error(), "next start") {
				t.Errorf("stopped with %v", err)
			}
			s.gate.fill(false)
			s.start()
			s.untilQueryable()
			if got := s.count(`SELECT count(*), count(DISTINCT event_id) FROM events`); got != "[[301 301]]" {
				t.Errorf("events: %s", got)
			}
			if err := s.stop(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// Small commits share a transaction while the store is busy.
func TestWaitingCommitsAreStoredTogether(t *testing.T) {
	s := newShop(t, 2)
	s.cfg.CommitInterval = time.Millisecond
	s.start()
	s.gate.hold()
	for i := range 30 {
		s.send(fmt.Sprintf("e%d c%d 2026-01-05T10:00:00Z 1.00", i, i))
		s.untilCommitted()
	}
	s.gate.open(false)
	s.untilQueryable()
	stats := s.pass.Stats()
	if stats.Commits < 30 || stats.Transactions > 3 {
		t.Errorf("%d commits in %d transactions", stats.Commits, stats.Transactions)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}
