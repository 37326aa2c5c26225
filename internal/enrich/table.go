package enrich

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/event"
)

// MaxTableRows bounds a look-up table.
const MaxTableRows = 2_000_000

// Table is a look-up table whose rows may hold for a time only. Whoever runs the
// enrichment fills it again and again; enrichments see one snapshot per batch, and wait
// for none.
type Table struct {
	name    string
	values  int // columns of values
	current atomic.Pointer[snapshot]
}

// snapshot is what a table held when it was read. It is immutable.
type snapshot struct {
	version string
	rows    map[string][]entry // of a key, by From
}

// entry is what holds from a time until another, in µs since 1970.
type entry struct {
	from, to int64
	values   []string
}

// NewTable returns a table of so many columns of values beside its key, without rows.
func NewTable(name string, values int) *Table { return &Table{name: name, values: values} }

// Name names the table.
func (t *Table) Name() string { return t.name }

// Version changes with the rows; "none" as long as they were never read.
func (t *Table) Version() string { return t.snapshot().version }

// Len returns the number of keys.
func (t *Table) Len() int { return len(t.snapshot().rows) }

// Fill replaces the rows: the key, since when and until when it holds (RFC 3339 or a day,
// empty for ever, the end excluded), and the values. Of rows that hold at the same time,
// the one that began last counts. On an error the table stays what it was.
func (t *Table) Fill(rows iter.Seq2[[]string, error]) error {
	s := &snapshot{rows: make(map[string][]entry)}
	count, sum := 0, uint64(0)
	for row, err := range rows {
		if err != nil {
			return fmt.Errorf("cannot read table %q: %w", t.name, err)
		}
		if count++; count > MaxTableRows {
			return fmt.Errorf("cannot hold table %q: it has more than %d rows", t.name, MaxTableRows)
		}
		if row[0] == "" {
			continue
		}
		e, err := t.entry(row)
		if err != nil {
			return fmt.Errorf("cannot read table %q: row %d, key %q: %w", t.name, count, row[0], err)
		}
		sum += digest(row)
		s.rows[strings.Clone(row[0])] = append(s.rows[row[0]], e)
	}
	for _, entries := range s.rows {
		slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Compare(a.from, b.from) })
	}
	s.version = fmt.Sprintf("%08x", uint32(sum^sum>>32))
	if s.version != t.Version() {
		t.current.Store(s)
	}
	return nil
}

func (t *Table) entry(row []string) (entry, error) {
	from, err := moment(row[1], -1<<63)
	if err != nil {
		return entry{}, err
	}
	to, err := moment(row[2], 1<<63-1)
	if err != nil {
		return entry{}, err
	}
	if to <= from {
		return entry{}, fmt.Errorf("it holds from %s until %s, which is never", row[1], row[2])
	}
	values := make([]string, t.values)
	for i := range values {
		values[i] = strings.Clone(row[3+i])
	}
	return entry{from, to, values}, nil
}

// moment reads a day or a time; an empty one is forever.
func moment(text string, forever int64) (int64, error) {
	if text == "" {
		return forever, nil
	}
	for _, layout := range [...]string{time.DateOnly, time.RFC3339, time.DateTime} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UnixMicro(), nil
		}
	}
	return 0, fmt.Errorf("cannot take %q for a time; want 2026-01-31 or 2026-01-31T12:00:00Z", text)
}

// digest of a row. Those of all rows are added up, so that their order does not matter.
func digest(row []string) uint64 {
	var text []byte
	for _, v := range row {
		text = append(binary.AppendUvarint(text, uint64(len(v))), v...)
	}
	return xxh3.Hash(text)
}

// empty stands for a table that was never read.
var empty = &snapshot{version: "none"}

func (t *Table) snapshot() *snapshot { return cmp.Or(t.current.Load(), empty) }

// at returns the values of a key at a time; nil when there are none.
func (s *snapshot) at(key string, time int64) []string {
	entries := s.rows[key]
	for i := len(entries) - 1; i >= 0; i-- {
		if e := &entries[i]; e.from <= time && time < e.to {
			return e.values
		}
	}
	return nil
}

// stamp adds the versions of the tables that the rows were enriched with to theirs.
func (c *Chain) stamp(b *event.Batch, rows []int32, f *facts) {
	if len(f.versions) == 0 {
		return
	}
	column := &b.Versions
	f.stamped = slices.Grow(f.stamped[:0], len(column.Values)+1)[:len(column.Values)+1]
	clear(f.stamped)
	for _, i := range rows {
		code := column.Codes[i]
		if f.stamped[code] == 0 {
			f.stamped[code] = column.Code(strings.TrimPrefix(column.Get(int(i))+string(f.versions), " "))
		}
		column.Codes[i] = f.stamped[code]
	}
}
