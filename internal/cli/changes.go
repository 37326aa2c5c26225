package cli

import (
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
)

// changeFlags are the filters of millrace changes.
type changeFlags struct {
	kind, name, action, by, from, to string
	limit                            int
}

func (s *shell) changes() *cobra.Command {
	var f changeFlags
	c := &cobra.Command{
		Use:   "changes",
		Short: "Show who changed which rule, mapping, job, contract or setting",
		Long: `Show the audit trail, newest first: who changed which rule file, mapping, job, contract, setting or
source, or did something to quarantined events, when and why. Files that were edited while the
platform did not run are noticed at its next start.`,
		Example: `  millrace changes
  millrace changes --kind rules --from 2026-03-01
  millrace changes show 7ff9a1b2c3d4e5f6
  millrace changes version "onlineretail@1-3fa2c401 rules@ab12cd34"`,
		Args: unknownCommand,
		RunE: func(c *cobra.Command, _ []string) error {
			query, err := f.query()
			if err != nil {
				return err
			}
			return s.listChanges(c, query)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.kind, "kind", "", "only this kind: rules, mapping, job, contract, setting, source, quarantine …")
	flags.StringVar(&f.name, "name", "", "only what has this name; rules have that of their source")
	flags.StringVar(&f.action, "action", "", "only this action: created, changed, removed, waive …")
	flags.StringVar(&f.by, "by", "", "only what this one did")
	flags.StringVar(&f.from, "from", "", "start, inclusive")
	flags.StringVar(&f.to, "to", "", "end, exclusive")
	flags.IntVar(&f.limit, "limit", 50, "most changes to show")
	suggest(c, "kind", "rules", "mapping", "job", "contract", "setting", "source", "quarantine")
	c.AddCommand(s.changesShow(), s.changesVersion())
	return c
}

func (f *changeFlags) query() (url.Values, error) {
	query := url.Values{"limit": {strconv.Itoa(f.limit)}}
	if f.limit < 1 || f.limit > 500 {
		return nil, usage("--limit is %d; give a number from 1 to 500", f.limit)
	}
	for name, value := range map[string]string{"kind": f.kind, "name": f.name, "action": f.action, "by": f.by} {
		if value != "" {
			query.Set(name, value)
		}
	}
	for name, value := range map[string]string{"from": f.from, "to": f.to} {
		if value == "" {
			continue
		}
		at, err := parseTime(value)
		if err != nil {
			return nil, usage("--%s is %q; give a date like 2026-03-01 or a time like 2026-03-01T08:26:00Z", name, value)
		}
		query.Set(name, at.Format(time.RFC3339))
	}
	return query, nil
}

func (s *shell) listChanges(c *cobra.Command, query url.Values) error {
	var answer gateway.AuditTrailAnswer
	if printed, err := s.get(c.Context(), "/api/v1/audit-trail", query, &answer); err != nil || printed {
		return err
	}
	if len(answer.Entries) == 0 {
		_, err := fmt.Fprintln(s.Stdout, "Nothing was changed.")
		return err
	}
	t := &table{head: []string{"when (UTC)", "who", "what", "kind", "name", "version", "id"}, right: make([]bool, 7)}
	for _, e := range answer.Entries {
		t.add(instant(&e.At), oneLine(e.By), oneLine(e.Action), e.Kind, oneLine(e.Name), oneLine(versionStep(&e)), e.ID)
	}
	if err := t.write(s.Stdout, s.style); err != nil || answer.NextCursor == nil {
		return err
	}
	_, err := fmt.Fprintln(s.Stdout, "\nThere are more; give --limit, --from or --to.")
	return err
}

func versionStep(e *gateway.AuditEntry) string {
	switch {
	case e.VersionBefore == "":
		return e.VersionAfter
	case e.VersionAfter == "":
		return e.VersionBefore + " →"
	}
	return e.VersionBefore + " → " + e.VersionAfter
}

func (s *shell) changesShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show ID",
		Short:   "Show one change as a diff",
		Long:    "Show one change: who, when, why, and what was before and after as a unified diff.",
		Example: "  millrace changes show 7ff9a1b2c3d4e5f6",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var e gateway.AuditDetail
			if printed, err := s.get(c.Context(), "/api/v1/audit-trail/"+url.PathEscape(args[0]), nil, &e); err != nil || printed {
				return err
			}
			return s.writeChange(s.Stdout, &e)
		},
	}
}

func (s *shell) writeChange(w io.Writer, e *gateway.AuditDetail) error {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-9s %s\n", name, oneLine(value))
		}
	}
	line("what", fmt.Sprintf("%s %s %s", e.Action, e.Kind, e.Name))
	line("when", e.At.UTC().Format(time.RFC3339))
	line("who", e.By)
	line("why", e.Reason)
	line("how", e.Request)
	line("version", versionStep(&e.AuditEntry))
	if e.Diff != "" {
		b.WriteString("\n" + printable(e.Diff))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *shell) changesVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version VERSIONS",
		Short: "Show what a row was made with",
		Long: `Show the content of each version that a row names in its column versions: the mapping, rules,
contracts and enrichments as they were when the row was made.`,
		Example: `  millrace changes version "onlineretail@1-3fa2c401 rules@ab12cd34"`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var answer gateway.VersionsAnswer
			query := url.Values{"of": {strings.Join(args, " ")}}
			if printed, err := s.get(c.Context(), "/api/v1/versions", query, &answer); err != nil || printed {
				return err
			}
			var b strings.Builder
			for i, v := range answer.Versions {
				if i > 0 {
					b.WriteString("\n")
				}
				fmt.Fprintf(&b, "# %s %s, version %s", v.Kind, oneLine(v.Name), oneLine(v.Version))
				if !v.Known {
					b.WriteString(": this platform does not know it (any more)\n")
					continue
				}
				fmt.Fprintf(&b, ", in use from %s\n%s", instant(v.FirstSeen), printable(*v.Content))
			}
			_, err := io.WriteString(s.Stdout, b.String())
			return err
		},
	}
}

// printable is a text of several lines without what would steer a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}
