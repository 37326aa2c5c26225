package window

import (
	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/codec"
	"github.com/millrace/millrace/stream/state"
)

// slides are sliding windows. Elements of a key and time are folded into one step; the
// result at a step is over the steps of the last size. At a commit a key that has changed,
// or has steps that the watermark has passed, is gone through once.
type slides[K comparable, T, A, R any] struct {
	outlet[K, R]
	a        *aggregate.Aggregator[T, A, R]
	size     int64
	lateness int64
	emission Emission
	late     func(stream.Element[stream.Record[K, T]])

	steps   *state.Map[K, int64, step[A]] // by time
	timers  *state.Timers[K]              // when a step is passed, or goes
	pending *state.Value[K, bool]         // keys changed since the newest early results
	results *codec.Codec[R]

	watermark int64 // as of the newest Advance; 0 when not known
	turn      uint32
	changed   []K
	inTurn    map[K]bool
	emitted   int64
	line      []lined[A] // steps of the key that is gone through
	scratch   []byte
}

// step is what a key has come to at one time, and what was published of the window
// that ends there.
type step[A any] struct {
	Acc     A            `state:"acc"`
	Cause   stream.Cause `state:"cause"`
	Others  uint32       `state:"others"` // publications early and late
	Behind  bool         `state:"behind"` // it began after the watermark had passed it
	Pending bool         `state:"pending"`
	Digest  uint64       `state:"digest"`
	Turn    uint32       `state:"-"`
}

// lined is a step while its key is gone through.
type lined[A any] struct {
	at int64
	step[A]
	suffix A // of the steps from here to the middle of the window
}

func openSlides[K comparable, T, A, R any](
	space *state.Space, watermark int64, p *plan[K, T, A, R], out outlet[K, R], late func(stream.Element[stream.Record[K, T]]),
) (*slides[K, T, A, R], error) {
	s := &slides[K, T, A, R]{
		outlet: out, a: &p.a, size: p.spec.size.Microseconds(), lateness: p.lateness.Microseconds(),
		emission: p.emission, late: late, watermark: watermark, turn: 1, inTurn: make(map[K]bool),
	}
	var err error
	if s.steps, err = state.OpenMap[K, int64, step[A]](space, "steps", state.TableOptions{}); err != nil {
		return nil, err
	}
	if s.timers, err = state.OpenTimers[K](space, "timers"); err != nil {
		return nil, err
	}
	if s.pending, err = state.OpenValue[K, bool](space, "pending", state.TableOptions{}); err != nil {
		return nil, err
	}
	s.results, err = codec.For[R]()
	return s, err
}

// passed reports whether a watermark has passed a time.
func passed(watermark, at int64) bool { return watermark != 0 && at < watermark }

func (s *slides[K, T, A, R]) take(e stream.Element[stream.Record[K, T]]) {
	if passed(s.watermark, e.Time+s.lateness) {
		s.late(e)
		return
	}
	k := e.Value.Key
	p, existed := s.steps.Upsert(k, e.Time)
	if !existed {
		p.Behind = passed(s.watermark, e.Time)
	}
	s.a.Add(&p.Acc, e.Value.Value, aggregate.At{Time: e.Time, Cause: e.Cause})
	if p.Cause.Before(e.Cause) {
		p.Cause = e.Cause
	}
	if p.Turn != s.turn {
		p.Turn = s.turn
		s.enlist(k)
	}
}

// enlist has a key gone through at the next commit.
func (s *slides[K, T, A, R]) enlist(k K) {
	if !s.inTurn[k] {
		s.inTurn[k] = true
		s.changed = append(s.changed, k)
	}
}

// Advance implements [stream.Operator].
func (s *slides[K, T, A, R]) Advance(now stream.Times) error {
	early, err := s.enlistDue(now)
	if err != nil {
		return err
	}
	for _, k := range s.changed {
		s.goThrough(k, now.Watermark, early)
	}
	clear(s.changed)
	clear(s.inTurn)
	s.changed = s.changed[:0]
	s.watermark = now.Watermark
	s.turn++
	return nil
}

// enlistDue adds the keys that time has come for, and says whether early results are
// due.
func (s *slides[K, T, A, R]) enlistDue(now stream.Times) (early bool, err error) {
	if now.Watermark != 0 {
		if err := s.timers.PopDue(now.Watermark, func(k K, _ int64) { s.enlist(k) }); err != nil {
			return false, err
		}
	}
	if early = s.emission.due(now.Now, s.emitted); early {
		s.emitted = now.Now
		err = drain(s.pending, s.enlist)
	}
	return early, err
}

// drain empties a table of keys.
func drain[K comparable](t *state.Value[K, bool], f func(K)) error {
	if t.Len() == 0 {
		return nil
	}
	var keys []K
	err := t.Scan(func(k K, _ *bool) error {
		keys = append(keys, k)
		return nil
	})
	for _, k := range keys {
		t.Delete(k)
		f(k)
	}
	return err
}

// due says whether early results are to be published now.
func (e Emission) due(now, newest int64) bool {
	return e >= 0 && (e == EveryCommit || now-newest >= int64(e)/1000)
}

// goThrough publishes what is new of a key, and drops the steps that no window can
// need any more. The windows are merged with two stacks: each step is merged about
// three times, however many windows it is in.
func (s *slides[K, T, A, R]) goThrough(k K, watermark int64, early bool) {
	s.line = s.line[:0]
	s.check(s.steps.Fields(k, func(at int64, p *step[A]) error {
		s.line = append(s.line, lined[A]{at: at, step: *p})
		return nil
	}))
	var first, middle int // of the window; steps before middle have a suffix
	var back A            // of the steps from middle on
	newest := int64(-1 << 62)
	for i := range s.line {
		p := &s.line[i]
		for s.line[first].at <= p.at-s.size {
			first++
		}
		s.a.Merge(&back, &p.Acc)
		if first >= middle {
			s.fold(first, i)
			middle = i + 1
			var nothing A
			back = nothing
		}
		if p.Turn == s.turn || p.Pending {
			newest = p.at
		}
		if s.news(p.at, p.at-newest < s.size, watermark, early) {
			var window A
			if first < middle {
				s.a.Merge(&window, &s.line[first].suffix)
			}
			s.a.Merge(&window, &back)
			s.show(k, i, watermark, s.a.Result(&window))
		}
	}
	s.rest(k, watermark, early)
	clear(s.line)
}

// fold computes the suffixes of the steps from first to last.
func (s *slides[K, T, A, R]) fold(first, last int) {
	var sum A
	for i := last; i >= first; i-- {
		s.a.Merge(&sum, &s.line[i].Acc)
		var copied A
		s.a.Merge(&copied, &sum)
		s.line[i].suffix = copied
	}
}

// news reports whether the window that ends at a step may have to be published.
func (s *slides[K, T, A, R]) news(at int64, changed bool, watermark int64, early bool) bool {
	if !passed(s.watermark, at) && passed(watermark, at) {
		return true
	}
	return changed && (passed(watermark, at) || early)
}

// show publishes the window that ends at step i.
func (s *slides[K, T, A, R]) show(k K, i int, watermark int64, v R) {
	p := &s.line[i]
	r := Result[K, R]{
		Key: k, Start: event.Instant(p.at - s.size + 1), End: event.Instant(p.at + 1), Phase: OnTime, Revision: p.Others + 1, Value: v,
	}
	switch {
	case passed(s.watermark, p.at):
		r.Phase = Late
		p.Others++
		if !p.Behind {
			r.Revision++
		}
		s.store(k, p)
	case !passed(watermark, p.at):
		s.scratch = s.results.Append(s.scratch[:0], &v)
		digest := xxh3.Hash(s.scratch)
		if p.Others > 0 && p.Digest == digest {
			return
		}
		r.Phase = Early
		p.Others++
		p.Digest = digest
		s.store(k, p)
	}
	s.publish(r, p.Cause)
}

func (s *slides[K, T, A, R]) store(k K, p *lined[A]) {
	to, _ := s.steps.Upsert(k, p.at)
	to.Others, to.Digest, to.Pending = p.Others, p.Digest, p.Pending
}

// rest remembers what early results are to come, drops steps, and sets the key's
// timer.
func (s *slides[K, T, A, R]) rest(k K, watermark int64, early bool) {
	next, waits := int64(0), false
	for i := range s.line {
		p := &s.line[i]
		open := !passed(watermark, p.at)
		gone := p.at + s.size - 1 + s.lateness
		if passed(watermark, gone) {
			s.steps.Delete(k, p.at)
			continue
		}
		if held := open && s.emission > 0 && !early && (p.Pending || p.Turn == s.turn); held != p.Pending {
			p.Pending = held
			s.store(k, p)
		}
		waits = waits || p.Pending
		if at := gone + 1; next == 0 || at < next {
			next = at
		}
		if at := p.at + 1; open && at < next {
			next = at
		}
	}
	if waits {
		s.pending.Set(k, true)
	}
	if next != 0 {
		s.timers.Set(k, next)
	}
}
