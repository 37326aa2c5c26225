package pass

import (
	"cmp"
	"slices"
	"time"

	"github.com/millrace/millrace/event"
)

const (
	// clockTolerance is how far ahead of its receipt an event may say that it happened, and
	// still be taken for a sign of the time: clocks of servers differ by less.
	clockTolerance = int64(time.Minute / time.Microsecond)
	// leapLength is the least step of event time that is doubted. Steps within the allowed
	// lateness make nothing late, whoever takes them.
	leapLength = int64(24 * time.Hour / time.Microsecond)
	// A leap is believed when events of so many actors in a row are beyond it, or so many events.
	leapActors, leapEvents = 3, 200
)

// leap is a step of event time that is doubted. The watermark of a source follows its newest
// event; one device whose clock is months ahead, in a past that is read faster than it
// happened, would make all others late.
type leap struct {
	lowest int64 // time of the events beyond it
	actors []string
	events int
}

// newest returns how far the event time of a source has come with an event. One that is ahead of
// its own receipt does not count, and one that is ahead of the others by more than the allowed
// lateness only once others agree, unless as much time has gone by between the receipts.
// What is doubted is in memory only: after a crash others have to agree anew.
func (t *task) newest(b *event.Batch, i int, source string, newest, lateness int64) int64 {
	at, received := b.Time[i], b.Received[i]
	if at <= newest {
		delete(t.leaps, source)
		return newest
	}
	if at > received+clockTolerance {
		return newest
	}
	at = min(at, received)
	step := at - newest
	if newest == 0 || step <= max(leapLength, lateness) || received-t.received[source] >= step {
		delete(t.leaps, source)
		return max(newest, at)
	}
	l := t.leaps[source]
	if l == nil {
		if l = (&leap{lowest: at}); t.leaps == nil {
			t.leaps = make(map[string]*leap)
		}
		t.leaps[source] = l
	}
	l.lowest = min(l.lowest, at)
	l.events++
	actor := cmp.Or(b.AnonymousID[i], b.CustomerID[i], b.OrderID[i])
	if actor == "" || !slices.Contains(l.actors, actor) {
		l.actors = append(l.actors, actor)
	}
	if len(l.actors) < leapActors && l.events < leapEvents {
		return newest
	}
	delete(t.leaps, source)
	return l.lowest
}
