package ledger

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// Kind is the grain of ledger rows.
type Kind byte

// The grains.
const (
	ByMinute Kind = 'm' // of receipt
	ByDay    Kind = 'd' // of event time, UTC
	BySource Kind = 't' // since the beginning
)

// Row is one line of the ledger, summed over partitions.
type Row struct {
	Source string
	At     time.Time // start of the minute or day; zero for [BySource]
	Counts
}

// Prefix is the first byte of every ledger key in the shared key space.
const Prefix = 'l'

// Keys: prefix, kind, length and bytes of the source, slot, partition; numbers
// big-endian with the sign flipped, so that they sort.
func appendKey(dst []byte, k rowKey, partition int32) []byte {
	dst = appendSourcePrefix(dst, k.kind, k.source)
	dst = binary.BigEndian.AppendUint64(dst, uint64(k.slot)^(1<<63))
	return binary.BigEndian.AppendUint32(dst, uint32(partition))
}

func appendSourcePrefix(dst []byte, kind Kind, source string) []byte {
	dst = append(dst, Prefix, byte(kind))
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(source)))
	return append(dst, source...)
}

func decodeKey(key []byte) (k rowKey, partition int32, ok bool) {
	if len(key) < 4 || key[0] != Prefix {
		return k, 0, false
	}
	n := int(binary.BigEndian.Uint16(key[2:]))
	if len(key) != 4+n+8+4 {
		return k, 0, false
	}
	k.kind, k.source = Kind(key[1]), string(key[4:4+n])
	k.slot = int64(binary.BigEndian.Uint64(key[4+n:]) ^ (1 << 63))
	return k, int32(binary.BigEndian.Uint32(key[4+n+8:])), true
}

// Merger adds counts up: the database that holds the ledger is opened with it.
// Only ledger rows are merged.
func Merger() *pebble.Merger {
	return &pebble.Merger{
		Name: "millrace.ledger.1",
		Merge: func(_, value []byte) (pebble.ValueMerger, error) {
			c, err := decodeCounts(value)
			return &sum{c}, err
		},
	}
}

type sum struct{ Counts }

func (s *sum) MergeNewer(value []byte) error {
	c, err := decodeCounts(value)
	s.Add(c)
	return err
}

func (s *sum) MergeOlder(value []byte) error { return s.MergeNewer(value) }

func (s *sum) Finish(bool) ([]byte, io.Closer, error) { return s.append(nil), nil, nil }

// Filter selects ledger rows. The zero value selects all; From is inclusive, To
// exclusive.
type Filter struct {
	Source   string
	From, To time.Time
}

// Ledger reads the rows that have been committed.
type Ledger struct{ db pebble.Reader }

// New returns the ledger of a database opened with [Merger].
func New(db pebble.Reader) *Ledger { return &Ledger{db} }

// Total returns the sum over all sources since the beginning.
func (l *Ledger) Total() (Counts, error) {
	var total Counts
	rows, err := l.Rows(BySource, Filter{})
	for _, r := range rows {
		total.Add(r.Counts)
	}
	return total, err
}

// Rows returns the rows of one grain, ordered by source and time, summed over
// partitions.
func (l *Ledger) Rows(kind Kind, f Filter) ([]Row, error) {
	lower := []byte{Prefix, byte(kind)}
	if f.Source != "" {
		lower = appendSourcePrefix(nil, kind, f.Source)
	}
	it, err := l.db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: prefixEnd(lower)})
	if err != nil {
		return nil, fmt.Errorf("cannot read the ledger: %w", err)
	}
	defer it.Close()
	from, to := kind.slots(f)
	var rows []Row
	var last rowKey
	for ok := it.First(); ok; ok = it.Next() {
		k, _, valid := decodeKey(it.Key())
		c, err := decodeCounts(it.Value())
		if !valid || err != nil {
			return nil, fmt.Errorf("cannot read ledger row %x: %w", it.Key(), errCounts)
		}
		if kind != BySource && (k.slot < from || k.slot >= to) {
			continue
		}
		if kind == ByMinute && c.settledOnly() {
			continue // the minute has expired, and one of its events was settled since
		}
		if len(rows) == 0 || k != last {
			rows = append(rows, Row{Source: k.source, At: kind.time(k.slot)})
			last = k
		}
		rows[len(rows)-1].Add(c)
	}
	return rows, it.Error()
}

// Expire removes minute rows received before the given time. Totals and days
// stay.
func (l *Ledger) Expire(batch *pebble.Batch, before time.Time) error {
	sources, err := l.Rows(BySource, Filter{})
	if err != nil {
		return err
	}
	limit := before.Unix() / 60
	for _, s := range sources {
		lower := appendSourcePrefix(nil, ByMinute, s.Source)
		upper := binary.BigEndian.AppendUint64(appendSourcePrefix(nil, ByMinute, s.Source), uint64(limit)^(1<<63))
		if err := batch.DeleteRange(lower, upper, nil); err != nil {
			return fmt.Errorf("cannot expire ledger rows of source %q: %w", s.Source, err)
		}
	}
	return nil
}

func (k Kind) unit() time.Duration {
	if k == ByDay {
		return 24 * time.Hour
	}
	return time.Minute
}

func (k Kind) time(slot int64) time.Time {
	if k == BySource {
		return time.Time{}
	}
	return time.Unix(slot*int64(k.unit()/time.Second), 0).UTC()
}

func (k Kind) slots(f Filter) (from, to int64) {
	from, to = math.MinInt64, math.MaxInt64
	unit := int64(k.unit() / time.Second)
	if !f.From.IsZero() {
		from = floorDiv(f.From.Unix(), unit)
	}
	if !f.To.IsZero() {
		to = floorDiv(f.To.Unix()+unit-1, unit)
	}
	return from, to
}

func prefixEnd(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}
