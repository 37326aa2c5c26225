package window

import (
	"time"

	"github.com/millrace/millrace/stream"
)

// Option is a choice of [Aggregate].
type Option func(*options)

type options struct {
	lateness time.Duration
	emission Emission
	ttl      time.Duration
	lateTo   any // *stream.Stream[stream.Record[K, T]]
}

// Lateness keeps a window for so long behind the watermark, and publishes it
// again when elements come in that time. Zero, the default, keeps nothing: elements of a
// window that has been published are too late.
func Lateness(d time.Duration) Option { return func(o *options) { o.lateness = d } }

// Emission says whether results are published before their window is over.
type Emission time.Duration

// The emissions that are not every so often.
const (
	// Final publishes a window when the watermark has passed it. It is the default.
	Final Emission = -1
	// EveryCommit publishes at each commit, too, what has changed since.
	EveryCommit Emission = 0
)

// Every publishes what has changed each d of processing time, too.
func Every(d time.Duration) Emission { return Emission(max(0, d)) }

// Emit chooses the emission.
func Emit(e Emission) Option { return func(o *options) { o.emission = e } }

// TTL removes the state of a key that had no elements for so long of event time. Count
// windows need it; state of the others ends with their windows.
func TTL(d time.Duration) Option { return func(o *options) { o.ttl = d } }

// LateTo sets late to the stream of elements that came too late for all of their
// windows. They are counted whether it is used or not.
func LateTo[K comparable, T any](late *stream.Stream[stream.Record[K, T]]) Option {
	return func(o *options) { o.lateTo = late }
}
