package pattern_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/millrace/millrace/stream/pattern"
)

type payment struct {
	id     string
	amount float64
	ok     bool
}

func minutes(n int) int64 { return (time.Duration(n) * time.Minute).Microseconds() }

// Three or more small failures, as many as there are, then a success.
func Example() {
	p, err := pattern.Begin[payment]("failed").Where(func(p payment) bool { return !p.ok && p.amount < 5 }).TimesOrMore(3).Greedy().
		FollowedBy("paid").Where(func(p payment) bool { return p.ok }).
		Within(10 * time.Minute).Skip(pattern.PastLastEvent).Compile()
	if err != nil {
		fmt.Println(err)
		return
	}
	m := pattern.NewMatcher(p, pattern.Limits{})
	var device pattern.State[payment] // of one key
	alert := func(x pattern.Match[payment]) {
		paid, _ := x.Last("paid")
		fmt.Printf("%d failures before %s of %.0f\n", len(x.All("failed")), paid.id, paid.amount)
	}
	for i, e := range []payment{{"p1", 1, false}, {"p2", 2, false}, {"p3", 1, false}, {"p4", 3, false}, {"p5", 250, true}} {
		if err := m.Advance(&device, minutes(i), e, alert); err != nil {
			fmt.Println(err)
		}
	}
	// Output: 4 failures before p5 of 250
}

// A pattern that ends with what must not come matches when its time is over.
func ExampleBuilder_NotFollowedBy() {
	is := func(what string) func(string) bool { return func(e string) bool { return e == what } }
	p, err := pattern.Begin[string]("added").Where(is("added")).
		NotFollowedBy("purchased").Where(is("purchased")).
		Within(time.Hour).Compile()
	if err != nil {
		fmt.Println(err)
		return
	}
	m := pattern.NewMatcher(p, pattern.Limits{})
	abandoned := func(x pattern.Match[string]) {
		fmt.Println("abandoned after", time.Duration(x.At-x.Start())*time.Microsecond)
	}

	var cart pattern.State[string]
	_ = m.Advance(&cart, minutes(0), "added", abandoned)
	_ = m.Advance(&cart, minutes(10), "viewed", abandoned)
	if deadline, waits := m.NextDeadline(&cart); waits {
		m.Expire(&cart, deadline, abandoned, nil) // when the watermark is there
	}
	fmt.Println("idle:", cart.Idle())
	// Output:
	// abandoned after 1h0m0s
	// idle: true
}

// A condition may look at what was taken before: a price that falls by half and
// comes back.
func ExampleBuilder_WhereWith() {
	p, err := pattern.Begin[float64]("before").
		Next("low").WhereWith(func(price float64, m *pattern.Partial[float64]) bool {
		before, _ := m.Last("before")
		return price <= before/2
	}).
		FollowedBy("back").WhereWith(func(price float64, m *pattern.Partial[float64]) bool {
		before, _ := m.Last("before")
		return price >= 0.9*before
	}).
		Within(time.Hour).Skip(pattern.PastLastEvent).Compile()
	if err != nil {
		fmt.Println(err)
		return
	}
	m := pattern.NewMatcher(p, pattern.Limits{})
	var product pattern.State[float64]
	for i, price := range []float64{98, 100, 10, 12, 99} {
		_ = m.Advance(&product, minutes(i), price, func(x pattern.Match[float64]) {
			for _, t := range x.Taken {
				fmt.Printf("%s %.0f\n", t.Step, t.Event)
			}
		})
	}
	// Output:
	// before 100
	// low 10
	// back 99
}

// Partial matches whose time is over are handed out apart.
func ExampleMatcher_Expire() {
	p, err := pattern.Begin[string]("checkout").Where(func(e string) bool { return e == "checkout" }).
		FollowedBy("order").Where(func(e string) bool { return e == "order" }).
		Within(30 * time.Minute).Compile()
	if err != nil {
		fmt.Println(err)
		return
	}
	m := pattern.NewMatcher(p, pattern.Limits{})
	var session pattern.State[string]
	ordered := func(pattern.Match[string]) { fmt.Println("ordered") }
	_ = m.Advance(&session, minutes(0), "checkout", ordered)
	m.Expire(&session, minutes(40), ordered, func(t pattern.Timeout[string]) {
		fmt.Println("gave up after", t.Taken[0].Step)
	})
	// Output: gave up after checkout
}

// A pattern declared as data; the caller decides what conditions look like.
func ExampleFromSpec() {
	spec := pattern.Spec{
		Steps: []pattern.StepSpec{
			{Name: "login", Where: "login"},
			{Name: "view", Where: "view", Times: &pattern.TimesSpec{Min: 3, Max: 2}},
		},
		Within: time.Minute,
	}
	equals := func(_, source string) (func(string, *pattern.Partial[string]) (bool, error), error) {
		return func(e string, _ *pattern.Partial[string]) (bool, error) { return e == source, nil }, nil
	}
	_, err := pattern.FromSpec(spec, equals)
	fmt.Println(err)

	spec.Steps[1].Times = &pattern.TimesSpec{Min: 2, Max: 3}
	p, err := pattern.FromSpec(spec, equals)
	fmt.Println(strings.Join(p.Steps(), ", "), err)
	// Output:
	// pattern: steps[1].times: step "view": at least 3 but at most 2; swap them
	// login, view <nil>
}
