package customer

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// Spend is what Gamma-Gamma knows of a customer.
type Spend struct {
	Purchases int
	Mean      float64 // value of a purchase, in units of the currency
}

// GammaGamma is the model of Fader and Hardie, "The Gamma-Gamma Model of Monetary Value"
// (2013): the value of a purchase is gamma distributed with shape P and a rate that is
// the customer's own; rates are gamma distributed with shape Q and rate V.
type GammaGamma struct{ P, Q, V float64 }

// FitGammaGamma returns the parameters of the highest likelihood, of customers with a
// purchase and a mean above zero; others say nothing. The error wraps [ErrUndetermined].
func FitGammaGamma(spends []Spend) (GammaGamma, error) {
	var used []Spend
	for _, s := range spends {
		if s.Purchases > 0 && s.Mean > 0 {
			used = append(used, s)
		}
	}
	if len(used) < MinRepeaters {
		return GammaGamma{}, fmt.Errorf("%w: %d customers have spent something, %d are the least", ErrUndetermined, len(used), MinRepeaters)
	}
	slices.SortFunc(used, func(a, b Spend) int {
		return cmp.Or(cmp.Compare(a.Purchases, b.Purchases), cmp.Compare(a.Mean, b.Mean))
	})
	// The means are scaled, so that the search begins at the same place in any currency.
	scale := 0.0
	for _, s := range used {
		scale += s.Mean / float64(len(used))
	}
	for i := range used {
		used[i].Mean /= scale
	}
	p, err := maximise(func(p, slope []float64) float64 {
		return GammaGamma{p[0], p[1], p[2]}.likelihood(used, slope) / float64(len(used))
	}, []float64{2, 2, 1})
	if err != nil {
		return GammaGamma{}, fmt.Errorf("cannot fit Gamma-Gamma: %w", err)
	}
	return GammaGamma{p[0], p[1], p[2] * scale}, nil
}

// LogLikelihood returns the logarithm of the likelihood of customers who spent
// something (equation 1a of the note).
func (m GammaGamma) LogLikelihood(spends []Spend) float64 {
	return m.likelihood(spends, make([]float64, 3))
}

// likelihood adds the derivatives, per customer of the sum, to the slope.
func (m GammaGamma) likelihood(spends []Spend, slope []float64) float64 {
	p, q, v := m.P, m.Q, m.V
	var sum, dp, dq, dv, value, psiP, psiQ float64
	for i, s := range spends {
		x := float64(s.Purchases)
		if i == 0 || s.Purchases != spends[i-1].Purchases {
			value = lgamma(p*x+q) - lgamma(p*x) - lgamma(q) + q*math.Log(v) + p*x*math.Log(x)
			both := mathext.Digamma(p*x + q)
			psiP, psiQ = both-mathext.Digamma(p*x), both-mathext.Digamma(q)
		}
		rate := x*s.Mean + v
		lnRate, lnMean := math.Log(rate), math.Log(s.Mean)
		sum += value + (p*x-1)*lnMean - (p*x+q)*lnRate
		dp += x * (psiP + lnMean + math.Log(x) - lnRate)
		dq += psiQ + math.Log(v) - lnRate
		dv += q/v - (p*x+q)/rate
	}
	n := float64(len(spends))
	slope[0], slope[1], slope[2] = dp/n, dq/n, dv/n
	return sum
}

// Expected returns the mean value of a customer's purchases to come (equation 5 of the
// note): what he spent, drawn towards what all spend. It is not a number where the
// model has no mean, for Q ≤ 1 and a customer without purchases.
func (m GammaGamma) Expected(s Spend) float64 {
	x := float64(s.Purchases)
	d := m.P*x + m.Q - 1
	if d <= 0 {
		return math.NaN()
	}
	return m.P * (m.V + x*max(s.Mean, 0)) / d
}
