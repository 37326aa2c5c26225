package generate

import (
	"fmt"
	"strings"
)

const preface = "# Events of a shop\n\n" +
	"<!-- Generated from internal/generate by `go run ./internal/generate/cmd/reference`. Do not edit. -->\n\n" +
	"What `millrace generate` sends and what the stream jobs read: native events (see [adapters](adapters.md#native)). The names of\n" +
	"Segment's e-commerce spec v2 are written as the `segment` adapter writes them, so that a job sees one name whichever way an event came.\n\n" +
	"Every event has `id`, `type`, `time` and `context.source`, the system that sent it: `web`, `app`, `till-N`, `payments`, `wh-N`, `catalog`,\n" +
	"`orders`. Fields in brackets are absent where they have no value. `anonymous_id` is the browser or the app, `customer_id` is there once the\n" +
	"visitor is known. Money is a number with two decimals in the event's `currency`; `amount_base` is the same in EUR. The price of an item is\n" +
	"that of one piece.\n"

// Reference describes every type of event and every kind of label as Markdown:
// docs/events.md.
func Reference() []byte {
	var b strings.Builder
	b.WriteString(preface)
	b.WriteString("\n| type | Segment's name | what happened |\n|---|---|---|\n")
	for _, t := range types {
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s | %s |\n", t.Name, t.Name, t.Segment, t.Text)
	}
	for _, t := range types {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\nFields: `%s`.\n\n| property | JSON | what |\n|---|---|---|\n", t.Name, t.Text, strings.Join(t.Fields, "` `"))
		for _, p := range t.Properties {
			name := "`" + p.Name + "`"
			if p.Optional {
				name = "[" + name + "]"
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", name, p.JSON, p.Text)
		}
	}
	b.WriteString(labelPreface)
	b.WriteString("\n| kind | class | per 10,000 sessions | what holds |\n|---|---|---|---|\n")
	for _, k := range kinds {
		often := "—"
		if k.Often > 0 {
			often = fmt.Sprint(k.Often)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.Name, k.Class, often, k.Text)
	}
	return []byte(b.String())
}

const labelPreface = "\n## Labels\n\n" +
	"What `--labels` writes, one JSON object a line: `kind`, `class`, `id`, `from`, `to`, `complete`, and of `by`, `event_ids`, `payment_ids`,\n" +
	"`order_ids`, `customer_ids`, `anonymous_id`, `session_id`, `cart_id`, `device_id`, `ip`, `card_fingerprint`, `product_ids`, `location_id`,\n" +
	"`source`, `factor` those that the kind has. A label is written once the last of its events was delivered. Those that were not finished when\n" +
	"the run ended follow at the end with `complete` false; what they name may not have been delivered.\n" +
	"`also` names other kinds of fraud whose condition the same events fulfil.\n" +
	"Events that labels name are never broken; they may come late or twice. All but those of carts carry the right time.\n"
