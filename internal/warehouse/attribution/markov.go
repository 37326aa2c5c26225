package attribution

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/millrace/millrace/event"
)

// MaxChannels bounds the channels of the Markov model, whose work grows with their cube.
const MaxChannels = 500

// ErrChannels says that there are more channels than [MaxChannels].
var ErrChannels = errors.New("too many channels")

// Removal is a channel's removal effect: the share of conversions that would be lost if
// everybody who comes to the channel went away.
type Removal struct {
	Channel string
	Effect  float64
}

// Removals returns the removal effects of all channels of the paths, sorted by channel. Paths are
// chains of first order: start, the channels, then conversion or nothing (Anderl, Becker, von
// Wangenheim, Schumann, "Mapping the customer journey", 2016). Paths without touches are left out.
//
// With N = (I − Q)⁻¹, whoever starts comes to channel k with probability N[start,k] / N[k,k], and
// converts from there with probability b[k]. Without k, these conversions are lost.
func Removals(paths []Path) ([]Removal, error) {
	channels, at := index(paths)
	n := len(channels)
	if n > MaxChannels {
		return nil, fmt.Errorf("%w: there are %d, of %d at most: use fewer, such as campaign_medium", ErrChannels, n, MaxChannels)
	}
	if n == 0 {
		return nil, nil
	}
	moves, converts, visits := count(paths, at)
	system := mat.NewDense(n+1, n+1, nil)
	for i := range n + 1 {
		for j := range n + 1 {
			v := -moves.At(i, j) / visits[i]
			if i == j {
				v++
			}
			system.Set(i, j, v)
		}
	}
	var fundamental mat.Dense
	if err := fundamental.Inverse(system); err != nil {
		return nil, fmt.Errorf("BUG: the chain of channels has no end: %w", err)
	}
	share := mat.NewVecDense(n+1, nil)
	for i := range n + 1 {
		share.SetVec(i, converts[i]/visits[i])
	}
	var converted mat.VecDense
	converted.MulVec(&fundamental, share)
	out := make([]Removal, n)
	for k := range channels {
		out[k].Channel = channels[k]
		if all := converted.AtVec(n); all > 0 {
			lost := fundamental.At(n, k) / fundamental.At(k, k) * converted.AtVec(k)
			out[k].Effect = math.Min(math.Max(lost/all, 0), 1)
		}
	}
	return out, nil
}

// index numbers the channels of the paths in order.
func index(paths []Path) ([]string, map[string]int) {
	at := make(map[string]int)
	for i := range paths {
		for _, t := range paths[i].Touches {
			at[t.Channel] = 0
		}
	}
	channels := slices.Sorted(maps.Keys(at))
	for k, c := range channels {
		at[c] = k
	}
	return channels, at
}

// count counts moves from state to state, conversions from each state, and how often each state
// was left. The state behind the channels is the start.
func count(paths []Path, at map[string]int) (moves *mat.Dense, converts, visits []float64) {
	n := len(at)
	moves, converts, visits = mat.NewDense(n+1, n+1, nil), make([]float64, n+1), make([]float64, n+1)
	for i := range paths {
		p := &paths[i]
		if len(p.Touches) == 0 {
			continue
		}
		state := n
		for _, t := range p.Touches {
			next := at[t.Channel]
			moves.Set(state, next, moves.At(state, next)+1)
			visits[state]++
			state = next
		}
		visits[state]++
		if p.Converted {
			converts[state]++
		}
	}
	return moves, converts, visits
}

// attributeMarkov divides all conversions with touches by the removal effects.
func attributeMarkov(paths []Path) ([]Credit, error) {
	removals, err := Removals(paths)
	if err != nil {
		return nil, err
	}
	sums := make(map[string]*Credit)
	var conversions, revenue event.Micros
	for i := range paths {
		p := &paths[i]
		switch {
		case !p.Converted:
		case len(p.Touches) == 0:
			add(sums, None, event.MicrosPerUnit, p.Revenue)
		default:
			conversions += event.MicrosPerUnit
			revenue += p.Revenue
		}
	}
	if conversions == 0 {
		return sorted(sums), nil
	}
	weights := make([]uint64, len(removals))
	for k, r := range removals {
		weights[k] = uint64(math.Round(one * r.Effect))
	}
	shares, money := Divide(conversions, weights), Divide(revenue, weights)
	for k, r := range removals {
		add(sums, r.Channel, shares[k], money[k])
	}
	return sorted(sums), nil
}
