package csv

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/spell"
)

// splitFault is why a row could not be split.
type splitFault uint8

const (
	splitOK splitFault = iota
	splitColumns
	splitUnclosed
	splitBehindQuote
)

// split puts the fields of a row into d.raw, in canonical order: order says
// which column the n-th field of the row is (nil: the n-th). at is the number
// of fields of a splitColumns, and the position of the other faults.
func (d *Decoder) split(s string, order []int) (fault splitFault, at int) {
	quote, delimiter := d.a.quote, d.delimiter
	for n, i := 0, 0; ; n++ {
		var value string
		if quote != 0 && i < len(s) && s[i] == quote {
			end, doubled := closingQuote(s, i+1, quote)
			if end < 0 {
				return splitUnclosed, i
			}
			value = s[i+1 : end]
			if doubled {
				value = d.undouble(value)
			}
			if i = end + 1; i < len(s) && s[i] != delimiter {
				return splitBehindQuote, i
			}
		} else {
			end := strings.IndexByte(s[i:], delimiter)
			if end < 0 {
				end = len(s) - i
			}
			value = s[i : i+end]
			i += end
		}
		if n < len(d.raw) {
			if order != nil {
				d.raw[order[n]] = value
			} else {
				d.raw[n] = value
			}
		}
		if i == len(s) {
			if n+1 != len(d.raw) {
				return splitColumns, n + 1
			}
			return splitOK, 0
		}
		i++ // the delimiter
	}
}

// closingQuote finds the quote that ends the field which starts at i.
func closingQuote(s string, i int, quote byte) (end int, doubled bool) {
	for {
		n := strings.IndexByte(s[i:], quote)
		if n < 0 {
			return -1, doubled
		}
		i += n
		if i+1 == len(s) || s[i+1] != quote {
			return i, doubled
		}
		doubled = true
		i += 2
	}
}

func (d *Decoder) undouble(s string) string {
	out := d.memory.Buffer(len(s))
	for i := 0; i < len(s); i++ {
		out = append(out, s[i])
		if s[i] == d.a.quote {
			i++
		}
	}
	return d.memory.Keep(out)
}

const byteOrderMark = "\ufeff"

// Next implements [adapter.FileFormat]. Lines end with LF or CRLF. Blank lines
// are no records: they are skipped with a nil record.
func (a *Adapter) Next(data []byte, atEOF bool) (advance int, record []byte, lines int) {
	start := 0
	if (a.encoding == encodingUTF8 || a.encoding == encodingAuto) && bytes.HasPrefix(data, []byte(byteOrderMark)) {
		start = len(byteOrderMark)
	}
	end := bytes.IndexByte(data[start:], '\n')
	lines = 1
	if end >= 0 {
		end += start
		if a.multiline && bytes.IndexByte(data[start:end], a.quote) >= 0 {
			end, lines = a.endOfRow(data, start)
		}
	}
	if end < 0 {
		if !atEOF || len(data) == 0 {
			return 0, nil, 0
		}
		// The rest is the last record: a line without an end, or a quote that
		// is never closed.
		end, advance, lines = len(data), len(data), bytes.Count(data, []byte{'\n'})
		if lines > 0 && data[end-1] == '\n' {
			end--
		}
	} else {
		advance = end + 1
	}
	if end > start && data[end-1] == '\r' {
		end--
	}
	if end == start {
		return advance, nil, lines
	}
	return advance, data[start:end:end], lines
}

// endOfRow finds the line feed that ends the row at start, and counts the line
// feeds up to it. A quote opens a field only at the field's start.
func (a *Adapter) endOfRow(data []byte, start int) (end, lines int) {
	for i := start; i < len(data); {
		if data[i] == a.quote {
			n, inside := skipQuoted(data[i+1:], a.quote)
			if n < 0 {
				return -1, 0
			}
			lines += inside
			i += 1 + n
		}
		// to the end of the field
		for i < len(data) && data[i] != a.delimiter && data[i] != '\n' {
			i++
		}
		if i < len(data) && data[i] == '\n' {
			return i, lines + 1
		}
		i++
	}
	return -1, 0
}

// skipQuoted returns the length of a quoted text with its closing quote, or -1,
// and the line feeds in it.
func skipQuoted(data []byte, quote byte) (n, lines int) {
	for {
		q := bytes.IndexByte(data[n:], quote)
		if q < 0 {
			return -1, 0
		}
		lines += bytes.Count(data[n:n+q], []byte{'\n'})
		n += q + 1
		if n == len(data) || data[n] != quote {
			return n, lines
		}
		n++
	}
}

// Header implements [adapter.FileFormat].
func (a *Adapter) Header(first []byte) (envelope string, skip bool, err error) {
	if !a.header {
		return a.prefix(), false, nil
	}
	text := strings.TrimPrefix(string(first), byteOrderMark)
	order, err := a.parseHeader(text)
	if err != nil {
		return "", false, fmt.Errorf("the header does not fit mapping %s: %w", a.file, err)
	}
	envelope = a.prefix()
	if order != nil {
		envelope += text
	}
	return envelope, true, nil
}

// parseHeader returns which column each field of a row is, nil when the order
// is canonical.
func (a *Adapter) parseHeader(text string) ([]int, error) {
	names, err := a.headerNames(text)
	if err != nil {
		return nil, err
	}
	order, seen := make([]int, len(names)), make([]bool, len(a.columns))
	var missing, extra, twice []string
	canonical := true
	for n, name := range names {
		i := slices.IndexFunc(a.columns, func(c column) bool { return c.name == name })
		switch {
		case i < 0:
			extra = append(extra, name)
			continue
		case seen[i]:
			twice = append(twice, name)
		}
		seen[i], order[n] = true, i
		canonical = canonical && i == n
	}
	for i, s := range seen {
		if !s {
			missing = append(missing, a.columns[i].name)
		}
	}
	if len(missing)+len(extra)+len(twice) > 0 {
		return nil, headerError(missing, extra, twice)
	}
	if canonical {
		return nil, nil
	}
	return order, nil
}

func (a *Adapter) headerNames(text string) ([]string, error) {
	const most = 4 * maxColumns // a file of another kind may be one long line
	d := a.NewDecoder(nil).(*Decoder)
	text, bad := a.encoding.toUTF8(text, d.memory)
	if bad >= 0 {
		return nil, fmt.Errorf("byte %d is not %s", bad, encodingNames[a.encoding])
	}
	count := strings.Count(text, string(a.delimiter)) + 1
	if count > most {
		return nil, fmt.Errorf("the first line has about %d columns, at most %d are possible; is this the right file?", count, most)
	}
	d.raw = make([]string, count)
	fault, n := d.split(text, nil)
	switch fault {
	case splitOK:
		n = count
	case splitUnclosed, splitBehindQuote:
		return nil, fmt.Errorf("the quote at byte %d is not closed, or not followed by %q", n, a.delimiter)
	}
	names := d.raw[:min(n, count)]
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	return names, nil
}

func headerError(missing, extra, twice []string) error {
	var parts []string
	add := func(what string, names []string) {
		if len(names) > 0 {
			parts = append(parts, what+" "+quoteList(names))
		}
	}
	add("missing", missing)
	add("unexpected", extra)
	add("repeated", twice)
	text := strings.Join(parts, "; ")
	for _, m := range missing {
		if near := spell.Nearest(m, extra); near != "" {
			text += fmt.Sprintf("; is %q what the mapping calls %q?", near, m)
		}
	}
	return fmt.Errorf("columns %s", text)
}

// quoteList names up to ten columns.
func quoteList(names []string) string {
	const most = 10
	var out []string
	for i, n := range names {
		if i == most {
			out = append(out, fmt.Sprintf("and %d more", len(names)-most))
			break
		}
		if len(n) > 60 {
			n = strings.ToValidUTF8(n[:60], "") + "…"
		}
		out = append(out, fmt.Sprintf("%q", n))
	}
	return strings.Join(out, ", ")
}
