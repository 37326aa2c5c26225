package contract

import (
	"fmt"
	"strings"
)

// Reference returns the contracts as a page of documentation: a table, then one of the
// fields of each.
func (s *Set) Reference() string {
	var b strings.Builder
	b.WriteString("\n| event | what happened | owner | required |\n|---|---|---|---|\n")
	for _, c := range s.contracts {
		var required []string
		for _, f := range c.Fields {
			if f.Required && f.Path != "properties" {
				required = append(required, "`"+f.Path+"`")
			}
		}
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s | %s | %s |\n", c.Event, c.Event, c.Description, c.Owner, strings.Join(required, ", "))
	}
	for _, c := range s.contracts {
		fmt.Fprintf(&b, "\n### %s\n\n| field | type | required | personal data | |\n|---|---|---|---|---|\n", c.Event)
		for _, f := range c.Fields {
			required := ""
			if f.Required {
				required = "yes"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", f.Path, f.Type, required, f.PII, strings.ReplaceAll(f.Description, "|", "\\|"))
		}
	}
	return b.String()
}
