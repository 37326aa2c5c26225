// Package pace says how long work that gives way pauses between its steps.
package pace

import (
	"maps"
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
