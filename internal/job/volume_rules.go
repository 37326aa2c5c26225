package job

import (
	"math"
	"slices"
	"strings"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
)

const (
	hoursOfWeek  = 168
	leastBuckets = 6 // that a baseline is made of
)

// volumeState is what is usual for a sender, and what is going on.
type volumeState struct {
	Open    bucket                `state:"open"` // that is not judged yet
	Hours   [hoursOfWeek][]uint32 `state:"hours"`
	Recent  []uint32              `state:"recent"`
	Seen    int64                 `state:"seen"`    // end of the last bucket that had events
	Anomaly VolumeAnomaly         `state:"anomaly"` // the newest one; without Since there was none
	Row     int                   `state:"row"`     // its buckets, as long as it is on
}

// volumeRules judges the buckets of a sender when each is over, empty ones among them.
type volumeRules struct {
	VolumeParams
	bucket int64 // µs
}

type volumeTurn = stream.Turn[sender, volumeState, VolumeAnomaly]

// apply takes the count of a bucket; a revision of it replaces it.
func (r *volumeRules) apply(t *volumeTurn, b bucket) {
	s := t.State
	if b.Start != s.Open.Start || b.Revision > s.Open.Revision {
		s.Open = b
	}
	s.Seen = b.Start + r.bucket
	t.WakeAt(b.Start + r.bucket)
}

// wake judges the bucket that ends, and waits for the next one.
func (r *volumeRules) wake(t *volumeTurn) {
	s := t.State
	start, count := t.Time-r.bucket, int64(0)
	if s.Open.Start == start {
		count = s.Open.Count
	}
	hour := hourOfWeek(start)
	wrong := r.judge(t, start, count, r.baselineOf(s, hour))
	s.Hours[hour] = keepLast(s.Hours[hour], uint32(count), r.Weeks*int(hourMicros/r.bucket))
	if !wrong { // of few buckets an anomaly would soon be half
		s.Recent = keepLast(s.Recent, uint32(count), r.Recent)
	}
	if t.Time-s.Seen < stream.Micros(r.Quiet) {
		t.WakeAt(t.Time + r.bucket)
	}
}

const hourMicros = int64(3_600_000_000)

// hourOfWeek is 0 for the first hour of Monday, UTC. 1970 began on a Thursday.
func hourOfWeek(at int64) int { return int((at/hourMicros + 3*24) % hoursOfWeek) }

// keepLast appends to a list of at most n.
func keepLast(list []uint32, v uint32, n int) []uint32 {
	if len(list) >= n {
		list = slices.Delete(list, 0, len(list)-n+1)
	}
	return append(list, v)
}

// baseline is what is usual.
type baseline struct {
	mean, deviation float64
	basis           string // empty: nothing is known
}

// baselineOf is the median of the buckets of an hour of the week, and their deviation
// from it: the median absolute deviation, which is 1/1.4826 of the standard deviation
// of normally distributed counts (Rousseeuw and Croux, Alternatives to the Median Absolute
// Deviation, JASA 88, 1993), at least the root of the median, which is that of independent events.
func (r *volumeRules) baselineOf(s *volumeState, hour int) baseline {
	of, basis := s.Hours[hour], byHourOfWeek
	if len(of) < r.Learned {
		of, basis = s.Recent, byRecent
	}
	if len(of) < leastBuckets {
		return baseline{}
	}
	mean := median(of)
	var room [64]uint32
	distances := room[:0]
	for _, v := range of {
		distances = append(distances, max(v, mean)-min(v, mean))
	}
	deviation := 1.4826 * float64(median(distances))
	return baseline{float64(mean), max(deviation, math.Sqrt(float64(mean)), 1), basis}
}

// judge compares a bucket with what is usual, and follows the anomaly it belongs to.
func (r *volumeRules) judge(t *volumeTurn, start, count int64, usual baseline) (wrong bool) {
	s := t.State
	distance := float64(count) - usual.mean
	direction := BusySource
	if distance < 0 {
		direction = QuietSource
	}
	far := math.Abs(distance)
	wrong = usual.basis != "" && far >= float64(r.MinSize) && far >= r.Sigmas*usual.deviation && far*100 >= usual.mean*float64(r.Ratio)
	a := &s.Anomaly
	if wrong && usual.basis == byRecent && s.Row >= r.Accept { // it is what is usual from now on
		s.Recent, wrong = nil, false
	}
	if s.Row > 0 && (!wrong || direction != a.Direction) {
		a.Over = true
		r.publish(t)
		s.Row = 0
	}
	if !wrong {
		return false
	}
	if s.Row == 0 {
		*a = VolumeAnomaly{
			Source: strings.Clone(t.Key.Source), Type: strings.Clone(t.Key.Type), Since: event.Instant(start), Direction: direction, Basis: usual.basis,
		}
	}
	s.Row++
	a.Until = event.Instant(start + r.bucket)
	a.Observed += count
	a.Expected += int64(usual.mean)
	a.Sigmas = max(a.Sigmas, math.Round(far/usual.deviation*10)/10)
	r.publish(t)
	return true
}

func (r *volumeRules) publish(t *volumeTurn) { t.Emit(uint64(t.State.Anomaly.Since), t.State.Anomaly) }
