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
// events and do not take part in the balance.
type Counts struct {
	Received    int64 `json:"received"`
	Accepted    int64 `json:"accepted"`
	Duplicate   int64 `json:"duplicate"`
	Quarantined int64 `json:"quarantined"`
	Rejected    int64 `json:"rejected"`
	Late        int64 `json:"late"`
	Corrected   int64 `json:"corrected"`
}

// Balanced reports whether every received event has exactly one verdict.
func (c Counts) Balanced() bool {
	return c.Received == c.Accepted+c.Duplicate+c.Quarantined+c.Rejected
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

var errCounts = errors.New("ledger row is corrupt")

func (c Counts) append(dst []byte) []byte {
	for _, v := range [...]int64{c.Received, c.Accepted, c.Duplicate, c.Quarantined, c.Rejected, c.Late, c.Corrected} {
		dst = binary.AppendVarint(dst, v)
	}
	return dst
}

func decodeCounts(b []byte) (Counts, error) {
	var c Counts
	for _, v := range [...]*int64{&c.Received, &c.Accepted, &c.Duplicate, &c.Quarantined, &c.Rejected, &c.Late, &c.Corrected} {
		n := 0
		if *v, n = binary.Varint(b); n <= 0 {
			return Counts{}, errCounts
		}
		b = b[n:]
	}
	if len(b) != 0 {
		return Counts{}, errCounts
	}
	return c, nil
}
