package cli

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
)

func (s *shell) ledger() *cobra.Command {
	var by, source, from, to string
	var check bool
	c := &cobra.Command{
		Use:   "ledger",
		Short: "Show what was received and what became of it",
		Long: `Show the ledger: every received event has exactly one verdict, so that
received = accepted + duplicate + quarantined + rejected. Late and corrected are marks on
accepted events; recovered, waived and dead say what became of quarantined events, and open are
those that are left. With --check the stored rows and the positions in the log are compared with
it, and the exit code is 1 when anything does not add up.`,
		Example: `  millrace ledger
  millrace ledger --by day --source onlineretail
  millrace ledger --check --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			grains := []string{"total", "source", "minute", "hour", "day"}
			if !slices.Contains(grains, by) {
				return usage("--by is %q; give one of %s", by, strings.Join(grains, ", "))
			}
			query := url.Values{"by": {by}}
			if source != "" {
				query.Set("source", source)
			}
			for name, value := range map[string]string{"from": from, "to": to} {
				if value == "" {
					continue
				}
				at, err := parseTime(value)
				if err != nil {
					return usage("--%s is %q; give a date like 2010-12-01 or a time like 2010-12-01T08:26:00Z", name, value)
				}
				query.Set(name, at.Format(time.RFC3339))
			}
			if check {
				query.Set("check", "true")
			}
			return s.runLedger(c, query, by)
		},
	}
	c.Flags().StringVar(&by, "by", "total", "grain of the rows: total, source, minute or hour (of receipt), or day (of event time)")
	c.Flags().StringVar(&source, "source", "", "only this source")
	c.Flags().StringVar(&from, "from", "", "start of the rows, inclusive")
	c.Flags().StringVar(&to, "to", "", "end of the rows, exclusive")
	c.Flags().BoolVar(&check, "check", false, "compare with the stored rows and the log, exit 1 when anything does not add up")
	suggest(c, "by", "total", "source", "minute", "hour", "day")
	return c
}

func parseTime(text string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t, nil
	}
	return time.Parse(time.RFC3339, text)
}

func (s *shell) runLedger(c *cobra.Command, query url.Values, by string) error {
	var answer gateway.LedgerAnswer
	printed, err := s.get(c.Context(), "/api/v1/ledger", query, &answer)
	if err != nil {
		return err
	}
	if !printed {
		if err := ledgerTable(&answer, by).write(s.Stdout, s.style); err != nil {
			return err
		}
	}
	var findings []string
	if answer.Audit != nil {
		findings = answer.Audit.Findings
	}
	balanced := answer.Total.Balanced && (answer.Audit == nil || answer.Audit.OK)
	switch {
	case !balanced && len(findings) == 0:
		return &failure{code: ExitFailed, what: "the ledger does not balance", hint: "'millrace ledger --check' says where."}
	case !balanced:
		return &failure{code: ExitFailed, what: "the ledger does not add up:\n  " + strings.Join(findings, "\n  ")}
	case answer.Audit != nil && !printed:
		_, err = fmt.Fprintln(s.Stdout, s.style.good("The ledger balances and agrees with the stored rows and the log."))
	}
	return err
}

func ledgerTable(answer *gateway.LedgerAnswer, by string) *table {
	t := &table{
		head:  []string{"", "received", "accepted", "duplicate", "quarantined", "rejected", "late", "corrected", "recovered", "waived", "dead", "open", "balanced"},
		right: []bool{false, true, true, true, true, true, true, true, true, true, true, true, false},
	}
	if by != "total" {
		t.head = slices.Insert(t.head, 1, by)
		t.right = slices.Insert(t.right, 1, false)
	}
	row := func(name, at string, l gateway.Ledger) {
		cells := []string{name}
		if by != "total" {
			cells = append(cells, at)
		}
		for _, n := range []int64{l.Received, l.Accepted, l.Duplicate, l.Quarantined, l.Rejected, l.Late, l.Corrected, l.Recovered, l.Waived, l.Dead, l.Open} {
			cells = append(cells, count(n))
		}
		t.add(append(cells, strconv.FormatBool(l.Balanced))...)
	}
	for _, r := range answer.Rows {
		at := r.Day
		if r.Minute != nil {
			at = r.Minute.UTC().Format("2006-01-02 15:04")
		}
		if r.Hour != nil {
			at = r.Hour.UTC().Format("2006-01-02 15h")
		}
		row(oneLine(r.Source), at, r.Ledger)
	}
	row("total", "", answer.Total)
	return t
}
