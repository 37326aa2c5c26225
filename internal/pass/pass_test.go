package pass_test

import (
	"testing"

	"github.com/millrace/millrace/internal/ledger"
)

func TestEveryEventGetsItsVerdict(t *testing.T) {
	s := newShop(t, 2)
	s.start()
	for _, c := range []struct{ line, want string }{
		{"e1 anna 2026-01-05T10:00:00Z 12.50", "accepted"},
		{"e1 anna 2026-01-05T10:00:00Z 12.50", "duplicate"},
		{"e1 anna 2026-01-05T10:00:00Z 112.50", `quarantined dedup.conflict(id="")`},
		{"e2 anna 2026-01-05T10:01:00Z twelve", `quarantined words.amount(amount="twelve")`},
		{"e2 anna 2026-01-05T10:01:00Z twelve", "duplicate"},
		{"e3 anna 2026-01-01T10:01:00Z 1.00", "accepted"}, // four days behind: late
	} {
		if got := s.outcome(s.send(c.line)[0]); got != c.want {
			t.Errorf("%s: %s, want %s", c.line, got, c.want)
		}
	}
	total, err := s.checkpoint.Ledger().Total()
	if err != nil {
		t.Fatal(err)
	}
	want := ledger.Counts{Received: 6, Accepted: 2, Duplicate: 2, Quarantined: 2, Late: 1}
	if total != want || !total.Balanced() {
		t.Errorf("ledger %+v, want %+v", total, want)
	}
	if got := s.count(`SELECT sum(amount)::VARCHAR, count(*) FILTER (late) FROM events`); got != "[[13.500000 1]]" {
		t.Errorf("events: %s", got)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}

// Doors are open before the pass has opened its partitions: who asks for a verdict then
// waits for it.
func TestAVerdictThatIsAskedForAtTheStart(t *testing.T) {
	s := newShop(t, 3)
	entries := s.send("o1 ann 2026-01-05T10:00:00Z 10.00", "o2 bob 2026-01-05T10:00:01Z 20.00", "o3 cid 2026-01-05T10:00:02Z 30.00")
	s.start()
	for i := range entries {
		if got := s.outcome(entries[i]); got != "accepted" {
			t.Errorf("event %d is %s", i, got)
		}
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}
