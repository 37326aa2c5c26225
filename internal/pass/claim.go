package pass

import (
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/fingerprint"
	"github.com/millrace/millrace/internal/pass/checkpoint"
)

// The event that came first under an identity has it, though it is quarantined: what
// comes with other content is a conflict. Once the first was waived or purged the
// identity is free, and a redrive may take it. From then on it is the taker's: the
// first, opened again, is a duplicate or a conflict in its turn. An identity that was
// accepted in another partition is nobody's here, for ever.

// release frees the identity of an event that is given up, and takes it back when the
// event is opened again. One that was quarantined for a conflict has no identity to give.
func (t *task) release(a *event.Act, h *checkpoint.Held) error {
	if h.Conflict {
		return nil
	}
	claim, err := t.claimOf(h.ID)
	if err != nil || claim.State == checkpoint.Taken || claim.State == checkpoint.Elsewhere {
		return err
	}
	switch {
	case a.Kind == event.Waive || a.Kind == event.Purge:
		t.acts.claims[h.ID] = checkpoint.Claim{State: checkpoint.Free, Received: h.Received / microsPerSecond}
	case claim.State == checkpoint.Free: // the act opens it again
		t.acts.claims[h.ID] = checkpoint.Claim{}
	}
	return nil
}

// enter makes known that an identity was accepted in another partition. Its content is
// not known: what comes under it here for the first time is a duplicate, whatever it says.
func (t *task) enter(a *event.Act, at int64) error {
	claim, err := t.claimOf(a.ID)
	if err != nil {
		return err
	}
	t.dedup.Observe([16]byte(a.ID), at, 0)
	if claim.State == checkpoint.Taken || claim.State == checkpoint.Elsewhere && !t.expired(claim, at) {
		a.Outcome = event.VoidIdle
		a.Message = a.Outcome.Reason()
		return nil
	}
	a.Outcome = event.ActApplied
	t.acts.claims[a.ID] = checkpoint.Claim{State: checkpoint.Elsewhere, Received: at}
	return nil
}

// expired reports whether an event that was received at a time, in seconds, came so long
// after the partition was told of the identity that the dedup index has forgotten it.
func (t *task) expired(claim checkpoint.Claim, received int64) bool {
	return received-claim.Received > t.horizon()
}

// standing is what a partition knows of the identity that an event is sent again under.
type standing struct {
	claim   checkpoint.Claim
	claimed bool // the claim decides
	freed   bool // the event may take the identity
	foreign bool // it is not the event's own already
	known   bool // the dedup index has it
	same    bool // an event of this content was received under it
}

// standingOf looks up an identity for an event that is sent again, at a time in seconds.
// It has no effect.
func (t *task) standingOf(about *caseOf, id event.ID, check uint32, at int64) (s standing, err error) {
	if s.claim, err = t.claimOf(id); err != nil {
		return s, err
	}
	prior, known := t.dedup.Lookup([16]byte(id), at)
	s.known = known
	s.resolve(t, about, prior)
	if !s.foreign && !s.claimed {
		return s, nil
	}
	if s.same = known && !contradict(prior.Check, check); !s.same {
		s.same, err = t.hasContent(id, check)
	}
	return s, err
}

// resolve finds out whether the claim decides, and whether the identity is the event's own.
func (s *standing) resolve(t *task, about *caseOf, prior fingerprint.Entry) {
	s.foreign = about.foreign
	switch s.claim.State {
	case checkpoint.Free:
		// What the index has seen at another time is an event that came when it had
		// forgotten the first.
		s.freed = about.foreign && (!s.known || prior.Seen == s.claim.Received)
		s.claimed = s.freed
	case checkpoint.Taken:
		s.claimed = true
	case checkpoint.Elsewhere:
		s.claimed = !t.expired(s.claim, about.Received/microsPerSecond)
	}
	if about.old && !about.foreign {
		// What the index has from behind the horizon is not the original. What it has not
		// is entered when it is accepted: else the next attempt would find this one.
		s.foreign = !s.known || t.beyondHorizon(about, prior.Seen)
	}
}

// verdict is what the identity makes of the event: a duplicate, a conflict, or pending
// when the rules decide.
func (s *standing) verdict(about *caseOf) event.Verdict {
	switch {
	case s.freed, !s.claimed && (!s.foreign || !s.known):
		return event.Pending
	case s.same:
		return event.Duplicate
	case s.claim.State == checkpoint.Elsewhere && s.claimed && (!about.foreign || !s.known):
		// The partition cannot compare it with what was accepted.
		return event.Duplicate
	}
	return event.Quarantined
}

// findRedriven decides about an event that is sent again. That its own identity was
// received does not count against it.
func (t *task) findRedriven(b *event.Batch, k int32) error {
	i, about := int(b.Acts[k].Event), &t.acts.cases[k]
	at, check := b.Received[i]/microsPerSecond, b.Check[i]
	s, err := t.standingOf(about, b.ID[i], check, at)
	if err != nil {
		return err
	}
	verdict := s.verdict(about)
	about.foreign, about.freed = s.foreign, s.freed
	switch verdict {
	case event.Duplicate:
		b.Verdict[i] = event.Duplicate
	case event.Quarantined:
		t.conflict(b, i)
	default:
		if s.foreign {
			return nil // it is entered when it is accepted
		}
		if prior, dup := t.dedup.Observe([16]byte(b.ID[i]), at, check); dup && contradict(prior.Check, check) {
			return t.addContent(b.ID[i], check)
		}
	}
	return nil
}

// Foresee tells what the identity of a quarantined event would make of it, were it sent
// again now under id, with content of a digest: [event.Duplicate], [event.Quarantined]
// for a conflict, or [event.Pending] when the rules decide, and when this process does
// not know. elsewhere says that the partition is told before that an event of the
// identity was accepted in another one.
func (p *Pass) Foresee(partition int32, offset int64, id event.ID, check uint32, elsewhere bool) (event.Verdict, error) {
	w := p.worker(partition)
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.tasks[partition]
	if t == nil || !t.judges() {
		return event.Pending, nil
	}
	h, found, err := t.heldAt(offset)
	if err != nil || !found {
		return event.Pending, err
	}
	at := p.cfg.Clock.Now().Unix()
	about := caseOf{Held: h, foreign: h.Conflict || id != h.ID}
	about.old = t.beyondHorizon(&about, at)
	s, err := t.standingOf(&about, id, check, at)
	if err != nil {
		return event.Pending, err
	}
	if elsewhere && s.claim.State != checkpoint.Taken {
		s.claim, s.claimed, s.freed = checkpoint.Claim{State: checkpoint.Elsewhere}, true, false
	}
	return s.verdict(&about), nil
}

func (t *task) claimOf(id event.ID) (checkpoint.Claim, error) {
	if c, ok := t.acts.claims[id]; ok {
		return c, nil
	}
	if c, ok := t.acts.claiming[id]; ok {
		return c, nil
	}
	return t.env.cfg.Checkpoint.Claim(t.partition, id)
}
