package duckdb

import (
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// splice replaces a part of a statement.
type splice struct {
	from, to int
	by       string
}

// hide makes the statement read a table without the columns that its reader does not see.
// The place of the table is the parser's; what stands there is replaced in the text, so
// that nothing else of the statement changes.
func (w *walk) hide(n map[string]any, table string) {
	hidden := w.reader.Hides(table)
	if len(hidden) == 0 {
		return
	}
	at, ok := n["query_location"].(float64)
	if !ok {
		w.refuse(n, olap.ErrNotQuery, "the table "+table+" cannot be read in this place by this role")
		return
	}
	from := int(at) + w.body
	to := w.nameEnd(from)
	quoted := make([]string, len(hidden))
	for i, column := range hidden {
		quoted[i] = quote(column)
	}
	by := "SELECT * EXCLUDE (" + strings.Join(quoted, ", ") + ") FROM main." + quote(table)
	if !described(w.sql[:from]) {
		by = "(" + by + ")"
		if lower(n, "alias") == "" {
			by += " AS " + quote(table)
		}
	}
	if !strings.EqualFold(strings.ReplaceAll(w.sql[from:to], `"`, ""), table) && !strings.EqualFold(strings.ReplaceAll(w.sql[from:to], `"`, ""), "main."+table) {
		w.refuse(n, olap.ErrNotQuery, "the table "+table+" cannot be read in this form by this role: write its name plainly")
		return
	}
	w.splices = append(w.splices, splice{from, to, by})
}

// described reports whether a table that is named next is one to describe: no query in
// parentheses can stand there.
func described(before string) bool {
	before = strings.ToUpper(strings.TrimRight(before, " \t\r\n"))
	return slices.ContainsFunc([]string{"DESCRIBE", "DESC", "SUMMARIZE"}, func(word string) bool { return strings.HasSuffix(before, word) })
}

// nameEnd returns the end of the name that begins at from: words or quoted ones, with dots
// between.
func (w *walk) nameEnd(from int) int {
	i := from
	for i < len(w.sql) {
		c := w.sql[i]
		switch {
		case c == '"':
			end := strings.IndexByte(w.sql[i+1:], '"')
			if end < 0 {
				return len(w.sql)
			}
			i += end + 2
		case c == '.' || c == '_' || c == '$' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80:
			i++
		default:
			return i
		}
	}
	return i
}

// spliced returns the statement with its splices.
func (w *walk) spliced() string {
	if len(w.splices) == 0 {
		return w.sql
	}
	slices.SortFunc(w.splices, func(a, b splice) int { return a.from - b.from })
	var b strings.Builder
	at := 0
	for _, s := range w.splices {
		if s.from < at { // the same place twice: the parser has copied it
			continue
		}
		b.WriteString(w.sql[at:s.from])
		b.WriteString(s.by)
		at = s.to
	}
	b.WriteString(w.sql[at:])
	return b.String()
}
