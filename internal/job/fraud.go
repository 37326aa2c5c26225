package job

import (
	"cmp"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
)

// FraudParams are what a shop may set of the job fraud. A zero field takes the default
// that its comment names.
type FraudParams struct {
	// Review and Block are the scores from which a payment is looked at by a person, and
	// refused: 40 and 80.
	Review, Block int32
	// Memory is how far behind the watermark a payment's event may come and still be put
	// in its place, those that were marked late among them: 7 hours.
	Memory time.Duration
	// AccountMemory is how long the history of an account without payments is kept: 90 days.
	AccountMemory time.Duration

	// Burst is the time in which cards are tested, and in which failures precede a success:
	// 15 minutes.
	Burst time.Duration
	// TestedCards is how many cards at one device within Burst are a test of cards, if
	// TestedDeclined percent of the answered payments were declined: 6, 60 percent.
	TestedCards, TestedDeclined int
	// TestedAmounts is how many payments of one card within Burst, each at least twice the one
	// before, are a test of its limit: 5.
	TestedAmounts int
	// Velocity is how many attempts of one card, device, ip or account within 1 minute, 10
	// minutes, 1 hour and 24 hours are too many: 6, 8, 16, 40. At most 256.
	Velocity [4]int
	// TravelKm and TravelKmh are the distance and the speed beyond which two payments of one
	// account are impossible: 300 km, 1,000 km/h.
	TravelKm, TravelKmh float64
	// FreshAge is the age below which an account is fresh, and FreshAmount the amount from
	// which it pays much: 24 hours, 1,000 of the base currency.
	FreshAge    time.Duration
	FreshAmount event.Micros
	// OutlierHistory is how many authorized payments make a history, and OutlierFactor how
	// many times their mean is an outlier: 5, 8.
	OutlierHistory, OutlierFactor int64
	// Failures is how many declined payments in a row before an authorized one are too many: 4.
	Failures int
}

func (p FraudParams) withDefaults() FraudParams {
	p.Review, p.Block = cmp.Or(p.Review, 40), cmp.Or(p.Block, 80)
	p.Memory = cmp.Or(p.Memory, 7*time.Hour)
	p.AccountMemory = max(cmp.Or(p.AccountMemory, 90*day), 2*day)
	p.Burst = cmp.Or(p.Burst, 15*time.Minute)
	p.TestedCards, p.TestedDeclined = cmp.Or(p.TestedCards, 6), cmp.Or(p.TestedDeclined, 60)
	p.TestedAmounts = cmp.Or(p.TestedAmounts, 5)
	p.Velocity = cmp.Or(p.Velocity, [4]int{6, 8, 16, 40})
	p.TravelKm, p.TravelKmh = cmp.Or(p.TravelKm, 300), cmp.Or(p.TravelKmh, 1000)
	p.FreshAge, p.FreshAmount = cmp.Or(p.FreshAge, day), cmp.Or(p.FreshAmount, 1000*event.MicrosPerUnit)
	p.OutlierHistory, p.OutlierFactor = cmp.Or(p.OutlierHistory, 5), cmp.Or(p.OutlierFactor, 8)
	p.Failures = cmp.Or(p.Failures, 4)
	return p
}

// fraudSettle is how long after its attempt a payment's answer is expected.
const fraudSettle = time.Hour

// Fraud judges every payment: approve, review or block, with a score and its reasons.
//
// The features of a payment are those of its card, device, ip and account: its events go to
// the shards of all of those, and what each finds comes together in the shard of the payment.
// None waits for the watermark. An event that belongs before others has the payments
// behind it judged again.
func Fraud(params Params) *stream.Job {
	p := params.Fraud.withDefaults()
	j := stream.NewJob("fraud", 1).Describe(
		"Judges every payment when it is attempted: approve, review or block, with a score and the reasons for it.")
	types := stream.Types(typePaymentAttempted, typePaymentAuthorized, typePaymentDeclined)
	onTime := stream.Events(j, "payments", readPayment, types)
	late := stream.Events(j, "late payments", readPayment, types, stream.Late())
	payments := stream.Merge("all payments", onTime, late)

	traces := stream.FlatMap(payments, "traces", eachTrace)
	byParty := stream.KeyBy(traces, "by party", func(t trace) party { return t.party })
	rules := fraudRules{p}
	tools := findingsOf(byParty, "tools", func(k party) bool { return k.Kind != byAccount }, rules.machine(day+time.Hour))
	accounts := findingsOf(byParty, "accounts", func(k party) bool { return k.Kind == byAccount }, rules.machine(p.AccountMemory))
	findings := stream.Merge("findings", tools, accounts)

	decisions := judge(p,
		stream.KeyBy(payments, "by payment", func(p payment) string { return p.ID }),
		stream.KeyBy(findings, "findings by payment", func(r stream.Revised[party, finding]) string { return r.Value.Payment }))
	stream.ToTable(decisions, "fraud_decisions", "One row per payment: whether it may pass, its score and why.", "payment_id")
	suspects := stream.Filter(decisions, "suspects", func(d Decision) bool { return d.suspect })
	stream.ToTopic(suspects, "fraud-alerts", "Payments to review or to block, and those that are so no more.", "payment_id")
	stream.ToFeed(suspects, "fraud_alerts", "Payments to review or to block, as they are found.", "payment_id")
	return j
}

// findingsOf runs a machine for the parties for which is holds. A payment that comes too late
// for its party to judge has a finding that says so.
func findingsOf(
	in stream.Keyed[party, trace], name string, is func(party) bool, m stream.Machine[party, history, trace, finding],
) stream.Stream[stream.Revised[party, finding]] {
	of := stream.Filter(in.Stream, "of "+name, func(r stream.Record[party, trace]) bool { return is(r.Key) })
	judged := stream.Timeline(stream.Keyed[party, trace]{Stream: of}, name, m)
	late := stream.Map(judged.Late, "late of "+name, func(r stream.Record[party, trace]) stream.Revised[party, finding] {
		return stream.Revised[party, finding]{Key: r.Key, Value: tooLate(r.Key, r.Value.Payment)}
	})
	return stream.Merge("findings of "+name, judged.Results, late)
}
