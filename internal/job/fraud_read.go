package job

import (
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/event"
)

// The events of payments.
const (
	typePaymentAttempted  = "payment_attempted"
	typePaymentAuthorized = "payment_authorized"
	typePaymentDeclined   = "payment_declined"
)

// answer is what the bank said.
type answer uint8

const (
	unanswered answer = iota
	authorized
	declined
)

// payment is one event of a payment: that it was attempted, or the bank's answer.
type payment struct {
	ID, Order, Account string
	Card, Device, IP   string
	Answer             answer
	Amount             event.Micros // in the base currency
	Placed             bool         // Lat and Lon are known
	Lat, Lon           float64
	Created            event.Instant // of the account
}

// kept is the payment with texts of its own: those of a batch would hold all of the batch in
// memory for as long.
func (p *payment) kept() payment {
	q := *p
	for _, text := range [...]*string{&q.ID, &q.Order, &q.Account, &q.Card, &q.Device, &q.IP} {
		*text = strings.Clone(*text)
	}
	return q
}

// readPayment reads an event of a payment. One without a payment_id is no payment.
func readPayment(b *event.Batch, i int, emit func(payment)) {
	p := payment{Order: b.OrderID[i], Account: b.CustomerID[i], Amount: b.Amount[i]}
	switch b.Type.Get(i) {
	case typePaymentAuthorized:
		p.Answer = authorized
	case typePaymentDeclined:
		p.Answer = declined
	}
	places := 0
	for m := membersOf(b.Properties[i]); m.next(); {
		switch m.key {
		case "payment_id":
			p.ID = m.text()
		case "card_fingerprint":
			p.Card = m.text()
		case "device_id":
			p.Device = m.text()
		case "ip":
			p.IP = m.text()
		case "amount_base":
			p.Amount = m.money()
		case "lat":
			p.Lat = m.float()
			places++
		case "lon":
			p.Lon = m.float()
			places++
		case "account_created_at":
			p.Created = m.instant()
		}
	}
	p.Placed = places == 2
	if p.ID != "" {
		emit(p)
	}
}

// partyKind says what several payments have in common.
type partyKind uint8

const (
	byCard partyKind = iota
	byDevice
	byIP
	byAccount
	partyKinds = iota
)

var partyNames = [partyKinds]string{"card", "device", "ip", "account"}

func (k partyKind) String() string { return partyNames[k] }

// party is a card, device, ip or account.
type party struct {
	Kind partyKind
	ID   string
}

// trace is what a party learns of an event of a payment.
type trace struct {
	party   party         `state:"-"`
	Payment string        `state:"payment"`
	Card    uint64        `state:"card"` // fingerprint's hash; 0 without
	Answer  answer        `state:"answer"`
	Amount  event.Micros  `state:"amount"`
	Placed  bool          `state:"placed"` // of accounts, as what follows
	Lat     float64       `state:"lat"`
	Lon     float64       `state:"lon"`
	Created event.Instant `state:"created"`
}

// parties are the payment's card, device, ip and account; empty without.
func (p *payment) parties() [partyKinds]string {
	return [partyKinds]string{byCard: p.Card, byDevice: p.Device, byIP: p.IP, byAccount: p.Account}
}

// eachTrace tells all parties of a payment.
func eachTrace(p payment, emit func(trace)) {
	t := trace{Payment: p.ID, Answer: p.Answer, Amount: p.Amount}
	if p.Card != "" {
		t.Card = xxh3.HashString(p.Card)
	}
	for kind, id := range p.parties() {
		if id == "" {
			continue
		}
		t.party = party{partyKind(kind), id}
		if t.party.Kind == byAccount {
			t.Placed, t.Lat, t.Lon, t.Created = p.Placed, p.Lat, p.Lon, p.Created
		}
		emit(t)
	}
}
