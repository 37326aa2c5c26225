package window

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
)

// settle brings what is published of a key to what its chains have come to, and
// drops what takes nothing more.
func (s *sessions[K, T, A, R]) settle(k K, watermark int64, early bool) {
	l, _ := s.lanes.Upsert(k)
	wanted := s.spans(l)
	s.retract(k, l, wanted)
	waits := false
	for _, w := range wanted {
		if !reached(watermark, w.end) && !early {
			waits = waits || s.emission > 0
			continue
		}
		s.show(k, l, w, watermark)
	}
	s.drop(l, watermark)
	next := s.next(l, watermark)
	if len(l.Chains) == 0 && len(l.Published) == 0 {
		s.lanes.Delete(k)
	}
	if waits {
		s.pending.Set(k, true)
	}
	if next != 0 {
		s.timers.Set(k, next)
	}
}

// retract takes back the sessions that are not any more.
func (s *sessions[K, T, A, R]) retract(k K, l *lane[A], wanted []span) {
	for i := range l.Published {
		p := &l.Published[i]
		at, is := slices.BinarySearchFunc(wanted, p.Start, compareSpan)
		if is || p.Retracted {
			continue
		}
		p.Retracted = true
		p.Revision++
		r := Result[K, R]{
			Key: k, Start: event.Instant(p.Start), End: event.Instant(p.End), Revision: p.Revision, Phase: Early, Retracted: true,
		}
		if p.Final {
			r.Phase = Late
		}
		if err := s.results.Decode(p.Value, &r.Value); err != nil {
			s.fail(fmt.Errorf("the session of key %v at %s: %w", k, r.Start, err))
		}
		s.publish(r, causeOf(l, wanted, at))
	}
}

// causeOf returns the newest cause of the session that may have absorbed another: the
// one before its place.
func causeOf[A any](l *lane[A], wanted []span, at int) (cause stream.Cause) {
	if len(wanted) == 0 {
		return cause
	}
	w := wanted[max(0, at-1)]
	for _, p := range l.Chains[w.chain].Pieces[w.from:w.to] {
		if cause.Before(p.Cause) {
			cause = p.Cause
		}
	}
	return cause
}

func compareSpan(w span, start int64) int { return cmp.Compare(w.start, start) }

// show publishes a session, unless it stands as it is.
func (s *sessions[K, T, A, R]) show(k K, l *lane[A], w span, watermark int64) {
	pieces := l.Chains[w.chain].Pieces[w.from:w.to]
	var sum A
	var cause stream.Cause
	for i := range pieces {
		s.a.Merge(&sum, &pieces[i].Acc)
		if cause.Before(pieces[i].Cause) {
			cause = pieces[i].Cause
		}
	}
	v := s.a.Result(&sum)
	s.scratch = s.results.Append(s.scratch[:0], &v)
	at, known := slices.BinarySearchFunc(l.Published, w.start, func(p published, start int64) int { return cmp.Compare(p.Start, start) })
	if !known {
		l.Published = slices.Insert(l.Published, at, published{Start: w.start})
	}
	p := &l.Published[at]
	final := reached(watermark, w.end)
	same := known && !p.Retracted && p.End == w.end && bytes.Equal(p.Value, s.scratch)
	if same && (p.Final || !final) {
		return
	}
	p.End, p.Final, p.Retracted = w.end, final, false
	p.Value = append(p.Value[:0], s.scratch...)
	p.Revision++
	phase := OnTime
	switch {
	case !final:
		phase = Early
	case reached(s.watermark, w.end):
		phase = Late
	}
	s.publish(Result[K, R]{
		Key: k, Start: event.Instant(w.start), End: event.Instant(w.end), Revision: p.Revision, Phase: phase, Value: v,
	}, cause)
}

// drop removes chains, pieces and publications that no element can change: one
// comes only when its own window of the gap has not been over for the lateness.
func (s *sessions[K, T, A, R]) drop(l *lane[A], watermark int64) {
	l.Chains = slices.DeleteFunc(l.Chains, func(c chain[A]) bool {
		return reached(watermark, c.Last+s.gap+s.lateness)
	})
	for i := range l.Chains {
		c := &l.Chains[i]
		if s.cut(c) {
			c.Pieces = slices.DeleteFunc(c.Pieces, func(p piece[A]) bool {
				return reached(watermark, (p.Number+1)*s.longest+s.gap+s.lateness)
			})
		}
	}
	wanted := s.spans(l)
	l.Published = slices.DeleteFunc(l.Published, func(p published) bool {
		_, is := slices.BinarySearchFunc(wanted, p.Start, compareSpan)
		return !is && reached(watermark, p.End+s.lateness)
	})
}

// next returns when something of the lane ends; 0 when nothing does.
func (s *sessions[K, T, A, R]) next(l *lane[A], watermark int64) (next int64) {
	at := func(t int64) {
		if !reached(watermark, t) && (next == 0 || t < next) {
			next = t
		}
	}
	for _, w := range s.spans(l) {
		at(w.end)
	}
	for i := range l.Chains {
		c := &l.Chains[i]
		at(c.Last + s.gap + s.lateness)
		if s.cut(c) && len(c.Pieces) > 0 {
			at((c.Pieces[0].Number+1)*s.longest + s.gap + s.lateness)
		}
	}
	for i := range l.Published {
		at(l.Published[i].End + s.lateness)
	}
	return next
}
