package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
)

func (s *shell) audit() *cobra.Command {
	var from, to, source string
	c := &cobra.Command{
		Use:   "audit",
		Short: "Recount the log and every table, and compare them with the ledger and with each other",
		Long: `Read the log and every table of events for a period of receipt, all as of one commit, and
compare them with the ledger and with each other. A row that was deleted, doubled or changed by
hand is found, with its coordinates. The exit code is 1 when anything disagrees.`,
		Example: `  millrace audit
  millrace audit --from 2026-01-31 --to 2026-02-01 --source web --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			request := gateway.AuditRequest{Source: source}
			var err error
			if request.From, err = s.since(from); err != nil {
				return err
			}
			if to != "" {
				at, err := parseTime(to)
				if err != nil {
					return usage("--to is %q; give a date like 2026-01-31 or a time like 2026-01-31T08:26:00Z", to)
				}
				request.To = &at
			}
			var r gateway.AuditReport
			if err := s.runJob(c.Context(), "/api/v1/audits", request, &r); err != nil {
				return err
			}
			return s.printAudit(&r)
		},
	}
	c.Flags().StringVar(&from, "from", "", "records received since then (RFC 3339, a day, or a time ago such as 24h); default all")
	c.Flags().StringVar(&to, "to", "", "records received before then")
	c.Flags().StringVar(&source, "source", "", "only this source")
	return c
}

// shownFindings is how many findings are printed.
const shownFindings = 50

func (s *shell) printAudit(r *gateway.AuditReport) error {
	if s.json {
		if err := s.print(r); err != nil {
			return err
		}
		return s.auditEnd(r)
	}
	if len(r.Findings) > 0 {
		t := &table{head: []string{"finding", "table", "source", "at", "detail"}, right: make([]bool, 5)}
		for _, f := range r.Findings[:min(len(r.Findings), shownFindings)] {
			t.add(f.Kind, f.Table, oneLine(f.Source), findingAt(&f), oneLine(f.Detail))
		}
		if err := t.write(s.Stdout, s.style); err != nil {
			return err
		}
		if r.Found > shownFindings {
			if _, err := fmt.Fprintf(s.Stdout, "and %s more; --json shows up to 1000\n", count(r.Found-shownFindings)); err != nil {
				return err
			}
		}
	}
	_, err := fmt.Fprintf(s.Stdout, "%s records of the log and %s rows in %.1f s; the rows of %s accepted events say what their records say.\n",
		count(r.Records), count(rowsOf(r)), r.Seconds, count(r.Compared))
	if err == nil && r.OtherVersions > 0 {
		_, err = fmt.Fprintf(s.Stdout, "%s accepted events were made by other versions of adapter, rules or enrichment: only the number of their rows was checked.\n", count(r.OtherVersions))
	}
	if err == nil && r.Gone > 0 {
		_, err = fmt.Fprintf(s.Stdout, "%s rows are of records that the log has no more: each is there once.\n", count(r.Gone))
	}
	if err == nil && r.OK {
		_, err = fmt.Fprintln(s.Stdout, s.style.good("Log, tables and ledger agree."))
	}
	if err != nil {
		return err
	}
	return s.auditEnd(r)
}

func (s *shell) auditEnd(r *gateway.AuditReport) error {
	if r.OK {
		return nil
	}
	return &failure{code: ExitFailed, what: count(r.Found) + " things do not agree", hint: "docs/reconciliation.md says what each finding means."}
}

func rowsOf(r *gateway.AuditReport) (n int64) {
	for _, rows := range r.Rows {
		n += rows
	}
	return n
}

// findingAt is where a finding is: coordinates, or a minute.
func findingAt(f *gateway.AuditFinding) string {
	switch {
	case f.Partition != nil:
		return fmt.Sprintf("%d/%d", *f.Partition, *f.Offset)
	case f.Minute != nil:
		return f.Minute.UTC().Format("2006-01-02 15:04")
	}
	return ""
}

func (s *shell) statement() *cobra.Command {
	c := &cobra.Command{
		Use: "statement", Short: "Daily statements of the ledger", Args: unknownCommand,
		Long: `A day of receipt (UTC) is closed some time after its end (reconcile.grace): its statement says
what was received and what became of it. Each names the digest of the one before, so that none can
be changed or taken away unseen. People sign statements off.`,
	}
	c.AddCommand(s.statementList(), s.statementShow(), s.statementSign())
	return c
}

func (s *shell) statementList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the statements, newest first, and check that none was changed", Args: cobra.NoArgs,
		Example: "  millrace statement list",
		RunE: func(c *cobra.Command, _ []string) error {
			var answer gateway.StatementsAnswer
			printed, err := s.get(c.Context(), "/api/v1/statements", nil, &answer)
			if err != nil {
				return err
			}
			if !printed {
				t := statementTable("day")
				t.head, t.right = append(t.head, "signed by"), append(t.right, false)
				for _, one := range answer.Statements {
					t.add(append(statementCells(one.Day, one.Total), signers(&one))...)
				}
				if err := t.write(s.Stdout, s.style); err != nil {
					return err
				}
			}
			if !answer.Intact {
				return &failure{code: ExitFailed, what: answer.Problem}
			}
			return nil
		},
	}
}

func signers(one *gateway.Statement) string {
	var names []string
	for _, g := range one.Signed {
		if !slices.Contains(names, g.By) {
			names = append(names, g.By)
		}
	}
	return oneLine(strings.Join(names, ", "))
}

func statementTable(first string) *table {
	return &table{
		head:  []string{first, "received", "accepted", "duplicate", "quarantined", "rejected", "recovered", "waived", "dead", "balanced"},
		right: []bool{false, true, true, true, true, true, true, true, true, false},
	}
}

func statementCells(name string, l gateway.Ledger) []string {
	cells := []string{oneLine(name)}
	for _, n := range []int64{l.Received, l.Accepted, l.Duplicate, l.Quarantined, l.Rejected, l.Recovered, l.Waived, l.Dead} {
		cells = append(cells, count(n))
	}
	return append(cells, strconv.FormatBool(l.Balanced))
}

func (s *shell) statementShow() *cobra.Command {
	return &cobra.Command{
		Use: "show DAY", Short: "Show the statement of a day, and what has changed since", Args: cobra.ExactArgs(1),
		Example: "  millrace statement show 2026-01-31",
		RunE: func(c *cobra.Command, args []string) error {
			var answer gateway.StatementAnswer
			printed, err := s.get(c.Context(), "/api/v1/statements/"+url.PathEscape(args[0]), nil, &answer)
			if err != nil || printed {
				return err
			}
			return s.printStatement(&answer)
		},
	}
}

func (s *shell) printStatement(a *gateway.StatementAnswer) error {
	t := statementTable("source")
	for _, one := range a.Sources {
		t.add(statementCells(one.Source, one.Ledger)...)
	}
	t.add(statementCells("total", a.Total)...)
	if err := t.write(s.Stdout, s.style); err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Closed %s, digest %s\n", a.Closed.UTC().Format(time.RFC3339), a.Digest)
	for _, g := range a.Signed {
		fmt.Fprintf(&b, "Signed by %s at %s", oneLine(g.By), g.At.UTC().Format(time.RFC3339))
		if g.Note != "" {
			fmt.Fprintf(&b, ": %s", oneLine(g.Note))
		}
		b.WriteByte('\n')
	}
	for _, change := range a.Changes {
		fmt.Fprintf(&b, "Changed since: %s\n", oneLine(change))
	}
	_, err := fmt.Fprint(s.Stdout, b.String())
	return err
}

func (s *shell) statementSign() *cobra.Command {
	var by, note string
	c := &cobra.Command{
		Use: "sign DAY", Short: "Sign the statement of a day off", Args: cobra.ExactArgs(1),
		Long:    "Sign a statement. One that does not balance is signed with a note only, that says why.",
		Example: `  millrace statement sign 2026-01-31 --by "A. Turing"`,
		RunE: func(c *cobra.Command, args []string) error {
			if by == "" {
				by = os.Getenv("USER")
			}
			if by == "" {
				return usage("say who signs by --by")
			}
			request, err := json.Marshal(gateway.SignRequest{By: by, Note: note})
			if err != nil {
				return err
			}
			answer, err := s.call(c.Context(), http.MethodPost, "/api/v1/statements/"+url.PathEscape(args[0])+"/sign", nil,
				http.Header{"Content-Type": {"application/json"}}, bytes.NewReader(request))
			if err != nil {
				return err
			}
			var signed gateway.StatementAnswer
			printed, err := s.take(answer, &signed)
			if err != nil || printed {
				return err
			}
			return s.printStatement(&signed)
		},
	}
	c.Flags().StringVar(&by, "by", "", "who signs; default the user of the shell")
	c.Flags().StringVar(&note, "note", "", "what there is to say about it")
	return c
}

func (s *shell) orders() *cobra.Command {
	var from, to string
	c := &cobra.Command{
		Use: "orders", Short: "Compare the same orders as different witnesses report them", Args: unknownCommand,
		Long: `The browser, a webhook, the database and the invoices report the same orders. The witnesses are
configured in reconcile.orders; the first that knows an order is believed.`,
	}
	flags := c.PersistentFlags()
	flags.StringVar(&from, "from", "", "orders since then (RFC 3339, a day, or a time ago such as 24h); default 30 days before the end")
	flags.StringVar(&to, "to", "", "orders before then; default now")
	period := func() (url.Values, error) {
		query := url.Values{}
		since, err := s.since(from)
		if err != nil {
			return nil, err
		}
		if since != nil {
			query.Set("from", since.Format(time.RFC3339))
		}
		if to != "" {
			at, err := parseTime(to)
			if err != nil {
				return nil, usage("--to is %q; give a date like 2026-01-31 or a time like 2026-01-31T08:26:00Z", to)
			}
			query.Set("to", at.Format(time.RFC3339))
		}
		return query, nil
	}
	c.AddCommand(s.ordersCompare(period), s.ordersDifferences(period))
	return c
}

func (s *shell) ordersCompare(period func() (url.Values, error)) *cobra.Command {
	return &cobra.Command{
		Use: "compare", Short: "Count how witnesses agree and differ, by day", Args: cobra.NoArgs,
		Example: "  millrace orders compare --from 2026-01-01 --to 2026-02-01",
		RunE: func(c *cobra.Command, _ []string) error {
			query, err := period()
			if err != nil {
				return err
			}
			var answer gateway.OrdersAnswer
			printed, err := s.get(c.Context(), "/api/v1/orders/truth", query, &answer)
			if err != nil || printed {
				return err
			}
			if len(answer.Witnesses) == 0 {
				return &failure{code: ExitFailed, what: "no witnesses of orders are configured", hint: "Name them in reconcile.orders.witnesses; docs/reconciliation.md shows how."}
			}
			t := &table{head: []string{"day", "witness", "reason", "orders", "worth"}, right: []bool{false, false, false, true, true}}
			for _, d := range answer.Days {
				t.add(d.Day, oneLine(d.Witness), d.Reason, count(d.Orders), d.Amount.String())
			}
			return t.write(s.Stdout, s.style)
		},
	}
}

func (s *shell) ordersDifferences(period func() (url.Values, error)) *cobra.Command {
	var witness, reason, order string
	var limit int
	c := &cobra.Command{
		Use: "differences", Short: "List orders about which a witness differs, newest first", Args: cobra.NoArgs,
		Example: "  millrace orders differences --witness browser --reason missing --limit 20",
		RunE: func(c *cobra.Command, _ []string) error {
			query, err := period()
			if err != nil {
				return err
			}
			query.Set("limit", strconv.Itoa(limit))
			for name, value := range map[string]string{"witness": witness, "reason": reason, "order_id": order} {
				if value != "" {
					query.Set(name, value)
				}
			}
			var answer gateway.OrderDifferencesAnswer
			printed, err := s.get(c.Context(), "/api/v1/orders/differences", query, &answer)
			if err != nil || printed {
				return err
			}
			t := &table{head: []string{"order", "witness", "reason", "believed", "says", "event"}, right: []bool{false, false, false, true, true, false}}
			for _, d := range answer.Differences {
				says, event := "", d.Believed.EventID
				if d.Said != nil {
					says, event = d.Said.Amount.String()+" "+d.Said.Currency, d.Said.EventID
				}
				t.add(oneLine(d.OrderID), oneLine(d.Witness), d.Reason, fmt.Sprintf("%s %s (%s)", d.Believed.Amount, d.Believed.Currency, d.Believed.Witness), says, event)
			}
			return t.write(s.Stdout, s.style)
		},
	}
	c.Flags().StringVar(&witness, "witness", "", "only this witness")
	c.Flags().StringVar(&reason, "reason", "", "only this reason: missing, currency, amount, time, pending or agrees")
	c.Flags().StringVar(&order, "order", "", "only this order")
	c.Flags().IntVar(&limit, "limit", 50, "most rows, up to 1000")
	return c
}
