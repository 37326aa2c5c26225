package cli

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
)

func (s *shell) lineage() *cobra.Command {
	c := &cobra.Command{
		Use:   "lineage",
		Short: "Show where columns come from, and what breaks if one changes",
		Long: `Show where columns come from, and what breaks if one changes. Lineage is derived from what is
declared: mappings, adapters, rules, jobs, metrics and saved statements.`,
		Args: unknownCommand,
		RunE: func(*cobra.Command, []string) error {
			return usage("what about the lineage? Give show or impact")
		},
	}
	c.AddCommand(s.lineageShow(), s.lineageImpact())
	return c
}

func (s *shell) lineageShow() *cobra.Command {
	var up, down bool
	var depth int
	c := &cobra.Command{
		Use:   "show [COLUMN]",
		Short: "Show where a column comes from",
		Long: `Show what a column, or a whole dataset, is made of, and what is made of it. Without an argument all
datasets are listed. A column is named as order_lines.amount, or with its kind as
metric:revenue/revenue or source:shop/properties.revenue.`,
		Example: `  millrace lineage show
  millrace lineage show order_lines.amount --up
  millrace lineage show kpis.revenue --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			query := url.Values{"depth": {strconv.Itoa(depth)}}
			if up != down {
				query.Set("direction", map[bool]string{true: "up", false: "down"}[up])
			}
			if len(args) > 0 {
				query.Set("focus", args[0])
				query.Set("level", "column")
			}
			var answer gateway.LineageAnswer
			if printed, err := s.get(c.Context(), "/api/v1/lineage", query, &answer); err != nil || printed {
				return err
			}
			if len(args) == 0 {
				return s.listDatasets(&answer)
			}
			return s.listEdges(&answer)
		},
	}
	c.Flags().BoolVar(&up, "up", false, "only where it comes from")
	c.Flags().BoolVar(&down, "down", false, "only what is made of it")
	c.Flags().IntVar(&depth, "depth", 0, "most steps from the column; 0: all")
	return c
}

func (s *shell) listDatasets(answer *gateway.LineageAnswer) error {
	t := &table{head: []string{"dataset", "state", "count", "columns", "what"}, right: []bool{false, false, true, true, false}}
	for _, n := range answer.Nodes {
		state, number := "", ""
		if b := n.Badge; b != nil {
			if state = b.State; b.Count != nil {
				number = count(*b.Count)
			}
		}
		t.add(oneLine(n.ID), state, number, strconv.Itoa(len(n.Columns)), oneLine(n.Text))
	}
	return t.write(s.Stdout, s.style)
}

func (s *shell) listEdges(answer *gateway.LineageAnswer) error {
	if len(answer.Edges) == 0 {
		_, err := fmt.Fprintln(s.Stdout, "Nothing leads to it, and nothing is made of it.")
		return err
	}
	t := &table{head: []string{"from", "to", "how", "by"}, right: make([]bool, 4)}
	for _, e := range answer.Edges {
		t.add(oneLine(e.From), oneLine(e.To), strings.ToLower(strings.ReplaceAll(e.Subtype, "_", " ")), oneLine(e.How))
	}
	return t.write(s.Stdout, s.style)
}

func (s *shell) lineageImpact() *cobra.Command {
	return &cobra.Command{
		Use:   "impact COLUMN",
		Short: "Say what breaks if a column changes",
		Long: `Say what a change of a column would touch, nearest first: rules, jobs, tables, metrics, saved
statements and sinks. "value" says that something is made of it, "rows" that it decides about it.`,
		Example: `  millrace lineage impact source:onlineretail/UnitPrice
  millrace lineage impact order_lines.amount --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var answer gateway.ImpactAnswer
			query := url.Values{"column": {args[0]}}
			if printed, err := s.get(c.Context(), "/api/v1/lineage/impact", query, &answer); err != nil || printed {
				return err
			}
			if len(answer.Things) == 0 {
				_, err := fmt.Fprintln(s.Stdout, "Nothing depends on it.")
				return err
			}
			t := &table{head: []string{"steps", "kind", "name", "touches", "columns"}, right: []bool{true, false, false, false, false}}
			for _, x := range answer.Things {
				touches := "rows"
				if x.Direct {
					touches = "value"
				}
				t.add(strconv.Itoa(x.Distance), x.Kind, oneLine(x.Name), touches, oneLine(strings.Join(x.Columns, ", ")))
			}
			return t.write(s.Stdout, s.style)
		},
	}
}
