// Package pace says how far a step of work goes that gives way, and how long it pauses then.
package pace

import (
	"maps"
	"slices"
	"time"
)

// quiet is the share of the time, in per cent, in which steps run while no rows come in.
const quiet = 90

// Pace is that of one worker, which derives tables from stored rows step by step. The zero
// value lacks Share.
type Pace struct {
	// Share bounds the part of the time in which steps run while rows come in, in per cent.
	Share int
	// Interval is how often a worker that has all rows looks for new ones.
	Interval time.Duration

	last map[int32]int64
}

// Pause returns how long to wait behind a step: stored is how far the rows had come when it
// began, and more says that it left some.
func (p *Pace) Pause(took time.Duration, stored map[int32]int64, more bool) time.Duration {
	share := time.Duration(p.Share)
	if more && maps.Equal(stored, p.last) {
		share = max(share, quiet)
	}
	p.last = stored
	pause := took * (100 - share) / share
	if !more {
		pause = max(pause, p.Interval)
	}
	return pause
}

// Reach says how far a step of so many events goes: equally far in all partitions that have new rows.
func Reach(from, stored map[int32]int64, most int64) map[int32]int64 {
	to := maps.Clone(from)
	var waiting []int32
	for _, p := range slices.Sorted(maps.Keys(stored)) {
		if from[p] < stored[p] {
			waiting = append(waiting, p)
		}
	}
	slices.SortStableFunc(waiting, func(a, b int32) int { return int(min(1, max(-1, stored[a]-from[a]-stored[b]+from[b]))) })
	for i, p := range waiting {
		take := min(stored[p]-from[p], max(1, most/int64(len(waiting)-i)))
		to[p] = from[p] + take
		most -= take
	}
	return to
}
