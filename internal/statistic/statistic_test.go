package statistic

import (
	_ "embed"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// oracle has values computed by SciPy; testdata/oracle.py says how.
//
//go:embed testdata/oracle.json
var oracle []byte

type oracles struct {
	Kolmogorov []struct{ X, P float64 }
	KS         []struct {
		A, B []float64
		D, P float64
	}
	ChiTests []struct {
		Table [2][]float64
		Stat  float64
		DF    int
		P     float64
	} `json:"chi2"`
	ChiSF []struct {
		X  float64
		DF int
		P  float64
	} `json:"chi2_sf"`
	PSI []struct {
		A, B []float64
		PSI  float64
	}
	MAD []struct {
		V     []float64
		Scale float64
	}
}

func near(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > relative*math.Abs(want)+1e-14 {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func TestAgainstSciPy(t *testing.T) {
	var o oracles
	if err := json.Unmarshal(oracle, &o); err != nil {
		t.Fatal(err)
	}
	if len(o.Kolmogorov) < 10 || len(o.KS) != 5 || len(o.ChiTests) != 4 || len(o.ChiSF) != 10 || len(o.PSI) != 3 || len(o.MAD) != 5 {
		t.Fatal("oracle.json lacks values")
	}
	for _, c := range o.Kolmogorov {
		near(t, "kolmogorov", kolmogorov(c.X), c.P, 1e-9)
	}
	for _, c := range o.KS {
		d := KolmogorovD(c.A, c.B)
		near(t, "the distance", d, c.D, 1e-12)
		p := KolmogorovP(d, float64(len(c.A)), float64(len(c.B)))
		if math.Abs(p-c.P) > 0.03 { // both are approximations, of different kinds
			t.Errorf("the probability is %v, SciPy's %v", p, c.P)
		}
	}
	for _, c := range o.ChiSF {
		near(t, "chi", chiP(c.X, c.DF), c.P, 1e-9)
	}
	for _, c := range o.ChiTests {
		got := ChiSquare(c.Table[0], c.Table[1])
		near(t, "the statistic", got.Statistic, c.Stat, 1e-12)
		near(t, "its probability", got.P, c.P, 1e-9)
		if got.Freedom != c.DF {
			t.Errorf("%d degrees of freedom, want %d", got.Freedom, c.DF)
		}
	}
	for _, c := range o.PSI {
		near(t, "PSI", PSI(c.A, c.B), c.PSI, 1e-12)
	}
	for _, c := range o.MAD {
		near(t, "the scale", Scale(c.V), c.Scale, 1e-12)
	}
}

func TestRareCategoriesAreTakenTogether(t *testing.T) {
	together := ChiSquare([]float64{1000, 4, 3, 3}, []float64{1000, 3, 4, 3})
	apart := ChiSquare([]float64{1000, 10}, []float64{1000, 10})
	if together.Freedom != 1 || together.Statistic != apart.Statistic {
		t.Errorf("%+v is not %+v", together, apart)
	}
	if got := ChiSquare([]float64{0}, []float64{5}); got.P != 1 {
		t.Errorf("nothing differs from something: %+v", got)
	}
}

func TestScaleOfMostlyEqualValues(t *testing.T) {
	near(t, "the scale", Scale([]float64{0, 0, 0, 4}), math.Sqrt(math.Pi/2), 1e-12)
	if Scale(nil) != 0 || Scale([]float64{0, 0}) != 0 {
		t.Error("what does not vary has a scale")
	}
}

func TestAnscombeIsInvertible(t *testing.T) {
	for _, x := range []float64{-1e6, -3, 0, 0.5, 1, 17, 1e9} {
		near(t, "the inverse", InverseAnscombe(Anscombe(x)), x, 1e-9)
	}
}

func TestMedianWithout(t *testing.T) {
	for _, v := range [][]float64{{1, 2}, {1, 2, 5}, {1, 2, 5, 9}, {0, 0, 3, 4, 8}} {
		for i := range v {
			near(t, "the median", medianWithout(v, i), Median(slices.Delete(slices.Clone(v), i, i+1)), 0)
		}
	}
}

// rate is a week of a shop, by hour: quiet nights, busy evenings, a weekend.
func rate(hour int) float64 {
	day := 1 + math.Sin(float64(hour%24-9)*math.Pi/12)*0.9
	if hour/24%7 >= 5 {
		day *= 1.6
	}
	return 400 * day
}

func poisson(rng *rand.Rand, mean float64) float64 {
	return math.Max(0, math.Round(mean+rng.NormFloat64()*math.Sqrt(mean)))
}

// TestCleanWeeksRaiseNoAlarmAndADropDoes trains on four weeks, and goes on for eight.
func TestCleanWeeksRaiseNoAlarmAndADropDoes(t *testing.T) {
	const week, training, weeks, sensitivity = 168, 4 * 168, 12, 5
	forecasts := map[string]func(v []float64, at int) Forecast{
		"median": func(v []float64, at int) Forecast {
			points := make([]Point, 0, training)
			for i := at - training; i < at; i++ {
				points = append(points, Point{i % week, Anscombe(v[i])})
			}
			return Seasonal(points, at%week)
		},
		"holt_winters": func(v []float64, at int) Forecast {
			series := make([]float64, 0, training)
			for i := at - training; i < at; i++ {
				series = append(series, Anscombe(v[i]))
			}
			return HoltWinters(series, week)
		},
	}
	for name, forecast := range forecasts {
		for seed := range uint64(3) {
			rng := rand.New(rand.NewPCG(seed, 7))
			v := make([]float64, weeks*week)
			for h := range v {
				v[h] = poisson(rng, rate(h))
			}
			for at := training; at < len(v); at += 5 { // 5 and 168 have no common divisor: all hours of the week
				if z := forecast(v, at).Z(Anscombe(v[at])); math.Abs(z) > sensitivity {
					t.Errorf("%s, seed %d: a false alarm in hour %d: %v", name, seed, at, z)
				}
				dropped := v[at] * 0.5
				if z := forecast(v, at).Z(Anscombe(dropped)); v[at] > 200 && z > -sensitivity {
					t.Errorf("%s, seed %d: a drop to a half in hour %d is not seen: %v", name, seed, at, z)
				}
			}
		}
	}
}

func TestHoltWintersFollowsATrend(t *testing.T) {
	v := make([]float64, 96)
	for i := range v {
		v[i] = 100 + float64(i) + 10*math.Sin(float64(i%24)*math.Pi/12)
	}
	f := HoltWinters(v, 24)
	near(t, "the expectation", f.Expected, 196, 0.02)
	if HoltWinters(v[:30], 24).Trained != 0 {
		t.Error("a season and a quarter is enough")
	}
}

func TestSeasonalKnowsNothingOfASlotWithoutValues(t *testing.T) {
	if f := Seasonal([]Point{{1, 5}}, 2); f.Trained != 0 {
		t.Errorf("%+v", f)
	}
	if z := (Forecast{Expected: 5}).Z(4); !math.IsInf(z, -1) {
		t.Errorf("below what never varies: %v", z)
	}
}
