package pass

import (
	"fmt"
	"testing"

	"github.com/millrace/millrace/event"
)

const (
	testMinute = int64(60_000_000)
	testDay    = 24 * 60 * testMinute
	testNow    = 1_790_000_000 * int64(1_000_000)
)

// said is an event: minutes after the begin of a past that is read now, of an actor.
type said struct {
	at    int64
	actor string
}

// read takes events that are received at one moment, and returns how far time has come.
func read(t *task, newest, received int64, all ...said) int64 {
	b := &event.Batch{}
	for _, e := range all {
		i := b.Add(int64(b.Len()), received, 0, nil)
		b.Time[i], b.AnonymousID[i] = e.at, e.actor
		newest = t.newest(b, i, "shop", newest, testDay)
	}
	t.received["shop"] = max(t.received["shop"], received)
	return newest
}

func TestAWrongClockDoesNotMoveAPastThatIsRead(t *testing.T) {
	past := testNow - 400*testDay
	tk := &task{received: make(map[string]int64)}
	newest := read(tk, 0, testNow, said{past, "v1"}, said{past + testMinute, "v2"})
	// A device is 90 days ahead, for as long as its visit goes on among others.
	for n := range int64(50) {
		at := past + (2+n)*testMinute
		newest = read(tk, newest, testNow, said{past + 90*testDay + n, "wrong"}, said{past + 60*testDay + n, "also wrong"}, said{at, fmt.Sprint("v", n)})
		if newest != at {
			t.Fatalf("time has come to %d days, want %d minutes", (newest-past)/testDay, 2+n)
		}
	}
}

func TestAPastGoesOnAfterAGap(t *testing.T) {
	past := testNow - 400*testDay
	tk := &task{received: make(map[string]int64)}
	newest := read(tk, 0, testNow, said{past, "v1"})
	after := past + 30*testDay
	newest = read(tk, newest, testNow, said{after, "v1"}, said{after + 2, "v2"}, said{after + 3, "v2"})
	if newest != past {
		t.Errorf("two actors moved time by %d days", (newest-past)/testDay)
	}
	if newest = read(tk, newest, testNow, said{after + 1, "v3"}); newest != after {
		t.Errorf("three actors agree on day 30; time has come to day %d", (newest-past)/testDay)
	}
	// One actor alone, such as a file of one customer, is believed later.
	all := make([]said, leapEvents)
	for i := range all {
		all[i] = said{after + 30*testDay + int64(i), "v1"}
	}
	if newest = read(tk, newest, testNow, all...); newest != all[0].at {
		t.Errorf("%d events agree on day 60; time has come to day %d", leapEvents, (newest-past)/testDay)
	}
}

func TestTimeIsNotAheadOfTheReceipt(t *testing.T) {
	tk := &task{received: make(map[string]int64)}
	newest := read(tk, 0, testNow, said{testNow - testMinute, "v1"})
	if newest = read(tk, newest, testNow, said{testNow + 2*testMinute, "v2"}); newest != testNow-testMinute {
		t.Errorf("an event from the future moved time by %d s", (newest-testNow)/1_000_000+60)
	}
	if newest = read(tk, newest, testNow, said{testNow + testMinute/2, "v2"}); newest != testNow {
		t.Errorf("time has come to %d s after the receipt", (newest-testNow)/1_000_000)
	}
	// After a quiet week the first event is believed: as much time has passed here.
	if newest = read(tk, newest, testNow+7*testDay, said{testNow + 7*testDay, "v3"}); newest != testNow+7*testDay {
		t.Errorf("time stands at day %d after a quiet week", (newest-testNow)/testDay)
	}
}
