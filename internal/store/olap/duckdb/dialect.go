package duckdb

import (
	"fmt"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// timeFunctions are those by which PostgreSQL reads and writes times with a pattern, and
// DuckDB's, whose patterns are those of strftime. BI tools write them around the bounds of
// a range.
var timeFunctions = map[string]string{"to_timestamp": "strptime", "to_date": "strptime", "to_char": "strftime"}

// timePatterns are parts of PostgreSQL's patterns, longer ones first.
var timePatterns = []struct{ postgres, duckdb string }{
	{"IYYY", "%G"}, {"YYYY", "%Y"}, {"MONTH", "%B"}, {"MON", "%b"}, {"MM", "%m"}, {"DDD", "%j"}, {"DD", "%d"}, {"DAY", "%A"}, {"DY", "%a"},
	{"HH24", "%H"}, {"HH12", "%I"}, {"HH", "%I"}, {"MI", "%M"}, {"SS", "%S"}, {"US", "%f"}, {"MS", "%g"}, {"AM", "%p"}, {"PM", "%p"},
	{"IW", "%V"}, {"ID", "%u"}, {"YY", "%y"}, {"TZ", "UTC"}, {"FM", ""},
}

// timeFunction puts DuckDB's function in the place of PostgreSQL's, for clients of its
// protocol. A pattern that is no constant is left to fail by its types.
func (w *walk) timeFunction(n map[string]any, name string) {
	instead, is := timeFunctions[name]
	args, _ := n["children"].([]any)
	pattern, constant := constant(args, 1).(string)
	if !is || !constant || len(args) != 2 {
		return
	}
	translated, unknown := timePattern(pattern)
	if unknown != "" {
		w.refuse(n, olap.ErrSyntax, fmt.Sprintf("%s does not know %q in the pattern %q here: use %s with a pattern of strftime", name, unknown, pattern, instead))
		return
	}
	last, _ := args[1].(map[string]any)
	function := w.at(n)
	from, to := w.textAt(last, pattern)
	if function < 0 || from < 0 || !strings.EqualFold(w.sql[function:min(len(w.sql), function+len(name))], name) {
		return
	}
	w.splices = append(w.splices, splice{function, function + len(name), instead}, splice{from, to, literal(translated)})
}

// arrayText puts a list in the place of '{a,b}' in x = ANY ('{a,b}'), which PostgreSQL reads as an array.
func (w *walk) arrayText(n map[string]any) {
	child, _ := unnested(n).(map[string]any)
	for child["class"] == "CAST" {
		child, _ = child["child"].(map[string]any)
	}
	parts, ok := elements(child)
	if !ok {
		return
	}
	text, _ := constant([]any{child}, 0).(string)
	from, to := w.textAt(child, text)
	if from < 0 {
		return
	}
	words := make([]string, len(parts))
	for i, part := range parts {
		word, _ := constant([]any{part}, 0).(string)
		words[i] = literal(word)
	}
	w.splices = append(w.splices, splice{from, to, "[" + strings.Join(words, ", ") + "]"})
}

// textAt returns where a constant text begins and ends in the statement, with its quotes, or
// -1. One that has a quote in it is not found.
func (w *walk) textAt(n map[string]any, text string) (from, to int) {
	from = w.at(n)
	if from < 0 || !strings.HasPrefix(w.sql[from:], "'"+text+"'") || strings.Contains(text, "'") {
		return -1, -1
	}
	return from, from + len(text) + 2
}

// at returns where a node stands in the statement, or -1.
func (w *walk) at(n map[string]any) int {
	at, ok := n["query_location"].(float64)
	if i := int(at) + w.body; ok && i < len(w.sql) {
		return i
	}
	return -1
}

// timePattern translates a pattern; unknown is the part of it that cannot be.
func timePattern(pattern string) (translated, unknown string) {
	var b strings.Builder
	for i := 0; i < len(pattern); {
		c := pattern[i]
		switch {
		case c == '"': // text
			end := strings.IndexByte(pattern[i+1:], '"')
			if end < 0 {
				return "", pattern[i:]
			}
			b.WriteString(strings.ReplaceAll(pattern[i+1:i+1+end], "%", "%%"))
			i += end + 2
		case c == '%':
			b.WriteString("%%")
			i++
		case c|0x20 < 'a' || c|0x20 > 'z':
			b.WriteByte(c)
			i++
		default:
			n, text := 0, ""
			for _, p := range timePatterns {
				if len(pattern)-i >= len(p.postgres) && strings.EqualFold(pattern[i:i+len(p.postgres)], p.postgres) {
					n, text = len(p.postgres), p.duckdb
					break
				}
			}
			if n == 0 {
				return "", pattern[i:]
			}
			b.WriteString(text)
			i += n
		}
	}
	return b.String(), ""
}
