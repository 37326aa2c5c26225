// Package ledger accounts for every event: what was received, per source and
// minute of receipt and per day of event time, and what became of it. Its rows
// are committed in the same batch as the pass's positions, so that they never
// disagree with what has been processed.
//
// The received side is counted where records leave the log, the verdicts where
// they are given; that both sides agree is therefore a statement, not an
// identity.
package ledger

import (
	"encoding/binary"
	"errors"

	"github.com/millrace/millrace/event"
)

// Counts are the ledger's columns. Late and Corrected are marks on accepted
// events and do not take part in the balance. Recovered, Waived and Dead say what
// became of quarantined events later; those that are left are open. An event is
// recovered when it, or the same event sent otherwise, was accepted, and dead when it
// was given up: a dead letter, or purged.
type Counts struct {
	Received    int64 `json:"received"`
	Accepted    int64 `json:"accepted"`
	Duplicate   int64 `json:"duplicate"`
	Quarantined int64 `json:"quarantined"`
	Rejected    int64 `json:"rejected"`
	Late        int64 `json:"late"`
	Corrected   int64 `json:"corrected"`
	Recovered   int64 `json:"recovered"`
	Waived      int64 `json:"waived"`
	Dead        int64 `json:"dead"`
}

// Balanced reports whether every received event has exactly one verdict.
func (c Counts) Balanced() bool {
	return c.Received == c.Accepted+c.Duplicate+c.Quarantined+c.Rejected
}

// Open is how many quarantined events wait for a decision.
func (c Counts) Open() int64 { return c.Quarantined - c.Recovered - c.Waived - c.Dead }

// settledOnly reports whether there is nothing besides what became of quarantined events.
func (c Counts) settledOnly() bool {
	return c.Received == 0 && c.Accepted == 0 && c.Duplicate == 0 && c.Quarantined == 0 && c.Rejected == 0
}

// Add adds o to c.
func (c *Counts) Add(o Counts) {
	c.Received += o.Received
	c.Accepted += o.Accepted
	c.Duplicate += o.Duplicate
	c.Quarantined += o.Quarantined
	c.Rejected += o.Rejected
	c.Late += o.Late
	c.Corrected += o.Corrected
	c.Recovered += o.Recovered
	c.Waived += o.Waived
	c.Dead += o.Dead
}

// judge counts one verdict with its marks.
func (c *Counts) judge(v event.Verdict, m event.Mark) {
	switch v {
	case event.Accepted:
		c.Accepted++
		if m.Has(event.Late) {
			c.Late++
		}
		if m.Has(event.Corrected) {
			c.Corrected++
		}
	case event.Duplicate:
		c.Duplicate++
	case event.Quarantined:
		c.Quarantined++
	case event.Rejected:
		c.Rejected++
	}
}

// settle adds events of a settlement. Those that are open have no column.
func (c *Counts) settle(s Settlement, n int64) {
	switch s {
	case Recovered:
		c.Recovered += n
	case Waived:
		c.Waived += n
	case Dead:
		c.Dead += n
	}
}

var errCounts = errors.New("ledger row is corrupt")

// judged are the columns that every stored row has; the rest follows where one of
// them is not zero. Rows of before there were any are read as they are.
func (c *Counts) judged() [7]*int64 {
	return [...]*int64{&c.Received, &c.Accepted, &c.Duplicate, &c.Quarantined, &c.Rejected, &c.Late, &c.Corrected}
}

func (c *Counts) settled() [3]*int64 { return [...]*int64{&c.Recovered, &c.Waived, &c.Dead} }

func (c Counts) append(dst []byte) []byte {
	for _, v := range c.judged() {
		dst = binary.AppendVarint(dst, *v)
	}
	if c.Recovered == 0 && c.Waived == 0 && c.Dead == 0 {
		return dst
	}
	for _, v := range c.settled() {
		dst = binary.AppendVarint(dst, *v)
	}
	return dst
}

func decodeCounts(b []byte) (c Counts, err error) {
	judged := c.judged()
	if b, err = decodeColumns(b, judged[:]); err == nil && len(b) > 0 {
		settled := c.settled()
		b, err = decodeColumns(b, settled[:])
	}
	if err != nil || len(b) != 0 {
		return Counts{}, errCounts
	}
	return c, nil
}

func decodeColumns(b []byte, columns []*int64) ([]byte, error) {
	for _, v := range columns {
		n := 0
		if *v, n = binary.Varint(b); n <= 0 {
			return nil, errCounts
		}
		b = b[n:]
	}
	return b, nil
}
