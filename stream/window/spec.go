package window

import (
	"errors"
	"fmt"
	"time"
)

// Spec says which windows an element belongs to. It is data; make it with the
// functions of this package.
type Spec struct {
	kind   kind
	size   time.Duration // Tumbling, Hopping, Cumulating, Sliding; Session: the longest
	every  time.Duration // Hopping, Cumulating: the step
	gap    time.Duration // Session
	offset time.Duration
	zone   *time.Location
	n      int // Count
	nEvery int
}

type kind uint8

const (
	tumbling kind = iota + 1
	hopping
	cumulating
	sliding
	session
	count
)

var kindNames = [...]string{"no", "tumbling", "hopping", "cumulating", "sliding", "session", "count"}

// Tumbling windows follow one another: each element is in one. They begin at
// multiples of size since 1970 UTC.
func Tumbling(size time.Duration) Spec { return Spec{kind: tumbling, size: size, every: size} }

// Hopping windows of one size begin every so often, and overlap. An element updates
// one pane, as long as the greatest common divisor of the two; a window that fires
// merges its panes.
func Hopping(size, every time.Duration) Spec { return Spec{kind: hopping, size: size, every: every} }

// Cumulating windows begin every limit and end at each step of it: so far today,
// each hour.
func Cumulating(step, limit time.Duration) Spec {
	return Spec{kind: cumulating, size: limit, every: step}
}

// Sliding windows end at each element: the result at an element is over the
// elements of its key in the last size of event time, itself among them. Elements of
// the same time have one window, with all of them.
func Sliding(size time.Duration) Spec { return Spec{kind: sliding, size: size} }

// Session windows hold elements that are less than gap apart. They begin at their
// first element and end gap after their last one.
func Session(gap time.Duration) Spec { return Spec{kind: session, gap: gap} }

// Count windows hold n elements of a key each, in the order of event time. An element
// is counted when the watermark, less the lateness, has passed it. Windows that begin
// and end at the same times, as of elements of one instant, replace one another.
func Count(n int) Spec { return Spec{kind: count, n: n, nEvery: n} }

// CountEvery windows hold the last n elements of a key, or as many as there have
// been, at every so many.
func CountEvery(n, every int) Spec { return Spec{kind: count, n: n, nEvery: every} }

// Offset moves the bounds of tumbling, hopping and cumulating windows.
func (s Spec) Offset(d time.Duration) Spec {
	s.offset = d
	return s
}

// In lets windows of whole days begin at midnight in a time zone: a day in which
// clocks change has 23 or 25 hours.
func (s Spec) In(zone *time.Location) Spec {
	s.zone = zone
	return s
}

// MaxLength bounds sessions, such as those of robots. A session of that length or
// longer is cut at multiples of d since 1970 UTC, so that where it is cut
// does not depend on the order of arrival.
func (s Spec) MaxLength(d time.Duration) Spec {
	s.size = d
	return s
}

// Err returns what is wrong with the windows; nil for nothing.
func (s Spec) Err() error { return s.check() }

const day = 24 * time.Hour

// maxSlots bounds how many panes a window merges.
const maxSlots = 100_000

func (s Spec) check() error {
	if s.kind == 0 {
		return errors.New("the windows are not defined: use window.Tumbling, Hopping, Cumulating, Sliding, Session or Count")
	}
	aligned := s.kind <= cumulating
	var errs []error
	refuse := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(kindNames[s.kind]+" windows: "+format, args...))
		}
	}
	for _, d := range []time.Duration{s.size, s.every, s.gap, s.offset} {
		refuse(d%time.Microsecond != 0, "%v is not a whole number of microseconds", d)
		refuse(d < 0 && d != s.offset, "%v is negative", d)
	}
	refuse(s.kind <= sliding && s.size <= 0, "the size is %v: give one above zero", s.size)
	refuse(aligned && s.every <= 0, "the step is %v: give one above zero", s.every)
	refuse(!aligned && s.offset != 0, "an offset has no meaning for them")
	refuse(!aligned && s.zone != nil, "a time zone has no meaning for them")
	refuse(s.kind == session && s.gap <= 0, "the gap is %v: give one above zero", s.gap)
	refuse(s.kind == session && s.size != 0 && s.size < s.gap, "the greatest length %v is below the gap %v", s.size, s.gap)
	refuse(aligned && s.gap != 0 || s.kind == count && s.size != 0, "MaxLength is for sessions")
	refuse(s.kind == count && (s.n <= 0 || s.nEvery <= 0), "%d elements, every %d: give numbers above zero", s.n, s.nEvery)
	if len(errs) > 0 || !aligned {
		return errors.Join(errs...)
	}
	refuse(s.every > s.size, "the step %v is longer than the window %v: elements between two would be in none", s.every, s.size)
	refuse(s.kind == cumulating && s.size%s.every != 0, "the window %v is no multiple of the step %v", s.size, s.every)
	refuse(s.zone != nil && (s.size%day != 0 || s.every%day != 0), "in a time zone they are of whole days; use Offset for %v", s.every)
	refuse(s.size/gcd(s.size, s.every) > maxSlots, "%v every %v is more than %d panes per window: choose a coarser step", s.size, s.every, maxSlots)
	return errors.Join(errs...)
}

func gcd(a, b time.Duration) time.Duration {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
