package job

import (
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
}

// dossier is what has come of a payment so far.
type dossier struct {
	Payment  payment             `state:"payment"` // its earliest event
	At       int64               `state:"at"`
	Cause    stream.Cause        `state:"cause"`
	Needs    uint8               `state:"needs"` // parties, a bit each; 0: no event has come
	Has      uint8               `state:"has"`
	Known    bool                `state:"known"`
	Findings [partyKinds]opinion `state:"findings"`
	Revision uint32              `state:"revision"`
	Digest   uint64              `state:"digest"` // of what was published last
}

// opinion is the newest finding of a party.
type opinion struct {
	Attempts Attempts `state:"attempts"`
	Reasons  []Reason `state:"reasons"`
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
		return d.takePayment, d.takeFinding, nil, err
	})
}

// desk decides about the payments of one shard.
type desk struct {
	p        FraudParams
	emit     func(stream.Element[Decision])
	rows     *codec.Codec[Decision]
	dossiers *state.Value[string, dossier]
	scratch  []byte
}

func (d *desk) takePayment(e stream.Element[stream.Record[string, payment]]) {
	v := &e.Value.Value
	f, _ := d.dossiers.Upsert(v.ID)
	for kind, id := range v.parties() {
		if id != "" {
			f.Needs |= 1 << kind
		}
	}
	if !f.Known || e.Time < f.At || e.Time == f.At && e.Cause.Before(f.Cause) {
		f.Payment, f.At, f.Cause, f.Known = *v, e.Time, e.Cause, true
		d.decide(f)
	}
}

func (d *desk) takeFinding(e stream.Element[stream.Record[string, stream.Revised[party, finding]]]) {
	r := &e.Value.Value
	f, _ := d.dossiers.Upsert(r.Value.Payment)
	f.Has |= 1 << r.Value.Kind
	f.Findings[r.Value.Kind] = opinion{r.Value.Attempts, r.Value.Reasons}
	if r.Retracted {
		f.Findings[r.Value.Kind] = opinion{}
	}
	d.decide(f)
}

// decide publishes a decision when all parties have spoken, unless it stands already.
func (d *desk) decide(f *dossier) {
	if !f.Known || f.Needs&^f.Has != 0 {
		return
	}
	v := d.decision(f)
	d.scratch = d.rows.Append(d.scratch[:0], &v)
	digest := xxh3.Hash(d.scratch)
	if f.Revision > 0 && digest == f.Digest {
		return
	}
	f.Revision++
	f.Digest, v.Revision = digest, f.Revision
	d.emit(stream.Element[Decision]{Value: v, Time: f.At, Cause: f.Cause})
}

func (d *desk) decision(f *dossier) Decision {
	v := Decision{
		Payment: f.Payment.ID, Order: f.Payment.Order, Customer: f.Payment.Account, Time: event.Instant(f.At), Amount: f.Payment.Amount,
		Card: f.Findings[byCard].Attempts, Device: f.Findings[byDevice].Attempts,
		IP: f.Findings[byIP].Attempts, Account: f.Findings[byAccount].Attempts,
	}
	for kind := range f.Findings {
		v.Reasons = append(v.Reasons, f.Findings[kind].Reasons...)
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
	return v
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
