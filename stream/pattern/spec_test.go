package pattern

import (
	"slices"
	"testing"
	"time"
)

// What is written in Go and what is declared as data is one pattern: the same
// automaton, which the fingerprint tells.
func TestSpecIsTheSameAsTheBuilder(t *testing.T) {
	begin := func() *Builder[byte] { return Begin[byte]("A") }
	sub := func() *Builder[byte] { return Begin[byte]("B").Next("C") }
	subSpec := []StepSpec{{Name: "B"}, {Name: "C", Link: "next"}}
	for name, c := range map[string]struct {
		b    *Builder[byte]
		more StepSpec
	}{
		"next":                {begin().Next("B"), StepSpec{Name: "B", Link: "next"}},
		"followed by":         {begin().FollowedBy("B"), StepSpec{Name: "B"}},
		"followed by any":     {begin().FollowedByAny("B"), StepSpec{Name: "B", Link: "followed_by_any"}},
		"not next":            {begin().NotNext("B"), StepSpec{Name: "B", Link: "not_next"}},
		"not followed by":     {begin().NotFollowedBy("B"), StepSpec{Name: "B", Link: "not_followed_by"}},
		"group":               {begin().FollowedByGroup(sub()), StepSpec{Steps: subSpec}},
		"next group":          {begin().NextGroup(sub()).Times(2, 3), StepSpec{Link: "next", Steps: subSpec, Times: &TimesSpec{2, 3}}},
		"any group":           {begin().FollowedByAnyGroup(sub()), StepSpec{Link: "followed_by_any", Steps: subSpec}},
		"or":                  {begin().FollowedByGroup(Or(sub(), Begin[byte]("D"))), StepSpec{Or: [][]StepSpec{subSpec, {{Name: "D"}}}}},
		"one or more, greedy": {begin().FollowedBy("B").OneOrMore().Greedy(), StepSpec{Name: "B", Times: &TimesSpec{Min: 1}, Mode: "greedy"}},
		"zero or more":        {begin().FollowedBy("B").ZeroOrMore().Reluctant(), StepSpec{Name: "B", Times: &TimesSpec{}, Mode: "reluctant"}},
		"four or more":        {begin().FollowedBy("B").TimesOrMore(4).Consecutive(), StepSpec{Name: "B", Times: &TimesSpec{Min: 4}, Inner: "consecutive"}},
		"three or none":       {begin().FollowedBy("B").Times(3).Optional().AllowCombinations(), StepSpec{Name: "B", Times: &TimesSpec{3, 3}, Optional: true, Inner: "combinations"}},
		"until":               {begin().FollowedBy("B").OneOrMore().Until(is('x')), StepSpec{Name: "B", Times: &TimesSpec{Min: 1}, Until: "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			spec := Spec{Steps: []StepSpec{{Name: "A"}, c.more, {Name: "Z"}}, Within: time.Second}
			if c.more.Link == "not_next" || c.more.Link == "not_followed_by" {
				c.b.Where(is('x'))
				spec.Steps[1].Where = "x"
			}
			want := compiled(t, c.b.FollowedBy("Z").Within(time.Second))
			got, err := FromSpec(spec, compileByte)
			if err != nil {
				t.Fatal(err)
			}
			if got.Fingerprint() != want.Fingerprint() {
				t.Errorf("declared\n%s\nbuilt\n%s", got.prog.structure(), want.prog.structure())
			}
		})
	}
}

func compileByte(_, source string) (func(byte, *Partial[byte]) (bool, error), error) {
	return func(e byte, _ *Partial[byte]) (bool, error) { return e == source[0], nil }, nil
}

func TestSpecWithoutCompiler(t *testing.T) {
	if _, err := FromSpec[byte](Spec{Steps: []StepSpec{{Name: "A"}}}, nil); err != nil {
		t.Errorf("no condition to compile: %v", err)
	}
	if _, err := FromSpec[byte](Spec{Steps: []StepSpec{{Name: "A", Where: "a"}}}, nil); err == nil {
		t.Error("a condition without a compiler is taken")
	}
	nothing := func(string, string) (func(byte, *Partial[byte]) (bool, error), error) { return nil, nil }
	if _, err := FromSpec[byte](Spec{Steps: []StepSpec{{Name: "A", Where: "a"}}}, nothing); err == nil {
		t.Error("a compiler that returns nothing is taken")
	}
}

// A stop condition may look at the partial match: at most 10 in sum.
func TestUntilWith(t *testing.T) {
	value := func(e byte) float64 { return float64(e - '0') }
	p := compiled(t, Begin[byte]("A").OneOrMore().Greedy().UntilWith(func(e byte, m *Partial[byte]) bool {
		return m.Sum("A", value)+value(e) > 10
	}).Within(time.Second).Skip(PastLastEvent))
	m := NewMatcher(p, Limits{})
	var s State[byte]
	var got []string
	for i, e := range []byte("5348126") {
		if err := m.Advance(&s, int64(i), e, func(x Match[byte]) { got = append(got, string(x.All("A"))) }); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(got, []string{"53", "4", "81"}) {
		t.Errorf("%q", got)
	}
}

func TestTimeoutShowsWhatWasTaken(t *testing.T) {
	m := NewMatcher(compiled(t, Begin[byte]("A").FollowedBy("B").Times(3).Within(5*time.Microsecond).Skip(ToNext)), Limits{})
	var s State[byte]
	for i, e := range []byte("abc") {
		if err := m.Advance(&s, int64(i), e, ignore); err != nil {
			t.Fatal(err)
		}
	}
	var kept []Timeout[byte]
	m.Expire(&s, 5, ignore, func(x Timeout[byte]) { kept = append(kept, x.Clone()) })
	if len(kept) != 1 || kept[0].At != 5 {
		t.Fatalf("%+v", kept)
	}
	first, _ := kept[0].First("B")
	last, _ := kept[0].Last("B")
	if _, none := kept[0].First("C"); first != 'b' || last != 'c' || string(kept[0].All("A")) != "a" || none {
		t.Errorf("%+v", kept[0])
	}
}
