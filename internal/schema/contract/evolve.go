package contract

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/schema"
	"github.com/millrace/millrace/internal/schema/consumer"
	"github.com/millrace/millrace/internal/schema/jsonschema"
)

// Published is a contract as a platform has it.
type Published struct {
	Event   string          `json:"event"`
	Version int             `json:"version"`
	Owner   string          `json:"owner"`
	Schema  json.RawMessage `json:"schema"`
}

// Publish returns the contracts as others may compare them.
func (s *Set) Publish() []Published {
	var out []Published
	for _, c := range s.contracts {
		out = append(out, Published{Event: c.Event, Version: c.Version, Owner: c.Owner, Schema: c.JSONSchema()})
	}
	return out
}

// Severity is how bad a change is.
type Severity string

// The severities.
const (
	Breaks Severity = "breaks"
	Notes  Severity = "note"
)

// Side is who a change concerns.
type Side string

// The sides.
const (
	Senders   Side = "senders"   // events that were right will break the contract
	Consumers Side = "consumers" // events may be what readers do not expect
)

// Change is one way in which a contract changed.
type Change struct {
	Event    string   `json:"event"`
	Severity Severity `json:"severity"`
	Side     Side     `json:"side"`
	Field    string   `json:"field,omitempty"`
	Kind     string   `json:"kind"`
	Message  string   `json:"message"`
	// Concerns are the consumers that read the field, as kind:name.
	Concerns []string `json:"concerns,omitempty"`
}

// Compare tells what becomes different when contracts replace others, the worst first.
func Compare(before, after []Published, consumers []consumer.Consumer) ([]Change, error) {
	next := make(map[string]Published)
	for _, p := range after {
		next[p.Event] = p
	}
	var changes []Change
	for _, old := range before {
		now, kept := next[old.Event]
		delete(next, old.Event)
		if !kept {
			changes = append(changes, Change{
				Event: old.Event, Severity: Breaks, Side: Consumers, Kind: "CONTRACT_REMOVED", Message: "there is no contract any more: nothing is promised",
				Concerns: concerned(consumers, old.Event, ""),
			})
			continue
		}
		found, err := compare(old, now, consumers)
		if err != nil {
			return nil, fmt.Errorf("contract of %s: %w", old.Event, err)
		}
		changes = append(changes, found...)
	}
	for event := range next {
		changes = append(changes, Change{Event: event, Severity: Notes, Side: Senders, Kind: "CONTRACT_ADDED", Message: "a new contract: events of this type are checked now"})
	}
	slices.SortStableFunc(changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Event, b.Event), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Side, b.Side))
	})
	return changes, nil
}

func compare(old, now Published, consumers []consumer.Consumer) ([]Change, error) {
	was, err := jsonschema.Format{}.Parse(string(old.Schema), nil)
	if err != nil {
		return nil, err
	}
	is, err := jsonschema.Format{}.Parse(string(now.Schema), nil)
	if err != nil {
		return nil, err
	}
	var changes []Change
	for _, i := range is.Reads(was) {
		c := change(now.Event, Senders, i)
		// A field that nobody spoke of may have been sent, as anything; most often it was not.
		if i.Kind == "PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL" {
			c.Severity = Notes
		}
		changes = append(changes, c)
	}
	for _, i := range was.Reads(is) {
		c := change(now.Event, Consumers, i)
		c.Concerns = concerned(consumers, now.Event, c.Field)
		c.Message = readersMessage(i)
		changes = append(changes, c)
	}
	return changes, nil
}

func change(event string, side Side, i schema.Incompatibility) Change {
	return Change{Event: event, Severity: Breaks, Side: side, Field: fieldOf(i.Path), Kind: i.Kind, Message: i.Message}
}

// readersMessage says the reverse of an incompatibility, which is that of the old schema
// as the reader of the new one's events.
func readersMessage(i schema.Incompatibility) string {
	switch {
	case i.Kind == "PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL":
		return "nothing is promised of the field any more"
	case strings.HasPrefix(i.Kind, "REQUIRED_"):
		return "a field that was always there may be missing now: " + strings.TrimPrefix(i.Message, "the new schema requires ")
	}
	return "events may have what readers do not expect: seen from the contract as it was, " + i.Message
}

// fieldOf makes a path in a schema, such as #/properties/properties/properties/price,
// that of a field: properties.price.
func fieldOf(path string) string {
	parts := strings.Split(strings.TrimPrefix(path, "#"), "/")
	field := ""
	for i := 1; i < len(parts); i++ {
		switch parts[i] {
		case "properties":
			if i++; i < len(parts) {
				field = join(field, parts[i])
			}
		case "items":
			field += "[]"
		default:
			return field
		}
	}
	return field
}

// concerned returns who reads a field of an event; all fields for an empty one.
func concerned(consumers []consumer.Consumer, event, field string) []string {
	var names []string
	for _, c := range consumers {
		if len(c.Events) > 0 && !slices.Contains(c.Events, event) {
			continue
		}
		reads := len(c.Fields) == 0 || field == ""
		for _, f := range c.Fields {
			reads = reads || f == field || within(f, field) || within(field, f)
		}
		if reads {
			names = append(names, string(c.Kind)+":"+c.Name)
		}
	}
	return names
}

// within reports whether a field is part of another one.
func within(field, of string) bool {
	rest, ok := strings.CutPrefix(field, of)
	return ok && (strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, "["))
}
