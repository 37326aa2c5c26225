package csv

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// maxSniffed is how much of a file is looked at, and maxSniffedRows how many of
	// its rows.
	maxSniffed     = 256 << 10
	maxSniffedRows = 500
)

// Sniffed is what a file looks like.
type Sniffed struct {
	Encoding   string // as a mapping names it; UTF-16 is utf-8, since the door reads it so
	Delimiter  byte
	Quote      byte
	Header     bool
	Decimal    byte // '.' or ','
	Thousands  byte // 0: none
	Columns    []SniffedColumn
	Rows       int     // looked at, without the header
	Confidence float64 // from 0 to 1, that the columns are right
	Notes      []string
}

// SniffedColumn is what a column looks like.
type SniffedColumn struct {
	Name    string
	Field   string
	Type    string
	Formats []string // of timestamps
	Suffix  string   // that all values end with
	Empty   int      // rows without a value
	Example string
}

// Sniff looks at the beginning of a file, of which the last row may be cut off.
// It takes what is most likely; the notes say what it took and what is open.
func Sniff(head []byte) (*Sniffed, error) {
	head = head[:min(len(head), maxSniffed)]
	s := &Sniffed{}
	text := s.decode(head)
	if strings.TrimSpace(text) == "" {
		return nil, fmt.Errorf("there is no text in it")
	}
	if strings.IndexByte(text, 0) >= 0 {
		return nil, fmt.Errorf("it is no text: it holds a NUL byte")
	}
	rows := s.dialect(text)
	if len(rows) == 0 || len(rows[0]) > maxColumns {
		return nil, fmt.Errorf("it has no rows, or more than %d columns", maxColumns)
	}
	s.header(rows)
	s.columns(rows)
	return s, nil
}

func (s *Sniffed) note(format string, args ...any) {
	s.Notes = append(s.Notes, fmt.Sprintf(format, args...))
}

// decode finds the encoding.
func (s *Sniffed) decode(head []byte) string {
	s.Encoding = "utf-8"
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		s.note("it is UTF-16, which is made UTF-8 when it is taken")
		return fromUTF16(head[2:], head[0] == 0xff)
	case len(head) > 3 && head[1] == 0 && head[3] == 0, len(head) > 3 && head[0] == 0 && head[2] == 0:
		s.note("it is UTF-16 without a mark, which is made UTF-8 when it is taken")
		return fromUTF16(head, head[1] == 0)
	case bytes.HasPrefix(head, []byte(byteOrderMark)):
		s.note("it is UTF-8, by its mark")
		return string(head[len(byteOrderMark):])
	}
	whole := head
	for i := 0; i < utf8.UTFMax-1 && len(whole) > 0 && !utf8.Valid(whole); i++ {
		whole = whole[:len(whole)-1] // the last character may be cut off
	}
	if utf8.Valid(whole) {
		return string(whole)
	}
	s.Encoding = "windows-1252"
	if !bytes.ContainsFunc(head, func(r rune) bool { return r == utf8.RuneError }) {
		return string(head)
	}
	s.note("it is not UTF-8; windows-1252 is the most likely, look at the letters that are not English")
	out := make([]rune, 0, len(head))
	for _, c := range head {
		r := rune(c)
		if c >= 0x80 && c < 0xa0 && windows1252[c-0x80] != 0 {
			r = windows1252[c-0x80]
		}
		out = append(out, r)
	}
	return string(out)
}

func fromUTF16(b []byte, little bool) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		high, low := b[2*i], b[2*i+1]
		if little {
			high, low = low, high
		}
		units[i] = uint16(high)<<8 | uint16(low)
	}
	return string(utf16.Decode(units))
}

// dialect finds delimiter and quote: those by which most rows have the same
// number of fields, and more than one.
func (s *Sniffed) dialect(text string) [][]string {
	var best [][]string
	s.Delimiter, s.Quote = delimiters[0], '"'
	bestScore, second := -1.0, 0.0
	for i := range len(delimiters) {
		for _, quote := range []byte{'"', '\''} {
			rows, unclosed := splitText(text, delimiters[i], quote)
			score, width := regularity(rows)
			if width < 2 {
				score = 0
			}
			if quote == '\'' { // an apostrophe is text more often than not
				score -= 0.05
			}
			if unclosed {
				score -= 0.5
			}
			switch {
			case score > bestScore:
				if delimiters[i] != s.Delimiter {
					second = max(second, bestScore)
				}
				best, bestScore, s.Delimiter, s.Quote = rows, score, delimiters[i], quote
			case delimiters[i] != s.Delimiter:
				second = max(second, score)
			}
		}
	}
	s.Confidence = max(0, min(1, bestScore-max(0, second)/4))
	if bestScore <= 0 {
		s.note("no delimiter makes several columns; it is taken to have one")
	}
	return best
}

// regularity is the share of rows that have the most frequent number of fields,
// and that number.
func regularity(rows [][]string) (share float64, width int) {
	counts := map[int]int{}
	for _, r := range rows {
		counts[len(r)]++
	}
	most := 0
	for w, n := range counts {
		if n > most || n == most && w > width {
			most, width = n, w
		}
	}
	return float64(most) / float64(max(1, len(rows))), width
}

// splitText splits the rows of a text; the last one is left out when it is not
// ended and not alone.
func splitText(text string, delimiter, quote byte) (rows [][]string, unclosed bool) {
	a := &Adapter{delimiter: delimiter, quote: quote, multiline: true, encoding: encodingUTF8}
	d := a.NewDecoder(nil).(*Decoder)
	data := []byte(text)
	for len(data) > 0 && len(rows) < maxSniffedRows {
		advance, record, _ := a.Next(data, false)
		if advance == 0 {
			if len(rows) > 0 {
				return rows, bytes.IndexByte(data, '\n') >= 0
			}
			advance, record = len(data), bytes.TrimRight(data, "\r\n")
		}
		data = data[advance:]
		if record == nil {
			continue
		}
		d.raw = make([]string, strings.Count(string(record), string(rune(delimiter)))+1)
		fault, _ := d.split(string(record), nil)
		if fault == splitUnclosed || fault == splitBehindQuote {
			unclosed = true
			continue
		}
		n := len(d.raw)
		for n > 1 && d.raw[n-1] == "" && fault == splitColumns {
			n--
		}
		rows = append(rows, slices.Clone(d.raw[:fieldCount(d, string(record), n)]))
	}
	return rows, unclosed
}

// fieldCount is how many fields split found.
func fieldCount(d *Decoder, record string, most int) int {
	if fault, n := d.split(record, nil); fault == splitColumns {
		return min(n, len(d.raw))
	}
	return max(most, len(d.raw))
}

// header decides whether the first row names the columns.
func (s *Sniffed) header(rows [][]string) {
	first := rows[0]
	seen := map[string]bool{}
	s.Header = true
	for i := range first {
		name := strings.TrimSpace(first[i])
		if name == "" || seen[name] || looksTyped(name) || !printable(name) {
			s.Header = false
		}
		seen[name] = true
	}
	switch {
	case !s.Header:
		s.note("the first row is data: columns are numbered")
	case len(rows) == 1:
		s.note("there is a header and no row; types are not known")
	}
}

func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

var (
	integerForm = regexp.MustCompile(`^[-+]?\d+$`)
	pointForm   = regexp.MustCompile(`^[-+]?(\d+|\d{1,3}(,\d{3})+)\.\d+$`)
	commaForm   = regexp.MustCompile(`^[-+]?(\d+|\d{1,3}(\.\d{3})+),\d+$`)
)

func looksTyped(v string) bool {
	return integerForm.MatchString(v) || pointForm.MatchString(v) || commaForm.MatchString(v) || len(timeFormats([]string{v})) > 0
}

// YAML writes a mapping that reads the file, with what was seen as comments.
func (s *Sniffed) YAML(name, file string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Proposed from %d rows of %s; confidence %d%%.\n", s.Rows, oneLine(file), int(100*s.Confidence))
	for _, n := range s.Notes {
		fmt.Fprintf(&b, "# - %s\n", n)
	}
	fmt.Fprintf(&b, "name: %s\nversion: \"1\"\nencoding: %s\ndelimiter: %s\nquote: %s\n", name, s.Encoding, quoted(string(rune(s.Delimiter))), quoted(string(rune(s.Quote))))
	if !s.Header {
		b.WriteString("header: false\n")
	}
	if s.Decimal == ',' {
		b.WriteString("decimal_separator: \",\"\n")
	}
	if s.Thousands != 0 {
		fmt.Fprintf(&b, "thousands_separator: %q\n", string(rune(s.Thousands)))
	}
	if !slices.ContainsFunc(s.Columns, func(c SniffedColumn) bool { return c.Field == "type" }) {
		b.WriteString("constants:\n  type: row # say what a row is, such as order_line\n")
	}
	b.WriteString("columns:\n")
	for _, c := range s.Columns {
		fmt.Fprintf(&b, "  - {name: %s, field: %s", quoted(c.Name), quoted(c.Field))
		if c.Type != "" {
			fmt.Fprintf(&b, ", type: %s", c.Type)
		}
		if len(c.Formats) > 0 {
			fmt.Fprintf(&b, ", formats: [%s]", quoted(c.Formats[0]))
		}
		if c.Suffix != "" {
			fmt.Fprintf(&b, ", trim_suffix: %s", quoted(c.Suffix))
		}
		fmt.Fprintf(&b, "} # %d of %d empty; such as %s\n", c.Empty, s.Rows, oneLine(c.Example))
	}
	return b.String()
}

// quoted writes a text for YAML, of which JSON is a part.
func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic("BUG: cannot write a text: " + err.Error())
	}
	return string(text)
}

// oneLine shortens a text for a comment.
func oneLine(s string) string {
	const most = 40
	s = strings.ToValidUTF8(s, "?")
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
