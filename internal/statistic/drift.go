package statistic

import (
	"math"
	"slices"
)

// PSI is the population stability index of the shares of current and reference in the
// same bins: Σ (c − r) · ln(c / r) (Siddiqi: Credit Risk Scorecards, 2006). A common
// reading is: below 0.1 no change, up to 0.25 some, above a large one. So that empty bins
// do not make it infinite, each bin counts half an event more (Jeffreys' prior).
// The counts must be as many.
func PSI(reference, current []float64) float64 {
	const prior = 0.5
	bins := float64(len(reference))
	sumR, sumC := sum(reference)+prior*bins, sum(current)+prior*bins
	psi := 0.0
	for i := range reference {
		r, c := (reference[i]+prior)/sumR, (current[i]+prior)/sumC
		psi += (c - r) * math.Log(c/r)
	}
	return psi
}

func sum(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s
}

// KolmogorovP is the probability that two samples of n and m values of one distribution
// are at least d apart, where d is the largest distance of their empirical distribution
// functions. It is asymptotic, with the correction of Stephens (1970), and good from about
// four values on.
func KolmogorovP(d, n, m float64) float64 {
	if n <= 0 || m <= 0 {
		return 1
	}
	root := math.Sqrt(n * m / (n + m))
	return kolmogorov((root + 0.12 + 0.11/root) * d)
}

// kolmogorov is the survival function of the Kolmogorov distribution.
func kolmogorov(x float64) float64 {
	switch {
	case x < 0.2: // 1 to 12 digits; the series below converges slowly here
		return 1
	case x < 1.18: // the same function, by Jacobi's theta transformation
		s := 0.0
		for k := 1.0; k <= 7; k += 2 {
			s += math.Exp(-k * k * math.Pi * math.Pi / (8 * x * x))
		}
		return 1 - math.Sqrt(2*math.Pi)/x*s
	}
	s, sign := 0.0, 1.0
	for k := 1.0; k <= 6; k++ {
		s += sign * math.Exp(-2*k*k*x*x)
		sign = -sign
	}
	return min(max(2*s, 0), 1)
}

// KolmogorovD is the largest distance of the empirical distribution functions of two
// samples, which are sorted in place.
func KolmogorovD(a, b []float64) float64 {
	slices.Sort(a)
	slices.Sort(b)
	d, i, j := 0.0, 0, 0
	for i < len(a) && j < len(b) {
		v := min(a[i], b[j])
		for i < len(a) && a[i] <= v {
			i++
		}
		for j < len(b) && b[j] <= v {
			j++
		}
		d = max(d, math.Abs(float64(i)/float64(len(a))-float64(j)/float64(len(b))))
	}
	return d
}

// Chi is the result of a χ² test.
type Chi struct {
	Statistic float64
	Freedom   int
	P         float64 // that two samples of one distribution differ as much
}

// minExpected is the least expected count of a cell for which the test's distribution
// is a good approximation (Cochran, 1954). Cells with less are put together.
const minExpected = 5

// ChiSquare is Pearson's test of whether two samples of counts by category come from one
// distribution. The counts must be as many.
func ChiSquare(reference, current []float64) Chi {
	sumR, sumC := sum(reference), sum(current)
	total := sumR + sumC
	if sumR == 0 || sumC == 0 {
		return Chi{P: 1}
	}
	small := min(sumR, sumC) / total
	var r, c []float64
	restR, restC := 0.0, 0.0
	for i := range reference {
		if (reference[i]+current[i])*small < minExpected {
			restR, restC = restR+reference[i], restC+current[i]
			continue
		}
		r, c = append(r, reference[i]), append(c, current[i])
	}
	if restR+restC > 0 {
		r, c = append(r, restR), append(c, restC)
	}
	out := Chi{Freedom: len(r) - 1}
	for i := range r {
		both := r[i] + c[i]
		if both == 0 {
			continue
		}
		expectedR, expectedC := both*sumR/total, both*sumC/total
		out.Statistic += (r[i]-expectedR)*(r[i]-expectedR)/expectedR + (c[i]-expectedC)*(c[i]-expectedC)/expectedC
	}
	out.P = chiP(out.Statistic, out.Freedom)
	return out
}

// chiP is the survival function of the χ² distribution.
func chiP(x float64, freedom int) float64 {
	if freedom <= 0 || x <= 0 {
		return 1
	}
	return upperGamma(float64(freedom)/2, x/2)
}

// upperGamma is the regularised upper incomplete gamma function Q(a, x): the series of P
// below a + 1, and Lentz's continued fraction above (Abramowitz and Stegun, 6.5.29 and
// 6.5.31).
func upperGamma(a, x float64) float64 {
	const steps, precise = 10_000, 1e-15
	lg, _ := math.Lgamma(a)
	scale := math.Exp(a*math.Log(x) - x - lg)
	if x < a+1 {
		term := 1 / a
		s := term
		for n := 1.0; n < steps && term > s*precise; n++ {
			term *= x / (a + n)
			s += term
		}
		return max(0, 1-scale*s)
	}
	const tiny = 1e-300
	b := x + 1 - a
	c, d := 1/tiny, 1/b
	h := d
	for i := 1.0; i < steps; i++ {
		an := -i * (i - a)
		b += 2
		d = an*d + b
		if math.Abs(d) < tiny {
			d = tiny
		}
		c = b + an/c
		if math.Abs(c) < tiny {
			c = tiny
		}
		d = 1 / d
		step := d * c
		h *= step
		if math.Abs(step-1) < precise {
			break
		}
	}
	return scale * h
}
