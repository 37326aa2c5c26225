package pattern

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	seeds = flag.Int("pattern.seeds", 20_000, "random patterns to try")
	seed  = flag.Uint64("pattern.seed", 0, "try this one only")
)

// A condition of the tests is a set of letters, and perhaps a question to what was
// taken before: "ab", "ab;up" (not before the last one in the alphabet), "ab;same A"
// (equals the first of A, if there is one), "ab;even A" (A took an even number).
type history struct {
	last  letter
	any   bool
	first func(step string) (letter, bool)
	count func(step string) int
}

func judge(cond string, e letter, h history) bool {
	set, more, _ := strings.Cut(cond, ";")
	if !strings.ContainsRune(set, rune(e.c)) {
		return false
	}
	question, step, _ := strings.Cut(more, " ")
	switch question {
	case "up":
		return !h.any || e.c >= h.last.c
	case "same":
		f, ok := h.first(step)
		return !ok || f.c == e.c
	case "even":
		return h.count(step)%2 == 0
	}
	return true
}

func compileJudge(_, source string) (func(letter, *Partial[letter]) (bool, error), error) {
	return func(e letter, m *Partial[letter]) (bool, error) {
		h := history{first: m.First, count: m.Count}
		if last, ok := m.Previous(); ok {
			h.last, h.any = last.Event, true
		}
		return judge(source, e, h), nil
	}, nil
}

// compileSpec compiles a declaration; conditions that ask the event alone become
// such, as Where makes them.
func compileSpec(spec Spec) (*Pattern[letter], error) {
	p, err := FromSpec(spec, compileJudge)
	if err != nil {
		return nil, err
	}
	var visit func([]StepSpec)
	visit = func(steps []StepSpec) {
		for _, s := range steps {
			visit(s.Steps)
			for _, alternative := range s.Or {
				visit(alternative)
			}
			i := slices.Index(p.prog.names, s.Name)
			if i >= 0 && s.Name != "" && !strings.Contains(s.Where, ";") {
				p.conds[i] = condition[letter]{alone: []func(letter) bool{func(e letter) bool { return judge(s.Where, e, history{}) }}}
			}
		}
	}
	visit(spec.Steps)
	return p, nil
}

// ---- random patterns

type generator struct {
	*rand.Rand
	names   int
	bounded bool // Within is given
}

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func (g *generator) name() string {
	g.names++
	return string(rune('A' + g.names - 1))
}

func (g *generator) letters() string {
	sets := []string{"a", "b", "c", "ab", "bc", "ac", "abc"}
	set := sets[g.IntN(len(sets))]
	switch {
	case g.chance(8):
		return set + ";up"
	case g.names > 1 && g.chance(8):
		return set + ";same " + string(rune('A'+g.IntN(g.names)))
	case g.names > 1 && g.chance(8):
		return set + ";even " + string(rune('A'+g.IntN(g.names)))
	}
	return set
}

func (g *generator) gap() time.Duration { return time.Duration(1+g.IntN(5)) * time.Microsecond }

func (g *generator) spec() Spec {
	s := Spec{}
	if g.bounded = g.chance(80); g.bounded {
		s.Within = time.Duration(2+g.IntN(9)) * time.Microsecond
	}
	s.Steps = g.sequence(0, 1+g.IntN(4))
	switch g.IntN(8) {
	case 0:
		s.Skip.To = "next"
	case 1:
		s.Skip.To = "past_last_event"
	case 2, 3:
		s.Skip = SkipSpec{[]string{"first", "last"}[g.IntN(2)], string(rune('A' + g.IntN(g.names)))}
	}
	return s
}

func (g *generator) sequence(depth, n int) []StepSpec {
	var steps []StepSpec
	for i := range n {
		if i > 0 && g.chance(18) {
			not := StepSpec{Name: g.name(), Link: []string{"not_next", "not_followed_by"}[g.IntN(2)], Where: g.letters()}
			if !g.bounded || g.chance(20) {
				not.WithinPrevious = g.gap()
			}
			steps = append(steps, not)
			continue
		}
		steps = append(steps, g.element(depth))
	}
	return steps
}

func (g *generator) element(depth int) StepSpec {
	s := StepSpec{Link: []string{"", "next", "followed_by_any", "followed_by"}[g.IntN(4)]}
	switch {
	case depth < 2 && g.chance(12):
		s.Steps = g.sequence(depth+1, 1+g.IntN(2))
	case depth < 2 && g.chance(10):
		for range 2 {
			s.Or = append(s.Or, g.sequence(depth+1, 1+g.IntN(2)))
		}
	default:
		s.Name = g.name()
		s.Where = g.letters()
	}
	loop := false
	if g.chance(40) {
		s.Times = []*TimesSpec{{1, 0}, {0, 0}, {2, 2}, {1, 2}, {2, 3}, {0, 1}, {0, 2}, {2, 0}}[g.IntN(8)]
		if !g.bounded && s.Times.Max == 0 {
			s.Times = &TimesSpec{1, 3}
		}
		loop = s.Times.Max != 1
	}
	s.Optional = g.chance(10)
	if s.Times != nil && s.Times.Min != s.Times.Max || s.Optional {
		s.Mode = []string{"", "greedy", "reluctant"}[g.IntN(3)]
	}
	if loop {
		s.Inner = []string{"", "consecutive", "combinations", "relaxed"}[g.IntN(4)]
		if g.chance(20) {
			s.Until = g.letters()
		}
	}
	if !g.bounded || g.chance(10) {
		s.WithinPrevious = g.gap()
	}
	return s
}

func (g *generator) events() []letter {
	out := make([]letter, g.IntN(8))
	at := int64(g.IntN(3))
	for i := range out {
		out[i] = letter{"abc"[g.IntN(3)], at}
		at += int64(g.IntN(3))
	}
	return out
}

// ---- the comparison

// text writes what was found as lines: steps and events, and when.
func text(steps func(i int) (step string, event int), n int, at int64, timed bool) string {
	var b strings.Builder
	for i := range n {
		step, event := steps(i)
		fmt.Fprintf(&b, "%s%d ", step, event)
	}
	fmt.Fprintf(&b, "at %d", at)
	if timed {
		b.WriteString(" by deadline")
	}
	return b.String()
}

func (o *oracle) text(f found) string {
	return text(func(i int) (string, int) { return o.names[f.list[i].step], f.list[i].event }, len(f.list), f.done.time, f.timed)
}

// A caller is how an engine may call the matcher.
type caller struct {
	restart func() bool // before an event: write the state and go on from what is read back
	expire  int
}

const (
	expireToEvent = iota // before each event
	expireByDeadline
	expireNever // Advance does it; timeouts are then not handed out
)

// runMatcher runs the matcher. Events carry their number in place of their time.
func runMatcher(p *Pattern[letter], events []letter, c caller) (matches, timeouts []string, err error) {
	m := NewMatcher(p, Limits{})
	s := &State[letter]{}
	line := func(taken []Taken[letter], at int64, timed bool) string {
		return text(func(i int) (string, int) { return taken[i].Step, int(taken[i].Event.at) }, len(taken), at, timed)
	}
	emit := func(x Match[letter]) { matches = append(matches, line(x.Taken, x.At, x.TimedOut)) }
	late := func(x Timeout[letter]) { timeouts = append(timeouts, line(x.Taken, x.At, true)) }
	for i, e := range events {
		if c.restart() {
			b := m.AppendState(nil, s, appendLetter)
			m, s = NewMatcher(p, Limits{}), &State[letter]{}
			if err := m.DecodeState(b, s, decodeLetter); err != nil {
				return nil, nil, err
			}
			if again := m.AppendState(nil, s, appendLetter); string(again) != string(b) {
				return nil, nil, fmt.Errorf("state %x is written back as %x", b, again)
			}
		}
		switch c.expire {
		case expireToEvent:
			m.Expire(s, e.at, emit, late)
		case expireByDeadline:
			for next, ok := m.NextDeadline(s); ok && next <= e.at; next, ok = m.NextDeadline(s) {
				m.Expire(s, next, emit, late)
			}
		}
		if err := m.Advance(s, e.at, letter{e.c, int64(i)}, emit); err != nil {
			return nil, nil, err
		}
		if s.a != nil && s.a.live != len(s.a.runs) {
			return nil, nil, fmt.Errorf("%d partial matches are counted, %d kept", s.a.live, len(s.a.runs))
		}
	}
	m.Expire(s, 1<<40, emit, late)
	if !s.Idle() {
		return nil, nil, fmt.Errorf("the state is not idle when all time is over: %d events", s.Events())
	}
	return matches, timeouts, nil
}

func appendLetter(dst []byte, e letter) []byte { return append(dst, e.c, byte(e.at)) }

func decodeLetter(b []byte) (letter, error) {
	if len(b) != 2 {
		return letter{}, fmt.Errorf("%d bytes", len(b))
	}
	return letter{b[0], int64(b[1])}, nil
}

func TestMatcherAgreesWithOracle(t *testing.T) {
	first, last := uint64(1), uint64(*seeds)
	if *seed != 0 {
		first, last = *seed, *seed
	}
	var tried, withMatches, withTimeouts int
	for n := first; n <= last; n++ {
		g := &generator{Rand: rand.New(rand.NewPCG(n, 0))}
		spec, events := g.spec(), g.events()
		p, err := compileSpec(spec)
		if err != nil {
			continue
		}
		o := &oracle{spec: spec, events: events}
		if !o.run() {
			continue
		}
		tried++
		wrong, matches, timeouts := compareWithOracle(p, o, g)
		if wrong != "" {
			t.Fatalf("go test -run %s -pattern.seed=%d\n%s", t.Name(), n, wrong)
		}
		withMatches += min(matches, 1)
		withTimeouts += min(timeouts, 1)
	}
	t.Logf("%d patterns, %d with matches, %d with timeouts", tried, withMatches, withTimeouts)
	if *seed == 0 && (tried < *seeds/2 || withMatches < tried/5 || withTimeouts < tried/10) {
		t.Errorf("of %d seeds %d patterns were tried, %d had matches, %d timeouts: the generator is too weak", *seeds, tried, withMatches, withTimeouts)
	}
}

func compareWithOracle(p *Pattern[letter], o *oracle, g *generator) (wrong string, matches, timeouts int) {
	restarts := g.chance(30)
	c := caller{restart: func() bool { return restarts && g.chance(50) }, expire: g.IntN(3)}
	gotMatches, gotTimeouts, err := runMatcher(p, o.events, c)
	var wantMatches, wantTimeouts []string
	for _, f := range o.result() {
		wantMatches = append(wantMatches, o.text(f))
	}
	if o.spec.Skip.To == "" && c.expire != expireNever {
		for _, f := range o.timeouts {
			if o.derived[key(f.list)] == 1 {
				wantTimeouts = append(wantTimeouts, o.text(f))
			}
		}
		gotTimeouts = slices.DeleteFunc(gotTimeouts, func(s string) bool { return o.ambiguous(s) })
		slices.Sort(wantTimeouts)
		slices.Sort(gotTimeouts)
	} else {
		gotTimeouts = nil
	}
	if err == nil && slices.Equal(gotMatches, wantMatches) && slices.Equal(gotTimeouts, wantTimeouts) {
		return "", len(gotMatches), len(gotTimeouts)
	}
	spec, _ := json.MarshalIndent(o.spec, "", "  ")
	return fmt.Sprintf("pattern %s\nevents %s\nerror %v\nmatches\n  %s\nwant\n  %s\ntimeouts\n  %s\nwant\n  %s\n", spec, writeEvents(o.events), err,
		strings.Join(gotMatches, "\n  "), strings.Join(wantMatches, "\n  "),
		strings.Join(gotTimeouts, "\n  "), strings.Join(wantTimeouts, "\n  ")), 0, 0
}

// ambiguous tells whether the list in a line comes about in several ways: then it
// is not defined which of them times out.
func (o *oracle) ambiguous(line string) bool {
	var list []pair
	for _, word := range strings.Fields(line) {
		if word == "at" {
			break
		}
		var p pair
		fmt.Sscanf(word[1:], "%d", &p.event)
		p.step = slices.Index(o.names, word[:1])
		list = append(list, p)
	}
	return o.derived[key(list)] > 1
}

func writeEvents(events []letter) string {
	var b strings.Builder
	for i, e := range events {
		fmt.Fprintf(&b, "%d:%c@%d ", i, e.c, e.at)
	}
	return b.String()
}
