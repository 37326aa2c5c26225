package customer_test

import (
	"encoding/csv"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/millrace/millrace/internal/warehouse/customer"
)

// The parameters of the papers, to the digits that they print.
var (
	paperBGNBD = customer.BGNBD{R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426}
	paperGamma = customer.GammaGamma{P: 6.25, Q: 3.74, V: 15.44}
)

func cdnow(t *testing.T) ([]customer.History, []customer.Spend) {
	t.Helper()
	f, err := os.Open("testdata/cdnow.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var histories []customer.History
	var spends []customer.Spend
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, row := range rows[1:] {
		histories = append(histories, customer.History{Repeats: int(number(row[1])), Recency: number(row[2]), Age: number(row[3])})
		spends = append(spends, customer.Spend{Purchases: int(number(row[1])), Mean: number(row[4])})
	}
	return histories, spends
}

func near(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if !(math.Abs(got-want) <= relative*math.Abs(want)) {
		t.Errorf("%s is %.15g, want %.15g", what, got, want)
	}
}

// TestCDNOW finds the parameters that Fader, Hardie and Lee (2005, section 4) and Fader and
// Hardie (2013, section 5) print for the sample of CDNOW's customers.
func TestCDNOW(t *testing.T) {
	histories, spends := cdnow(t)
	m, err := customer.FitBGNBD(histories)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "r", m.R, 0.243, 0.003)
	near(t, "alpha", m.Alpha, 4.414, 0.0005)
	near(t, "a", m.A, 0.793, 0.0005)
	near(t, "b", m.B, 2.426, 0.0005)
	near(t, "the log-likelihood", m.LogLikelihood(histories), -9582.4, 1e-5)

	g, err := customer.FitGammaGamma(spends)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "p", g.P, 6.25, 0.001)
	near(t, "q", g.Q, 3.74, 0.002)
	near(t, "v", g.V, 15.44, 0.001)

	// The order of customers changes no bit.
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(len(histories), func(i, j int) { histories[i], histories[j] = histories[j], histories[i] })
	random.Shuffle(len(spends), func(i, j int) { spends[i], spends[j] = spends[j], spends[i] })
	if again, err := customer.FitBGNBD(histories); err != nil || again != m {
		t.Errorf("in another order the parameters are %+v (%v), not %+v", again, err, m)
	}
	if again, err := customer.FitGammaGamma(spends); err != nil || again != g {
		t.Errorf("in another order the parameters are %+v (%v), not %+v", again, err, g)
	}
}

// TestPurchases compares with the package lifetimes 0.11.3 at the paper's parameters.
// The paper itself prints 1.226 for the customer of 2 repeats.
func TestPurchases(t *testing.T) {
	for _, c := range []struct {
		h          customer.History
		in         [3]float64 // expected within 1, 39 and 520 weeks
		alive, tol float64
	}{
		{customer.History{Repeats: 2, Recency: 30.43, Age: 38.86}, [3]float64{0.037447969741733936, 1.2260281747671318, 7.319313811711086}, 0.726578570080673, 1e-12},
		{customer.History{Age: 38.86}, [3]float64{0.005595657889482763, 0.19509805201125396, 1.4645477714482187}, 1, 1e-12},
		{customer.History{}, [3]float64{0.05326789117165627, 1.1967231933207985, 4.974617861849564}, 1, 1e-12},
		{customer.History{Repeats: 26, Recency: 30.86, Age: 31}, [3]float64{0.7106209373347258, 20.749726140857142, 98.12962791853009}, 0.968915649717525, 1e-12},
		{customer.History{Repeats: 1, Recency: 1.71, Age: 38.86}, [3]float64{0.0060629517982834545, 0.2031869870797511, 1.3074184508243571}, 0.2121009853773791, 1e-12},
		{customer.History{Repeats: 200, Recency: 38, Age: 38.5}, [3]float64{4.441283154778698, 133.31538022182642, 657.2761510394567}, 0.9604783545170436, 1e-10},
	} {
		near(t, "P(alive)", paperBGNBD.Alive(c.h), c.alive, 1e-12)
		for i, weeks := range []float64{1, 39, 520} {
			near(t, "the expectation", paperBGNBD.ExpectedOf(c.h, weeks), c.in[i], c.tol)
		}
	}
	near(t, "a new customer's expectation", paperBGNBD.Expected(39), 1.1967231933207985, 1e-12)
	near(t, "a = 1", customer.BGNBD{R: 0.5, Alpha: 4, A: 1, B: 2}.Expected(39), customer.BGNBD{R: 0.5, Alpha: 4, A: 1.0001, B: 2}.Expected(39), 1e-4)
}

// TestValue compares with lifetimes' conditional_expected_average_profit and
// customer_lifetime_value. Its months have 4.345 weeks.
func TestValue(t *testing.T) {
	for _, c := range []struct {
		s    customer.Spend
		want float64
	}{
		{customer.Spend{Purchases: 2, Mean: 22.35}, 24.663713910761157},
		{customer.Spend{Purchases: 1, Mean: 11.77}, 18.91685205784205},
		{customer.Spend{}, 35.21897810218978},
		{customer.Spend{Purchases: 14, Mean: 200}, 194.9966755319149},
	} {
		near(t, "the mean value", paperGamma.Expected(c.s), c.want, 1e-12)
	}
	if v := (customer.GammaGamma{P: 1, Q: 0.5, V: 3}).Expected(customer.Spend{}); !math.IsNaN(v) {
		t.Errorf("a model without a mean gives %g", v)
	}
	year := customer.Horizon{Periods: 12, Length: 4.345, Discount: 0.01}
	histories, spends := cdnow(t)
	for i, want := range []float64{36.28921112559936, 4.637294659747194, 8.369004358920185} {
		near(t, "the lifetime value", customer.Value(paperBGNBD, paperGamma, histories[i], spends[i], year), want, 1e-9)
	}
}

// TestRecovered draws customers by a known model and finds it again.
func TestRecovered(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	want := customer.BGNBD{R: 0.8, Alpha: 30, A: 0.6, B: 3}
	spent := customer.GammaGamma{P: 5, Q: 4, V: 60}
	var histories []customer.History
	var spends []customer.Spend
	for range 20_000 {
		h := customer.History{Age: 100 + 300*random.Float64()}
		rate, leave := gamma(random, want.R)/want.Alpha, beta(random, want.A, want.B)
		for at := 0.0; ; {
			if at += random.ExpFloat64() / rate; at > h.Age {
				break
			}
			h.Repeats, h.Recency = h.Repeats+1, at
			if random.Float64() < leave {
				break
			}
		}
		histories = append(histories, h)
		s := customer.Spend{Purchases: h.Repeats + 1}
		scale := gamma(random, spent.Q) / spent.V
		for range s.Purchases {
			s.Mean += gamma(random, spent.P) / scale / float64(s.Purchases)
		}
		spends = append(spends, s)
	}
	m, err := customer.FitBGNBD(histories)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "r", m.R, want.R, 0.06)
	near(t, "alpha", m.Alpha, want.Alpha, 0.06)
	near(t, "a/(a+b)", m.A/(m.A+m.B), want.A/(want.A+want.B), 0.06)
	g, err := customer.FitGammaGamma(spends)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "p", g.P, spent.P, 0.1)
	near(t, "q", g.Q, spent.Q, 0.1)
	near(t, "v", g.V, spent.V, 0.15)
	if m.LogLikelihood(histories) < want.LogLikelihood(histories) {
		t.Error("the parameters that were found are less likely than the true ones")
	}
}

// gamma draws from the gamma distribution of a shape, by Marsaglia and Tsang's method.
func gamma(random *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return gamma(random, shape+1) * math.Pow(random.Float64(), 1/shape)
	}
	d := shape - 1.0/3
	for {
		x := random.NormFloat64()
		v := math.Pow(1+x/math.Sqrt(9*d), 3)
		if v > 0 && math.Log(random.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

func beta(random *rand.Rand, a, b float64) float64 {
	x := gamma(random, a)
	return x / (x + gamma(random, b))
}

func TestUndetermined(t *testing.T) {
	once := slices.Repeat([]customer.History{{Age: 10}}, 100)
	if _, err := customer.FitBGNBD(once); !errors.Is(err, customer.ErrUndetermined) {
		t.Errorf("customers who bought once give %v", err)
	}
	// Nobody ever leaves: the chance to leave has no best value above 0.
	var faithful []customer.History
	for i := range 200 {
		faithful = append(faithful, customer.History{Repeats: 10 + i%3, Recency: 100, Age: 100})
	}
	if m, err := customer.FitBGNBD(faithful); !errors.Is(err, customer.ErrUndetermined) {
		t.Errorf("customers who never leave give %+v, %v", m, err)
	}
	if _, err := customer.FitGammaGamma(slices.Repeat([]customer.Spend{{Purchases: 2, Mean: -1}}, 100)); !errors.Is(err, customer.ErrUndetermined) {
		t.Errorf("customers who only returned things give %v", err)
	}
}
