package ledger

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/millrace/millrace/event"
)

const (
	microsPerMinute = 60_000_000
	microsPerDay    = 24 * 60 * microsPerMinute
)

// Delta collects what a task adds to the ledger between two commits. It has one
// owner at a time.
type Delta struct {
	rows map[rowKey]*Counts
	// The rows that the last event was counted in: neighbours share them.
	lastSource string
	lastMinute int64
	lastDay    int64
	minute     *Counts
	day        *Counts
	total      *Counts
	last       bool
}

type rowKey struct {
	kind   Kind
	source string
	slot   int64 // minutes or days since 1970 UTC; 0 for totals
}

// Receive counts records that left the log, before anything is known about
// them but source, receive time and, where it is known, event time (0: unknown).
func (d *Delta) Receive(source string, receivedMicros, eventMicros int64) {
	d.seek(source, receivedMicros, eventMicros)
	d.minute.Received++
	d.day.Received++
	d.total.Received++
}

// Judge counts a verdict in the rows of the same source and times.
func (d *Delta) Judge(source string, receivedMicros, eventMicros int64, v event.Verdict, m event.Mark) {
	d.seek(source, receivedMicros, eventMicros)
	d.minute.judge(v, m)
	d.day.judge(v, m)
	d.total.judge(v, m)
}

// Settlement is what became of a quarantined event so far.
type Settlement uint8

// The settlements.
const (
	Open Settlement = iota
	Recovered
	Waived
	Dead
)

// Settle moves a quarantined event from one settlement to another, in the rows in
// which it was received.
func (d *Delta) Settle(source string, receivedMicros, eventMicros int64, from, to Settlement) {
	d.seek(source, receivedMicros, eventMicros)
	for _, c := range [...]*Counts{d.minute, d.day, d.total} {
		c.settle(from, -1)
		c.settle(to, +1)
	}
}

func (d *Delta) seek(source string, received, eventTime int64) {
	minute, day := received/microsPerMinute, floorDiv(eventTime, microsPerDay)
	if d.last && minute == d.lastMinute && day == d.lastDay && source == d.lastSource {
		return
	}
	d.minute = d.row(rowKey{ByMinute, source, minute})
	d.day = d.row(rowKey{ByDay, source, day})
	d.total = d.row(rowKey{BySource, source, 0})
	d.lastSource, d.lastMinute, d.lastDay, d.last = source, minute, day, true
}

func (d *Delta) row(k rowKey) *Counts {
	if c, ok := d.rows[k]; ok {
		return c
	}
	if d.rows == nil {
		d.rows = make(map[rowKey]*Counts)
	}
	c := new(Counts)
	d.rows[k] = c
	return c
}

// Empty reports whether nothing was counted.
func (d *Delta) Empty() bool { return len(d.rows) == 0 }

// AppendTo adds the delta of a partition to the commit's batch and empties it.
func (d *Delta) AppendTo(batch *pebble.Batch, partition int32) error {
	var key, value []byte
	for k, c := range d.rows {
		key = appendKey(key[:0], k, partition)
		value = c.append(value[:0])
		if err := batch.Merge(key, value, nil); err != nil {
			return fmt.Errorf("cannot add to the ledger: %w", err)
		}
	}
	clear(d.rows)
	*d = Delta{rows: d.rows}
	return nil
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
