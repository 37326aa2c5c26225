package state

import (
	"math/rand/v2"
	"testing"
)

// TestUpsertAll counts keys by it in a table that is small at first and large later, some of which is not in memory, and
// by Upsert.
func TestUpsertAll(t *testing.T) {
	m := NewMemory()
	s, err := Open(m, []byte("p"), Options{Budget: NewBudget(1 << 20), Name: "test/op"})
	if err != nil {
		t.Fatal(err)
	}
	all, err := OpenValue[string, int64](s, "all", TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	one := map[string]int64{}
	rng := rand.New(rand.NewPCG(3, 5))
	keys, sizes := benchKeys(3*largeTable), []int{1, lookahead - 1, lookahead, 1000, 2 * largeTable}
	for round := range 60 {
		batch := make([]string, sizes[round%len(sizes)]+1)
		for i := range batch {
			batch[i] = keys[rng.IntN(len(keys))]
		}
		batch[len(batch)-1] = batch[0] // one twice
		last := -1
		all.UpsertAll(len(batch), func(i int) string { return batch[i] }, func(i int, n *int64, existed bool) {
			if i != last+1 || existed != (one[batch[i]] > 0) || *n != one[batch[i]] {
				t.Fatalf("round %d: key %d (after %d) has %d, existed %v; want %d", round, i, last, *n, existed, one[batch[i]])
			}
			last = i
			*n++
			one[batch[i]]++
		})
		if last != len(batch)-1 {
			t.Fatalf("round %d: %d of %d keys were used", round, last+1, len(batch))
		}
		save(t, s, m)
	}
	got := map[string]int64{}
	if err := all.Scan(func(k string, n *int64) error { got[k] = *n; return nil }); err != nil {
		t.Fatal(err)
	}
	for k, n := range one {
		if got[k] != n {
			t.Errorf("key %s: %d, want %d", k, got[k], n)
		}
	}
	if st := all.Stats(); len(got) != len(one) || st.Evictions == 0 || st.Misses == 0 {
		t.Errorf("%d keys, want %d; evictions and misses of the backend are part of the test: %+v", len(got), len(one), st)
	}
}
