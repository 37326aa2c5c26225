package cli

import (
	"cmp"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/warehouse/rollup"
)

func (s *shell) rollup() *cobra.Command {
	c := &cobra.Command{
		Use:   "rollup",
		Short: "Partial aggregates that metrics are read from",
		Long:  "See the rollups of the running platform and how they stand, check files of them, and make one anew.",
		Args:  unknownCommand,
		RunE: func(*cobra.Command, []string) error {
			return usage("what about the rollups? Give list, show, validate or rebuild")
		},
	}
	c.AddCommand(s.rollupList(), s.rollupShow(), s.rollupValidate(), s.rollupRebuild())
	return c
}

func (s *shell) rollupList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List rollups", Args: cobra.NoArgs,
		Long:    "List the rollups of the running platform, and how they stand.",
		Example: "  millrace rollup list",
		RunE: func(c *cobra.Command, _ []string) error {
			var answer gateway.RollupsAnswer
			if printed, err := s.get(c.Context(), "/api/v1/rollups", nil, &answer); err != nil || printed {
				return err
			}
			t := &table{head: []string{"rollup", "of", "grain", "dimensions", "state", "rows"}, right: []bool{false, false, false, false, false, true}}
			for _, r := range answer.Rollups {
				t.add(r.Name, r.Dataset, r.Grain, strings.Join(r.Dimensions, ", "), r.State, count(r.Rows))
			}
			return t.write(s.Stdout, s.style)
		},
	}
}

func (s *shell) rollupShow() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show a rollup", Args: cobra.ExactArgs(1),
		Long:    "Show what a rollup keeps, and how it stands.",
		Example: "  millrace rollup show sales_daily",
		RunE: func(c *cobra.Command, args []string) error {
			var r gateway.Rollup
			if printed, err := s.get(c.Context(), "/api/v1/rollups/"+url.PathEscape(args[0]), nil, &r); err != nil || printed {
				return err
			}
			retention := "kept for ever"
			if r.Retention > 0 {
				retention = fmt.Sprintf("kept for %d days", r.Retention)
			}
			if r.Since != nil {
				retention += ", older than " + r.Since.Format(time.DateTime) + " are gone"
			}
			if _, err := fmt.Fprintf(s.Stdout, "%s: %s\n%s by %s and %s, buckets %s\n%s, %s rows; SQL reads %s\nversion %s, %s:%d\n\n", r.Name, oneLine(r.Description),
				r.Dataset, r.Grain, cmp.Or(strings.Join(r.Dimensions, ", "), "nothing else"), retention, r.State, count(r.Rows), r.View, r.Version, r.File, r.Line); err != nil {
				return err
			}
			t := &table{head: []string{"measure", "aggregate", "field"}, right: make([]bool, 3)}
			for _, m := range r.Measures {
				t.add(m.Name, m.Aggregate, m.Field)
			}
			return t.write(s.Stdout, s.style)
		},
	}
}

func (s *shell) rollupValidate() *cobra.Command {
	return &cobra.Command{
		Use: "validate PATH...", Short: "Check files of rollups", Args: cobra.MinimumNArgs(1),
		Long: `Check files and folders of rollups, beside those of the platform. Every mistake is printed with file,
line and column, and the nearest name.`,
		Example: "  millrace rollup validate rollups/",
		RunE: func(_ *cobra.Command, paths []string) error {
			files, err := rollup.ReadFiles(paths)
			var set *rollup.Set
			if err == nil {
				set, err = rollup.Load(append(rollup.Defaults(), files...), metric.Datasets())
			}
			if err != nil {
				return &failure{
					code: ExitFailed, what: strings.ReplaceAll(err.Error(), "\n", "\n  "),
					hint: "docs/rollups.md is the guide to rollups and lists every key.",
				}
			}
			own := 0
			for _, d := range set.All() {
				if !d.BuiltIn {
					own++
				}
			}
			if s.json {
				return s.print(map[string]any{"rollups": own})
			}
			_, err = fmt.Fprintf(s.Stdout, "%d rollups are right.\n", own)
			return err
		},
	}
}

func (s *shell) rollupRebuild() *cobra.Command {
	var request gateway.RollupRebuild
	c := &cobra.Command{
		Use: "rebuild NAME", Short: "Make a rollup anew from the rows", Args: cobra.ExactArgs(1),
		Long: `Make a rollup anew from the rows, in the background; the present one is read until then. It is refused
when the rollup has buckets whose rows are gone, unless it is forced.`,
		Example: "  millrace rollup rebuild sales_daily --reason \"rows were repaired by hand\"",
		RunE: func(c *cobra.Command, args []string) error {
			request.By = cmp.Or(request.By, os.Getenv("USER"))
			var r gateway.Rollup
			if err := s.post(c.Context(), "/api/v1/rollups/"+url.PathEscape(args[0])+"/rebuild", nil, request, &r); err != nil {
				return err
			}
			if s.json {
				return s.print(r)
			}
			_, err := fmt.Fprintf(s.Stdout, "%s is made anew.\n", r.Name)
			return err
		},
	}
	c.Flags().BoolVar(&request.Force, "force", false, "also when buckets are lost whose rows are gone")
	c.Flags().StringVar(&request.By, "by", "", "who asks, for the audit trail; default the user of the shell")
	c.Flags().StringVar(&request.Reason, "reason", "", "why, for the audit trail")
	return c
}
