package pattern

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func compiled[E any](t testing.TB, b *Builder[E]) *Pattern[E] {
	t.Helper()
	p, err := b.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func ignore[E any](Match[E]) {}

func TestUsualEventsDoNotAllocate(t *testing.T) {
	p := compiled(t, Begin[byte]("A").Where(is('a')).FollowedBy("B").Where(is('b')).OneOrMore().Greedy().FollowedBy("C").Where(is('c')).
		Within(time.Second).Skip(PastLastEvent))
	m := NewMatcher(p, Limits{})
	var s State[byte]
	at := int64(0)
	send := func(events string) func() {
		return func() {
			for i := range len(events) {
				at++
				if err := m.Advance(&s, at, events[i], ignore); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if n := testing.AllocsPerRun(100, send("x")); n != 0 {
		t.Errorf("an event that begins nothing: %v allocations", n)
	}
	if n := testing.AllocsPerRun(100, send("abxbbc")); n != 0 {
		t.Errorf("a match: %v allocations", n)
	}
	if !s.Idle() {
		t.Error("something waits")
	}
	send("ab")()
	if n := testing.AllocsPerRun(100, send("x")); n != 0 {
		t.Errorf("an event that a partial match passes over: %v allocations", n)
	}
}

func TestPartialShowsWhatWasTaken(t *testing.T) {
	value := func(e byte) float64 { return float64(e - '0') }
	asked := false
	p := compiled(t, Begin[byte]("A").FollowedBy("B").Where(func(e byte) bool { return e != '9' }).Times(3).
		FollowedBy("C").WhereWith(func(e byte, m *Partial[byte]) bool {
		asked = true
		first, okFirst := m.First("B")
		last, okLast := m.Last("B")
		least, _ := m.Min("B", value)
		most, _ := m.Max("B", value)
		previous, _ := m.Previous()
		if !okFirst || !okLast || first != '5' || last != '4' || least != 2 || most != 5 || m.Sum("B", value) != 11 || m.Count("B") != 3 || m.Len() != 4 {
			t.Errorf("first %c last %c min %v max %v sum %v count %d len %d", first, last, least, most, m.Sum("B", value), m.Count("B"), m.Len())
		}
		if all := slices.Collect(m.All("B")); string(all) != "524" {
			t.Errorf("all %s", all)
		}
		for e := range m.All("B") {
			if e != '5' {
				t.Error("All goes on after it was stopped")
			}
			break
		}
		if previous.Step != "B" || previous.At != 4 || previous.Event != '4' {
			t.Errorf("previous %+v", previous)
		}
		if _, ok := m.First("C"); ok || m.Count("C") != 0 {
			t.Error("C has taken nothing yet")
		}
		if _, ok := m.Min("C", value); ok {
			t.Error("C has no least")
		}
		return true
	}).Within(time.Second).Skip(PastLastEvent))
	m := NewMatcher(p, Limits{})
	var s State[byte]
	var found []string
	for i, e := range []byte("15249") {
		err := m.Advance(&s, int64(i+1), e, func(x Match[byte]) {
			first, _ := x.First("B")
			last, _ := x.Last("B")
			_, none := x.Last("D")
			if x.Start() != 1 || x.End() != 5 || x.At != 5 || first != '5' || last != '4' || string(x.All("B")) != "524" || none {
				t.Errorf("match %+v", x)
			}
			kept := x.Clone()
			x.Taken[0].Step = ""
			found = append(found, kept.Taken[0].Step)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if !asked || len(found) != 1 || found[0] != "A" {
		t.Errorf("asked %v, found %v", asked, found)
	}
}

func TestErrorOfACondition(t *testing.T) {
	broken := errors.New("division by zero")
	p, err := FromSpec(Spec{Steps: []StepSpec{{Name: "A", Where: "a"}, {Name: "B", Where: "b"}}, Within: time.Second},
		func(step, source string) (func(byte, *Partial[byte]) (bool, error), error) {
			return func(e byte, m *Partial[byte]) (bool, error) {
				if e == '!' && step == "B" {
					return true, broken
				}
				if e == '?' {
					_, ok := m.First("Q")
					return ok, nil
				}
				return e == source[0], nil
			}, nil
		})
	if err != nil {
		t.Fatal(err)
	}
	m := NewMatcher(p, Limits{})
	var s State[byte]
	matches := 0
	advance := func(at int64, e byte) error { return m.Advance(&s, at, e, func(Match[byte]) { matches++ }) }
	if err := advance(1, 'a'); err != nil {
		t.Fatal(err)
	}
	err = advance(2, '!')
	var failed *ConditionError
	if !errors.Is(err, broken) || !errors.As(err, &failed) || failed.Step != "B" {
		t.Errorf("error %v", err)
	}
	if err := advance(3, '?'); err == nil || !strings.Contains(err.Error(), `no step "Q" in the pattern; there are ["A" "B"]`) {
		t.Errorf("error %v", err)
	}
	if err := advance(4, 'b'); err != nil || matches != 1 || m.Stats().ConditionErrors != 3 {
		t.Errorf("error %v, %d matches, %+v", err, matches, m.Stats())
	}
}

func TestOlderEventIsRefused(t *testing.T) {
	m := NewMatcher(compiled(t, Begin[byte]("A").FollowedBy("B").Where(is('b')).Within(time.Second)), Limits{})
	var s State[byte]
	if err := m.Advance(&s, 10, 'a', ignore); err != nil {
		t.Fatal(err)
	}
	if err := m.Advance(&s, 10, 'a', ignore); err != nil {
		t.Errorf("an equal time is refused: %v", err)
	}
	if err := m.Advance(&s, 9, 'b', ignore); err == nil || !strings.Contains(err.Error(), "sort events by event time") {
		t.Errorf("error %v", err)
	}
	if n, _ := s.Runs(); n != 2 {
		t.Errorf("the refused event has changed the state: %d partial matches", n)
	}
}

// Advance expires what is due by itself; timeouts are then only counted.
func TestAdvanceExpires(t *testing.T) {
	m := NewMatcher(compiled(t, Begin[byte]("A").Where(is('a')).NotFollowedBy("X").Where(is('x')).Within(time.Microsecond*10)), Limits{})
	var s State[byte]
	var at []int64
	emit := func(x Match[byte]) { at = append(at, x.At) }
	for i, e := range []byte("a.......a..x") {
		if err := m.Advance(&s, int64(2*i), e, emit); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(at, []int64{10}) || !s.Idle() {
		t.Errorf("matches at %v, idle %v", at, s.Idle())
	}
	if _, ok := m.NextDeadline(&s); ok {
		t.Error("an idle state has a deadline")
	}
}

func TestLimits(t *testing.T) {
	// Every event begins a match and goes on in every one: 2^n ways.
	p := compiled(t, Begin[byte]("A").OneOrMore().AllowCombinations().FollowedBy("Z").Where(is('z')).Within(time.Second))
	m := NewMatcher(p, Limits{Runs: 50, Entries: 40})
	var s State[byte]
	for i := range int64(100) {
		if err := m.Advance(&s, i, 'a', ignore); err != nil {
			t.Fatal(err)
		}
		runs, _ := s.Runs()
		if runs > 50 || s.Events() > 40 {
			t.Fatalf("%d partial matches of %d events", runs, s.Events())
		}
	}
	if st := m.Stats(); st.DroppedEntries == 0 || st.Events != 100 {
		t.Errorf("%+v", st)
	}
	m = NewMatcher(p, Limits{Runs: 50, Entries: 4000})
	s = State[byte]{}
	for i := range int64(100) {
		if err := m.Advance(&s, i, 'a', ignore); err != nil {
			t.Fatal(err)
		}
	}
	runs, _ := s.Runs()
	if st := m.Stats(); runs != 50 || st.DroppedRuns == 0 || st.DroppedEntries != 0 {
		t.Errorf("%d partial matches, %+v", runs, st)
	}
	matches := 0
	if err := m.Advance(&s, 100, 'z', func(Match[byte]) { matches++ }); err != nil || matches != 50 {
		t.Errorf("%d matches of 50 partial ones, error %v", matches, err)
	}
}

// At the limit every partial match can still go on; only new ones are refused.
func TestPartialMatchesGoOnAtTheLimit(t *testing.T) {
	p := compiled(t, Begin[byte]("A").Where(is('a')).FollowedBy("B").Where(is('b')).Times(2).FollowedBy("C").Where(is('c')).Within(time.Second))
	m := NewMatcher(p, Limits{Runs: 8})
	var s State[byte]
	matches := 0
	for i, e := range []byte("aaaaaaaaaabbc") {
		if err := m.Advance(&s, int64(i), e, func(Match[byte]) { matches++ }); err != nil {
			t.Fatal(err)
		}
	}
	if matches != 8 || m.Stats().DroppedRuns != 2 || !s.Idle() {
		t.Errorf("%d matches, %+v", matches, m.Stats())
	}
}

// Matches that wait for an earlier partial match are bound by the same limit.
func TestMatchesThatWaitAreLimited(t *testing.T) {
	p := compiled(t, Or(Begin[byte]("A").Where(is('a')).FollowedBy("Z").Where(is('z')), Begin[byte]("B").Where(is('b'))).
		Within(time.Second).Skip(ToNext))
	m := NewMatcher(p, Limits{Runs: 8})
	var s State[byte]
	var at []int64
	for i, e := range []byte("abbbbbbbbbbbbbb") {
		if err := m.Advance(&s, int64(i), e, ignore); err != nil {
			t.Fatal(err)
		}
	}
	if runs, complete := s.Runs(); runs != 1 || complete != 7 || m.Stats().DroppedRuns != 7 {
		t.Errorf("%d partial, %d complete, %+v", runs, complete, m.Stats())
	}
	m.Expire(&s, 2_000_000, func(x Match[byte]) { at = append(at, x.At) }, nil)
	if !slices.Equal(at, []int64{1, 2, 3, 4, 5, 6, 7}) {
		t.Errorf("matches at %v", at)
	}
}

// Two ways through the pattern to the same list of events are one partial match.
func TestAmbiguousPatternsDoNotMultiply(t *testing.T) {
	p := compiled(t, Group(Begin[byte]("A").Where(is('a')).OneOrMore()).OneOrMore().FollowedBy("Z").Where(is('z')).Within(time.Second))
	m := NewMatcher(p, Limits{})
	var s State[byte]
	for i := range int64(20) {
		if err := m.Advance(&s, i, 'a', ignore); err != nil {
			t.Fatal(err)
		}
	}
	if runs, _ := s.Runs(); runs != 20*21/2 { // a beginning and an end, each of 20 events
		t.Errorf("%d partial matches of 20 events", runs)
	}
}

func TestEventsAreFreedWithTheirLastRun(t *testing.T) {
	p := compiled(t, Begin[*int]("A").FollowedByAny("B").Times(1, 3).Within(10*time.Microsecond).Skip(NoSkip))
	m := NewMatcher(p, Limits{})
	var s State[*int]
	for i := range int64(1000) {
		if err := m.Advance(&s, i, new(int), ignore); err != nil {
			t.Fatal(err)
		}
		if s.Events() > 10 {
			t.Fatalf("%d events are kept; those of 10 µs are needed", s.Events())
		}
	}
	kept := s.a
	m.Expire(&s, 2000, ignore, nil)
	for _, slot := range kept.slots[:cap(kept.slots)] {
		if slot.event != nil {
			t.Fatal("a free slot still holds its event")
		}
	}
}
