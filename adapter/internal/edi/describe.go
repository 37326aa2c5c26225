package edi

import (
	"fmt"
	"slices"
	"strings"
)

// Reference describes the maps for people, in Markdown: for each message, where
// what it says goes.
func (m *Maps) Reference() string {
	var out strings.Builder
	for _, message := range m.All() {
		message.reference(&out)
	}
	return out.String()
}

func (m *Message) reference(out *strings.Builder) {
	fmt.Fprintf(out, "\n**%s** %s → `%s`", m.ID, m.Name, m.Event)
	if m.Kind != "" {
		fmt.Fprintf(out, ", items of kind `%s`", m.Kind)
	}
	for _, p := range m.Purposes {
		fmt.Fprintf(out, "; purpose %s → `%s`, `%s`", strings.Join(p.Codes, ", "), p.Event, p.Kind)
	}
	if len(m.ids) > 0 {
		fmt.Fprintf(out, ". Products by the first there is of %s", strings.Join(m.ids, ", "))
	}
	out.WriteString(".\n\n| field | from |\n|---|---|\n")
	var names []string
	from := make(map[string][]string)
	for _, u := range m.uses {
		for i := range u.rules {
			r := &u.rules[i]
			name := m.fieldOf(r)
			if len(from[name]) == 0 {
				names = append(names, name)
			}
			if source := r.source(u.tag); !slices.Contains(from[name], source) {
				from[name] = append(from[name], source)
			}
		}
	}
	for _, name := range names {
		fmt.Fprintf(out, "| `%s` | %s |\n", name, strings.Join(from[name], "; "))
	}
}

// fieldOf names what a rule sets, as events and their properties call it.
func (m *Message) fieldOf(r *rule) string {
	switch r.target {
	case toProperty:
		return "properties." + r.name
	case toLineProperty:
		return "properties." + m.Lines + "[]." + r.name
	case toList:
		return "properties." + r.name + "[]"
	case toOrder:
		return "order_id"
	case toDate, toTime, toInstant:
		return "event_time"
	case toPurpose:
		return "properties.purpose"
	case toLine:
		if m.Kind == "" {
			return "properties." + m.Lines + "[].control"
		}
		return "properties." + m.Lines + "[].line"
	case toIDs, toID:
		return "item.product_id"
	case toLineCount:
		return "(checked: the number of lines)"
	case toLoopCount:
		return "(checked: the number of HL segments)"
	}
	return r.name
}

// source says what a rule reads.
func (r *rule) source(t tag) string {
	var parts []string
	for i, at := range r.at {
		part := t.String() + at.String()
		if i < len(r.keys) {
			part += " (" + r.keys[i] + ")"
		}
		parts = append(parts, part)
	}
	text := strings.Join(parts, ", ")
	if r.target == toIDs {
		text += " and on, in pairs"
	}
	if r.in != nil {
		text += fmt.Sprintf(" where %s%s is %s", t, r.when, strings.Join(r.in, ", "))
	}
	return text
}
