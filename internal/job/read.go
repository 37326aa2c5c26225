package job

import (
	"strconv"

	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// members walks the members of an event's properties or context:
//
//	m := membersOf(b.Properties[i])
//	for m.next() {
//		switch m.key {
//		case "payment_id":
//			p.ID = m.text()
//		}
//	}
//
// It does not allocate, but for texts with escapes.
type members struct {
	c     jsontext.Cursor
	key   string
	value jsontext.Value
}

// membersOf starts at an object, or at nothing.
func membersOf(json string) (m members) {
	if json == "" {
		return m
	}
	m.c.Reset(json)
	m.c.Object()
	return m
}

// next goes to the next member. Adapters have checked the document, so an error in
// it ends the members.
func (m *members) next() bool {
	if !m.c.More() {
		return false
	}
	m.key, m.value = m.c.Key().Raw, m.c.Value()
	return m.c.Err() == nil
}

// text returns a text; of a number its digits, of anything else nothing.
func (m *members) text() string {
	switch m.value.Kind {
	case jsontext.String:
		if m.value.Escaped {
			return string(jsontext.Unescape(nil, m.value.Raw))
		}
		return m.value.Raw
	case jsontext.Number:
		return m.value.Raw
	}
	return ""
}

// money returns an amount, zero for what is none.
func (m *members) money() event.Micros {
	v, err := event.ParseMicros(m.text())
	if err != nil {
		return 0
	}
	return v
}

// float returns a number, zero for what is none.
func (m *members) float() float64 {
	v, err := strconv.ParseFloat(m.text(), 64)
	if err != nil {
		return 0
	}
	return v
}

// instant returns a time, zero for what is none.
func (m *members) instant() event.Instant {
	v, err := event.ParseInstant(m.text())
	if err != nil {
		return 0
	}
	return v
}

// actor names who did it: the customer, else the device's anonymous id, else the
// order.
func actor(b *event.Batch, i int) string {
	switch {
	case b.CustomerID[i] != "":
		return b.CustomerID[i]
	case b.AnonymousID[i] != "":
		return b.AnonymousID[i]
	}
	return b.OrderID[i]
}

// visitor names the device in front of the shop: the anonymous id, which stays when
// the visitor logs in, else the actor.
func visitor(b *event.Batch, i int) string {
	if b.AnonymousID[i] != "" {
		return b.AnonymousID[i]
	}
	return actor(b, i)
}
