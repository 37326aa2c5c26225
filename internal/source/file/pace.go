package filesource

import (
	"time"

	"github.com/millrace/millrace/adapter"
)

const (
	// pacedChunk keeps the bytes small that are moved when a batch is cut short.
	pacedChunk = 32 << 10
	// pacedGrain is how much too early an event may come: waking up for each would
	// cost more than it is worth.
	pacedGrain = 10 * time.Millisecond
)

// pacer maps event time to the clock.
type pacer struct {
	began time.Time // when the first event was sent
	first int64     // its time, µs since 1970 UTC; 0: none yet
}

// due returns how long to wait before a record is sent. Records without a time
// go with those before them.
func (g *ingest) due(record []byte, line int64) time.Duration {
	if g.writer.Known(g.position + 1) {
		return 0 // an earlier run has sent it
	}
	r := g.record
	r.Payload, r.Line = record, line
	at := g.eventTime(&r)
	if at == 0 {
		return 0
	}
	now := g.source.cfg.Clock.Now()
	if g.pacer.first == 0 {
		g.pacer = pacer{now, at}
		return 0
	}
	offset := float64(at-g.pacer.first) * float64(time.Microsecond) / g.options.Pace
	if wait := g.pacer.began.Add(time.Duration(offset)).Sub(now); wait > pacedGrain {
		return wait
	}
	return 0
}

// eventTime decodes a record to learn its time, in µs since 1970 UTC; 0 when it
// has none.
func (g *ingest) eventTime(r *adapter.Record) int64 {
	defer g.scratch.Reset()
	g.decoder.Decode(&g.scratch, g.scratch.Add(0, 0, r.Line, r.Payload), r)
	return g.scratch.Time[0]
}
