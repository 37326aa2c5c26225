package duckdb_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
)

// TestPlaces compares the conditions on places in the log with what they are to pick, over
// positions that lack partitions, and rows of partitions that no position has.
func TestPlaces(t *testing.T) {
	const partitions, offsets, seed = 6, 20, 20261122
	store, err := duckdb.Open(duckdb.Config{Path: filepath.Join(t.TempDir(), "t.duckdb"), Threads: 1, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	rng := rand.New(rand.NewPCG(1, seed))
	random := func() map[int32]int64 {
		at := make(map[int32]int64)
		for p := range int32(partitions - 1) {
			if rng.IntN(3) > 0 {
				at[p] = rng.Int64N(offsets + 2)
			}
		}
		return at
	}
	for range 200 {
		from, to := random(), random()
		for _, c := range []struct {
			name, condition string
			picks           func(p int32, offset int64) bool
		}{
			{"between", olap.Between(from, to, 0), func(p int32, o int64) bool { return o >= from[p] && o < to[p] }},
			{"behind", olap.Behind(from, 0), func(p int32, o int64) bool { low, ok := from[p]; return ok && o >= low }},
			{"before", olap.Before(to), func(p int32, o int64) bool { return o < to[p] }},
		} {
			want := int64(0)
			for p := range int32(partitions) {
				for o := range int64(offsets) {
					if c.picks(p, o) {
						want += int64(p)*1_000_000 + o + 1_000
					}
				}
			}
			result, err := store.Query(t.Context(), olap.Query{SQL: fmt.Sprintf(`SELECT coalesce(sum("partition" * 1000000 + "offset" + 1000), 0)::BIGINT
FROM (SELECT p::INTEGER AS "partition", o AS "offset" FROM range(%d) AS a(p), range(%d) AS b(o)) WHERE %s`, partitions, offsets, c.condition)})
			if err != nil {
				t.Fatal(err)
			}
			rows, err := result.All()
			if err != nil {
				t.Fatal(err)
			}
			if got := rows[0][0]; got != want {
				t.Fatalf("seed %d: %s %v and %v picks %v, want %v: %s", seed, c.name, from, to, got, want, c.condition)
			}
		}
	}
}
