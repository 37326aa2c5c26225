package job

import (
	"slices"
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
)

// history is what is known of a party: the attempts of the last 24 hours and, of an
// account, what it has paid and where it was.
type history struct {
	Recent []attempt    `state:"recent"` // in the order of their time
	Paid   int64        `state:"paid"`   // authorized payments, this account's life long
	Sum    event.Micros `state:"sum"`    // of those
	Last   whereabouts  `state:"last"`   // of the newest attempt with a place
}

// mostAttempts bounds how many attempts of a party are kept. Counts end there.
const mostAttempts = 256

// attempt is one payment as its parties remember it.
type attempt struct {
	ID       uint64       `state:"id"` // hash of the payment's id
	At       int64        `state:"at"`
	Card     uint64       `state:"card"`
	Answer   answer       `state:"answer"`
	Amount   event.Micros `state:"amount"`
	Attempts Attempts     `state:"attempts"`
	Reasons  []Reason     `state:"reasons"`
}

// Attempts count the payments of a party in the time up to one, that one among them.
type Attempts struct {
	Minute     int32 `state:"attempts_1m"`
	TenMinutes int32 `state:"attempts_10m"`
	Hour       int32 `state:"attempts_1h"`
	Day        int32 `state:"attempts_24h"`
}

// whereabouts are where a payment was made.
type whereabouts struct {
	Known   bool    `state:"known"`
	Payment string  `state:"payment"`
	At      int64   `state:"at"`
	Lat     float64 `state:"lat"`
	Lon     float64 `state:"lon"`
}

// Reason is one finding against a payment.
type Reason struct {
	Rule     string `state:"rule"`
	By       string `state:"by"` // card, device, ip or account
	Score    int32  `state:"score"`
	Evidence string `state:"evidence"`
}

// finding is what a party finds in one payment.
type finding struct {
	Payment  string   `state:"payment"`
	Attempts Attempts `state:"attempts"`
	Reasons  []Reason `state:"reasons"`
}

type fraudTurn = stream.Turn[party, history, finding]

// fraudRules judges the payments of a party, one after the other.
type fraudRules struct{ FraudParams }

// apply takes an event of a payment: the first one that comes is its attempt, and the first
// answer stands.
func (r *fraudRules) apply(t *fraudTurn, v trace) {
	h, id := t.State, xxh3.HashString(v.Payment)
	i := h.find(id)
	isNew := i < 0
	if isNew {
		i = h.add(attempt{ID: id, At: t.Time, Card: v.Card, Amount: v.Amount})
	}
	a := &h.Recent[i]
	known := len(a.Reasons)
	answered := a.Answer == unanswered && v.Answer != unanswered
	if answered {
		a.Answer = v.Answer
	}
	if !isNew && !answered {
		return
	}
	r.judge(&finder{t, h, a, i, &v, isNew})
	if t.Key.Kind == byAccount {
		h.remember(t.Time, &v, isNew, answered)
	}
	if isNew || len(a.Reasons) > known {
		t.Emit(id, finding{Payment: v.Payment, Attempts: a.Attempts, Reasons: slices.Clone(a.Reasons)})
	}
}

// find returns the index of a payment, -1 when it is not remembered.
func (h *history) find(id uint64) int {
	for i := len(h.Recent) - 1; i >= 0; i-- {
		if h.Recent[i].ID == id {
			return i
		}
	}
	return -1
}

// add remembers a payment, counts those up to it, and forgets what is older than a day.
func (h *history) add(a attempt) int {
	from := 0
	for from < len(h.Recent) && (h.Recent[from].At < a.At-stream.Micros(day) || len(h.Recent)-from == mostAttempts) {
		from++
	}
	h.Recent = append(slices.Delete(h.Recent, 0, from), a)
	i := len(h.Recent) - 1
	for _, earlier := range h.Recent {
		h.Recent[i].Attempts.count(a.At - earlier.At)
	}
	return i
}

// count counts an attempt of so long ago, µs.
func (n *Attempts) count(ago int64) {
	const minute = 60 * 1e6
	n.Day++
	if ago <= 60*minute {
		n.Hour++
	}
	if ago <= 10*minute {
		n.TenMinutes++
	}
	if ago <= minute {
		n.Minute++
	}
}

// remember keeps for long what later payments of an account are compared with.
func (h *history) remember(at int64, v *trace, isNew, answered bool) {
	if answered && v.Answer == authorized {
		h.Paid++
		h.Sum += v.Amount
	}
	if isNew && v.Placed {
		h.Last = whereabouts{true, strings.Clone(v.Payment), at, v.Lat, v.Lon}
	}
}

// machine is the timeline of a party, which forgets it after a time without payments.
func (r fraudRules) machine(memory time.Duration) stream.Machine[party, history, trace, finding] {
	return stream.Machine[party, history, trace, finding]{
		Apply: r.apply, Retain: r.Memory, Settle: fraudSettle, TTL: memory,
	}
}
