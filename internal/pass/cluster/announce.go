package cluster

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/codec"
)

// announcement is what a task tells all shards about time. It stands behind the elements
// that it covers.
type announcement struct {
	// Clock is the receive time that a front has read its partition to, µs.
	Clock int64 `state:"clock"`
	// Sources are those that a front has read.
	Sources map[string]sighting `state:"sources"`
	// Stages are the event times that a shard has passed, per job.
	Stages map[string][]int64 `state:"stages"`
}

// sighting is what a front has read of a source.
type sighting struct {
	First    int64 `state:"first"`    // receive time of its first record, µs
	Newest   int64 `state:"newest"`   // event time, µs
	Received int64 `state:"received"` // of its newest record, µs
}

// announcements are encoded with a number in front that changes with their form.
type announcements struct{ codec *codec.Codec[announcement] }

const announcementVersion = 1

func newAnnouncements() (announcements, error) {
	c, err := codec.For[announcement]()
	return announcements{c}, err
}

func (c announcements) append(dst []byte, a *announcement) []byte {
	return c.codec.Append(append(dst, announcementVersion), a)
}

func (c announcements) parse(b []byte) (a announcement, err error) {
	if len(b) == 0 || b[0] != announcementVersion {
		return a, fmt.Errorf("an announcement has the form %.1x, this binary reads %d: run the same version everywhere", b, announcementVersion)
	}
	return a, c.codec.Decode(b[1:], &a)
}

// An event that claims to be from further in the future than this does not move time.
const future = int64(time.Hour / time.Microsecond)

// read adds a batch to what a front announces.
func (a *announcement) read(b *event.Batch) {
	for i, verdict := range b.Verdict {
		received := b.Received[i]
		a.Clock = max(a.Clock, received)
		if verdict != event.Accepted {
			continue
		}
		at := b.Time[i]
		if at == 0 {
			at = received
		}
		if at > received+future {
			at = 0
		}
		name := b.Source.Get(i)
		s, known := a.Sources[name]
		if !known {
			s.First = received
		}
		a.Sources[name] = sighting{s.First, max(s.Newest, at), max(s.Received, received)}
	}
}

func (a *announcement) clone() announcement {
	return announcement{a.Clock, maps.Clone(a.Sources), maps.Clone(a.Stages)}
}

// hearing is what a task knows of time from announcements: a shard from those of
// others, a front from its own.
//
// Who has not spoken may have the oldest elements. So a source counts when every front
// has read some of it, or has read on for the idle timeout since its first record
// anywhere and found none.
type hearing struct {
	watermarks *stream.Watermarks
	fronts     []int32 // that are listened to
	shards     int
	idle       time.Duration
	heard      map[stream.Place]announcement
	admitted   map[string]bool // sources that count
}

func newHearing(cfg *Config, of stream.Place, fronts int) *hearing {
	h := &hearing{
		watermarks: stream.NewWatermarks(cfg.Disorder, cfg.IdleTimeout), shards: cfg.Shards, idle: cfg.IdleTimeout,
		heard: make(map[stream.Place]announcement), admitted: make(map[string]bool),
	}
	if !of.Shard {
		h.fronts = []int32{of.Number}
		return h
	}
	for number := range fronts {
		h.fronts = append(h.fronts, int32(number))
	}
	return h
}

// hear takes an announcement.
func (h *hearing) hear(from stream.Place, a announcement) {
	h.heard[from] = a
	if from.Shard {
		return
	}
	waiting := make(map[string]bool)
	for _, number := range h.fronts {
		for source := range h.front(number).Sources {
			waiting[source] = !h.admitted[source]
		}
	}
	for source, waits := range waiting {
		if !waits {
			h.observe(from.Number, source)
		} else if h.admits(source) {
			h.admitted[source] = true
			for _, number := range h.fronts {
				h.observe(number, source)
			}
		}
	}
	h.watermarks.Reached(from.Number, a.Clock)
}

func (h *hearing) front(number int32) announcement { return h.heard[stream.Place{Number: number}] }

// admits reports whether nobody has older elements of a source, as far as one can know.
func (h *hearing) admits(source string) bool {
	first := int64(math.MaxInt64)
	for _, number := range h.fronts {
		if s, ok := h.front(number).Sources[source]; ok {
			first = min(first, s.First)
		}
	}
	for _, number := range h.fronts {
		a, spoke := h.heard[stream.Place{Number: number}]
		if !spoke {
			return false
		}
		if _, ok := a.Sources[source]; !ok && a.Clock-first <= h.idle.Microseconds() {
			return false
		}
	}
	return true
}

func (h *hearing) observe(front int32, source string) {
	if s, ok := h.front(front).Sources[source]; ok {
		h.watermarks.Observe(front, source, s.Newest, s.Received)
		h.watermarks.Reached(front, h.front(front).Clock)
	}
}

// reached is the event time that all shards have passed in a stage of a job.
func (h *hearing) reached(job string, stage int) int64 {
	lowest := int64(math.MaxInt64)
	for number := range h.shards {
		stages := h.heard[stream.Place{Shard: true, Number: int32(number)}].Stages[job]
		if stage >= len(stages) {
			return 0 // it has not spoken
		}
		lowest = min(lowest, stages[stage])
	}
	return lowest
}

// progress is where a task stands.
type progress struct {
	position int64  // offset to read next
	next     uint64 // number of the next output
}

var errProgress = errors.New("the position in the changelog is damaged")

func (p progress) append(dst []byte) []byte {
	return binary.AppendUvarint(binary.AppendVarint(dst, p.position), p.next)
}

func parseProgress(b []byte) (p progress, err error) {
	position, n := binary.Varint(b)
	if n <= 0 {
		return p, errProgress
	}
	next, m := binary.Uvarint(b[n:])
	if m <= 0 || n+m != len(b) {
		return p, errProgress
	}
	return progress{position, next}, nil
}
