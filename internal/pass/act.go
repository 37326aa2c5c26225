package pass

import (
	"cmp"
	"fmt"
	"maps"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/ledger"
	"github.com/millrace/millrace/internal/pass/checkpoint"
)

// An act is judged against what became of its event by all records before it. So
// that this does not depend on how records fall into batches, a batch ends where an
// act must see what the batch does, or what follows must see what the act does:
//
//   - before an act about an event of the same batch, or about one that the batch has
//     an act about already;
//   - before an act about a source, and before acts that enter identities;
//   - behind a redrive under an identity that is not its own already, or that the dedup
//     index may have forgotten: whether it enters that is known behind the rules.

// acts is what a task knows of quarantined events.
type acts struct {
	held     map[int64]checkpoint.Held     // by offset; not in a commit yet
	sealing  map[int64]checkpoint.Held     // in the commit that is under way
	contents map[event.ID][]uint32         // as held
	sealed   map[event.ID][]uint32         // as sealing
	claims   map[event.ID]checkpoint.Claim // as held
	claiming map[event.ID]checkpoint.Claim // as sealing

	// Of the batch at hand.
	about    map[int64]bool // what it has acts about
	cases    []caseOf       // parallel to its acts
	redriven []int32        // its acts that are judged like events
}

// caseOf is the event that an act is about.
type caseOf struct {
	checkpoint.Held
	foreign bool // it is sent again under an identity that is not its own already
	// old: it was received so long before that the dedup index may have forgotten it, and
	// know another event under its identity.
	old bool
	// freed: its identity was another's that was waived or purged.
	freed bool
}

// parsedAct is an act as its record says.
type parsedAct struct {
	eventlog.Act
	err error
}

func parseAct(header []byte) *parsedAct {
	a := new(parsedAct)
	a.Act, a.err = eventlog.ParseAct(header)
	return a
}

// joins reports whether an act may be in a batch with what that has already.
func (t *task) joins(b *event.Batch, a *parsedAct) bool {
	if b.Len() == 0 || a.err != nil || !t.judges() {
		return true
	}
	if a.Kind == event.Enter {
		n := len(b.Acts)
		return n == b.Len() && b.Acts[n-1].Kind == event.Enter
	}
	return a.Kind != event.SetSource && a.Offset < b.Offset[0] && !t.acts.about[a.Offset]
}

// decodeAct adds an act to the batch, with the payload of a redrive. The task looks up
// what the act is about, unless what became of it is known.
func (t *task) decodeAct(b *event.Batch, k *kgo.Record, p *parsedAct) (last bool, err error) {
	r := &t.record
	unreadable := cmp.Or(p.err, t.meta.Record(k, r))
	i := b.Add(k.Offset, r.Received, r.Line, r.Payload)
	b.Source.Set(i, cmp.Or(r.Source, unknownSource))
	b.Stream.Set(i, r.Stream)
	b.Verdict[i] = event.Acted
	a := event.Act{
		Event: int32(i), Kind: p.Kind, Original: p.Offset, Conflict: p.Conflict, Run: p.Run, Attempt: p.Attempt,
		Patch: p.Patch, By: p.By, Reason: p.Reason, State: p.State, Sample: p.Sample,
	}
	a.ID, _ = event.ParseID(p.ID) // checked; zero for a source
	b.ID[i] = a.ID
	if unreadable != nil {
		a = event.Act{Event: int32(i), Outcome: event.VoidMalformed, Message: event.VoidMalformed.Reason() + ": " + unreadable.Error()}
	}
	var about caseOf
	if t.judges() && a.Outcome == event.Undecided && a.Kind != event.SetSource && a.Kind != event.Enter {
		if err := t.lookUp(&a, &about); err != nil {
			return false, err
		}
	}
	if a.Kind == event.Redrive {
		t.decodeRedrive(b, i, &a)
		judged := t.judges() && !a.Outcome.Void()
		about.foreign = judged && (about.Conflict || b.ID[i] != about.ID)
		about.old = judged && t.beyondHorizon(&about, r.Received/microsPerSecond)
	}
	b.Acts = append(b.Acts, a)
	t.acts.cases = append(t.acts.cases, about)
	t.acts.about[p.Offset] = true
	return about.foreign || about.old, nil
}

// beyondHorizon reports whether the dedup index forgets an event by a time.
func (t *task) beyondHorizon(about *caseOf, seconds int64) bool {
	return seconds-about.Received/microsPerSecond > t.horizon()
}

// horizon is that of the dedup index, in seconds.
func (t *task) horizon() int64 { return int64(t.env.cfg.Dedup.Horizon / time.Second) }

// judges reports whether the task gives verdicts, and does not only make rows of known
// ones.
func (t *task) judges() bool { return t.dedup != nil && t.refill == nil }

// lookUp finds what an act is about, and whether it is void for that.
func (t *task) lookUp(a *event.Act, about *caseOf) error {
	h, found, err := t.heldAt(a.Original)
	if err != nil {
		return err
	}
	about.Held = h
	switch {
	case !found:
		a.Outcome = event.VoidUnknown
	case h.ID != a.ID:
		a.Outcome = event.VoidOther
	default:
		a.Outcome = refused(a.Kind, &h)
	}
	a.Message = a.Outcome.Reason()
	return nil
}

// refused returns why an act can do nothing about an event in its state.
func refused(kind event.ActKind, h *checkpoint.Held) event.Outcome {
	switch {
	case h.State == ledger.Recovered:
		return event.VoidRecovered
	case h.Purged && kind == event.Purge:
		return event.VoidIdle
	case h.Purged:
		return event.VoidPurged
	case h.State == target[kind] && kind != event.Purge && kind != event.Redrive:
		return event.VoidIdle
	case h.State == ledger.Waived && (kind == event.Redrive || kind == event.Bury):
		return event.VoidWaived
	}
	return event.Undecided
}

// target is the state that an act leads to.
var target = map[event.ActKind]ledger.Settlement{
	event.Redrive: ledger.Recovered, event.Waive: ledger.Waived, event.Reopen: ledger.Open,
	event.Bury: ledger.Dead, event.Purge: ledger.Dead,
}

// decided is the outcome of acts that need not be judged like events.
var decided = map[event.ActKind]event.Outcome{
	event.Waive: event.ActWaived, event.Reopen: event.ActReopened, event.Bury: event.ActDead, event.Purge: event.ActPurged,
}

// decodeRedrive reads the payload of a redrive, unless that is void.
func (t *task) decodeRedrive(b *event.Batch, i int, a *event.Act) {
	r := &t.record
	d := t.decoding(sourceKey{r.Source, r.Adapter})
	b.Versions.Set(i, d.versions)
	if a.Outcome.Void() {
		return
	}
	b.Verdict[i], b.Marks[i] = event.Pending, event.Recovered
	if d.decoder == nil {
		t.refuse(b, i, ruleNoAdapter, "adapter", fmt.Sprintf("no adapter %q in this configuration", r.Adapter))
		return
	}
	d.decoder.Decode(b, i, r)
	d.rows = append(d.rows, int32(i))
}

// admit does what acts do that are not judged like events.
func (t *task) admit(b *event.Batch) error {
	t.acts.redriven = t.acts.redriven[:0]
	for k := range b.Acts {
		a := &b.Acts[k]
		switch {
		case a.Outcome != event.Undecided:
		case a.Kind == event.Redrive:
			t.acts.redriven = append(t.acts.redriven, int32(k))
		case a.Kind == event.SetSource:
			a.Outcome = event.ActApplied
			t.setSource(b.Source.Get(int(a.Event)), a)
		case a.Kind == event.Enter:
			if err := t.enter(a, b.Received[a.Event]/microsPerSecond); err != nil {
				return err
			}
		default:
			a.Outcome = decided[a.Kind]
			if err := t.release(a, &t.acts.cases[k].Held); err != nil {
				return err
			}
			t.move(a, t.acts.cases[k].Held)
		}
	}
	return nil
}

// move gives the event that an act is about its new state.
func (t *task) move(a *event.Act, h checkpoint.Held) {
	from := h.State
	h.State, h.Purged = target[a.Kind], a.Kind == event.Purge
	if from != h.State {
		t.ledger.Settle(h.Source, h.Received, h.Time, from, h.State)
	}
	t.acts.held[a.Original] = h
}

func (t *task) setSource(source string, a *event.Act) {
	if a.State == event.SourceActive {
		delete(t.state.Sources, source)
		return
	}
	if t.state.Sources == nil {
		t.state.Sources = make(map[string]checkpoint.SourceState)
	}
	t.state.Sources[source] = checkpoint.SourceState{Sample: a.Sample}
}

// settle gives redrives their outcome, behind the rules.
func (t *task) settle(b *event.Batch) error {
	for _, k := range t.acts.redriven {
		a, about := &b.Acts[k], &t.acts.cases[k]
		i := int(a.Event)
		switch b.Verdict[i] {
		case event.Accepted:
			a.Outcome = event.ActRecovered
			if about.foreign {
				t.dedup.Observe([16]byte(b.ID[i]), b.Received[i]/microsPerSecond, b.Check[i])
			}
			if about.freed {
				t.acts.claims[b.ID[i]] = checkpoint.Claim{State: checkpoint.Taken}
				if err := t.addContent(b.ID[i], b.Check[i]); err != nil {
					return err
				}
			}
			t.move(a, about.Held)
			continue
		case event.Duplicate:
			a.Outcome = event.ActDuplicate
			t.move(a, about.Held)
		default:
			a.Outcome = event.ActRequarantined
		}
		b.Verdict[i], b.Marks[i] = event.Acted, 0
	}
	return nil
}

// hold keeps what was quarantined of a batch, so that acts find it.
func (t *task) hold(b *event.Batch, i int, conflict bool) {
	t.acts.held[b.Offset[i]] = checkpoint.Held{
		ID: b.ID[i], Source: b.Source.Get(i), Received: b.Received[i], Time: b.Time[i], Conflict: conflict,
	}
}

func (t *task) heldAt(offset int64) (checkpoint.Held, bool, error) {
	if h, ok := t.acts.held[offset]; ok {
		return h, true, nil
	}
	if h, ok := t.acts.sealing[offset]; ok {
		return h, true, nil
	}
	return t.env.cfg.Checkpoint.Held(t.partition, offset)
}

// maxContents bounds the contents that are kept of an event: the newest.
const maxContents = 16

func (t *task) contentsOf(id event.ID) ([]uint32, error) {
	if c, ok := t.acts.contents[id]; ok {
		return c, nil
	}
	if c, ok := t.acts.sealed[id]; ok {
		return c, nil
	}
	return t.env.cfg.Checkpoint.Contents(t.partition, id)
}

// addContent lets an event with the content of a redrive be a duplicate of it, too.
func (t *task) addContent(id event.ID, check uint32) error {
	known, err := t.contentsOf(id)
	if err != nil {
		return err
	}
	for _, c := range known {
		if c == check {
			return nil
		}
	}
	known = append(known[:len(known):len(known)], check)
	t.acts.contents[id] = known[max(0, len(known)-maxContents):]
	return nil
}

func (t *task) hasContent(id event.ID, check uint32) (bool, error) {
	known, err := t.contentsOf(id)
	for _, c := range known {
		if c == check {
			return true, err
		}
	}
	return false, err
}

func newActs() acts {
	return acts{
		held: make(map[int64]checkpoint.Held), contents: make(map[event.ID][]uint32), claims: make(map[event.ID]checkpoint.Claim),
		about: make(map[int64]bool),
	}
}

// begin starts a batch.
func (a *acts) begin() {
	if len(a.cases) > 0 {
		clear(a.about)
		a.cases = a.cases[:0]
	}
}

// cut takes what is new into a commit. What the commit before had is durable.
func (a *acts) cut() {
	a.sealing, a.sealed, a.claiming = maps.Clone(a.held), maps.Clone(a.contents), maps.Clone(a.claims)
	clear(a.held)
	clear(a.contents)
	clear(a.claims)
}

// committed says that the commit is durable.
func (a *acts) committed() { a.sealing, a.sealed, a.claiming = nil, nil, nil }
