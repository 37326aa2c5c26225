package pattern

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// dropsOf is A B* C of the benchmark written as the loop that it stands for: from
// each first bid as far as it goes, then on behind the match.
func dropsOf(prices []int64, at []int64) []string {
	var out []string
	for a := 0; a < len(prices); a++ {
		for c := a + 1; c < len(prices) && at[c]-at[a] < 5_000_000; c++ {
			if prices[c] > prices[a]-50 {
				continue // B
			}
			if prices[c] < prices[a]-50 {
				out = append(out, fmt.Sprint(a, c))
				a = c
			}
			break
		}
	}
	return out
}

// Long streams, with restarts, against the loop: leftmost matches, none overlapping.
func TestDropAgreesWithLoop(t *testing.T) {
	p := drop(t, func(bid) bool { return true })
	found := 0
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 1))
		n := 1000
		prices, at := make([]int64, n), make([]int64, n)
		for i := range n {
			prices[i] = 100 + r.Int64N(60+int64(seed)*4)
			at[i] = r.Int64N(1_000_000)
			if i > 0 {
				at[i] += at[i-1]
			}
		}
		m, s := NewMatcher(p, Limits{}), &State[bid]{}
		var got []string
		emit := func(x Match[bid]) {
			got = append(got, fmt.Sprint(x.Taken[0].Event.auction, x.Taken[len(x.Taken)-1].Event.auction))
		}
		for i := range n {
			if r.IntN(50) == 0 {
				b := m.AppendState(nil, s, appendBid)
				if err := m.DecodeState(b, s, decodeBid); err != nil {
					t.Fatal(err)
				}
			}
			if err := m.Advance(s, at[i], bid{auction: int64(i), price: prices[i]}, emit); err != nil {
				t.Fatal(err)
			}
		}
		m.Expire(s, never, emit, nil)
		if want := dropsOf(prices, at); !slices.Equal(got, want) {
			t.Fatalf("seed %d\ngot  %v\nwant %v", seed, got, want)
		}
		found += len(got)
	}
	if found < 1000 {
		t.Errorf("only %d matches in 30,000 events", found)
	}
}

func appendBid(dst []byte, e bid) []byte { return fmt.Appendf(dst, "%d %d", e.auction, e.price) }

func decodeBid(b []byte) (e bid, err error) {
	_, err = fmt.Sscanf(string(b), "%d %d", &e.auction, &e.price)
	return e, err
}
