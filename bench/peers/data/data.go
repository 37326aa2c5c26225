// Package data makes the events of the Yahoo Streaming Benchmark and of Nexmark
// as JSON, the same bytes for the same seed. Its semantics are in
// bench/peers/README.md.
package data

import (
	"math/rand/v2"
	"strconv"
)

// Record is what becomes a record of a topic. Its slices are valid until the
// next one is made.
type Record struct {
	Key   []byte // records of equal keys lie in one partition
	Value []byte
	Time  int64 // event time, ms; also the record's timestamp
}

// Config says what to make.
type Config struct {
	Seed   uint64
	Events int
	Rate   int // events per second of event time
}

const (
	// Begin is the event time of the first event: 2026-01-01T00:00:00Z.
	Begin = 1_767_225_600_000
	// MaxDisorderMs bounds how far an event's time is behind the newest before it.
	MaxDisorderMs = 3_900
	// EndAfterMs is how far the end marker's time is behind the last event's.
	EndAfterMs = 3_600_000
	// One event of this many is out of order.
	disorderOneIn = 8
)

// clock gives each event its time.
type clock struct {
	random *rand.Rand
	rate   int64
}

func newClock(c Config, stream uint64) clock {
	return clock{rand.New(rand.NewPCG(c.Seed, stream)), int64(c.Rate)}
}

func (c *clock) at(n int) int64 { return Begin + int64(n)*1000/c.rate }

func (c *clock) disordered(n int) int64 {
	t := c.at(n)
	if c.random.IntN(disorderOneIn) == 0 {
		t = max(Begin, t-c.random.Int64N(MaxDisorderMs+1))
	}
	return t
}

// End is the marker that closes every partition. It is no event of any query; it
// moves event time past the end of every window.
func End(c Config) Record {
	last := newClock(c, 0)
	t := last.at(c.Events) + EndAfterMs
	return Record{Key: []byte("end"), Value: strconv.AppendInt([]byte(`{"type":"end","time":`), t, 10), Time: t}.closed()
}

func (r Record) closed() Record {
	r.Value = append(r.Value, '}')
	return r
}

// text appends n random letters.
func text(dst []byte, random *rand.Rand, n int) []byte {
	const letters = "abcdefghijklmnopqrstuvwxyz012345"
	bits, left := uint64(0), 0
	for range n {
		if left == 0 {
			bits, left = random.Uint64(), 12
		}
		dst = append(dst, letters[bits&31])
		bits >>= 5
		left--
	}
	return dst
}

func number(dst []byte, name string, v int64) []byte {
	dst = append(dst, name...)
	return strconv.AppendInt(dst, v, 10)
}

func quoted(dst []byte, name, v string) []byte {
	dst = append(dst, name...)
	dst = append(dst, '"')
	dst = append(dst, v...)
	return append(dst, '"')
}
