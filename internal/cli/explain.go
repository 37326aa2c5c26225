package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
)

func (s *shell) explain() *cobra.Command {
	var request gateway.ExplainRequest
	var rows, keys []string
	var all bool
	c := &cobra.Command{
		Use:   "explain [QUERY]",
		Short: "Show the rows behind a number, and that they come to it",
		Long: `Show the rows behind a cell of the result of a query (given as argument or on standard input), or
behind a cell of a job's table, with what they come to. Of a job's cell the events behind it are
listed, and the job is run again over exactly these. Every row has its event id and its
coordinates in the log; 'millrace event' shows its passport down to the raw bytes.

The exit code is 1 when the rows do not come to the number.`,
		Example: `  millrace explain "SELECT sum(amount) AS revenue FROM order_lines WHERE country = 'FR'"
  millrace explain "SELECT country, sum(amount) AS revenue FROM order_lines GROUP BY country" --row country=FR --column revenue
  millrace explain --job kpis --key dimension=total --key member=all --key minute=2026-11-20T14:00:00Z --column revenue
  millrace explain --json --all "SELECT count(DISTINCT order_id) FROM order_lines"`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			if request.Row, err = pairs("row", rows); err != nil {
				return err
			}
			if request.Key, err = pairs("key", keys); err != nil {
				return err
			}
			ofJob := request.Job != "" || request.Table != ""
			switch {
			case ofJob && len(args) > 0:
				return usage("give a query, or the job of a result with --job, not both")
			case ofJob && len(rows) > 0:
				return usage("--row is for queries; the row of a job's table is known by --key")
			case !ofJob && len(keys) > 0:
				return usage("--key is for jobs; the row of a query's result is known by --row")
			case request.Limit < 0 || request.Limit > 1000:
				return usage("--limit is %d; it must be 1 to 1000", request.Limit)
			}
			if !ofJob {
				if request.Query, err = s.query(args); err != nil {
					return err
				}
			}
			return s.runExplain(c, &request, all)
		},
	}
	f := c.Flags()
	f.StringVar(&request.Column, "column", "", "column of the cell; not needed when the result has one")
	f.StringArrayVar(&rows, "row", nil, "NAME=VALUE of another column of the cell's row; may be given again")
	f.StringVar(&request.Job, "job", "", "explain a result of this job")
	f.StringVar(&request.Table, "table", "", "table of the job, when it has several")
	f.StringArrayVar(&keys, "key", nil, "NAME=VALUE of the key of the job's table; may be given again")
	f.IntVar(&request.Limit, "limit", 0, "rows to list (default 100)")
	f.BoolVar(&all, "all", false, "list all rows")
	return c
}

// pairs reads NAME=VALUE flags. The value NULL is none.
func pairs(flag string, texts []string) (map[string]any, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	out := make(map[string]any, len(texts))
	for _, text := range texts {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, usage("--%s is %q; it must be NAME=VALUE", flag, text)
		}
		out[name] = value
		if value == "NULL" {
			out[name] = nil
		}
	}
	return out, nil
}

func (s *shell) runExplain(c *cobra.Command, request *gateway.ExplainRequest, all bool) error {
	answer, err := s.askExplain(c, request)
	if err != nil {
		return err
	}
	for all && answer.NextCursor != nil {
		request.Cursor = *answer.NextCursor
		next, err := s.askExplain(c, request)
		if err != nil {
			return err
		}
		answer.Rows, answer.NextCursor = append(answer.Rows, next.Rows...), next.NextCursor
	}
	if s.json {
		err = s.print(answer)
	} else {
		err = s.printExplained(answer)
	}
	if err == nil && !answer.Equals {
		return silent()
	}
	return err
}

func (s *shell) askExplain(c *cobra.Command, request *gateway.ExplainRequest) (*gateway.ExplainAnswer, error) {
	text, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	header := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}
	answer, err := s.call(c.Context(), http.MethodPost, "/api/v1/explain", nil, header, strings.NewReader(string(text)))
	if err != nil {
		return nil, pointAt(request.Query, err)
	}
	defer answer.Body.Close()
	decoder := json.NewDecoder(answer.Body)
	decoder.UseNumber()
	var out gateway.ExplainAnswer
	if err := decoder.Decode(&out); err != nil {
		return nil, fmt.Errorf("cannot understand the answer; is a Millrace platform of this version at the address? %w", err)
	}
	return &out, nil
}

// printExplained writes an answer for reading.
func (s *shell) printExplained(a *gateway.ExplainAnswer) error {
	verdict := s.style.good("the rows come to it")
	if !a.Equals {
		verdict = s.style.bad("the rows come to "+cell(a.Total)) + ": " + a.Reason
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s = %s   %s\n", s.style.bold(a.Column), s.style.bold(cell(a.Value)), verdict)
	for _, p := range a.Parts {
		fmt.Fprintf(&b, "  %s = %s, of %s\n", oneLine(p.Expression), cell(p.Value), counted(p.RowCount, "row"))
	}
	for _, v := range a.Versions {
		fmt.Fprintf(&b, "  made by %s: %s", oneLine(v.Versions), counted(v.Events, "event"))
		if v.Late > 0 {
			fmt.Fprintf(&b, ", %s of them late", count(v.Late))
		}
		b.WriteString("\n")
	}
	if a.Job != nil {
		fmt.Fprintf(&b, "  job %s version %d, published %s\n", a.Job.Name, a.Job.Version, counted(int64(len(a.Job.Revisions)), "time"))
	}
	b.WriteString("\n")
	if _, err := s.Stdout.Write([]byte(b.String())); err != nil {
		return err
	}
	if err := s.listing(a).write(s.Stdout, s.style); err != nil {
		return err
	}
	if a.NextCursor != nil {
		_, err := fmt.Fprintln(s.Stdout, s.style.dim(fmt.Sprintf("(%s of %s; --all lists all)", count(int64(len(a.Rows))), counted(a.RowCount, "row"))))
		return err
	}
	return nil
}

func counted(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return count(n) + " " + what
}

// shownFields are the columns of a row that tell most of it.
var shownFields = []string{"event_time", "type", "order_id", "customer_id", "product_id", "product_name", "quantity", "amount"}

// listing lists the rows behind a cell.
func (s *shell) listing(a *gateway.ExplainAnswer) *table {
	t := &table{head: []string{"event", "partition", "offset"}, right: []bool{false, true, true}}
	if a.Job == nil {
		for _, p := range a.Parts {
			t.head, t.right = append(t.head, oneLine(p.Expression)), append(t.right, true)
		}
	}
	t.head, t.right = append(t.head, "row"), append(t.right, false)
	for _, r := range a.Rows {
		var o gateway.ExplainOrigin
		if len(r.Origins) > 0 {
			o = r.Origins[0]
		}
		cells := []string{o.EventID, fmt.Sprint(o.Partition), fmt.Sprint(o.Offset)}
		if o.Offset < 0 {
			cells = []string{"", "", ""}
		}
		if a.Job == nil {
			for _, c := range r.Contributions {
				text := cell(c.Value)
				if !c.Counts {
					text = "–"
				}
				cells = append(cells, text)
			}
		}
		t.add(append(cells, rowText(&o, len(r.Origins)+r.More))...)
	}
	return t
}

// rowText tells a stored row in one line.
func rowText(o *gateway.ExplainOrigin, origins int) string {
	names := shownFields
	if o.Offset < 0 {
		names = slices.Sorted(maps.Keys(o.Fields))
	}
	parts := []string{o.Table}
	for _, name := range names {
		if v := o.Fields[name]; v != nil {
			parts = append(parts, cell(v))
		}
	}
	text := strings.Join(parts, " ")
	if origins > 1 {
		text += fmt.Sprintf(" and %d more", origins-1)
	}
	return oneLine(text)
}
