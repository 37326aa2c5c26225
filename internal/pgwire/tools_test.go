package pgwire

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/jackc/pgx/v5"
)

// TestTools asks what BI tools ask: of the catalogues when they connect and look for tables
// and columns, then for numbers. A script has a statement and the first row of its answer, or
// none; arguments of a prepared one stand behind args, EVENTS is the number of that table.
func TestTools(t *testing.T) {
	i := start(t, options{})
	conn := i.connect("")
	var events int64
	if err := conn.QueryRow(t.Context(), "SELECT 'main.events'::regclass::oid").Scan(&events); err != nil {
		t.Fatal(err)
	}
	datadriven.Walk(t, "testdata/tools", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			sql := strings.ReplaceAll(d.Input, "EVENTS", strconv.FormatInt(events, 10))
			var args []any
			for _, a := range d.CmdArgs {
				for _, v := range a.Vals {
					if v == "EVENTS" {
						v = strconv.FormatInt(events, 10)
					}
					args = append(args, v)
				}
			}
			if d.Cmd == "session" { // several statements at once, about the session
				results, err := conn.PgConn().Exec(t.Context(), sql).ReadAll()
				if err != nil {
					return "error: " + err.Error()
				}
				return fmt.Sprintf("%d results", len(results))
			}
			return firstRow(t, conn, sql, args)
		})
	})
}

// firstRow runs a statement by the extended protocol, with results and arguments as text, as
// the drivers of the tools do, and returns its first row.
func firstRow(t *testing.T, conn *pgx.Conn, sql string, args []any) string {
	rows, err := conn.Query(t.Context(), sql, append([]any{pgx.QueryExecModeDescribeExec, pgx.QueryResultFormats{pgx.TextFormatCode}}, numbers(args)...)...)
	if err != nil {
		return "error: " + err.Error()
	}
	defer rows.Close()
	first, n := "none", 0
	for ; rows.Next(); n++ {
		if n > 0 {
			continue
		}
		var values []string
		for _, raw := range rows.RawValues() {
			if raw == nil {
				values = append(values, "-")
			} else {
				values = append(values, string(raw))
			}
		}
		first = strings.Join(values, "|")
	}
	if err := rows.Err(); err != nil {
		return "error: " + err.Error()
	}
	const most = 120
	if text := []rune(first); len(text) > most {
		first = string(text[:most]) + "…"
	}
	if n > 1 {
		first += "\n…"
	}
	return first
}

// numbers are arguments, of which whole numbers are such.
func numbers(args []any) []any {
	for i, a := range args {
		if n, err := strconv.ParseInt(a.(string), 10, 64); err == nil {
			args[i] = n
		}
	}
	return args
}
