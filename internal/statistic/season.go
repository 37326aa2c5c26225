package statistic

import (
	"math"
	"slices"
)

// Median is the middle of the values, which are sorted in place; NaN of none.
func Median(v []float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	slices.Sort(v)
	return medianOf(v)
}

func medianOf(sorted []float64) float64 {
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

const (
	// ofMAD and ofMean make the median, and the mean, of absolute deviations estimates of
	// the standard deviation of a normal distribution: 1/Φ⁻¹(3/4) and √(π/2) (Iglewicz and
	// Hoaglin: How to Detect and Handle Outliers, 1993).
	ofMAD  = 1.4826022185056018
	ofMean = 1.2533141373155003
)

// Scale estimates the standard deviation of residuals around zero so that outliers have
// little influence: by their median, or by their mean where more than half are zero.
func Scale(residuals []float64) float64 {
	if len(residuals) == 0 {
		return 0
	}
	deviations, total := make([]float64, len(residuals)), 0.0
	for i, r := range residuals {
		deviations[i] = math.Abs(r)
		total += deviations[i]
	}
	if m := Median(deviations); m > 0 {
		return m * ofMAD
	}
	return total / float64(len(residuals)) * ofMean
}

// Anscombe makes the variance of counts independent of their size: 2·√(x + 3/8)
// (Anscombe, 1948). Below zero it is odd, so that any series may be given.
func Anscombe(x float64) float64 {
	const eighths = 0.375
	zero := 2 * math.Sqrt(eighths)
	if x < 0 {
		return zero - (2*math.Sqrt(-x+eighths) - zero)
	}
	return 2 * math.Sqrt(x+eighths)
}

// InverseAnscombe is the inverse of [Anscombe].
func InverseAnscombe(y float64) float64 {
	zero := Anscombe(0)
	if y < zero {
		y = 2*zero - y
		return -(y*y/4 - 0.375)
	}
	return y*y/4 - 0.375
}

// Point is a value of a series and its place in the season, such as the hour of the
// week.
type Point struct {
	Slot  int
	Value float64
}

// Forecast is what a value was expected to be, and the standard deviation of that.
type Forecast struct {
	Expected float64
	Scale    float64
	Trained  int // values that the expectation rests on
}

// Z is how many standard deviations a value is from what was expected.
func (f Forecast) Z(value float64) float64 {
	if f.Scale == 0 {
		if value == f.Expected {
			return 0
		}
		return math.Copysign(math.Inf(1), value-f.Expected)
	}
	return (value - f.Expected) / f.Scale
}

// Seasonal expects in a slot the median of the training values of that slot. The scale
// is that of residuals, each against the median of the other values of its slot, so
// that it is not too small where slots have few values.
func Seasonal(training []Point, slot int) Forecast {
	slots := make(map[int][]float64)
	for _, p := range training {
		slots[p.Slot] = append(slots[p.Slot], p.Value)
	}
	var residuals []float64
	for _, values := range slots {
		slices.Sort(values)
		for i := range values {
			if len(values) > 1 {
				residuals = append(residuals, values[i]-medianWithout(values, i))
			}
		}
	}
	own := slots[slot]
	if len(own) == 0 {
		return Forecast{}
	}
	return Forecast{Expected: medianOf(own), Scale: Scale(residuals), Trained: len(own)}
}

// medianWithout is the median of sorted values but one.
func medianWithout(sorted []float64, without int) float64 {
	n := len(sorted) - 1
	at := func(i int) float64 {
		if i >= without {
			i++
		}
		return sorted[i]
	}
	if n%2 == 1 {
		return at(n / 2)
	}
	return (at(n/2-1) + at(n/2)) / 2
}

// HoltWinters expects the next value by additive triple exponential smoothing with a
// season of so many values (Winters, 1960). The three factors are those of a grid with
// the least median error of one step in the second half of the training, of which the
// scale is taken, too. The training needs two seasons.
func HoltWinters(training []float64, season int) Forecast {
	if season < 1 || len(training) < 2*season || len(training) < 4 {
		return Forecast{}
	}
	best := Forecast{Scale: math.Inf(1)}
	for _, alpha := range []float64{0.05, 0.2, 0.5} {
		for _, beta := range []float64{0, 0.02} {
			for _, gamma := range []float64{0.05, 0.2, 0.5} {
				if f := smooth(training, season, alpha, beta, gamma); f.Scale < best.Scale {
					best = f
				}
			}
		}
	}
	best.Trained = len(training)
	return best
}

// smooth runs through the training once. Level, trend and season begin with those of the
// first two seasons.
func smooth(v []float64, season int, alpha, beta, gamma float64) Forecast {
	first, second := sum(v[:season])/float64(season), sum(v[season:2*season])/float64(season)
	trend := (second - first) / float64(season)
	level := first + trend*float64(season-1)/2
	seasonal := make([]float64, season)
	for i := range seasonal {
		along := trend * (float64(i) - float64(season-1)/2)
		seasonal[i] = ((v[i] - first - along) + (v[season+i] - second - along)) / 2
	}
	var errs []float64
	for t := season; t < len(v); t++ {
		s := &seasonal[t%season]
		off := v[t] - (level + trend + *s)
		if t >= max(len(v)/2, season) {
			errs = append(errs, off)
		}
		before := level
		level = alpha*(v[t]-*s) + (1-alpha)*(level+trend)
		trend = beta*(level-before) + (1-beta)*trend
		*s = gamma*(v[t]-level) + (1-gamma)**s
	}
	return Forecast{Expected: level + trend + seasonal[len(v)%season], Scale: Scale(errs)}
}
