package cli

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// style colours text for a terminal. The zero value leaves it plain.
type style struct {
	terminal bool
	colour   bool
}

func (s *shell) styleOf(w io.Writer) style {
	st := style{terminal: isTerminal(w) && s.env["TERM"] != "dumb"}
	st.colour = st.terminal && s.env["NO_COLOR"] == ""
	return st
}

// isTerminal reports whether w is a character device other than the null device.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}

func (st style) paint(code, text string) string {
	if !st.colour || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (st style) bold(text string) string { return st.paint("1", text) }
func (st style) dim(text string) string  { return st.paint("2", text) }
func (st style) bad(text string) string  { return st.paint("31", text) }
func (st style) good(text string) string { return st.paint("32", text) }

func (st style) verdict(v string) string {
	switch v {
	case "accepted":
		return st.good(v)
	case "quarantined", "rejected":
		return st.bad(v)
	}
	return st.bold(v)
}

// table aligns columns: numbers to the right, text to the left.
type table struct {
	head  []string
	right []bool
	rows  [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) write(w io.Writer, st style) error {
	width := make([]int, len(t.head))
	for _, r := range append([][]string{t.head}, t.rows...) {
		for i, cell := range r {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	line := func(cells []string, paint func(string) string) {
		for i, cell := range cells {
			if i > 0 {
				b.WriteString("  ")
			}
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			switch {
			case t.right[i]:
				b.WriteString(pad + paint(cell))
			case i == len(cells)-1:
				b.WriteString(paint(cell)) // no blanks at the end of a line
			default:
				b.WriteString(paint(cell) + pad)
			}
		}
		b.WriteByte('\n')
	}
	line(t.head, st.bold)
	for _, r := range t.rows {
		line(r, func(s string) string { return s })
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// oneLine makes text fit a cell: line breaks and other control characters are
// escaped, so that data cannot move the terminal's cursor.
func oneLine(s string) string {
	clean := func(r rune) bool { return r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == utf8.RuneError }
	if strings.IndexFunc(s, clean) < 0 {
		return s
	}
	quoted := strconv.Quote(s)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

// count groups the digits of a number by thousands.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func bytesOf(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	value, name := float64(n), ""
	for _, name = range []string{"KiB", "MiB", "GiB", "TiB"} {
		if value /= unit; value < unit {
			break
		}
	}
	return fmt.Sprintf("%.1f %s", value, name)
}

func instant(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}
