package cli

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
)

func (s *shell) sqlLimits() *cobra.Command {
	return &cobra.Command{
		Use:   "limits",
		Short: "Tell what bounds your statements, and what you may read",
		Long: `Tell what bounds the statements of MILLRACE_SQL_USER, or of somebody without a name, and which tables
and columns the role may read. The same holds for clients of PostgreSQL's protocol.`,
		Example: `  millrace sql limits
  MILLRACE_SQL_USER=ann millrace sql limits --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var answer gateway.SQLLimits
			if printed, err := s.callSQL(c.Context(), http.MethodGet, "/api/v1/sql/limits", nil, nil, &answer); err != nil || printed {
				return err
			}
			t := limitsTable(&answer)
			return t.write(s.Stdout, s.style)
		},
	}
}

// limitsTable has a row of each limit. 0 is no bound.
func limitsTable(l *gateway.SQLLimits) *table {
	bound := func(zero bool, text string) string {
		if zero {
			return "no bound"
		}
		return text
	}
	tables := cmp.Or(strings.Join(l.Tables, ", "), "all")
	if l.Unseen > 0 {
		tables += "; " + counted(int64(l.Unseen), "table") + " not seen"
	}
	t := &table{head: []string{"what", "limit"}, right: []bool{false, false}}
	t.add("user", oneLine(cmp.Or(l.User, "nobody by name")))
	t.add("role", oneLine(cmp.Or(l.Role, "none: everything may be read")))
	t.add("tables", oneLine(tables))
	t.add("hidden columns", oneLine(cmp.Or(strings.Join(l.Hidden, ", "), "none")))
	t.add("rows of an answer", bound(l.Rows == 0, count(int64(l.Rows))))
	t.add("size of an answer", bound(l.ResultBytes == 0, bytesOf(l.ResultBytes)))
	t.add("time of a query", bound(l.Seconds == 0, strconv.FormatFloat(l.Seconds, 'f', -1, 64)+" s"))
	t.add("queries at once", count(int64(l.Queries)))
	t.add("size of a statement", bytesOf(l.QueryBytes))
	t.add("memory of all queries", bytesOf(l.MemoryBytes))
	return t
}
