package olap

import "slices"

// StoredAfter is a column of [PlacedRows] and [OwnRows]: how many records of the log were
// stored before the commit that stored the row. It rises from commit to commit, so that the
// newest rows are the last ones by it whatever partitions they are of, and zone maps find
// them. Offsets do not serve for that where one partition has many more rows than another.
const StoredAfter = "stored_after"

// PlacedRows names the view of a table of events that has [StoredAfter] beside the declared
// columns, for queries of the platform.
func PlacedRows(table string) string { return `_millrace."placed_` + table + `"` }

// trailLength bounds what a trail remembers.
const trailLength = 512

// Trail remembers positions at which commits ended. The zero one remembers none. A copy stays
// as it is when the original is added to.
type Trail struct {
	ends []trailEnd // rising in every partition
}

type trailEnd struct {
	next []placeOf
	sum  int64
}

type placeOf struct {
	partition int32
	offset    int64
}

// Stored is how many records of the log are below positions.
func Stored(at map[int32]int64) (n int64) {
	for _, offset := range at {
		n += offset
	}
	return n
}

// Add remembers where a commit ended: at positions that are nowhere below those of the last one.
// When there are too many, every second one of the older half is forgotten, so that the newest
// are dense.
func (t *Trail) Add(at map[int32]int64) {
	sum := Stored(at)
	if n := len(t.ends); n > 0 && t.ends[n-1].sum == sum {
		return // it brought no records
	}
	end := trailEnd{next: make([]placeOf, 0, len(at)), sum: sum}
	for p, offset := range at {
		end.next = append(end.next, placeOf{p, offset})
	}
	if len(t.ends) >= trailLength {
		kept := make([]trailEnd, 0, trailLength)
		for i, e := range t.ends {
			if i >= len(t.ends)/2 || i%2 == 0 {
				kept = append(kept, e)
			}
		}
		t.ends = kept
	}
	t.ends = append(t.ends, end)
}

// Floor is the lowest [StoredAfter] that rows at or behind positions have: those of now, and
// those of all commits to come. It is exact where a commit ended at the positions, and else
// that of the last one which ended nowhere behind them; 0 where that is not remembered.
func (t Trail) Floor(at map[int32]int64) int64 {
	i, _ := slices.BinarySearchFunc(t.ends, at, func(e trailEnd, at map[int32]int64) int {
		if e.within(at) {
			return -1
		}
		return 1
	})
	if i == 0 {
		return 0
	}
	return t.ends[i-1].sum
}

// within reports whether the commit ended nowhere behind positions.
func (e *trailEnd) within(at map[int32]int64) bool {
	return !slices.ContainsFunc(e.next, func(p placeOf) bool { return at[p.partition] < p.offset })
}
