package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/quality/check"
)

func (s *shell) checks() *cobra.Command {
	c := &cobra.Command{
		Use:   "checks",
		Short: "Check windows of events and tables",
		Long:  "See and run the checks of the running platform: what must hold for many rows together.",
		Args:  unknownCommand,
		RunE: func(*cobra.Command, []string) error {
			return usage("what about the checks? Give list, show, run, scores or validate")
		},
	}
	c.AddCommand(s.checksList(), s.checksShow(), s.checksRun(), s.checksScores(), s.checksValidate())
	return c
}

func (s *shell) checksList() *cobra.Command {
	var ofTable, owner, status string
	c := &cobra.Command{
		Use:   "list",
		Short: "List checks and how they ended last",
		Long:  "List the checks of the running platform, and how each ended last.",
		Example: `  millrace checks list
  millrace checks list --status failed --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			query := url.Values{}
			for name, value := range map[string]string{"table": ofTable, "owner": owner, "status": status} {
				if value != "" {
					query.Set(name, value)
				}
			}
			var answer gateway.ChecksAnswer
			if printed, err := s.get(c.Context(), "/api/v1/checks", query, &answer); err != nil || printed {
				return err
			}
			t := &table{head: []string{"check", "table", "severity", "owner", "when", "last", "actual", "expected"}, right: make([]bool, 8)}
			for _, one := range answer.Checks {
				last, actual := "not run", ""
				if one.Last != nil {
					last, actual = one.Last.Status, one.Last.Actual
				}
				t.add(one.Name, one.Table, one.Severity, oneLine(one.Owner), one.Schedule, last, oneLine(actual), oneLine(one.Expected))
			}
			return t.write(s.Stdout, s.style)
		},
	}
	c.Flags().StringVar(&ofTable, "table", "", "only checks of this table")
	c.Flags().StringVar(&owner, "owner", "", "only checks of this owner")
	c.Flags().StringVar(&status, "status", "", "only checks that ended so last: passed, failed or unknown")
	suggest(c, "status", "passed", "failed", "unknown")
	return c
}

func (s *shell) checksShow() *cobra.Command {
	limit := 20
	c := &cobra.Command{
		Use:     "show NAME",
		Short:   "Show a check and its history",
		Long:    "Show what a check demands, and its newest results.",
		Example: "  millrace checks show revenue_of_the_day --limit 50",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var answer gateway.CheckAnswer
			path := "/api/v1/checks/" + url.PathEscape(args[0])
			if printed, err := s.get(c.Context(), path, url.Values{"limit": {strconv.Itoa(limit)}}, &answer); err != nil || printed {
				return err
			}
			one := answer.Check
			if _, err := fmt.Fprintf(s.Stdout, "%s (%s, %s, %s:%d)\n%s: %s of %s, %s\n%s\n\n", one.Name, one.Severity, oneLine(one.Owner), one.File, one.Line,
				one.Schedule, one.Kind, one.Table, oneLine(one.Expected), oneLine(one.Description)); err != nil {
				return err
			}
			return s.printResults(answer.History)
		},
	}
	c.Flags().IntVar(&limit, "limit", limit, "results to show, at most 1000")
	return c
}

func (s *shell) checksRun() *cobra.Command {
	var request gateway.CheckRunRequest
	var by, reason string
	c := &cobra.Command{
		Use:   "run [NAME...]",
		Short: "Run checks now",
		Long: `Run checks on what the tables of the running platform have now, and keep the results. A check on
windows is run on the newest complete one. Without names, tables and owners all checks run. The exit
code is 1 when one of severity error fails, or one cannot be run, so that it can stand in a pipeline.`,
		Example: `  millrace checks run
  millrace checks run --table order_lines --json
  millrace checks run columns_of_events --new-baseline --reason "new column segment"`,
		RunE: func(c *cobra.Command, names []string) error {
			request.Names = names
			query := url.Values{"by": {by}}
			if reason != "" {
				query.Set("reason", reason)
			}
			return s.runChecks(c.Context(), "/api/v1/checks/run", query, request)
		},
	}
	c.Flags().StringSliceVar(&request.Tables, "table", nil, "only checks of these tables")
	c.Flags().StringSliceVar(&request.Owners, "owner", nil, "only checks of these owners")
	c.Flags().BoolVar(&request.NewBaseline, "new-baseline", false, "forget what schema and drift checks have recorded to compare with")
	c.Flags().StringVar(&by, "by", "cli", "who asks, for the audit trail")
	c.Flags().StringVar(&reason, "reason", "", "why, for the audit trail")
	return c
}

// runChecks asks for a run, prints how it ended, and fails with it.
func (s *shell) runChecks(ctx context.Context, path string, query url.Values, request any) error {
	var answer gateway.CheckRunAnswer
	if err := s.post(ctx, path, query, request, &answer); err != nil {
		return err
	}
	if s.json {
		if err := s.print(answer); err != nil {
			return err
		}
	} else if err := s.printRun(&answer); err != nil {
		return err
	}
	if answer.Failed > 0 {
		return silent()
	}
	return nil
}

func (s *shell) post(ctx context.Context, path string, query url.Values, request, out any) error {
	text, err := json.Marshal(request)
	if err != nil {
		return err
	}
	header := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}
	answer, err := s.call(ctx, http.MethodPost, path, query, header, bytes.NewReader(text))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswerBytes))
	if err != nil {
		return fmt.Errorf("the answer was cut off: %w", err)
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("cannot understand the answer; is a Millrace platform of this version at the address? %w", err)
	}
	return nil
}

func (s *shell) printRun(answer *gateway.CheckRunAnswer) error {
	if err := s.printResults(answer.Results); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.Stdout, "\n%d passed, %d failed, %d failed with a lower severity.\n", answer.Passed, answer.Failed, answer.Warned)
	return err
}

func (s *shell) printResults(results []gateway.CheckResult) error {
	t := &table{head: []string{"check", "status", "actual", "expected", "rows", "failing", "window (UTC)", "run at (UTC)"}, right: []bool{false, false, false, false, true, true, false, false}}
	for _, r := range results {
		window := ""
		if r.WindowStart != nil {
			window = r.WindowStart.Format("2006-01-02 15:04") + " + " + strings.TrimSuffix(strings.TrimSuffix(r.WindowEnd.Sub(*r.WindowStart).String(), "0s"), "0m")
			if r.Revision > 0 {
				window += ", revision " + strconv.Itoa(r.Revision)
			}
		}
		actual := r.Actual
		if r.Message != "" {
			actual = r.Message
		}
		t.add(r.Name, r.Status, oneLine(actual), oneLine(r.Expected), count(r.Rows), count(r.Failing), window, r.Time.Format(time.DateTime))
	}
	return t.write(s.Stdout, s.style)
}

func (s *shell) checksScores() *cobra.Command {
	return &cobra.Command{
		Use:     "scores",
		Short:   "Show the scores of sources, tables and owners",
		Long:    "Show the share of checks that passed over the last day, weighted by severity: of all, and by source, table and owner.",
		Example: "  millrace checks scores",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var answer gateway.ScoresAnswer
			if printed, err := s.get(c.Context(), "/api/v1/quality/scores", nil, &answer); err != nil || printed {
				return err
			}
			t := &table{head: []string{"of", "name", "score", "checks", "runs", "passed"}, right: []bool{false, false, true, true, true, true}}
			for _, r := range answer.Scores {
				t.add(r.Of, oneLine(r.Name), fmt.Sprintf("%.1f %%", 100*r.Score), count(int64(r.Checks)), count(r.Runs), count(r.Passed))
			}
			return t.write(s.Stdout, s.style)
		},
	}
}

// checkedChecks is what checks validate prints with --json.
type checkedChecks struct {
	Checks   int                     `json:"checks"`
	Live     *gateway.CheckRunAnswer `json:"live,omitempty"`
	Doubtful []string                `json:"doubtful"`
}

func (s *shell) checksValidate() *cobra.Command {
	var live, confirm bool
	c := &cobra.Command{
		Use:   "validate PATH...",
		Short: "Check files of checks",
		Long: `Check files and folders of checks. Every mistake is printed with file, line and column, and the
nearest name. With --against-live they are also tried on what the tables of the running platform
have; nothing is kept. A check that is about no row, that every row fails, or that cannot be run is
doubtful: the exit code is 1, unless --confirm says that this is meant.`,
		Example: `  millrace checks validate checks/
  millrace checks validate checks/ --against-live`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, paths []string) error {
			files, err := check.ReadFiles(paths)
			var set *check.Set
			if err == nil {
				set, err = check.Load(files)
			}
			if err != nil {
				return &failure{
					code: ExitFailed, what: strings.ReplaceAll(err.Error(), "\n", "\n  "),
					hint: "docs/checks.md is the guide to checks, docs/checks-reference.md lists every key.",
				}
			}
			answer := checkedChecks{Checks: len(set.All()), Doubtful: []string{}}
			if live {
				if err := s.tryChecks(c.Context(), files, &answer); err != nil {
					return err
				}
			}
			return s.printChecked(&answer, confirm)
		},
	}
	c.Flags().BoolVar(&live, "against-live", false, "try the checks on the tables of the running platform")
	c.Flags().BoolVar(&confirm, "confirm", false, "doubtful checks are meant so")
	return c
}

func (s *shell) tryChecks(ctx context.Context, files []check.File, answer *checkedChecks) error {
	var request gateway.CheckTryRequest
	for _, f := range files {
		request.Files = append(request.Files, gateway.CheckFile{Name: f.Name, Text: string(f.Text)})
	}
	answer.Live = &gateway.CheckRunAnswer{}
	if err := s.post(ctx, "/api/v1/checks/try", nil, request, answer.Live); err != nil {
		return err
	}
	for _, r := range answer.Live.Results {
		switch {
		case r.Status == string(check.Unknown):
			answer.Doubtful = append(answer.Doubtful, r.Name+" cannot be run: "+r.Message)
		case r.Rows == 0 && r.Assertion != "custom_sql":
			answer.Doubtful = append(answer.Doubtful, r.Name+" is about no row")
		case r.Failing == r.Rows && !r.Success:
			answer.Doubtful = append(answer.Doubtful, r.Name+" fails for every row")
		}
	}
	return nil
}

func (s *shell) printChecked(answer *checkedChecks, confirmed bool) error {
	switch {
	case s.json:
		if err := s.print(answer); err != nil {
			return err
		}
	default:
		if answer.Live != nil {
			if err := s.printRun(answer.Live); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintf(s.Stdout, "%d checks are right.\n", answer.Checks); err != nil {
			return err
		}
	}
	if len(answer.Doubtful) == 0 || confirmed {
		return nil
	}
	return &failure{
		code: ExitFailed, what: "these checks are doubtful:\n  " + strings.Join(answer.Doubtful, "\n  "),
		hint: "Correct them, or say by --confirm that they are meant so.",
	}
}
