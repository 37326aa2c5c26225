package stream_test

import (
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/stream"
)

// Times of these tests are seconds after an hour that is far from zero.
func sec(n int64) int64 { return 1_700_000_000_000_000 + n*1_000_000 }

type marks struct {
	t *testing.T
	*stream.Watermarks
}

func newMarks(t *testing.T) marks {
	return marks{t, stream.NewWatermarks(5*time.Second, 30*time.Second)}
}

// at advances to a second of processing time and says what the source has come to: a
// second, or -1 when that is not known.
func (m marks) at(now, want int64, holder int32) {
	m.t.Helper()
	m.Advance(sec(now))
	got, _ := m.Of(nil)
	s := m.Sources()[0]
	if want >= 0 {
		want = sec(want)
	} else {
		want = 0
	}
	if got != want || s.Holder != holder {
		m.t.Errorf("at %d: watermark %d held by partition %d, want %d held by %d", now, got, s.Holder, want, holder)
	}
}

func TestTheSlowestPartitionHoldsTheWatermark(t *testing.T) {
	m := newMarks(t)
	m.Observe(0, "web", sec(100), sec(100))
	m.Observe(1, "web", sec(90), sec(90))
	m.at(100, 85, 1)
	m.Observe(1, "web", sec(110), sec(110))
	m.at(111, 95, 0)
	m.Observe(0, "web", sec(50), sec(112)) // out of order: time does not go back
	m.at(113, 95, 0)
}

func TestAPartitionThatIsReadToTheEndDoesNotHold(t *testing.T) {
	m := newMarks(t)
	m.Observe(0, "web", sec(100), sec(100))
	m.Observe(1, "web", sec(20), sec(20))
	m.Reached(1, sec(100)) // nothing of the source for 80 s
	m.at(100, 95, 0)
	m.Reached(0, sec(140))
	m.Reached(1, sec(140))
	m.at(140, 95, -1) // idle everywhere: on at the pace of the clock
	m.at(150, 105, -1)
}

func TestAPartitionThatIsNotReadYetHolds(t *testing.T) {
	m := newMarks(t)
	m.Reached(0, 0)
	m.Reached(1, 0)
	m.Observe(0, "web", sec(1000), sec(1000))
	m.at(2000, -1, 1) // partition 1 has a backlog of which nothing was read
	m.Reached(1, sec(500))
	m.at(2000, -1, 1) // of another source so far
	m.Observe(1, "web", sec(600), sec(600))
	m.at(2000, 595, 1)
	m.Observe(1, "web", sec(990), sec(990))
	m.at(2000, 985, 1)
}

func TestAPartitionWithoutTheSourceDoesNotHoldForEver(t *testing.T) {
	m := newMarks(t)
	m.Reached(1, 0)
	m.Observe(0, "web", sec(1000), sec(1000))
	m.at(2000, -1, 1)
	m.Reached(1, sec(980)) // as far as partition 0, less the idle timeout
	m.at(2000, 995, 0)
	m.Reached(2, 0)
	m.at(2000, 995, 2) // a partition that came to this process
	m.Forget(2)
	m.Observe(0, "web", sec(1001), sec(1001))
	m.at(2001, 996, 0)
}

func TestWhoIsAheadWaits(t *testing.T) {
	m := newMarks(t)
	all := map[int32]bool{0: true, 1: true, 2: true}
	want := func(unread map[int32]bool, want ...int32) {
		t.Helper()
		if got := m.Ahead(time.Minute, unread); !slices.Equal(got, want) {
			t.Errorf("ahead of others: %v, want %v", got, want)
		}
	}
	want(all)
	m.Observe(0, "web", sec(100), sec(500))
	m.Observe(1, "web", sec(160), sec(500))
	m.Observe(2, "web", sec(161), sec(500))
	want(all, 2)
	want(map[int32]bool{1: true, 2: true}) // 0 has nothing left to wait for
	m.Observe(0, "app", sec(900), sec(500))
	m.Observe(2, "app", sec(300), sec(500))
	want(all) // 0 is far ahead in one source and last in the other, 2 likewise
	m.Reached(0, sec(600))
	want(all, 0) // where 0 is last it is idle: it holds nobody
}
