package cli

import (
	"fmt"
	"maps"
	"math"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
)

func (s *shell) analysis() *cobra.Command {
	c := &cobra.Command{
		Use:   "analysis",
		Short: "Customers and orders as a whole: RFM, cohorts, lifetime value, attribution, baskets",
		Long: `See the results of the analyses that the running platform keeps as tables, and run them anew.
They are also run on a schedule (analysis.interval).`,
		Args: unknownCommand,
		RunE: func(*cobra.Command, []string) error {
			return usage("which analysis? Give rfm, cohorts, clv, attribution or baskets, or list")
		},
	}
	c.AddCommand(s.analysisList(),
		s.analysisOf("rfm", "How recent, frequent and valuable customers are, and their segments"),
		s.analysisOf("cohorts", "How customers who began in one month stay"),
		s.analysisOf("clv", "Who will come back, and what he will bring"),
		s.analysisOf("attribution", "Which channels led to orders"),
		s.analysisOf("baskets", "What is bought together"))
	return c
}

func (s *shell) analysisList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the analyses and their newest runs", Args: cobra.NoArgs,
		Example: "  millrace analysis list",
		RunE: func(c *cobra.Command, _ []string) error {
			var answer gateway.AnalysesAnswer
			if printed, err := s.get(c.Context(), "/api/v1/analysis", nil, &answer); err != nil || printed {
				return err
			}
			t := &table{head: []string{"analysis", "tables", "run", "finished (UTC)", "seconds", "rows", "by"}, right: []bool{false, false, true, false, true, true, false}}
			for _, a := range answer.Analyses {
				cells := []string{a.Name, strings.Join(a.Tables, ", ")}
				if a.Last == nil {
					cells = append(cells, "", "never", "", "", "")
				} else {
					cells = append(cells, count(a.Last.Run), a.Last.Finished.UTC().Format(time.DateTime), strconv.FormatFloat(a.Last.Seconds, 'f', 1, 64), count(a.Last.Rows), oneLine(a.Last.By))
				}
				t.add(cells...)
			}
			return t.write(s.Stdout, s.style)
		},
	}
}

func (s *shell) analysisOf(name, short string) *cobra.Command {
	var anew bool
	var by, reason, from string
	var limit int
	c := &cobra.Command{
		Use: name, Short: short, Args: cobra.NoArgs,
		Long:    short + ".\n\nIt shows the first rows of its newest run; SQL reads them all. --run runs it before.",
		Example: "  millrace analysis " + name + " --run --limit 20",
		RunE: func(c *cobra.Command, _ []string) error {
			path := "/api/v1/analysis/" + name
			if anew {
				if by == "" {
					by = os.Getenv("USER")
				}
				query := url.Values{"reason": {reason}}
				if by != "" {
					query.Set("by", by)
				}
				var run gateway.AnalysisRun
				if err := s.post(c.Context(), path+"/run", query, struct{}{}, &run); err != nil {
					return err
				}
			}
			query := url.Values{"limit": {strconv.Itoa(limit)}}
			if from != "" {
				query.Set("table", from)
			}
			var result gateway.AnalysisResult
			if printed, err := s.get(c.Context(), path+"/result", query, &result); err != nil || printed {
				return err
			}
			var known gateway.Analysis
			if _, err := s.get(c.Context(), path, nil, &known); err != nil {
				return err
			}
			return s.printAnalysis(&known, &result)
		},
	}
	c.Flags().BoolVar(&anew, "run", false, "run the analysis on what the tables have now, and show that")
	c.Flags().StringVar(&by, "by", "", "who asks for the run; default the user of the shell")
	c.Flags().StringVar(&reason, "reason", "", "why it is run, for the audit trail")
	c.Flags().StringVar(&from, "table", "", "which of its tables to show; default the first")
	c.Flags().IntVar(&limit, "limit", 20, "most rows, up to 10000")
	return c
}

func (s *shell) printAnalysis(known *gateway.Analysis, result *gateway.AnalysisResult) error {
	t := &table{}
	for _, c := range result.Columns {
		t.head = append(t.head, c.Name)
		t.right = append(t.right, isNumber(c.Type))
	}
	for _, row := range result.Rows {
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = analysisCell(v)
		}
		t.add(cells...)
	}
	if err := t.write(s.Stdout, s.style); err != nil {
		return err
	}
	var b strings.Builder
	if result.Truncated {
		fmt.Fprintf(&b, "There are more rows: millrace sql \"FROM %s\"\n", result.Table)
	}
	if run := known.Last; run != nil {
		fmt.Fprintf(&b, "Run %d, orders until %s.", run.Run, run.Until.UTC().Format(time.DateTime))
		for _, name := range slices.Sorted(maps.Keys(run.Figures)) {
			fmt.Fprintf(&b, "\n  %s: %s", oneLine(name), oneLine(run.Figures[name]))
		}
		b.WriteByte('\n')
	}
	_, err := fmt.Fprint(s.Stdout, b.String())
	return err
}

// analysisCell writes a value of JSON: numbers have no more digits than are read.
func analysisCell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return strconv.FormatFloat(v, 'f', 0, 64)
		}
		return strconv.FormatFloat(v, 'g', 6, 64)
	case string:
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			return at.UTC().Format(time.DateTime)
		}
		return oneLine(v)
	}
	return oneLine(fmt.Sprint(v))
}
