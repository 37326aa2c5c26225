package olaptest

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

// testPlaces picks rows by positions of the log with floors of the store's trail, and compares
// with the same rows picked by offsets alone: behind redeliveries, of partitions that are
// unequally full, behind a reopening, and by floors that were asked for before more came.
func testPlaces(t *testing.T, open Open) {
	const seed, partitions = 20261123, 4
	dir, rng := t.TempDir(), rand.New(rand.NewPCG(1, seed))
	s := openIn(t, open, dir)
	type moment struct {
		at    map[int32]int64
		floor int64
	}
	var moments []moment
	at, narrowed := map[int32]int64{}, 0
	for commit := range 60 {
		if commit == 40 {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = openIn(t, open, dir)
		}
		p := int32(rng.IntN(partitions))
		from := max(0, at[p]-rng.Int64N(10)) // some come again
		n := 1 + rng.IntN(20*int(p+1))
		at[p] = max(at[p], from+int64(n))
		write(t, s, map[int32]int64{p: from + int64(n)}, Sales(p, from, n))

		stored, err := s.Positions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		moments = append(moments, moment{stored.Offsets, stored.Trail.Floor(stored.Offsets)})
		if m := moments[len(moments)-1]; m.floor != olap.Stored(at) {
			t.Fatalf("seed %d: at %v the floor is %d", seed, m.at, m.floor)
		}
		for _, table := range []string{"events", "order_lines", "product_events"} {
			m := moments[rng.IntN(len(moments))]
			wantPlaces(t, s, table, olap.Behind(m.at, m.floor), olap.Behind(m.at, 0))
			floor := stored.Trail.Floor(m.at)
			if floor > 0 {
				narrowed++
			}
			wantPlaces(t, s, table, olap.Between(m.at, at, floor), olap.Between(m.at, at, 0))
		}
	}
	if narrowed == 0 {
		t.Error("no floor was above 0")
	}
	write(t, s, map[int32]int64{9: 1}, []*event.Batch{Sales(9, 0, 1)}...)
	wantQuery(t, s, fmt.Sprint("1 ", olap.Stored(at)), `SELECT count(*), min(`+olap.StoredAfter+`) FROM `+olap.OwnRows("events")+` WHERE "partition" = 9`)
}

// wantPlaces compares the rows that a condition picks of placed rows with those that another
// one picks of all.
func wantPlaces(t *testing.T, s olap.Store, table, condition, plain string) {
	t.Helper()
	const rows = `SELECT "partition", count(*), sum("offset") FROM %s WHERE %s GROUP BY 1 ORDER BY 1`
	want := query(t, s, fmt.Sprintf(rows, table, plain))
	wantQuery(t, s, want, fmt.Sprintf(rows, olap.PlacedRows(table), condition))
	wantQuery(t, s, want, fmt.Sprintf(rows, olap.OwnRows(table), condition))
}
