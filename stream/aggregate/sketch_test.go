package aggregate_test

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/codec"
)

func TestDistinctIsExactForFewAndCloseForMany(t *testing.T) {
	a := aggregate.Distinct(func(v int64) int64 { return v })
	for _, n := range []int64{0, 1, 1000, 1024, 1025, 10_000, 300_000} {
		var even, odd aggregate.Set
		for v := range n {
			acc := &even
			if v%2 == 1 {
				acc = &odd
			}
			a.Add(acc, v, aggregate.At{})
			a.Add(acc, v/3*2, aggregate.At{}) // seen before
		}
		a.Merge(&even, &odd)
		got := a.Result(&even)
		off := math.Abs(float64(got-n)) / float64(max(n, 1))
		if n <= 1024 && got != n || off > 3*0.0081 {
			t.Errorf("%d distinct values: counted %d, off by %.2f %%", n, got, 100*off)
		}
	}
}

func TestAStoredSetIsChecked(t *testing.T) {
	for _, b := range [][]byte{{}, {0, 1}, {2}, {1, 9}, append([]byte{0}, make([]byte, 16)...)} {
		if err := new(aggregate.Set).UnmarshalBinary(b); err == nil {
			t.Errorf("% x was read as a set", b)
		}
	}
}

func TestQuantilesAreWithinOnePercent(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	distributions := map[string]func() float64{
		"uniform":     func() float64 { return rng.Float64()*2000 - 1000 },
		"exponential": func() float64 { return rng.ExpFloat64() * 1e6 },
		"log-normal":  func() float64 { return math.Exp(rng.NormFloat64() * 3) },
		"constant":    func() float64 { return -7 },
		"few":         func() float64 { return float64(rng.IntN(5) - 2) },
	}
	qs := []float64{0, 0.01, 0.25, 0.5, 0.75, 0.95, 0.99, 1}
	a := aggregate.Quantiles(func(v float64) float64 { return v }, qs...)
	for name, draw := range distributions {
		var acc aggregate.Sketch
		values := make([]float64, 20_000)
		for i := range values {
			values[i] = draw()
			a.Add(&acc, values[i], aggregate.At{})
		}
		slices.Sort(values)
		for i, got := range a.Result(&acc) {
			want := values[int(qs[i]*float64(len(values)-1))]
			if math.Abs(got-want) > aggregate.QuantileAccuracy*math.Abs(want)*1.000001 {
				t.Errorf("%s: quantile %g is %g, want %g", name, qs[i], got, want)
			}
		}
	}
}

func TestQuantilesOfExtremeValues(t *testing.T) {
	a := aggregate.Quantiles(func(v int64) int64 { return v }, 0, 1)
	var acc aggregate.Sketch
	if got := a.Result(&acc); got[0] != 0 || got[1] != 0 {
		t.Errorf("of nothing: %v", got)
	}
	a.Add(&acc, math.MinInt64, aggregate.At{})
	a.Add(&acc, math.MaxInt64, aggregate.At{})
	for i, got := range a.Result(&acc) {
		if math.Abs(float64(got)) < 0.99*math.MaxInt64 || got > 0 != (i == 1) {
			t.Errorf("quantile %d of the extremes is %d", i, got)
		}
	}
	f := aggregate.Quantiles(func(v float64) float64 { return v }, 0, 1)
	var odd aggregate.Sketch
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 5e-324} {
		f.Add(&odd, v, aggregate.At{})
	}
	if got := f.Result(&odd); !(got[0] < -1e300 && got[1] > 1e300) {
		t.Errorf("of infinities: %v", got)
	}
}

// TestTopKKeepsItsBounds folds and merges more values than there are counters for, in
// any way.
func TestTopKKeepsItsBounds(t *testing.T) {
	const k, limit = 1, 10
	a := aggregate.TopKBy(k, func(v [2]int64) string { return strconv.FormatInt(v[0], 10) }, func(v [2]int64) int64 { return v[1] })
	rapid.Check(t, func(t *rapid.T) {
		parts := make([]aggregate.Counters, rapid.IntRange(1, 5).Draw(t, "parts"))
		counts, total := make(map[string]int64), int64(0)
		for range rapid.IntRange(0, 300).Draw(t, "values") {
			v := [2]int64{int64(rapid.IntRange(0, 6).Draw(t, "x") * rapid.IntRange(0, 6).Draw(t, "y")), rapid.Int64Range(1, 9).Draw(t, "weight")}
			a.Add(&parts[rapid.IntRange(0, len(parts)-1).Draw(t, "part")], v, aggregate.At{})
			counts[strconv.FormatInt(v[0], 10)] += v[1]
			total += v[1]
		}
		for len(parts) > 1 {
			last := len(parts) - 1
			a.Merge(&parts[rapid.IntRange(0, last-1).Draw(t, "into")], &parts[last])
			parts = parts[:last]
		}
		seen := make(map[string]bool)
		for _, f := range parts[0].Items {
			seen[f.Value] = true
			if n := counts[f.Value]; n > f.Count || n < f.Count-f.Error || f.Error > total/limit {
				t.Fatalf("%d of %q, total %d: counted %+v", n, f.Value, total, f)
			}
		}
		if len(parts[0].Items) > limit {
			t.Fatalf("%d counters", len(parts[0].Items))
		}
		for value, n := range counts {
			if !seen[value] && n > total/limit {
				t.Fatalf("%q is missing, with %d of %d", value, n, total)
			}
		}
		if top := a.Result(&parts[0]); !slices.IsSortedFunc(top, func(x, y aggregate.Frequent) int { return cmp.Compare(y.Count, x.Count) }) {
			t.Fatalf("not in order: %v", top)
		}
	})
}

func TestColumnsAreStoredByName(t *testing.T) {
	n, names := aggregate.Named("n", aggregate.Count[item]()), aggregate.Named("names", aggregate.Distinct(name))
	before := aggregate.Columns(n, names)
	var acc aggregate.Parts[item]
	before.Add(&acc, item{Name: "a"}, aggregate.At{})
	before.Add(&acc, item{Name: "b"}, aggregate.At{})
	c, err := codec.For[aggregate.Parts[item]]()
	if err != nil {
		t.Fatal(err)
	}
	stored := c.Append(nil, &acc)

	after := aggregate.Columns(names, aggregate.Named(`last "name"`, aggregate.Last(name)))
	var read aggregate.Parts[item]
	if err := c.Decode(stored, &read); err != nil {
		t.Fatal(err)
	}
	if again := c.Append(nil, &read); !bytes.Equal(stored, again) {
		t.Errorf("stored anew: % x, want % x", again, stored)
	}
	if got, want := after.Result(&read), `{"names":2,"last \"name\"":""}`; got != want {
		t.Errorf("moved and added: %s, want %s", got, want)
	}
	after.Add(&read, item{Name: "c"}, aggregate.At{})
	if got, want := after.Result(&read), `{"names":3,"last \"name\"":"c"}`; got != want {
		t.Errorf("one more: %s, want %s", got, want)
	}
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, `column "n" is stored as another kind of aggregate`) {
			t.Errorf("another kind: %s", got)
		}
	}()
	other := aggregate.Columns(aggregate.Named("n", aggregate.Distinct(name)))
	if err := c.Decode(stored, &read); err != nil {
		t.Fatal(err)
	}
	other.Result(&read)
}

func TestDefinitionsAreChecked(t *testing.T) {
	count := aggregate.Named("n", aggregate.Count[item]())
	for want, err := range map[string]error{
		"95 is not from 0 to 1":                             aggregate.Quantiles(amount, 95).Err,
		"none is asked for":                                 aggregate.Quantiles(amount).Err,
		"0 most frequent values: ask for 1 to 1,000":        aggregate.TopK(0, name).Err,
		`two columns are named "n"`:                         aggregate.Columns(count, count).Err,
		"no columns: name at least one aggregate":           aggregate.Columns[item]().Err,
		"cannot use float64 as a key":                       aggregate.Distinct(func(item) float64 { return 0 }).Err,
		`column "q": quantiles: none is asked for`:          aggregate.Columns(aggregate.Named("q", aggregate.Quantiles(amount))).Err,
		"the 7000 most frequent values: ask for 1 to 1,000": aggregate.Combine2(aggregate.Count[item](), aggregate.TopK(7000, name), func(int64, []aggregate.Frequent) int64 { return 0 }).Err,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestAddOfNumbersAllocatesNothing(t *testing.T) {
	v := item{Name: "x", Amount: 3}
	sums := aggregate.Combine3(aggregate.Count[item](), aggregate.Avg(amount), aggregate.Max(amount),
		func(n int64, _ aggregate.Mean[event.Micros], _ event.Micros) int64 { return n })
	var acc aggregate.Pair[aggregate.Pair[int64, aggregate.Mean[event.Micros]], aggregate.Extreme[event.Micros]]
	set, distinct := aggregate.Set{}, aggregate.Distinct(name)
	distinct.Add(&set, v, aggregate.At{})
	if n := testing.AllocsPerRun(100, func() {
		sums.Add(&acc, v, aggregate.At{})
		distinct.Add(&set, v, aggregate.At{})
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
