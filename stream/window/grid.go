package window

import "time"

// ruler divides time into slots, which are numbered; slot 0 begins at 1970, or at
// the offset. Each slot has a pane.
type ruler struct {
	unit   int64 // µs
	offset int64
	zone   *time.Location // slots are its days, when set
}

// slot returns the number of the slot that an instant is in.
func (r *ruler) slot(at int64) int64 {
	if r.zone == nil {
		return floorDiv(at-r.offset, r.unit)
	}
	d := dayOf(at-r.offset, r.zone)
	for at < r.start(d) {
		d--
	}
	for at >= r.start(d+1) {
		d++
	}
	return d
}

// start returns where a slot begins.
func (r *ruler) start(slot int64) int64 {
	if r.zone == nil {
		return slot*r.unit + r.offset
	}
	midnight := time.Date(1970, 1, 1+int(slot), 0, 0, 0, 0, r.zone).UnixMicro()
	if dayOf(midnight, r.zone) == slot && dayOf(midnight-1, r.zone) < slot {
		return midnight + r.offset
	}
	return dayBegin(slot, midnight, r.zone) + r.offset
}

// dayBegin finds the first instant of a day whose midnight the clocks skip or
// repeat.
func dayBegin(day, near int64, zone *time.Location) int64 {
	before, at := near-3*time.Hour.Microseconds(), near+3*time.Hour.Microseconds()
	for at-before > 1 {
		middle := before + (at-before)/2
		if dayOf(middle, zone) >= day {
			at = middle
		} else {
			before = middle
		}
	}
	return at
}

// dayOf returns how many days after 1970-01-01 the date of an instant is.
func dayOf(at int64, zone *time.Location) int64 {
	y, m, d := time.UnixMicro(at).In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// grid is which windows slots belong to. A window is known by the slot that follows
// it: its end.
type grid struct {
	ruler
	size       int64 // slots per window; cumulating: per longest window
	every      int64
	cumulating bool
}

func (s Spec) grid() grid {
	unit := gcd(s.size, s.every)
	g := grid{size: int64(s.size / unit), every: int64(s.every / unit), cumulating: s.kind == cumulating}
	g.ruler = ruler{unit.Microseconds(), s.offset.Microseconds(), s.zone}
	if s.zone != nil {
		g.size, g.every = int64(s.size/day), int64(s.every/day)
	}
	return g
}

// firstEnd returns the end of the first window with a slot.
func (g *grid) firstEnd(slot int64) int64 {
	if g.cumulating {
		return (floorDiv(slot, g.every) + 1) * g.every
	}
	return (floorDiv(slot-g.size, g.every)+1)*g.every + g.size
}

// endAfter returns the end of the first window with a slot that ends behind another.
func (g *grid) endAfter(slot, other int64) int64 {
	return g.firstEnd(max(slot, other))
}

// lastStart returns the start of the last window with a slot.
func (g *grid) lastStart(slot int64) int64 {
	if g.cumulating {
		return floorDiv(slot, g.size) * g.size
	}
	return floorDiv(slot, g.every) * g.every
}

// lastEnd returns the end of the last window with a slot. Those between the first
// and it are every apart.
func (g *grid) lastEnd(slot int64) int64 { return g.lastStart(slot) + g.size }

// startOf returns the first slot of the window with an end.
func (g *grid) startOf(end int64) int64 {
	if g.cumulating {
		return floorDiv(end-1, g.size) * g.size
	}
	return end - g.size
}
