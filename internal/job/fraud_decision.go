package job

import (
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/codec"
	"github.com/millrace/millrace/stream/state"
)

// The decisions about a payment.
const (
	Approve = "approve"
	Review  = "review"
	Block   = "block"
)

// Decision is what becomes of a payment, and why.
type Decision struct {
	Payment  string        `state:"payment_id"`
	Order    string        `state:"order_id"`
	Customer string        `state:"customer_id"`
	Time     event.Instant `state:"time"`   // of the attempt
	Amount   event.Micros  `state:"amount"` // in the base currency
	Decision string        `state:"decision"`
	Score    int32         `state:"score"` // 0 to 100
	Reasons  []Reason      `state:"reasons"`
	Card     Attempts      `state:"card"`
	Device   Attempts      `state:"device"`
	IP       Attempts      `state:"ip"`
	Account  Attempts      `state:"account"`
	Revision uint32        `state:"revision"` // from 1
	suspect  bool          `state:"-"`        // it is one to look at, or was
}

// dossier is what has come of a payment so far.
type dossier struct {
	Payment  payment      `state:"payment"` // its earliest event
	At       int64        `state:"at"`
	Cause    stream.Cause `state:"cause"`
	Known    bool         `state:"known"` // an event has come
	Opinions []opinion    `state:"opinions"`
	Revision uint32       `state:"revision"`
	Digest   uint64       `state:"digest"` // of what was published last
	Suspect  bool         `state:"suspect"`
	touched  bool         `state:"-"` // something came since the commit
}

// mostOpinions bounds the parties of a payment: its events should name one card, device, ip and
// account, and may not.
const mostOpinions = 16

// opinion is the newest finding of a party.
type opinion struct {
	Party    party    `state:"party"`
	Attempts Attempts `state:"attempts"`
	Reasons  []Reason `state:"reasons"`
}

// of returns what a party has found, nil as long as it has not.
func (f *dossier) of(p party) *opinion {
	for i := range f.Opinions {
		if f.Opinions[i].Party == p {
			return &f.Opinions[i]
		}
	}
	return nil
}

// judge puts together what the parties of a payment have found.
func judge(
	p FraudParams, payments stream.Keyed[string, payment], findings stream.Keyed[string, stream.Revised[party, finding]],
) stream.Stream[Decision] {
	return stream.Connect2(payments.Stream, findings.Stream, "decisions", func(
		c *stream.Context, emit func(stream.Element[Decision]),
	) (
		func(stream.Element[stream.Record[string, payment]]),
		func(stream.Element[stream.Record[string, stream.Revised[party, finding]]]), stream.Operator, error,
	) {
		d := &desk{p: p, emit: emit}
		var err error
		if d.rows, err = codec.For[Decision](); err != nil {
			return nil, nil, nil, err
		}
		// A payment may be ahead of the watermark by hours, when a source holds it.
		d.dossiers, err = state.OpenValue[string, dossier](c.Space, "dossiers", state.TableOptions{TTL: p.Memory + day})
		return d.takePayment, d.takeFinding, d, err
	})
}

// desk decides about the payments of one shard: those that something has come of, at the
// commit, since nobody would hear of more than one decision in between.
type desk struct {
	p        FraudParams
	emit     func(stream.Element[Decision])
	rows     *codec.Codec[Decision]
	dossiers *state.Value[string, dossier]
	touched  []string
	scratch  []byte
}

// open returns the dossier of a payment, which is decided at the commit.
func (d *desk) open(payment string) *dossier {
	f, _ := d.dossiers.Upsert(payment)
	if !f.touched {
		f.touched = true
		d.touched = append(d.touched, payment)
	}
	return f
}

// Advance implements [stream.Operator].
func (d *desk) Advance(stream.Times) error {
	for _, payment := range d.touched {
		f, _ := d.dossiers.Upsert(payment)
		f.touched = false
		d.decide(f)
	}
	clear(d.touched)
	d.touched = d.touched[:0]
	return nil
}

func (d *desk) takePayment(e stream.Element[stream.Record[string, payment]]) {
	v := &e.Value.Value
	f := d.open(v.ID)
	if !f.Known || e.Time < f.At || e.Time == f.At && e.Cause.Before(f.Cause) {
		f.Payment, f.At, f.Cause, f.Known = v.kept(), e.Time, e.Cause, true
	}
}

func (d *desk) takeFinding(e stream.Element[stream.Record[string, stream.Revised[party, finding]]]) {
	r := &e.Value.Value
	f := d.open(r.Value.Payment)
	o := f.of(r.Key)
	switch {
	case o != nil && r.Revision == 0:
		return // what was found in time stands
	case o == nil && len(f.Opinions) == mostOpinions:
		return
	case o == nil:
		f.Opinions = append(f.Opinions, opinion{Party: party{r.Key.Kind, strings.Clone(r.Key.ID)}})
		o = &f.Opinions[len(f.Opinions)-1]
	}
	o.Attempts, o.Reasons = r.Value.Attempts, r.Value.Reasons
	if r.Retracted {
		o.Attempts, o.Reasons = Attempts{}, nil
	}
}

// decide publishes a decision when all parties have spoken, unless it stands already.
func (d *desk) decide(f *dossier) {
	v, ok := d.decision(f)
	if !ok {
		return
	}
	d.scratch = d.rows.Append(d.scratch[:0], &v)
	digest := xxh3.Hash(d.scratch)
	if f.Revision > 0 && digest == f.Digest {
		return
	}
	f.Revision++
	f.Digest, v.Revision = digest, f.Revision
	v.suspect = f.Suspect || v.Decision != Approve
	f.Suspect = v.Decision != Approve
	d.emit(stream.Element[Decision]{Value: v, Time: f.At, Cause: f.Cause})
}

// decision puts together what the parties of the earliest event have found; not ok as long as one
// of them has not.
func (d *desk) decision(f *dossier) (v Decision, ok bool) {
	v = Decision{
		Payment: f.Payment.ID, Order: f.Payment.Order, Customer: f.Payment.Account, Time: event.Instant(f.At), Amount: f.Payment.Amount,
	}
	attempts := [partyKinds]*Attempts{byCard: &v.Card, byDevice: &v.Device, byIP: &v.IP, byAccount: &v.Account}
	for kind, id := range f.Payment.parties() {
		if id == "" {
			continue
		}
		o := f.of(party{partyKind(kind), id})
		if o == nil {
			return v, false
		}
		*attempts[kind] = o.Attempts
		v.Reasons = append(v.Reasons, o.Reasons...)
	}
	v.Score = scoreOf(v.Reasons)
	switch {
	case v.Score >= d.p.Block:
		v.Decision = Block
	case v.Score >= d.p.Review:
		v.Decision = Review
	default:
		v.Decision = Approve
	}
	return v, f.Known
}

// scoreOf adds the scores of the rules, each once, up to 100.
func scoreOf(reasons []Reason) (score int32) {
	for i, r := range reasons {
		if !named(reasons[:i], r.Rule) {
			score += r.Score
		}
	}
	return min(score, 100)
}

func named(reasons []Reason, rule string) bool {
	for _, r := range reasons {
		if r.Rule == rule {
			return true
		}
	}
	return false
}
