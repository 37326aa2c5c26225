package olap

import (
	"maps"
	"math/rand/v2"
	"testing"
)

// TestTrail compares floors with the commits that rows came by, over more commits than a trail
// remembers, of partitions that are unequally full and come late.
func TestTrail(t *testing.T) {
	const seed, partitions = 20261123, 5
	rng := rand.New(rand.NewPCG(1, seed))
	type commit struct {
		from, to map[int32]int64
		after    int64
	}
	var (
		trail   Trail
		commits []commit
		at      = map[int32]int64{}
	)
	trail.Add(at)
	for i := range 3 * trailLength {
		next := maps.Clone(at)
		for p := range int32(min(partitions, 2+i/trailLength)) {
			if rng.IntN(3) == 0 {
				next[p] += rng.Int64N(1 + 20*int64(p))
			}
		}
		commits = append(commits, commit{at, next, Stored(at)})
		at = next
		trail.Add(at)
	}
	if n := len(trail.ends); n > trailLength {
		t.Errorf("the trail has %d ends, at most %d are remembered", n, trailLength)
	}
	// lowest is that of all rows at or behind positions.
	lowest := func(behind map[int32]int64) int64 {
		for _, c := range commits {
			for p, to := range c.to {
				if to > c.from[p] && to > behind[p] {
					return c.after
				}
			}
		}
		return Stored(at)
	}
	for i, c := range commits {
		exact, floor := lowest(c.to), trail.Floor(c.to)
		if floor > exact {
			t.Fatalf("seed %d: commit %d ended at %v: the floor is %d, and there are rows of %d", seed, i, c.to, floor, exact)
		}
		if i >= len(commits)-trailLength/4 && floor != Stored(c.to) {
			t.Errorf("seed %d: one of the last commits ended at %v, the floor is %d", seed, c.to, floor)
		}
		between := maps.Clone(c.to) // positions at which no commit ended
		for p := range between {
			between[p] = max(0, between[p]+rng.Int64N(41)-20)
		}
		if exact, floor := lowest(between), trail.Floor(between); floor > exact {
			t.Fatalf("seed %d: behind %v the floor is %d, and there are rows of %d", seed, between, floor, exact)
		}
	}
	if floor := trail.Floor(nil); floor != 0 {
		t.Errorf("before everything the floor is %d", floor)
	}
}

// TestTrailCopies: a copy stays as it was, also when the original forgets what it has.
func TestTrailCopies(t *testing.T) {
	var trail Trail
	if floor := trail.Floor(map[int32]int64{0: 1}); floor != 0 {
		t.Errorf("a trail of nothing gives %d", floor)
	}
	copies := map[int64]Trail{}
	for n := range int64(3 * trailLength) {
		trail.Add(map[int32]int64{0: n + 1})
		if n%100 == 0 {
			copies[n+1] = trail
		}
	}
	for n, c := range copies {
		if floor := c.Floor(map[int32]int64{0: n + 1000}); floor != n {
			t.Errorf("the copy of when %d were stored gives %d", n, floor)
		}
	}
}
