package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
)

func (s *shell) sqlSlow() *cobra.Command {
	return &cobra.Command{
		Use:   "slow",
		Short: "List the queries that took long",
		Long:  "List the newest queries that took longer than olap.sql.slow_query, by whatever way they came, newest first.",
		Example: `  millrace sql slow
  millrace sql slow --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var answer gateway.SlowAnswer
			if printed, err := s.get(c.Context(), "/api/v1/sql/slow", nil, &answer); err != nil || printed {
				return err
			}
			t := &table{head: []string{"at (UTC)", "user", "role", "ms", "rows", "error", "statement"}, right: []bool{false, false, false, true, true, false, false}}
			for _, q := range answer.Queries {
				t.add(instant(&q.At), oneLine(q.User), q.Role, fmt.Sprintf("%.0f", q.ElapsedMS), count(q.Rows), oneLine(q.Error), oneLine(q.SQL))
			}
			return t.write(s.Stdout, s.style)
		},
	}
}
