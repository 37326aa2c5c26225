package basket_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/internal/warehouse/basket"
)

// TestTextbook is the example of Han, Kamber, Pei, "Data Mining: Concepts and Techniques" (chapter 6.2):
// nine baskets of a shop, itemsets in two or more of them, and the rules of {I1, I2, I5}.
func TestTextbook(t *testing.T) {
	var baskets [][]string
	for _, line := range []string{"I1 I2 I5", "I2 I4", "I2 I3", "I1 I2 I4", "I1 I3", "I2 I3", "I1 I3", "I1 I2 I3 I5", "I1 I2 I3"} {
		baskets = append(baskets, strings.Fields(line))
	}
	r, err := basket.Mine(baskets, basket.Settings{MinSupport: 2.0 / 9, MinConfidence: 0.7, MaxItems: 3, MaxItemsets: 100})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range r.Itemsets {
		got = append(got, fmt.Sprintf("%s:%d", strings.Join(s.Items, ","), s.Count))
	}
	want := "I2:7 I1:6 I3:6 I1,I2:4 I1,I3:4 I2,I3:4 I4:2 I5:2 I1,I5:2 I2,I4:2 I2,I5:2 I1,I2,I3:2 I1,I2,I5:2"
	if strings.Join(got, " ") != want {
		t.Errorf("the itemsets are\n%s, want\n%s", strings.Join(got, " "), want)
	}
	var rules []string
	for _, rule := range r.Rules {
		if rule.Count == 2 && len(rule.If)+len(rule.Then) == 3 {
			rules = append(rules, fmt.Sprintf("%s>%s %.2f", strings.Join(rule.If, ","), strings.Join(rule.Then, ","), rule.Confidence))
		}
	}
	slices.Sort(rules)
	// The book prints confidences of 50 %, 100 %, 100 %, 33 %, 29 % and 100 %.
	if want := []string{"I1,I5>I2 1.00", "I2,I5>I1 1.00", "I5>I1,I2 1.00"}; !slices.Equal(rules, want) {
		t.Errorf("the rules are %v, want %v", rules, want)
	}
	for _, rule := range r.Rules {
		if rule.If[0] == "I5" && slices.Equal(rule.Then, []string{"I1", "I2"}) && math.Abs(rule.Lift-1/(4.0/9)) > 1e-12 {
			t.Errorf("the lift of I5 > I1, I2 is %g", rule.Lift)
		}
	}
}

// TestAgainstCounting compares with counting every set of up to three items.
func TestAgainstCounting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		item := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f"})
		baskets := rapid.SliceOfN(rapid.SliceOfN(item, 0, 7), 1, 30).Draw(t, "baskets")
		support := rapid.Float64Range(0.01, 0.9).Draw(t, "support")
		r, err := basket.Mine(baskets, basket.Settings{MinSupport: support, MaxItems: 3, MaxItemsets: 1000})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for _, s := range r.Itemsets {
			got[strings.Join(s.Items, "")] = s.Count
		}
		want := counted(baskets, support)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("the itemsets are %v, want %v", got, want)
		}
	})
}

func counted(baskets [][]string, support float64) map[string]int {
	const items = "abcdef"
	out := map[string]int{}
	for mask := 1; mask < 1<<len(items); mask++ {
		set, n := "", 0
		for i, c := range items {
			if mask>>i&1 == 1 {
				set += string(c)
			}
		}
		for _, b := range baskets {
			has := true
			for _, c := range set {
				has = has && slices.Contains(b, string(c))
			}
			if has {
				n++
			}
		}
		if len(set) <= 3 && n > 0 && float64(n) >= support*float64(len(baskets)) {
			out[set] = n
		}
	}
	return out
}

func TestTooMany(t *testing.T) {
	baskets := [][]string{{"a", "b", "c", "d"}}
	for _, most := range []int{14, 15} { // 15 itemsets, 50 rules
		_, err := basket.Mine(baskets, basket.Settings{MinSupport: 1, MaxItems: 4, MaxItemsets: most})
		if !errors.Is(err, basket.ErrTooMany) {
			t.Errorf("with %d allowed the error is %v", most, err)
		}
	}
}
