// Package civil turns calendar dates and clock readings into instants: exactly,
// without allocating, and the same way on every machine (the time zone database
// is compiled in).
package civil

import (
	"time"
	_ "time/tzdata" // a replay must not depend on the machine's zone files
)

const secondsPerDay = 24 * 60 * 60

// Reading is what a calendar and a clock show.
type Reading struct {
	Year, Month, Day     int
	Hour, Minute, Second int
	Micro                int
}

// Valid reports whether the date exists and the clock can show the time. Leap
// seconds do not exist here.
func (r *Reading) Valid() bool {
	return r.Year >= 1 && r.Year <= 9999 && r.Month >= 1 && r.Month <= 12 &&
		r.Day >= 1 && r.Day <= daysIn(r.Year, r.Month) &&
		r.Hour < 24 && r.Minute < 60 && r.Second < 60
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// days returns the days from 1970-01-01 to the date, by the algorithm of
// Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil.
func (r *Reading) days() int64 {
	y, m := int64(r.Year), int64(r.Month)
	if m <= 2 {
		y--
		m += 12
	}
	era := y / 400 // years are positive here
	yearOfEra := y - era*400
	dayOfYear := (153*(m-3)+2)/5 + int64(r.Day) - 1
	return era*146097 + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear - 719468
}

func (r *Reading) secondOfDay() int64 {
	return int64(r.Hour)*3600 + int64(r.Minute)*60 + int64(r.Second)
}

// UTC returns the instant at which a clock in UTC shows r, in µs since 1970.
func (r *Reading) UTC() int64 {
	return (r.days()*secondsPerDay+r.secondOfDay())*1e6 + int64(r.Micro)
}

// Zone converts readings of one time zone. It keeps the offsets of recent days
// and serves one goroutine.
type Zone struct {
	loc  *time.Location
	days [64]dayOffset
}

// dayOffset is the offset that holds for a whole local day.
type dayOffset struct {
	day    int64
	offset int64
	known  bool
}

// NewZone returns a converter for loc.
func NewZone(loc *time.Location) *Zone { return &Zone{loc: loc} }

// UTC returns the instant at which a clock in the zone shows r, in µs since
// 1970. A reading that comes twice, when clocks go back, is the first one; one
// that never comes, when they go forward, is as far behind the change as it
// looks (01:30 of a missing hour is 02:30).
func (z *Zone) UTC(r *Reading) int64 {
	day := r.days()
	c := &z.days[uint64(day)%uint64(len(z.days))]
	local := day*secondsPerDay + r.secondOfDay()
	if !c.known || c.day != day {
		offset, whole := z.offsetOfDay(day)
		if !whole {
			return resolve(z.loc, local)*1e6 + int64(r.Micro)
		}
		*c = dayOffset{day: day, offset: offset, known: true}
	}
	return (local-c.offset)*1e6 + int64(r.Micro)
}

// offsetOfDay is false for a day on which the offset changes.
func (z *Zone) offsetOfDay(day int64) (offset int64, whole bool) {
	midnight := day * secondsPerDay
	first, last := resolve(z.loc, midnight), resolve(z.loc, midnight+secondsPerDay-1)
	t := time.Unix(first, 0).In(z.loc)
	_, o := t.Zone()
	_, end := t.ZoneBounds()
	whole = midnight-int64(o) == first && (end.IsZero() || last < end.Unix())
	return int64(o), whole
}

// resolve walks the periods of constant offset around the local time until one
// holds it.
func resolve(loc *time.Location, local int64) int64 {
	const widest = 36 * 3600 // more than any offset
	t := time.Unix(local-widest, 0).In(loc)
	before := int64(0)
	for {
		_, o := t.Zone()
		start, end := t.ZoneBounds()
		utc := local - int64(o)
		if end.IsZero() || utc < end.Unix() {
			if !start.IsZero() && utc < start.Unix() {
				return local - before // the reading was skipped
			}
			return utc
		}
		before, t = int64(o), end
	}
}
