package quarantine

import (
	"strings"

	"github.com/millrace/millrace/event"
)

// Spreadsheets take a cell for a formula that begins with one of these, the wide forms
// of East Asian keyboards among them.
var formulaStarts = []string{"=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"}

const (
	// cellBreaks end a cell for who opens the file with another delimiter than the comma,
	// or without respect for quotes.
	cellBreaks = ";\t|\r\n"
	// skipped are what readers of CSV may drop at the beginning of a cell.
	skipped = " \""
)

// Neutral returns a cell of an exported table so that no spreadsheet takes it for a formula.
func Neutral(cell string) string { return neutral(cell) }

// neutral puts an apostrophe wherever a spreadsheet could see the beginning of a formula,
// which could send data away or run programs: at the beginning of the cell, and behind
// whatever another reading of the file takes for the end of one. Where apostrophes stand
// there already it puts one more, so that [original] can tell. A cell that is a number
// stays.
func neutral(cell string) string {
	if isNumber(cell) {
		return cell
	}
	return apostrophes(cell, func(n int) int { return n + 1 })
}

// original takes back what neutral did.
func original(cell string) string {
	return apostrophes(cell, func(n int) int { return max(n-1, 0) })
}

// apostrophes changes how many of them stand before each beginning of a formula.
func apostrophes(cell string, change func(n int) int) string {
	var out strings.Builder
	for rest, first := cell, true; rest != ""; first = false {
		gap := len(rest) - len(strings.TrimLeft(rest, skipped))
		marked := strings.TrimLeft(rest[gap:], "'")
		n := len(rest) - gap - len(marked)
		out.WriteString(rest[:gap])
		// At the very beginning even a line break or a tab is dropped.
		if isFormula(marked) || first && marked != "" && strings.IndexByte("\t\r\n", marked[0]) >= 0 {
			n = change(n)
		}
		out.WriteString(strings.Repeat("'", n))
		end := strings.IndexAny(marked, cellBreaks)
		if end < 0 {
			out.WriteString(marked)
			break
		}
		out.WriteString(marked[:end+1])
		rest = marked[end+1:]
	}
	return out.String()
}

func isFormula(s string) bool {
	for _, start := range formulaStarts {
		if strings.HasPrefix(s, start) {
			return true
		}
	}
	return false
}

func isNumber(s string) bool {
	_, err := event.ParseMicros(s)
	return err == nil
}
