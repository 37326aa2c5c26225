package olap

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The conditions below pick rows by their places in the log. Each begins with the bounds of
// all partitions, by which whole row groups are skipped, and looks each row's own bound up in
// a list. An OR with one branch per partition costs DuckDB ten times the time of the list:
// it orders the rows of a vector anew for each branch.
//
// A floor above 0 is that of [Trail.Floor]: the rows are of [PlacedRows] or [OwnRows] then.

// Lag is how many records of the log up to stored positions lie behind a position.
func Lag(at, stored map[int32]int64) (n int64) {
	for p, next := range stored {
		n += max(0, next-at[p])
	}
	return n
}

// Reaches reports whether a position lies nowhere before another one.
func Reaches(at, other map[int32]int64) bool {
	for p, next := range other {
		if at[p] < next {
			return false
		}
	}
	return true
}

// Between is the condition that picks rows at or behind one position of the log and before
// another, both offsets by partition. A partition that the first lacks begins at 0, of one
// that the second lacks there are no rows.
func Between(from, to map[int32]int64, floor int64) string {
	lows, highs := make(map[int32]int64, len(to)), make(map[int32]int64, len(to))
	for p, high := range to {
		if low := from[p]; low < high {
			lows[p], highs[p] = low, high
		}
	}
	if len(highs) == 0 {
		return "false"
	}
	return stored(floor) + atLeast(lows) + " AND " + below(highs)
}

// Behind is the condition that picks rows at or behind a position. There are none of a
// partition that it lacks.
func Behind(at map[int32]int64, floor int64) string {
	if len(at) == 0 {
		return "false"
	}
	return stored(floor) + atLeast(at)
}

// Before is the condition that picks rows before a position. There are none of a partition
// that it lacks.
func Before(at map[int32]int64) string {
	if len(at) == 0 {
		return "false"
	}
	return below(at)
}

func stored(floor int64) string {
	if floor <= 0 {
		return ""
	}
	return StoredAfter + " >= " + strconv.FormatInt(floor, 10) + " AND "
}

func atLeast(at map[int32]int64) string {
	low := int64(math.MaxInt64)
	for _, offset := range at {
		low = min(low, offset)
	}
	return fmt.Sprintf(`"offset" >= %d AND "offset" >= %s`, low, lookup(at))
}

func below(at map[int32]int64) string {
	high := int64(0)
	for _, offset := range at {
		high = max(high, offset)
	}
	return fmt.Sprintf(`"offset" < %d AND "offset" < %s`, high, lookup(at))
}

// lookup is the expression of the offset of a row's partition, NULL where there is none.
func lookup(at map[int32]int64) string {
	last := int32(0)
	for p := range at {
		last = max(last, p)
	}
	var b strings.Builder
	b.WriteByte('[')
	for p := range last + 1 {
		if p > 0 {
			b.WriteString(", ")
		}
		if offset, ok := at[p]; ok {
			b.WriteString(strconv.FormatInt(offset, 10))
		} else {
			b.WriteString("NULL")
		}
	}
	b.WriteString(`]["partition" + 1]`)
	return b.String()
}
