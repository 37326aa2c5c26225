package channel

import (
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"unicode/utf8"

	"github.com/millrace/millrace/internal/alert"
)

// What is shown of a result in the text of a message; a file has all of it.
const (
	maxShownRows  = 50
	maxShownCells = 40 // characters of a cell
)

// TakesReports implements [alert.Reporter].
func (*email) TakesReports() {}

// TakesReports implements [alert.Reporter].
func (*slack) TakesReports() {}

// TakesReports implements [alert.Reporter].
func (*webhook) TakesReports() {}

// shownOf says how much of a result is shown, when that is not all.
func shownOf(r *alert.Result, rows int) string {
	switch {
	case r.Rows > rows && r.Attach:
		return fmt.Sprintf("The first %d of %d rows; the file has the rest.", rows, r.Rows)
	case r.Rows > rows:
		return fmt.Sprintf("The first %d of %d rows.", rows, r.Rows)
	case r.Truncated:
		return "The result was cut off at a limit."
	}
	return ""
}

// asText lays a result out in columns of characters, at most so many rows and bytes.
func asText(r *alert.Result, rows, most int) string {
	head, body := r.Table(rows)
	if head == nil {
		return ""
	}
	width := make([]int, len(head))
	lines := make([][]string, 0, len(body)+1)
	for _, row := range append([][]string{head}, body...) {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = cut(oneLine(cell), maxShownCells)
			width[i] = max(width[i], utf8.RuneCountInString(cells[i]))
		}
		lines = append(lines, cells)
	}
	var b strings.Builder
	shown := 0
	for n, cells := range lines {
		line := padded(cells, width)
		if n == 0 {
			line += padded(rules(width), width)
		}
		if b.Len()+len(line) > most {
			break
		}
		b.WriteString(line)
		shown = n
	}
	if rest := shownOf(r, shown); rest != "" {
		b.WriteString(rest + "\n")
	}
	return b.String()
}

func rules(width []int) []string {
	out := make([]string, len(width))
	for i, w := range width {
		out[i] = strings.Repeat("-", w)
	}
	return out
}

// padded writes a line of cells; it does not end in spaces.
func padded(cells []string, width []int) string {
	var b strings.Builder
	for i, cell := range cells {
		b.WriteString(cell)
		if i < len(cells)-1 {
			b.WriteString(strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell)+2))
		}
	}
	return strings.TrimRight(b.String(), " ") + "\n"
}

// asHTML writes a result as a table for mail, whose readers know no style sheets.
func asHTML(r *alert.Result) string {
	head, body := r.Table(maxShownRows)
	if head == nil {
		return ""
	}
	var b strings.Builder
	row := func(tag string, cells []string) {
		b.WriteString("<tr>")
		for _, cell := range cells {
			fmt.Fprintf(&b, `<%s align="left">%s</%[1]s>`, tag, html.EscapeString(cut(cell, 500)))
		}
		b.WriteString("</tr>\r\n")
	}
	b.WriteString(`<table border="1" cellspacing="0" cellpadding="4">`)
	row("th", head)
	for _, cells := range body {
		row("td", cells)
	}
	b.WriteString("</table>")
	if rest := shownOf(r, len(body)); rest != "" {
		b.WriteString("<p>" + html.EscapeString(rest) + "</p>")
	}
	return b.String()
}

// asJSON writes a message for webhooks: a report brings its rows as a list, or the file
// where that is asked for.
func asJSON(m *alert.Message) ([]byte, error) {
	r := m.Result
	if r == nil {
		return json.Marshal(m)
	}
	result := map[string]any{"row_count": r.Rows, "truncated": r.Truncated}
	if r.Attach {
		result["file"], result["csv"] = r.File, r.CSV
	} else {
		head, rows := r.Table(r.Rows)
		if rows == nil {
			rows = [][]string{}
		}
		result["columns"], result["rows"] = head, rows
	}
	type plain alert.Message
	return json.Marshal(struct {
		plain
		Result map[string]any `json:"result"`
	}{plain(*m), result})
}
