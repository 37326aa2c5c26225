package attribution_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/warehouse/attribution"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

var settings = attribution.Settings{HalfLife: 7 * 24 * time.Hour}

// path reads "search email | 12.50": touches a week apart, and the revenue of a conversion at the last one.
func path(text string) attribution.Path {
	names, money, converted := strings.Cut(text, "|")
	var p attribution.Path
	for i, c := range strings.Fields(names) {
		p.Touches = append(p.Touches, attribution.Touch{Channel: c, Direct: c == "direct", At: start.AddDate(0, 0, 7*i)})
	}
	p.Converted = converted
	p.Revenue, _ = event.ParseMicros(strings.TrimSpace(money))
	return p
}

func paths(texts ...string) (out []attribution.Path) {
	for _, t := range texts {
		out = append(out, path(t))
	}
	return out
}

func show(credits []attribution.Credit) string {
	var b strings.Builder
	for _, c := range credits {
		fmt.Fprintf(&b, "%s %s %s; ", c.Channel, c.Conversions, c.Revenue)
	}
	return strings.TrimSuffix(b.String(), "; ")
}

func TestModels(t *testing.T) {
	journeys := paths("search email social direct | 100", "direct direct | 10", "| 1", "email search")
	for model, want := range map[attribution.Model]string{
		attribution.First:         "(none) 1.000 1.000; direct 1.000 10.000; email 0.000 0.000; search 1.000 100.000; social 0.000 0.000",
		attribution.Last:          "(none) 1.000 1.000; direct 2.000 110.000; email 0.000 0.000; search 0.000 0.000; social 0.000 0.000",
		attribution.LastNonDirect: "(none) 1.000 1.000; direct 1.000 10.000; email 0.000 0.000; search 0.000 0.000; social 1.000 100.000",
		attribution.Linear:        "(none) 1.000 1.000; direct 1.250 35.000; email 0.250 25.000; search 0.250 25.000; social 0.250 25.000",
		attribution.Position:      "(none) 1.000 1.000; direct 1.400 50.000; email 0.100 10.000; search 0.400 40.000; social 0.100 10.000",
		// 1/15, 2/15, 4/15, 8/15
		attribution.TimeDecay: "(none) 1.000 1.000; direct 1.533333 63.333333; email 0.133333 13.333333; search 0.066667 6.666667; social 0.266667 26.666667",
	} {
		credits, err := attribution.Attribute(model, journeys, settings)
		if err != nil {
			t.Fatal(err)
		}
		if got := show(credits); got != want {
			t.Errorf("%s gives\n%s, want\n%s", model, got, want)
		}
	}
	if _, err := attribution.Attribute("best", journeys, settings); err == nil {
		t.Error("a model that there is not is taken")
	}
}

// TestMarkov is the example that S. Bryl published ("Marketing Multi-Channel Attribution model with R",
// 2016): removal effects 0.5, 1 and 1, so that the conversion is divided 0.2, 0.4, 0.4.
func TestMarkov(t *testing.T) {
	journeys := paths("c1 c2 c3 | 10", "c1", "c2 c3")
	removals, err := attribution.Removals(journeys)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range []float64{0.5, 1, 1} {
		if math.Abs(removals[k].Effect-want) > 1e-12 {
			t.Errorf("the removal effect of %s is %g, want %g", removals[k].Channel, removals[k].Effect, want)
		}
	}
	credits, err := attribution.Attribute(attribution.Markov, journeys, settings)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := show(credits), "c1 0.200 2.000; c2 0.400 4.000; c3 0.400 4.000"; got != want {
		t.Errorf("the credits are %s, want %s", got, want)
	}
}

// TestRemovalsByWalking compares with an independent computation: the chain without a channel, iterated until nothing moves.
func TestRemovalsByWalking(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	names := []string{"a", "b", "c", "d", "e"}
	var journeys []attribution.Path
	for range 400 {
		var text []string
		for range 1 + random.IntN(6) {
			text = append(text, names[random.IntN(len(names))])
		}
		if random.IntN(3) == 0 {
			text = append(text, "| 1")
		}
		journeys = append(journeys, path(strings.Join(text, " ")))
	}
	removals, err := attribution.Removals(journeys)
	if err != nil {
		t.Fatal(err)
	}
	all := walk(journeys, "")
	for _, r := range removals {
		want := 1 - walk(journeys, r.Channel)/all
		if math.Abs(r.Effect-want) > 1e-9 {
			t.Errorf("the removal effect of %s is %.12f, want %.12f", r.Channel, r.Effect, want)
		}
	}
}

// walk returns the share of walkers who convert when those who come to a channel go away.
func walk(journeys []attribution.Path, without string) float64 {
	counts, left := map[[2]string]float64{}, map[string]float64{}
	for _, p := range journeys {
		state := "start"
		for _, t := range p.Touches {
			counts[[2]string{state, t.Channel}]++
			left[state]++
			state = t.Channel
		}
		left[state]++
		if p.Converted {
			counts[[2]string{state, "converted"}]++
		}
	}
	at := map[string]float64{"start": 1}
	for range 2000 {
		next := map[string]float64{"converted": at["converted"]}
		for move, n := range counts {
			if move[0] != without && move[1] != without && move[0] != "converted" {
				next[move[1]] += at[move[0]] * n / left[move[0]]
			}
		}
		at = next
	}
	return at["converted"]
}

// TestSums checks that credits add up, whatever the paths.
func TestSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		channel := rapid.SampledFrom([]string{"direct", "a", "b", "c", "d"})
		var journeys []attribution.Path
		var conversions, revenue event.Micros
		for range rapid.IntRange(0, 20).Draw(t, "paths") {
			p := attribution.Path{Converted: rapid.Bool().Draw(t, "converted")}
			for _, c := range rapid.SliceOfN(channel, 0, 9).Draw(t, "touches") {
				p.Touches = append(p.Touches, attribution.Touch{Channel: c, Direct: c == "direct", At: start.Add(time.Duration(len(p.Touches)) * 50 * time.Hour)})
			}
			if p.Converted {
				p.Revenue = event.Micros(rapid.Int64Range(-1e15, 1e15).Draw(t, "revenue"))
				conversions += event.MicrosPerUnit
				revenue += p.Revenue
			}
			journeys = append(journeys, p)
		}
		for _, model := range attribution.Models() {
			credits, err := attribution.Attribute(model, journeys, settings)
			if err != nil {
				t.Fatal(err)
			}
			var gotC, gotR event.Micros
			for _, c := range credits {
				gotC += c.Conversions
				gotR += c.Revenue
			}
			if gotC != conversions || gotR != revenue {
				t.Errorf("%s: credits of %s conversions and %s, there are %s and %s", model, gotC, gotR, conversions, revenue)
			}
		}
	})
}

func TestDivide(t *testing.T) {
	for _, c := range []struct {
		amount  event.Micros
		weights []uint64
		want    []event.Micros
	}{
		{100, []uint64{1, 1, 1}, []event.Micros{34, 33, 33}},
		{-100, []uint64{1, 1, 1}, []event.Micros{-34, -33, -33}},
		{5, []uint64{0, 3, 4}, []event.Micros{0, 2, 3}},
		{math.MaxInt64, []uint64{1 << 40, 1 << 40}, []event.Micros{math.MaxInt64/2 + 1, math.MaxInt64 / 2}},
		{math.MinInt64, []uint64{1}, []event.Micros{math.MinInt64}},
	} {
		if got := attribution.Divide(c.amount, c.weights); !slices.Equal(got, c.want) {
			t.Errorf("%d by %v is %v, want %v", c.amount, c.weights, got, c.want)
		}
	}
}
