package edi

import (
	"slices"
	"strings"

	"github.com/millrace/millrace/adapter"
)

var _ adapter.Declared = (*Adapter)(nil)

// Fills implements [adapter.Declared]: what the maps say, of all messages together. A
// place is named by its segment and element.
func (a *Adapter) Fills() []adapter.Fill {
	byField := make(map[string]*adapter.Fill)
	var order []string
	add := func(field string, derived bool, from ...string) {
		f := byField[field]
		if f == nil {
			f = &adapter.Fill{Field: field}
			byField[field], order = f, append(order, field)
		}
		f.Derived = f.Derived || derived
		for _, place := range from {
			if !slices.Contains(f.From, place) {
				f.From = append(f.From, place)
			}
		}
	}
	add("type", true, "$message")
	add("event_time", true, "$envelope", "$received")
	add("channel", false)
	add("customer_id", false, "$envelope")
	add("properties", true)
	for _, m := range a.maps.All() {
		for _, u := range m.uses {
			for i := range u.rules {
				m.fills(&u.rules[i], u.tag, add)
			}
		}
		if m.Kind != "" {
			add("item.kind", true, "$message")
		}
	}
	out := make([]adapter.Fill, 0, len(order))
	for _, name := range order {
		out = append(out, *byField[name])
	}
	return out
}

// fills adds what one rule sets.
func (m *Message) fills(r *rule, t tag, add func(field string, derived bool, from ...string)) {
	field, from := m.fieldOf(r), r.source(t)
	switch {
	case strings.HasPrefix(field, "("): // only checked
	case strings.HasPrefix(field, "properties."):
		add(field, false, from)
	case r.target == toQuantity || r.target == toPrice:
		add(field, r.target == toQuantity, from)
		add("item.amount", true, from)
		add("amount", true, from)
	default:
		add(field, r.target == toPurpose, from)
	}
}
