package attribution

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/millrace/millrace/event"
)

// Touch is a contact of a person with a channel.
type Touch struct {
	Channel string
	Direct  bool // nobody sent the visitor
	At      time.Time
}

// Path is what led to a conversion, or to nothing: touches in the order of time.
type Path struct {
	Touches   []Touch
	Converted bool
	At        time.Time    // of the conversion
	Revenue   event.Micros // of the conversion
}

// Model says how a conversion is divided among its touches.
type Model string

// The models. All but Markov look at one path at a time.
const (
	First         Model = "first"
	Last          Model = "last"
	LastNonDirect Model = "last_non_direct" // the last touch that is not direct, else the last
	Linear        Model = "linear"
	Position      Model = "position"   // 40 % to the first, 40 % to the last, the rest to those between
	TimeDecay     Model = "time_decay" // half as much for a touch that is a half-life older
	Markov        Model = "markov"     // by what share of conversions would be lost without the channel
)

// Models returns all models.
func Models() []Model {
	return []Model{First, Last, LastNonDirect, Linear, Position, TimeDecay, Markov}
}

// None is the channel of conversions without touches.
const None = "(none)"

// Settings of the models.
type Settings struct {
	HalfLife time.Duration // of TimeDecay
}

// Credit is what a channel gets.
type Credit struct {
	Channel     string
	Conversions event.Micros // millionths of conversions
	Revenue     event.Micros
}

// Attribute divides the conversions of the paths. The credits are sorted by channel; they
// add up to the number and the revenue of conversions. A channel on a way to a conversion that
// gets nothing has a credit of zero.
func Attribute(model Model, paths []Path, s Settings) ([]Credit, error) {
	sums := make(map[string]*Credit)
	if model == Markov {
		return attributeMarkov(paths)
	}
	var weights []uint64
	for i := range paths {
		p := &paths[i]
		if !p.Converted {
			continue
		}
		if len(p.Touches) == 0 {
			add(sums, None, event.MicrosPerUnit, p.Revenue)
			continue
		}
		var err error
		if weights, err = weigh(weights[:0], model, p, &s); err != nil {
			return nil, err
		}
		conversions, revenue := Divide(event.MicrosPerUnit, weights), Divide(p.Revenue, weights)
		for k, t := range p.Touches {
			add(sums, t.Channel, conversions[k], revenue[k])
		}
	}
	return sorted(sums), nil
}

func add(sums map[string]*Credit, channel string, conversions, revenue event.Micros) {
	c := sums[channel]
	if c == nil {
		c = &Credit{Channel: channel}
		sums[channel] = c
	}
	c.Conversions += conversions
	c.Revenue += revenue
}

func sorted(sums map[string]*Credit) []Credit {
	out := make([]Credit, 0, len(sums))
	for _, c := range sums {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Credit) int { return cmp.Compare(a.Channel, b.Channel) })
	return out
}

// one is the weight of what counts in full where weights are fractions.
const one = 1 << 40

// weigh appends the weight of each touch of a path that has some.
func weigh(dst []uint64, model Model, p *Path, s *Settings) ([]uint64, error) {
	n := len(p.Touches)
	dst = append(dst, make([]uint64, n)...)
	switch model {
	case First:
		dst[0] = 1
	case Last:
		dst[n-1] = 1
	case LastNonDirect:
		k := n - 1
		for k > 0 && p.Touches[k].Direct {
			k--
		}
		if p.Touches[k].Direct {
			k = n - 1
		}
		dst[k] = 1
	case Linear:
		for k := range dst {
			dst[k] = 1
		}
	case Position:
		weighPosition(dst)
	case TimeDecay:
		// Against the newest touch, which so has a weight however long ago it was.
		for k, t := range p.Touches {
			age := p.Touches[n-1].At.Sub(t.At)
			dst[k] = uint64(math.Round(one * math.Exp2(-age.Seconds()/s.HalfLife.Seconds())))
		}
	default:
		return nil, fmt.Errorf("there is no attribution model %q: the models are %v", model, Models())
	}
	return dst, nil
}

// weighPosition weighs 40 to 20 to 40, and two touches alike.
func weighPosition(dst []uint64) {
	n := len(dst)
	for k := range dst {
		dst[k] = 1
	}
	if n > 2 {
		dst[0], dst[n-1] = uint64(2*(n-2)), uint64(2*(n-2))
	}
}

// Divide divides an amount in proportion to weights, one of which at least is above zero and
// whose sum must fit. The shares add up to the amount: each is rounded towards zero, and what
// remains goes, one millionth each, to those that lost the most (largest remainder), the
// earlier first.
func Divide(amount event.Micros, weights []uint64) []event.Micros {
	var total uint64
	for _, w := range weights {
		total += w
	}
	sign, whole := event.Micros(1), uint64(amount)
	if amount < 0 {
		sign, whole = -1, -whole
	}
	shares, order, lost := make([]event.Micros, len(weights)), make([]int, len(weights)), make([]uint64, len(weights))
	rest := whole
	for i, w := range weights {
		hi, lo := bits.Mul64(whole, w)
		share, remainder := bits.Div64(hi, lo, total)
		shares[i], lost[i], order[i] = sign*event.Micros(share), remainder, i
		rest -= share
	}
	if rest > 0 {
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(lost[b], lost[a]) })
	}
	for _, i := range order[:rest] {
		shares[i] += sign
	}
	return shares
}
