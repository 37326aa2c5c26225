package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
)

// The variables of the user who asks.
const (
	sqlUser     = "MILLRACE_SQL_USER"
	sqlPassword = "MILLRACE_SQL_PASSWORD"
)

// maxQueryBytes bounds a statement read from standard input.
const maxQueryBytes = 16 << 20

func (s *shell) sql() *cobra.Command {
	var format string
	var limit int
	c := &cobra.Command{
		Use:   "sql [QUERY]",
		Short: "Run one SQL statement that reads",
		Long: `Run one SQL statement that reads, given as argument or on standard input. The tables are events,
order_lines, product_events, quarantine, quarantine_acts, duplicates, rejections and
corrections; DESCRIBE shows their columns. Where the platform has users, MILLRACE_SQL_USER and MILLRACE_SQL_PASSWORD say who asks.`,
		Example: `  millrace sql "SELECT country, sum(amount) AS revenue FROM order_lines GROUP BY ALL ORDER BY revenue DESC LIMIT 5"
  millrace sql --format csv "FROM quarantine" > quarantine.csv
  millrace sql < report.sql`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if s.json && !c.Flags().Changed("format") {
				format = "json"
			}
			if limit < 0 {
				return usage("--limit is %d; it must be above 0", limit)
			}
			query, err := s.query(args)
			if err != nil {
				return err
			}
			return pointAt(query, s.printRows(c.Context(), "/api/v1/sql", gateway.SQLRequest{Query: query, Limit: limit}, format))
		},
	}
	s.rowFlags(c, &format, &limit)
	c.AddCommand(s.sqlPassword(), s.sqlLimits(), s.sqlSlow(), s.sqlSaved(), s.sqlRun(), s.sqlSchedule())
	return c
}

// rowFlags are those of commands that print rows.
func (s *shell) rowFlags(c *cobra.Command, format *string, limit *int) {
	c.Flags().StringVar(format, "format", "table", "table, csv, json or arrow (an Arrow IPC stream)")
	c.Flags().IntVar(limit, "limit", 0, "rows to return at most (default: the platform's limit)")
	suggest(c, "format", "table", "csv", "json", "arrow")
}

func (s *shell) query(args []string) (string, error) {
	if len(args) == 1 && args[0] != "-" {
		return args[0], nil
	}
	text, err := io.ReadAll(io.LimitReader(s.Stdin, maxQueryBytes))
	if err != nil {
		return "", fmt.Errorf("cannot read the query from standard input: %w", err)
	}
	if strings.TrimSpace(string(text)) == "" {
		return "", usage("there is no query; give one as argument or on standard input")
	}
	return string(text), nil
}

// asUser adds who asks.
func (s *shell) asUser(header http.Header) http.Header {
	if name := s.env[sqlUser]; name != "" {
		both := name + ":" + s.env[sqlPassword]
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(both)))
	}
	return header
}

// printRows asks for rows and prints them.
func (s *shell) printRows(ctx context.Context, path string, body any, format string) error {
	media, ok := map[string]string{
		"table": "application/json", "json": "application/json",
		"csv": "text/csv", "arrow": "application/vnd.apache.arrow.stream",
	}[format]
	if !ok {
		return usage("there is no format %q; there are table, csv, json and arrow", format)
	}
	request, err := json.Marshal(body)
	if err != nil {
		return err
	}
	header := s.asUser(http.Header{"Content-Type": {"application/json"}, "Accept": {media}})
	answer, err := s.call(ctx, http.MethodPost, path, nil, header, bytes.NewReader(request))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var truncated bool
	if format == "table" {
		truncated, err = s.printTable(answer.Body)
	} else {
		_, err = io.Copy(s.Stdout, answer.Body)
		truncated = answer.Trailer.Get(gateway.TruncatedTrailer) == "true"
	}
	if err != nil {
		return fmt.Errorf("the answer was cut off: %w", err)
	}
	if truncated {
		_, _ = fmt.Fprintln(s.Stderr, "The result was cut off at a limit; add LIMIT, filter rows, or choose fewer columns.")
	}
	return nil
}

// printTable reads the whole answer: the width of a column is that of its widest
// value.
func (s *shell) printTable(body io.Reader) (truncated bool, err error) {
	decoder := json.NewDecoder(io.LimitReader(body, maxAnswerBytes))
	decoder.UseNumber()
	var answer gateway.SQLAnswer
	if err := decoder.Decode(&answer); err != nil {
		return false, err
	}
	var t table
	for _, c := range answer.Columns {
		t.head = append(t.head, oneLine(c.Name))
		t.right = append(t.right, isNumber(c.Type))
	}
	for _, r := range answer.Rows {
		cells := make([]string, len(r))
		for i, v := range r {
			cells[i] = cell(v)
		}
		t.add(cells...)
	}
	if err := t.write(s.Stdout, s.style); err != nil {
		return false, err
	}
	rows := "rows"
	if answer.RowCount == 1 {
		rows = "row"
	}
	_, err = fmt.Fprintln(s.Stdout, s.style.dim(fmt.Sprintf("(%s %s, %.0f ms)", count(answer.RowCount), rows, answer.ElapsedMS)))
	return answer.Truncated, err
}

func isNumber(sql string) bool {
	return strings.HasPrefix(sql, "DECIMAL") || strings.HasSuffix(sql, "INT") || strings.HasSuffix(sql, "INTEGER") ||
		sql == "DOUBLE" || sql == "FLOAT"
}

func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return oneLine(v)
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return oneLine(string(b))
}

// pointAt shows the place in the query that an error names.
func pointAt(query string, err error) error {
	var p *problemError
	if err == nil || !errors.As(err, &p) || len(p.problem.Errors) == 0 {
		return err
	}
	first := p.problem.Errors[0]
	var line, column int
	if n, scanErr := fmt.Sscanf(first.Location, "line %d, column %d", &line, &column); scanErr != nil || n != 2 {
		return err
	}
	lines := strings.Split(query, "\n")
	if line < 1 || line > len(lines) || column < 1 {
		return err
	}
	text := strings.ReplaceAll(strings.TrimRight(lines[line-1], "\r"), "\t", " ")
	return &failure{
		code: ExitFailed,
		what: fmt.Sprintf("%s\n  line %d, column %d:\n    %s\n    %s^", first.Message, line, column, text, strings.Repeat(" ", column-1)),
	}
}
