package customer

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// History is what BG/NBD knows of a customer. Times are in one unit.
type History struct {
	Repeats int     // purchases after the first one
	Recency float64 // from the first purchase to the last one; 0 without repeats
	Age     float64 // from the first purchase to the end of the observation
}

// BGNBD is the model of Fader, Hardie and Lee, "Counting Your Customers the Easy Way: An
// Alternative to the Pareto/NBD Model", Marketing Science 24 (2005): a customer buys at
// a rate, and may leave for good after each purchase. Rates are gamma distributed with
// shape R and rate Alpha, the chances to leave are beta distributed with A and B.
type BGNBD struct{ R, Alpha, A, B float64 }

// MinRepeaters is how many customers with a repeat purchase a model is fitted to at least.
const MinRepeaters = 10

// FitBGNBD returns the parameters of the highest likelihood. The error wraps
// [ErrUndetermined].
func FitBGNBD(histories []History) (BGNBD, error) {
	repeaters, mean := 0, 0.0
	counted := countHistories(histories)
	for _, h := range counted {
		if h.Repeats < 0 || h.Recency < 0 || h.Age < h.Recency || h.Repeats == 0 && h.Recency != 0 {
			return BGNBD{}, fmt.Errorf("BUG: no customer has %d repeat purchases, the last after %g of %g", h.Repeats, h.Recency, h.Age)
		}
		if h.Repeats > 0 {
			repeaters += int(h.customers)
		}
		mean += h.Age * h.customers / float64(len(histories))
	}
	if repeaters < MinRepeaters {
		return BGNBD{}, fmt.Errorf("%w: %d customers bought again, %d are the least", ErrUndetermined, repeaters, MinRepeaters)
	}
	p, err := maximise(func(p, slope []float64) float64 {
		return BGNBD{p[0], p[1], p[2], p[3]}.likelihood(counted, slope) / float64(len(histories))
	}, []float64{0.5, max(mean/4, 1e-3), 1, 2})
	if err != nil {
		return BGNBD{}, fmt.Errorf("cannot fit BG/NBD: %w", err)
	}
	return BGNBD{p[0], p[1], p[2], p[3]}, nil
}

// counted are equal histories.
type counted struct {
	History
	customers float64
}

// countHistories brings equal histories together, in order: the sums of the likelihood
// are then of the same numbers in the same order, however the customers came.
func countHistories(histories []History) []counted {
	sorted := slices.Clone(histories)
	slices.SortFunc(sorted, func(a, b History) int {
		return cmp.Or(cmp.Compare(a.Repeats, b.Repeats), cmp.Compare(a.Recency, b.Recency), cmp.Compare(a.Age, b.Age))
	})
	var out []counted
	for _, h := range sorted {
		if n := len(out); n > 0 && out[n-1].History == h {
			out[n-1].customers++
			continue
		}
		out = append(out, counted{h, 1})
	}
	return out
}

// LogLikelihood returns the logarithm of the likelihood of the histories (equation 7 of the paper).
func (m BGNBD) LogLikelihood(histories []History) float64 {
	return m.likelihood(countHistories(histories), make([]float64, 4))
}

// likelihood adds the derivatives, per customer of the sum, to the slope. The histories
// are sorted, so that gamma functions are computed once per number of repeats.
func (m BGNBD) likelihood(histories []counted, slope []float64) float64 {
	r, alpha, a, b := m.R, m.Alpha, m.A, m.B
	all := 0.0
	for _, h := range histories {
		all += h.customers
	}
	var sum, d0, d1, d2, d3 float64
	var g countTerms
	for i, h := range histories {
		if i == 0 || h.Repeats != histories[i-1].Repeats {
			g = m.termsOf(h.Repeats)
		}
		x := float64(h.Repeats)
		lnT := math.Log(alpha + h.Age)
		stays, left := -(r+x)*lnT, math.Inf(-1)
		lnt := 0.0
		if h.Repeats > 0 {
			lnt = math.Log(alpha + h.Recency)
			left = math.Log(a) - math.Log(b+x-1) - (r+x)*lnt
		}
		total := logAdd(stays, left)
		wStays, wLeft := math.Exp(stays-total), math.Exp(left-total)
		sum += h.customers * (g.value + total)
		d0 += h.customers * (g.r - wStays*lnT - wLeft*lnt)
		d1 += h.customers * (r/alpha - (r+x)*(wStays/(alpha+h.Age)+wLeft/(alpha+h.Recency)))
		d2 += h.customers * (g.a + wLeft/a)
		d3 += h.customers * g.b
		if h.Repeats > 0 {
			d3 -= h.customers * wLeft / (b + x - 1)
		}
	}
	slope[0], slope[1], slope[2], slope[3] = d0/all, d1/all, d2/all, d3/all
	return sum
}

// countTerms are the parts of the likelihood, and of its derivatives, that depend on
// the number of repeats only.
type countTerms struct{ value, r, a, b float64 }

func (m BGNBD) termsOf(repeats int) countTerms {
	r, a, b, x := m.R, m.A, m.B, float64(repeats)
	ab, abx := mathext.Digamma(a+b), mathext.Digamma(a+b+x)
	return countTerms{
		value: lgamma(r+x) - lgamma(r) + r*math.Log(m.Alpha) + lgamma(a+b) + lgamma(b+x) - lgamma(b) - lgamma(a+b+x),
		r:     mathext.Digamma(r+x) - mathext.Digamma(r) + math.Log(m.Alpha),
		a:     ab - abx,
		b:     ab - abx + mathext.Digamma(b+x) - mathext.Digamma(b),
	}
}

// logAdd returns ln(eᵃ + eᵇ).
func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// Alive returns the probability that a customer has not left.
func (m BGNBD) Alive(h History) float64 { return 1 / (1 + m.oddsLeft(h)) }

// oddsLeft is how much more likely it is that the customer has left than that not.
func (m BGNBD) oddsLeft(h History) float64 {
	if h.Repeats == 0 {
		return 0 // who has not come back cannot have left after coming back
	}
	x := float64(h.Repeats)
	return math.Exp(math.Log(m.A) - math.Log(m.B+x-1) + (m.R+x)*(math.Log(m.Alpha+h.Age)-math.Log(m.Alpha+h.Recency)))
}

// Expected returns how many repeat purchases a new customer makes within a time
// (equation 9 of the paper).
func (m BGNBD) Expected(within float64) float64 { return m.purchases(History{}, within) }

// ExpectedOf returns how many purchases a customer makes within a time from now
// (equation 10 of the paper).
func (m BGNBD) ExpectedOf(h History, within float64) float64 {
	return m.purchases(h, within) / (1 + m.oddsLeft(h))
}

// purchases are those of a customer who has not left. The paper's
// ((α+T)/(α+T+t))ʳ⁺ˣ · ₂F₁(r+x, b+x; a+b+x−1; z) with z = t/(α+T+t) is, by Euler's
// transformation, (1−z)ᵃ⁻¹ · ₂F₁(a+b−1−r, a−1; a+b+x−1; z), which does not overflow.
func (m BGNBD) purchases(h History, within float64) float64 {
	if within <= 0 {
		return 0
	}
	a, x := m.A, float64(h.Repeats)
	const nearOne = 1e-6
	if math.Abs(a-1) < nearOne {
		a = 1 + nearOne // the limit is finite, the formula is 0/0
	}
	c := a + m.B + x - 1
	age := h.Age + m.Alpha
	z := within / (age + within)
	remains := math.Pow(age/(age+within), a-1) * hypergeometric(a+m.B-1-m.R, a-1, c, z)
	return c / (a - 1) * (1 - remains)
}

// hypergeometric sums Gauss's series ₂F₁(a, b; c; z) for 0 ≤ z < 1.
func hypergeometric(a, b, c, z float64) float64 {
	const most = 1_000_000
	sum, term := 1.0, 1.0
	for n := range most {
		k := float64(n)
		term *= (a + k) * (b + k) / ((c + k) * (k + 1)) * z
		sum += term
		// The ratio of terms tends to z: what follows is about term / (1 − z).
		if math.Abs(term) <= 1e-17*math.Abs(sum)*(1-z) {
			break
		}
	}
	return sum
}
