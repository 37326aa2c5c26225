package duckdb

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/millrace/millrace/internal/store/olap"
)

// failure is an error of DuckDB, read from the JSON that it is configured to
// write (errors_as_json).
type failure struct {
	Type     string `json:"exception_type"`
	Message  string `json:"exception_message"`
	Position string `json:"position"` // bytes into the statement
	text     string // as it came, where it is no JSON
}

func (f *failure) Error() string {
	if f.Type == "" {
		return f.text
	}
	return f.Type + " error: " + f.Message
}

// parseFailure reads an error of DuckDB.
func parseFailure(text string) *failure {
	f := &failure{text: text}
	if i := strings.IndexByte(text, '{'); i >= 0 && json.Unmarshal([]byte(text[i:]), f) == nil && f.Message != "" {
		return f
	}
	return &failure{text: text}
}

// The types of DuckDB's exceptions that are told apart.
const (
	typeMemory   = "Out of Memory"
	typeFatal    = "FATAL"
	typeInternal = "INTERNAL"
)

// is reports whether err is a failure of one of the types.
func is(err error, types ...string) bool {
	var f *failure
	if !errors.As(err, &f) {
		return false
	}
	for _, t := range types {
		if strings.EqualFold(f.Type, t) {
			return true
		}
	}
	return false
}

// isFull reports whether the disk was full. DuckDB writes the system's text
// into its own.
func isFull(err error) bool {
	var f *failure
	if !errors.As(err, &f) {
		return false
	}
	s := f.Error()
	return strings.Contains(s, "No space left on device") || strings.Contains(s, "Disk quota exceeded") ||
		strings.Contains(s, "File too large")
}

// isMemory reports whether the memory limit was reached. Inside a COMMIT, DuckDB
// wraps the text into an error of another type.
func isMemory(err error) bool {
	var f *failure
	if !errors.As(err, &f) {
		return false
	}
	s := f.Error()
	return is(err, typeMemory) || strings.Contains(s, "Out of Memory") || strings.Contains(s, "failed to pin block") ||
		strings.Contains(s, "could not allocate block") || strings.Contains(s, "failed to allocate data")
}

// isInvalid reports whether the database refuses all further work.
func isInvalid(err error) bool {
	var f *failure
	if !errors.As(err, &f) {
		return false
	}
	return is(err, typeFatal) || strings.Contains(f.Error(), "database has been invalidated")
}

// blame makes a failure of a statement what its author reads. sql is the
// statement.
func blame(f *failure, sql string) *olap.Error {
	e := &olap.Error{Kind: olap.ErrSyntax, Message: f.Message, Code: sqlState(f)}
	if f.Message == "" {
		e.Message = f.text
	}
	if i := strings.Index(e.Message, "\n\nLINE "); i >= 0 {
		e.Message = e.Message[:i]
	}
	switch {
	case isMemory(f):
		e.Kind = olap.ErrLimit
		e.Message = "the query needs more memory than it may have: filter more rows, group by fewer values or sort less"
	case strings.EqualFold(f.Type, "Permission"):
		e.Kind = olap.ErrNotQuery
	case writesView(e.Message):
		e.Kind, e.Message = olap.ErrNotQuery, onlyReads(sql, 0)
	}
	if pos, err := strconv.Atoi(f.Position); err == nil {
		e.Line, e.Column = place(sql, pos)
	}
	return e
}

// codeNoTable is SQLSTATE undefined_table.
const codeNoTable = "42P01"

// sqlState is PostgreSQL's code of a failure, as far as DuckDB tells it apart.
func sqlState(f *failure) string {
	switch strings.ToLower(f.Type) {
	case "parser":
		return "42601"
	case "catalog":
		if strings.Contains(f.Message, "Function with name") {
			return "42883"
		}
		if strings.Contains(f.Message, "Type with name") {
			return "42704"
		}
		return codeNoTable
	case "binder":
		if strings.Contains(f.Message, "olumn") {
			return "42703"
		}
		return "42804"
	case "conversion":
		return "22P02"
	case "out of range":
		return "22003"
	case "invalid input":
		return "22023"
	}
	return ""
}

// writesView reports whether a statement was refused because it would write to
// a view: DuckDB binds a statement before it looks at what kind it is of.
func writesView(message string) bool {
	return strings.Contains(message, "base table") || strings.HasSuffix(message, " is not an table")
}

// place turns a byte offset into line and column, both from 1. Columns count
// characters.
func place(sql string, pos int) (line, column int) {
	pos = min(max(pos, 0), len(sql))
	before := sql[:pos]
	line = 1 + strings.Count(before, "\n")
	return line, 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
}
