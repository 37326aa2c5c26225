package window

import (
	"cmp"
	"slices"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/codec"
	"github.com/millrace/millrace/stream/state"
)

// sessions are session windows. Elements of a key that are less than the gap
// apart make a chain. A chain is one session, or as many as it is cut into. At a
// commit the sessions of a key that has changed are compared with those
// published: so it does not matter in which order elements came.
type sessions[K comparable, T, A, R any] struct {
	outlet[K, R]
	a        *aggregate.Aggregator[T, A, R]
	gap      int64
	longest  int64 // 0: any length
	lateness int64
	emission Emission
	late     func(stream.Element[stream.Record[K, T]])

	lanes   *state.Value[K, lane[A]]
	timers  *state.Timers[K]
	pending *state.Value[K, bool] // keys changed since the newest early results
	results *codec.Codec[R]

	watermark int64 // as of the newest Advance; 0 when not known
	changed   []K
	inTurn    map[K]bool
	emitted   int64
	wanted    []span
	scratch   []byte
}

// lane is what is kept of a key.
type lane[A any] struct {
	Chains    []chain[A]  `state:"chains"`    // by start
	Published []published `state:"published"` // by start
}

// chain is a run of elements less than the gap apart. Its pieces are the elements
// between two multiples of the greatest length; without one there is one piece.
type chain[A any] struct {
	Start  int64      `state:"start"`
	Last   int64      `state:"last"`
	Pieces []piece[A] `state:"pieces"` // by number
}

type piece[A any] struct {
	Number int64        `state:"number"`
	Acc    A            `state:"acc"`
	Cause  stream.Cause `state:"cause"`
}

// published is a session as it was last published.
type published struct {
	Start     int64  `state:"start"`
	End       int64  `state:"end"`
	Revision  uint32 `state:"revision"`
	Final     bool   `state:"final"` // not early
	Retracted bool   `state:"retracted"`
	Value     []byte `state:"value"`
}

// span is a session as the chains have it: pieces from to to of a chain.
type span struct {
	start, end      int64
	chain, from, to int
}

func openSessions[K comparable, T, A, R any](
	space *state.Space, watermark int64, p *plan[K, T, A, R], out outlet[K, R], late func(stream.Element[stream.Record[K, T]]),
) (*sessions[K, T, A, R], error) {
	s := &sessions[K, T, A, R]{
		outlet: out, a: &p.a, gap: p.spec.gap.Microseconds(), longest: p.spec.size.Microseconds(),
		lateness: p.lateness.Microseconds(), emission: p.emission, late: late,
		watermark: watermark, inTurn: make(map[K]bool),
	}
	var err error
	if s.lanes, err = state.OpenValue[K, lane[A]](space, "lanes", state.TableOptions{}); err != nil {
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

func (s *sessions[K, T, A, R]) take(e stream.Element[stream.Record[K, T]]) {
	if reached(s.watermark, e.Time+s.gap+s.lateness) {
		s.late(e)
		return
	}
	l, _ := s.lanes.Upsert(e.Value.Key)
	p := s.pieceOf(s.chainOf(l, e.Time), e.Time)
	s.a.Add(&p.Acc, e.Value.Value, aggregate.At{Time: e.Time, Cause: e.Cause})
	if p.Cause.Before(e.Cause) {
		p.Cause = e.Cause
	}
	s.enlist(e.Value.Key)
}

// reached reports whether a watermark has come to the end of a window.
func reached(watermark, end int64) bool { return watermark != 0 && end <= watermark }

// chainOf returns the chain of an instant, a new one if it is near no other. It
// merges the chains that it joins.
func (s *sessions[K, T, A, R]) chainOf(l *lane[A], at int64) *chain[A] {
	i := 0
	for i < len(l.Chains) && l.Chains[i].Last+s.gap <= at {
		i++
	}
	if i == len(l.Chains) || l.Chains[i].Start-s.gap >= at {
		l.Chains = slices.Insert(l.Chains, i, chain[A]{Start: at, Last: at})
		return &l.Chains[i]
	}
	c := &l.Chains[i]
	c.Start, c.Last = min(c.Start, at), max(c.Last, at)
	if i+1 < len(l.Chains) && l.Chains[i+1].Start-s.gap < c.Last {
		s.absorb(c, &l.Chains[i+1])
		l.Chains = slices.Delete(l.Chains, i+1, i+2)
	}
	return c
}

// absorb merges a chain into the one before it.
func (s *sessions[K, T, A, R]) absorb(c, next *chain[A]) {
	c.Last = next.Last
	for i := range next.Pieces {
		from := &next.Pieces[i]
		into := s.pieceNumber(c, from.Number)
		s.a.Merge(&into.Acc, &from.Acc)
		if into.Cause.Before(from.Cause) {
			into.Cause = from.Cause
		}
	}
}

func (s *sessions[K, T, A, R]) pieceOf(c *chain[A], at int64) *piece[A] {
	if s.longest == 0 {
		return s.pieceNumber(c, 0)
	}
	return s.pieceNumber(c, floorDiv(at, s.longest))
}

func (s *sessions[K, T, A, R]) pieceNumber(c *chain[A], n int64) *piece[A] {
	i, found := slices.BinarySearchFunc(c.Pieces, n, func(p piece[A], n int64) int { return cmp.Compare(p.Number, n) })
	if !found {
		c.Pieces = slices.Insert(c.Pieces, i, piece[A]{Number: n})
	}
	return &c.Pieces[i]
}

func (s *sessions[K, T, A, R]) enlist(k K) {
	if !s.inTurn[k] {
		s.inTurn[k] = true
		s.changed = append(s.changed, k)
	}
}

// Advance implements [stream.Operator].
func (s *sessions[K, T, A, R]) Advance(now stream.Times) error {
	if now.Watermark != 0 {
		if err := s.timers.PopDue(now.Watermark, func(k K, _ int64) { s.enlist(k) }); err != nil {
			return err
		}
	}
	early := s.emission.due(now.Now, s.emitted)
	if early {
		s.emitted = now.Now
		if err := drain(s.pending, s.enlist); err != nil {
			return err
		}
	}
	for _, k := range s.changed {
		if s.lanes.Get(k) != nil {
			s.settle(k, now.Watermark, early)
		}
	}
	clear(s.changed)
	clear(s.inTurn)
	s.changed = s.changed[:0]
	s.watermark = now.Watermark
	return nil
}

// spans lists the sessions of a lane.
func (s *sessions[K, T, A, R]) spans(l *lane[A]) []span {
	s.wanted = s.wanted[:0]
	for i := range l.Chains {
		c := &l.Chains[i]
		if !s.cut(c) {
			s.wanted = append(s.wanted, span{c.Start, c.Last + s.gap, i, 0, len(c.Pieces)})
			continue
		}
		for j, p := range c.Pieces {
			start := max(c.Start, p.Number*s.longest)
			end := min(c.Last+s.gap, (p.Number+1)*s.longest)
			s.wanted = append(s.wanted, span{start, end, i, j, j + 1})
		}
	}
	return s.wanted
}

// cut reports whether a chain is too long for one session.
func (s *sessions[K, T, A, R]) cut(c *chain[A]) bool {
	return s.longest > 0 && c.Last-c.Start >= s.longest
}
