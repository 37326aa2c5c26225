package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
)

// maxSavedBytes bounds a file with a saved query.
const maxSavedBytes = 1 << 20

const queriesPath = "/api/v1/queries"

func queryPath(id string) string { return queriesPath + "/" + url.PathEscape(id) }

// callSQL asks the API of statements and saved queries as the user of the environment.
func (s *shell) callSQL(ctx context.Context, method, path string, query url.Values, request, out any) (printed bool, err error) {
	header := s.asUser(http.Header{"Accept": {"application/json"}})
	var body io.Reader
	if request != nil {
		text, err := json.Marshal(request)
		if err != nil {
			return false, err
		}
		body = bytes.NewReader(text)
		header.Set("Content-Type", "application/json")
	}
	answer, err := s.call(ctx, method, path, query, header, body)
	if err != nil {
		return false, err
	}
	return s.take(answer, out)
}

func (s *shell) sqlSaved() *cobra.Command {
	c := &cobra.Command{
		Use:   "saved",
		Short: "List the saved queries, see, save and remove them",
		Long: `List the saved queries. Where the platform has users, MILLRACE_SQL_USER and MILLRACE_SQL_PASSWORD say
who saves; what a user owns others cannot change.`,
		Example: `  millrace sql saved
  millrace sql saved show weekly-revenue
  millrace sql saved save weekly-revenue.yaml`,
		Args: unknownCommand,
		RunE: func(c *cobra.Command, _ []string) error {
			var answer gateway.QueriesAnswer
			if printed, err := s.get(c.Context(), queriesPath, nil, &answer); err != nil || printed {
				return err
			}
			t := &table{head: []string{"query", "title", "owner", "parameters", "schedule", "next (UTC)"}, right: []bool{false, false, false, true, false, false}}
			for i := range answer.Queries {
				q := &answer.Queries[i]
				t.add(q.ID, oneLine(q.Title), oneLine(q.Owner), count(int64(q.Parameters)), scheduleText(q), instant(q.Next))
			}
			return t.write(s.Stdout, s.style)
		},
	}
	c.AddCommand(s.savedShow(), s.savedSave(), s.savedRemove(), s.savedVersions())
	return c
}

func scheduleText(q *gateway.QueryHead) string {
	return oneLine(strings.TrimSpace(q.Schedule + " " + q.Zone))
}

func (s *shell) savedShow() *cobra.Command {
	number := 0
	c := &cobra.Command{
		Use: "show ID", Short: "Print a saved query as a file", Args: cobra.ExactArgs(1),
		Example: "  millrace sql saved show weekly-revenue > weekly-revenue.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			var answer gateway.QueryAnswer
			if number == 0 {
				if printed, err := s.get(c.Context(), queryPath(args[0]), nil, &answer); err != nil || printed {
					return err
				}
				_, err := io.WriteString(s.Stdout, answer.YAML)
				return err
			}
			var all gateway.QueryVersions
			if printed, err := s.get(c.Context(), queryPath(args[0])+"/versions", nil, &all); err != nil || printed {
				return err
			}
			for i := range all.Versions {
				if all.Versions[i].Number == number {
					_, err := io.WriteString(s.Stdout, all.Versions[i].YAML)
					return err
				}
			}
			return usage("version %d of %q is not kept; 'millrace sql saved versions %s' lists those that are", number, args[0], args[0])
		},
	}
	c.Flags().IntVar(&number, "number", 0, "an earlier version, as 'versions' lists them")
	return c
}

func (s *shell) savedSave() *cobra.Command {
	var by, reason string
	c := &cobra.Command{
		Use: "save FILE", Short: "Save a query of a file", Args: cobra.ExactArgs(1),
		Long:    "Save a query of a file of YAML; - is standard input. What is saved counts before a file of the platform's folder (queries.dir).",
		Example: "  millrace sql saved save weekly-revenue.yaml --reason \"Net of refunds\"",
		RunE: func(c *cobra.Command, args []string) error {
			in := s.Stdin
			if args[0] != "-" {
				file, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer file.Close()
				in = file
			}
			text, err := io.ReadAll(io.LimitReader(in, maxSavedBytes))
			if err != nil {
				return fmt.Errorf("cannot read %s: %w", args[0], err)
			}
			id := idOf(string(text))
			if id == "" {
				return usage("%s has no line 'id: NAME'", args[0])
			}
			var answer gateway.QueryAnswer
			printed, err := s.callSQL(c.Context(), http.MethodPut, queryPath(id), nil, gateway.QueryChange{YAML: string(text), By: by, Reason: reason}, &answer)
			if err != nil || printed {
				return err
			}
			_, err = fmt.Fprintf(s.Stdout, "%s is saved, version %d.\n", id, answer.Number)
			return err
		},
	}
	whoFlags(c, &by, &reason)
	return c
}

func whoFlags(c *cobra.Command, by, reason *string) {
	c.Flags().StringVar(by, "by", "", "who does it, for the audit trail (default: MILLRACE_SQL_USER, or api)")
	c.Flags().StringVar(reason, "reason", "", "why, for the audit trail")
}

// idOf finds the id of a definition; the platform checks all of it.
func idOf(text string) string {
	for line := range strings.Lines(text) {
		if id, ok := strings.CutPrefix(line, "id:"); ok {
			id, _, _ = strings.Cut(id, "#")
			return strings.Trim(strings.TrimSpace(id), "\"'")
		}
	}
	return ""
}

func (s *shell) savedRemove() *cobra.Command {
	var by, reason string
	c := &cobra.Command{
		Use: "remove ID", Short: "Remove a saved query", Args: cobra.ExactArgs(1),
		Example: "  millrace sql saved remove weekly-revenue",
		RunE: func(c *cobra.Command, args []string) error {
			query := url.Values{}
			for name, value := range map[string]string{"by": by, "reason": reason} {
				if value != "" {
					query.Set(name, value)
				}
			}
			var answer gateway.QueryRemoved
			printed, err := s.callSQL(c.Context(), http.MethodDelete, queryPath(args[0]), query, nil, &answer)
			if err != nil || printed {
				return err
			}
			text := args[0] + " is removed."
			if answer.Restored != nil {
				text += " That of the file counts again."
			}
			_, err = fmt.Fprintln(s.Stdout, text)
			return err
		},
	}
	whoFlags(c, &by, &reason)
	return c
}

func (s *shell) savedVersions() *cobra.Command {
	return &cobra.Command{
		Use: "versions ID", Short: "List the versions of a saved query", Args: cobra.ExactArgs(1),
		Example: "  millrace sql saved versions weekly-revenue",
		RunE: func(c *cobra.Command, args []string) error {
			var answer gateway.QueryVersions
			if printed, err := s.get(c.Context(), queryPath(args[0])+"/versions", nil, &answer); err != nil || printed {
				return err
			}
			t := &table{head: []string{"number", "version", "saved (UTC)", "by", "title"}, right: []bool{true, false, false, false, false}}
			for i := range answer.Versions {
				v := &answer.Versions[i]
				t.add(count(int64(v.Number)), v.Version, instant(v.At), oneLine(v.By), oneLine(v.Definition.Title))
			}
			return t.write(s.Stdout, s.style)
		},
	}
}

func (s *shell) sqlRun() *cobra.Command {
	var format string
	var limit int
	var set []string
	c := &cobra.Command{
		Use: "run ID", Short: "Run a saved query", Args: cobra.ExactArgs(1),
		Long: "Run a saved query. Arguments are read by the type of their parameter and bound: they are no part of the statement.",
		Example: `  millrace sql run weekly-revenue
  millrace sql run weekly-revenue --set country=GB --set from=2026-01-01 --format csv`,
		RunE: func(c *cobra.Command, args []string) error {
			if s.json && !c.Flags().Changed("format") {
				format = "json"
			}
			arguments := make(map[string]string, len(set))
			for _, text := range set {
				name, value, ok := strings.Cut(text, "=")
				if !ok {
					return usage("--set %s is no NAME=VALUE", text)
				}
				arguments[name] = value
			}
			return s.printRows(c.Context(), queryPath(args[0])+"/run", gateway.QueryArguments{Arguments: arguments, Limit: max(0, limit)}, format)
		},
	}
	s.rowFlags(c, &format, &limit)
	c.Flags().StringArrayVar(&set, "set", nil, "NAME=VALUE of a parameter; may be given several times")
	return c
}

func (s *shell) sqlSchedule() *cobra.Command {
	c := &cobra.Command{
		Use: "schedule", Short: "List what runs on a schedule, its runs, and send a result now",
		Example: `  millrace sql schedule
  millrace sql schedule runs weekly-revenue
  millrace sql schedule send weekly-revenue`,
		Args: unknownCommand,
		RunE: func(c *cobra.Command, _ []string) error {
			var answer gateway.QueriesAnswer
			if printed, err := s.get(c.Context(), queriesPath, nil, &answer); err != nil || printed {
				return err
			}
			t := &table{head: []string{"query", "schedule", "next (UTC)", "last run (UTC)", "outcome", "rows"}, right: []bool{false, false, false, false, false, true}}
			for i := range answer.Queries {
				q := &answer.Queries[i]
				if q.Schedule == "" {
					continue
				}
				cells := []string{q.ID, scheduleText(q), instant(q.Next), "never", "", ""}
				if r := q.LastRun; r != nil {
					cells[3], cells[4], cells[5] = instant(&r.Started), r.Outcome, count(int64(r.Rows))
				}
				t.add(cells...)
			}
			return t.write(s.Stdout, s.style)
		},
	}
	c.AddCommand(s.scheduleRuns(), s.scheduleSend())
	return c
}

func (s *shell) scheduleRuns() *cobra.Command {
	return &cobra.Command{
		Use: "runs ID", Short: "List the runs of a saved query's schedule", Args: cobra.ExactArgs(1),
		Example: "  millrace sql schedule runs weekly-revenue",
		RunE: func(c *cobra.Command, args []string) error {
			var answer gateway.QueryRuns
			if printed, err := s.get(c.Context(), queryPath(args[0])+"/runs", nil, &answer); err != nil || printed {
				return err
			}
			t := &table{head: []string{"due (UTC)", "ms", "outcome", "rows", "missed", "by", "to", "error"}, right: []bool{false, true, false, true, true, false, false, false}}
			for i := range answer.Runs {
				r := &answer.Runs[i]
				t.add(instant(&r.Due), fmt.Sprintf("%.0f", r.ElapsedMS), r.Outcome, count(int64(r.Rows)), count(int64(r.Missed)), oneLine(r.By), strings.Join(r.Targets, ", "), oneLine(r.Error))
			}
			return t.write(s.Stdout, s.style)
		},
	}
}

func (s *shell) scheduleSend() *cobra.Command {
	var by, reason string
	c := &cobra.Command{
		Use: "send ID", Short: "Run a scheduled query now, and send its result", Args: cobra.ExactArgs(1),
		Example: "  millrace sql schedule send weekly-revenue",
		RunE: func(c *cobra.Command, args []string) error {
			var run gateway.QueryRun
			printed, err := s.callSQL(c.Context(), http.MethodPost, queryPath(args[0])+"/send", nil, gateway.QuerySend{By: by, Reason: reason}, &run)
			if err != nil || printed {
				return err
			}
			text := fmt.Sprintf("%s rows are on their way to %s.", count(int64(run.Rows)), strings.Join(run.Targets, ", "))
			if run.Error != "" {
				text = "It failed: " + oneLine(run.Error)
			}
			_, err = fmt.Fprintln(s.Stdout, text)
			return err
		},
	}
	whoFlags(c, &by, &reason)
	return c
}
