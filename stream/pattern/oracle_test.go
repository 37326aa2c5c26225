package pattern

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// The oracle finds matches by the definition in doc.go and nothing else: it writes
// down every way through the declaration, tries every event at every place, and
// judges each list by looking at all events. It shares no code with the matcher.

// letter is an event of the tests: what it is, and when.
type letter struct {
	c  byte
	at int64
}

type pair struct{ event, step int }

// A found is a match or a partial match with the moment that completed or ended it.
type found struct {
	list  []pair
	done  moment
	timed bool
}

// A moment is an event (2k+1) or a deadline just before event k (2k).
type moment struct {
	index int
	time  int64
}

func (m moment) compare(o moment) int {
	if c := cmp.Compare(m.index, o.index); c != 0 || m.index%2 == 1 {
		return c
	}
	return cmp.Compare(m.time, o.time)
}

type oracle struct {
	spec   Spec
	events []letter
	names  []string // in order of declaration

	matches, timeouts []found
	derived           map[string]int // how many ways gave a list
	cut               bool           // there are more than tooMany ways
}

const tooMany = 4000

// run fills matches and timeouts without any skip strategy; false when there are
// too many ways.
func (o *oracle) run() bool {
	o.derived = map[string]int{}
	o.name(o.spec.Steps)
	words := o.words(o.spec.Steps, len(o.events)+1)
	if o.cut {
		return false
	}
	root := &way{}
	for _, w := range words {
		root.add(w)
	}
	for _, w := range root.next {
		for k := range o.events {
			if o.opens(root, w, k) {
				o.grow(w, []pair{{k, o.number(w.at)}})
			}
		}
	}
	return true
}

func (o *oracle) name(steps []StepSpec) {
	for _, s := range steps {
		if s.Steps == nil && s.Or == nil {
			o.names = append(o.names, s.Name)
		}
		o.name(s.Steps)
		for _, alternative := range s.Or {
			o.name(alternative)
		}
	}
}

// ---- what events do

func (o *oracle) holds(cond string, list []pair, k int) bool {
	h := history{first: func(step string) (letter, bool) {
		i := slices.IndexFunc(list, func(x pair) bool { return o.names[x.step] == step })
		if i < 0 {
			return letter{}, false
		}
		return o.events[list[i].event], true
	}, count: func(step string) (n int) {
		for _, x := range list {
			if o.names[x.step] == step {
				n++
			}
		}
		return n
	}}
	if len(list) > 0 {
		h.last, h.any = o.events[list[len(list)-1].event], true
	}
	return judge(cond, o.events[k], h)
}

// negated tells whether a negation fits one of the events behind i up to k.
func (o *oracle) negated(s *StepSpec, list []pair, i, k int) bool {
	for x := i + 1; x <= k; x++ {
		if s.Link == "not_next" && x != i+1 {
			break
		}
		if s.WithinPrevious != 0 && o.events[x].at-o.events[i].at >= s.WithinPrevious.Microseconds() {
			break
		}
		if o.holds(s.Where, list, x) {
			return true
		}
	}
	return false
}

// can tells whether n can take event k behind the list, which ends at p. Which
// earlier or other event would be preferred is not asked.
func (o *oracle) can(p *way, n *way, list []pair, k int) bool {
	i := list[len(list)-1].event
	if o.linkOf(p.at, n.at) == "next" && k != i+1 {
		return false
	}
	for _, not := range o.negations(p.at, n.at) {
		if o.negated(not, list, i, k) {
			return false
		}
	}
	for d := range n.at {
		e := o.elementAt(n.at, d)
		if e.Until != "" && o.negated(&StepSpec{Where: e.Until}, list, i, k) {
			return false
		}
		if e.WithinPrevious != 0 && o.events[k].at-o.events[i].at >= e.WithinPrevious.Microseconds() {
			return false
		}
	}
	if o.spec.Within != 0 && o.events[k].at-o.events[list[0].event].at >= o.spec.Within.Microseconds() {
		return false
	}
	return o.holds(o.step(n.at).Where, list, k)
}

// opens tells whether a match may begin with event k at w.
func (o *oracle) opens(root, w *way, k int) bool {
	free := func(w *way) bool {
		for d := range w.at {
			if e := o.elementAt(w.at, d); e.Until != "" && o.holds(e.Until, nil, k) {
				return false
			}
		}
		return o.holds(o.step(w.at).Where, nil, k)
	}
	for _, x := range root.next {
		if o.prefers(nil, x.at, w.at) && free(x) {
			return false
		}
	}
	return free(w)
}

// takes tells whether n takes event k behind the list.
func (o *oracle) takes(p, n *way, list []pair, k int) bool {
	i := list[len(list)-1].event
	if !o.can(p, n, list, k) {
		return false
	}
	if o.linkOf(p.at, n.at) == "followed_by" {
		for x := i + 1; x < k; x++ {
			if o.can(p, n, list, x) {
				return false
			}
		}
	}
	if p.last && o.prefers(p.at, nil, n.at) {
		if done, ok := o.completion(p, list); ok && done.compare(moment{2*k + 1, 0}) < 0 {
			return false
		}
	}
	return !o.preferred(p, n.at, list, k)
}

// preferred tells whether an event behind the list up to k can be taken in a way
// that is preferred to n.
func (o *oracle) preferred(p *way, n spot, list []pair, k int) bool {
	for _, x := range p.next {
		if !o.prefers(p.at, x.at, n) {
			continue
		}
		for y := list[len(list)-1].event + 1; y <= k; y++ {
			if o.can(p, x, list, y) {
				return true
			}
		}
	}
	return false
}

// deadline is the moment at which t is reached.
func (o *oracle) deadline(t int64) moment {
	k := 0
	for k < len(o.events) && o.events[k].at < t {
		k++
	}
	return moment{2 * k, t}
}

func earlier(a, b moment) moment {
	if b.compare(a) < 0 {
		return b
	}
	return a
}

// whole is the deadline of the whole pattern.
func (o *oracle) whole(list []pair) moment {
	if o.spec.Within == 0 {
		return moment{math.MaxInt, 0}
	}
	return o.deadline(o.events[list[0].event].at + o.spec.Within.Microseconds())
}

// completion returns when the list, which ends at p, is complete.
func (o *oracle) completion(p *way, list []pair) (moment, bool) {
	i := list[len(list)-1].event
	done := moment{2*i + 1, o.events[i].at}
	wait := func(m moment) {
		if m.compare(done) > 0 {
			done = m
		}
	}
	for _, not := range o.negations(p.at, nil) {
		over := o.whole(list)
		if not.WithinPrevious != 0 {
			over = earlier(over, o.deadline(o.events[i].at+not.WithinPrevious.Microseconds()))
		}
		if not.Link == "not_next" && i+1 < len(o.events) {
			over = earlier(over, moment{2*i + 3, o.events[i+1].at})
		}
		wait(over)
	}
	for _, x := range p.next {
		if o.prefers(p.at, x.at, nil) {
			wait(o.closed(p, x, list))
		}
	}
	done = earlier(done, o.whole(list))
	for k := i + 1; k < len(o.events) && 2*k+1 <= done.index; k++ {
		for _, not := range o.negations(p.at, nil) {
			if o.negated(not, list, i, k) {
				return moment{}, false
			}
		}
		if o.preferred(p, nil, list, k) {
			return moment{}, false
		}
	}
	return done, true
}

// closed returns the moment from which on n cannot take anything behind the list:
// it has, an event forbids it, or its time is over.
func (o *oracle) closed(p, n *way, list []pair) moment {
	i := list[len(list)-1].event
	end := o.whole(list)
	for d := range n.at {
		if w := o.elementAt(n.at, d).WithinPrevious; w != 0 {
			end = earlier(end, o.deadline(o.events[i].at+w.Microseconds()))
		}
	}
	link := o.linkOf(p.at, n.at)
	for k := i + 1; k < len(o.events) && 2*k+1 < end.index; k++ {
		this := moment{2*k + 1, o.events[k].at}
		over := link == "next" || (link == "followed_by" && o.can(p, n, list, k)) || o.preferred(p, n.at, list, k)
		for _, not := range o.negations(p.at, n.at) {
			over = over || o.negated(not, list, i, k)
		}
		for d := range n.at {
			if u := o.elementAt(n.at, d).Until; u != "" {
				over = over || o.negated(&StepSpec{Where: u}, list, i, k)
			}
		}
		if over {
			return this
		}
	}
	return end
}

// grow goes on from a list that ends at p.
func (o *oracle) grow(p *way, list []pair) {
	o.derived[key(list)]++
	o.end(p, list)
	for _, n := range p.next {
		for k := list[len(list)-1].event + 1; k < len(o.events); k++ {
			if o.takes(p, n, list, k) {
				o.grow(n, append(slices.Clip(list), pair{k, o.number(n.at)}))
			}
		}
	}
}

// end notes the list as a match or as timed out.
func (o *oracle) end(p *way, list []pair) {
	i := list[len(list)-1].event
	complete := false
	over := moment{2*i + 1, 0} // when nothing is waited for any more
	later := func(m moment) {
		if m.compare(over) > 0 {
			over = m
		}
	}
	if p.last {
		done, ok := o.completion(p, list)
		complete = ok
		if ok {
			o.matches = append(o.matches, found{list, done, done.index%2 == 0})
		} else {
			later(o.broken(p, list))
		}
	}
	for _, n := range p.next {
		later(o.closed(p, n, list))
	}
	if !complete && over.index%2 == 0 {
		o.timeouts = append(o.timeouts, found{list, over, true})
	}
}

// broken returns the event that keeps a list from being complete.
func (o *oracle) broken(p *way, list []pair) moment {
	i := list[len(list)-1].event
	for k := i + 1; k < len(o.events); k++ {
		broken := o.preferred(p, nil, list, k)
		for _, not := range o.negations(p.at, nil) {
			broken = broken || o.negated(not, list, i, k)
		}
		if broken {
			return moment{2*k + 1, o.events[k].at}
		}
	}
	panic("BUG: nothing breaks it")
}

func key(list []pair) string {
	var b strings.Builder
	for _, x := range list {
		b.WriteByte(byte(x.event))
		b.WriteByte(byte(x.step))
	}
	return b.String()
}

func compareLists(a, b []pair) int {
	return slices.CompareFunc(a, b, func(x, y pair) int {
		return cmp.Or(cmp.Compare(x.event, y.event), cmp.Compare(x.step, y.step))
	})
}

// distinct keeps the earliest of equal lists.
func distinct(all []found) []found {
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Or(compareLists(a.list, b.list), a.done.compare(b.done)) })
	return slices.CompactFunc(all, func(a, b found) bool { return compareLists(a.list, b.list) == 0 })
}

// result returns the matches that are handed out, in their order.
func (o *oracle) result() []found {
	all := distinct(o.matches)
	if o.spec.Skip.To == "" {
		slices.SortFunc(all, func(a, b found) int { return cmp.Or(a.done.compare(b.done), compareLists(a.list, b.list)) })
		return all
	}
	slices.SortFunc(all, func(a, b found) int {
		return cmp.Or(cmp.Compare(a.list[0].event, b.list[0].event), a.done.compare(b.done), compareLists(a.list, b.list))
	})
	var out []found
	from := 0
	for _, m := range all {
		if m.list[0].event >= from {
			out = append(out, m)
			from = o.target(m.list)
		}
	}
	return out
}

// target is the event at which the search goes on after a match.
func (o *oracle) target(list []pair) int {
	next := list[0].event + 1
	var of []int
	for _, x := range list {
		if o.names[x.step] == o.spec.Skip.Step {
			of = append(of, x.event)
		}
	}
	switch skip := o.spec.Skip.To; {
	case skip == "past_last_event":
		return list[len(list)-1].event + 1
	case skip == "first" && len(of) > 0:
		return max(next, of[0])
	case skip == "last" && len(of) > 0:
		return max(next, of[len(of)-1])
	}
	return next
}
