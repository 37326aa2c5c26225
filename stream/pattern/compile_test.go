package pattern

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func is(c byte) func(byte) bool { return func(e byte) bool { return e == c } }

func TestCompileSaysWhatIsWrong(t *testing.T) {
	second := time.Second
	for _, c := range []struct {
		name string
		b    *Builder[byte]
		want string
	}{
		{"two of a name", Begin[byte]("A").Next("B").Next("A").Within(second), `step "A": two steps have this name`},
		{"two of a name in a group", Begin[byte]("A").NextGroup(Begin[byte]("A").Next("B")).Within(second), `step "A": two steps have this name`},
		{"no name", Begin[byte]("").Within(second), `step "": a step needs a name`},
		{"least above most", Begin[byte]("A").Times(3, 2), `step "A": at least 3 but at most 2; swap them`},
		{"no repetition", Begin[byte]("A").Next("B").Times(0).Within(second), `step "B": it repeats 0 to 0 times and can never match`},
		{"three numbers", Begin[byte]("A").Times(1, 2, 3), `Times takes one number or two, not 3`},
		{"two quantifiers", Begin[byte]("A").OneOrMore().Times(3).Within(second), `it has two quantifiers`},
		{"two modes", Begin[byte]("A").OneOrMore().Greedy().Reluctant().Within(second), `it is Greedy and Reluctant`},
		{"mode without choice", Begin[byte]("A").Greedy(), `Greedy and Reluctant need a quantifier`},
		{"contiguity without loop", Begin[byte]("A").Optional().Next("B").Consecutive().Within(second), `Consecutive and AllowCombinations need a quantifier`},
		{"two contiguities", Begin[byte]("A").OneOrMore().Consecutive().AllowCombinations().Within(second), `it is Consecutive and AllowCombinations`},
		{"until without loop", Begin[byte]("A").Until(is('a')), `step "A": Until needs a quantifier`},
		{"endless loop", Begin[byte]("A").OneOrMore(), `step "A": the loop can go on for ever; give the pattern Within`},
		{"endless wait", Begin[byte]("A").FollowedBy("B").WithinPrevious(second).FollowedBy("C"), `step "C": a partial match could wait for it for ever`},
		{"endless negation", Begin[byte]("A").NotFollowedBy("X").Where(is('x')), `negation "X": a partial match could wait for it for ever`},
		{"no time", Begin[byte]("A").Within(-second), `Within(-1s) leaves no time`},
		{"no time between", Begin[byte]("A").FollowedBy("B").WithinPrevious(0).Within(second), `step "B": WithinPrevious(0s) leaves no time`},
		{"nothing before", Begin[byte]("A").WithinPrevious(second).FollowedBy("B").Within(second), `step "A": nothing comes before the first step`},
		{"empty match", Begin[byte]("A").Optional(), `the pattern can match no event at all`},
		{"negation after nothing sure", Begin[byte]("A").Optional().NotNext("X").Where(is('x')).Next("B").Within(second), `negation "X": a negation needs a step before it`},
		{"negation first in a group", Begin[byte]("A").Next("B").Within(second).NextGroup(Begin[byte]("C").Optional().NotNext("X").Where(is('x')).Next("D")), `negation "X": a negation needs a step before it`},
		{"negation of everything", Begin[byte]("A").NotFollowedBy("X").FollowedBy("B").Within(second), `negation "X": without a condition no event may follow`},
		{"quantified negation", Begin[byte]("A").NotFollowedBy("X").Where(is('x')).OneOrMore().Within(second), `negation "X": a negation has no quantifier`},
		{"unknown skip", Begin[byte]("A").Skip(ToFirst("B")), `skip.step: no step "B" to skip to; there are A`},
		{"skip to negation", Begin[byte]("A").NotNext("X").Within(second).Skip(ToLast("X")), `cannot skip to negation "X"`},
		{"limit on a part", Begin[byte]("A").NextGroup(Begin[byte]("B").Next("C").Within(second)).Within(second), `group that begins with "B": Within and Skip belong to the whole pattern`},
		{"condition on a group", Begin[byte]("A").NextGroup(Begin[byte]("B").Next("C")).Where(is('b')).Within(second), `group that begins with "B": Where on a group`},
		{"nil condition", Begin[byte]("A").Where(nil), `step "A": Where was given a nil function`},
		{"no part", Begin[byte]("A").FollowedByGroup(nil).Within(second), `a part is nil`},
		{"too often", Begin[byte]("A").Times(1001).Within(second), `step "A": more than 1000 repetitions`},
		{"too large", Group(Begin[byte]("A").Times(200)).Times(200).Within(second), `more than 10000 steps`},
		{"too wide", wideBuilder().Within(second), `more than 64 steps can come next`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.b.Compile()
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v; want %q in it", err, c.want)
			}
			var one *Error
			if !errors.As(err, &one) {
				t.Errorf("%T has no *Error", err)
			}
		})
	}
}

func wideBuilder() *Builder[byte] {
	b := Begin[byte]("first")
	for i := range 70 {
		b.FollowedBy(fmt.Sprint("S", i)).Optional()
	}
	return b
}

func TestSpecErrorsNameTheField(t *testing.T) {
	compile := func(step, source string) (func(byte, *Partial[byte]) (bool, error), error) {
		if source == "bad" {
			return nil, errors.New("1:1: unexpected token")
		}
		return func(byte, *Partial[byte]) (bool, error) { return true, nil }, nil
	}
	step := func(name string) StepSpec { return StepSpec{Name: name} }
	two := func(s StepSpec) []StepSpec { return []StepSpec{step("A"), s} }
	for _, c := range []struct {
		spec Spec
		want string
	}{
		{Spec{}, `pattern: steps: a pattern needs at least one step`},
		{Spec{Steps: two(StepSpec{Name: "B", Times: &TimesSpec{3, 2}})}, `pattern: steps[1].times: step "B": at least 3 but at most 2; swap them`},
		{Spec{Steps: two(StepSpec{Name: "B", Times: &TimesSpec{1, -2}})}, `pattern: steps[1].times.max: step "B": it is negative; 0 is no upper limit`},
		{Spec{Steps: two(StepSpec{Name: "B", Link: "then"})}, `pattern: steps[1].link: step "B": unknown link "then"; it can be followed_by, next`},
		{Spec{Steps: two(StepSpec{Name: "B", Mode: "lazy"})}, `pattern: steps[1].mode: step "B": unknown mode "lazy"`},
		{Spec{Steps: two(StepSpec{Name: "B", Inner: "strict"})}, `pattern: steps[1].inner: step "B": unknown contiguity "strict"`},
		{Spec{Steps: two(StepSpec{Name: "B", Where: "bad"})}, `pattern: steps[1].where: step "B": 1:1: unexpected token`},
		{Spec{Steps: two(StepSpec{Name: "B", Until: "bad", Times: &TimesSpec{1, 2}})}, `pattern: steps[1].until: step "B": 1:1: unexpected token`},
		{Spec{Steps: two(StepSpec{Steps: []StepSpec{step("B"), {Name: "B"}}})}, `pattern: steps[1].steps[1].name: step "B": two steps have this name`},
		{Spec{Steps: two(StepSpec{Or: [][]StepSpec{{step("B")}, {{Name: "", Where: "x"}}}})}, `pattern: steps[1].or[1][0].name: step "": a step needs a name`},
		{Spec{Steps: two(StepSpec{Or: [][]StepSpec{{step("B")}, {}}})}, `pattern: steps[1].steps: alternation that begins with "B": a part of it has no steps`},
		{Spec{Steps: two(StepSpec{Name: "G", Where: "x", Steps: []StepSpec{step("B")}})}, `pattern: steps[1].name: group that begins with "B": a group has no name`},
		{Spec{Steps: two(StepSpec{Steps: []StepSpec{step("B")}, Or: [][]StepSpec{{step("C")}}})}, `pattern: steps[1].or: alternation that begins with "B": it has steps and alternatives`},
		{Spec{Steps: two(StepSpec{Link: "not_next", Steps: []StepSpec{step("B")}})}, `pattern: steps[1].link: group that begins with "B": only a single step can be negated`},
		{Spec{Steps: two(step("B"))}, `pattern: steps[1]: step "B": a partial match could wait for it for ever`},
		{Spec{Steps: two(StepSpec{Name: "B", WithinPrevious: -1})}, `pattern: steps[1].within_previous: step "B": WithinPrevious(-1ns) leaves no time`},
		{Spec{Steps: two(step("B")), Within: -time.Second}, `pattern: within: Within(-1s) leaves no time`},
		{Spec{Steps: two(step("B")), Skip: SkipSpec{To: "end"}}, `pattern: skip.to: unknown strategy "end"; it can be none`},
		{Spec{Steps: two(step("B")), Skip: SkipSpec{To: "next", Step: "B"}}, `pattern: skip.step: only first and last have a step`},
		{Spec{Steps: two(step("B")), Skip: SkipSpec{To: "first", Step: "b"}}, `pattern: skip.step: no step "b" to skip to; there are A, B`},
	} {
		_, err := FromSpec(c.spec, compile)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v\nerror %v\nwant  %s", c.spec, err, c.want)
		}
	}
}

func TestAllMistakesAreReportedTogether(t *testing.T) {
	_, err := Begin[byte]("A").Times(3, 2).FollowedBy("A").Until(is('a')).Skip(ToFirst("Q")).Compile()
	if n := strings.Count(fmt.Sprint(err), "\n") + 1; n != 4 {
		t.Errorf("%d mistakes in\n%v", n, err)
	}
}

// The fingerprint tells whether state fits: it changes with the structure only.
func TestFingerprint(t *testing.T) {
	base := func() *Builder[byte] {
		return Begin[byte]("A").Where(is('a')).FollowedBy("B").Where(is('b')).OneOrMore().FollowedBy("C")
	}
	print := func(b *Builder[byte]) uint64 {
		t.Helper()
		p, err := b.Compile()
		if err != nil {
			t.Fatal(err)
		}
		return p.Fingerprint()
	}
	want := print(base().Within(time.Second))
	for name, same := range map[string]*Builder[byte]{
		"another time": base().Within(time.Hour), "a skip strategy": base().Within(time.Second).Skip(ToNext),
		"another condition": base().Where(is('c')).Within(time.Second),
	} {
		if print(same) != want {
			t.Errorf("%s changes the fingerprint", name)
		}
	}
	for name, other := range map[string]*Builder[byte]{
		"another name":       Begin[byte]("A").FollowedBy("B").OneOrMore().FollowedBy("D"),
		"another contiguity": Begin[byte]("A").FollowedBy("B").OneOrMore().Next("C"),
		"another quantifier": Begin[byte]("A").FollowedBy("B").Times(1, 9).FollowedBy("C"),
		"a mode":             Begin[byte]("A").FollowedBy("B").OneOrMore().Greedy().FollowedBy("C"),
		"a negation":         Begin[byte]("A").FollowedBy("B").OneOrMore().NotNext("X").Where(is('x')).FollowedBy("C"),
		"an until":           base().Optional().FollowedBy("D").OneOrMore().Until(is('x')),
	} {
		if print(other.Within(time.Second)) == want {
			t.Errorf("%s does not change the fingerprint", name)
		}
	}
}

// Steps lists negations and steps in groups too.
func TestSteps(t *testing.T) {
	p, err := Begin[byte]("A").NotNext("X").Where(is('x')).NextGroup(Or(Begin[byte]("B"), Begin[byte]("C"))).Within(time.Second).Compile()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(p.Steps(), " "); got != "A X B C" {
		t.Errorf("steps %s", got)
	}
}
