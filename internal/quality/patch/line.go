package patch

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/spell"
)

// line is one record of delimited fields. Cells are kept as they stand in the line, with
// their quotes; those that nobody changes are written as they were.
type line struct {
	format  *Format
	charset *charmap.Charmap // nil: UTF-8
	cells   [][]byte
}

func openLine(payload []byte, f *Format) (*line, error) {
	l := &line{format: f, charset: charsetOf(f.Charset, payload)}
	for i := 0; ; i++ {
		end, err := l.cell(payload, i)
		if err != nil {
			return nil, fmt.Errorf("%w; repair the text first, with replace or payload on the whole", err)
		}
		if l.cells = append(l.cells, payload[i:end:end]); len(l.cells) > maxColumns {
			return nil, fmt.Errorf("the line has more than %d columns", maxColumns)
		}
		if i = end; i == len(payload) {
			return l, nil
		}
	}
}

func charsetOf(c adapter.Charset, payload []byte) *charmap.Charmap {
	switch {
	case c == adapter.Windows1252, c == adapter.AnyOf && !utf8.Valid(payload):
		return charmap.Windows1252
	case c == adapter.Latin1:
		return charmap.ISO8859_1
	}
	return nil
}

// cell returns the end of the cell that begins at i.
func (l *line) cell(payload []byte, i int) (int, error) {
	quote := l.format.Quote
	if quote == 0 || i >= len(payload) || payload[i] != quote {
		if n := bytes.IndexByte(payload[i:], l.format.Delimiter); n >= 0 {
			return i + n, nil
		}
		return len(payload), nil
	}
	for end := i + 1; end < len(payload); end++ {
		if payload[end] != quote {
			continue
		}
		if end++; end == len(payload) || payload[end] == l.format.Delimiter {
			return end, nil
		}
		if payload[end] != quote {
			return 0, fmt.Errorf("the line cannot be cut into columns: the quote before byte %d ends a field, but no %q follows", end, l.format.Delimiter)
		}
	}
	return 0, fmt.Errorf("the line cannot be cut into columns: the quote at byte %d is not closed", i)
}

func (l *line) payload() []byte {
	return bytes.Join(l.cells, []byte{l.format.Delimiter})
}

// column finds the column that a field names, from 0.
func (l *line) column(f *ref) (int, error) {
	if f.position > 0 {
		if f.position > len(l.cells) {
			return 0, fmt.Errorf("the line has %d columns and no %s", len(l.cells), f.name)
		}
		return f.position - 1, nil
	}
	found := -1
	var names []string
	for i, c := range l.format.Columns {
		switch f.name {
		case c.Name:
			found = i
		case c.Field:
			if found < 0 {
				found = i
			}
		}
		if names = append(names, c.Name); c.Field != "" {
			names = append(names, c.Field)
		}
	}
	if found < 0 {
		return 0, fmt.Errorf("the format has no column %q; %s", f.name, spell.Suggest(f.name, names))
	}
	if n := len(l.format.Columns); len(l.cells) != n {
		return 0, fmt.Errorf("the line has %d columns, its format %d: first put their number right, or name columns by position ($1 to $%d)", len(l.cells), n, len(l.cells))
	}
	return found, nil
}

func (l *line) find(f *ref) ([]place, error) {
	i, err := l.column(f)
	if err != nil {
		return nil, err
	}
	return []place{{name: l.name(i), exists: true, column: i}}, nil
}

// name is how a column is called: by its header if the line has as many as that.
func (l *line) name(i int) string {
	if len(l.cells) == len(l.format.Columns) {
		return l.format.Columns[i].Name
	}
	return fmt.Sprintf("$%d", i+1)
}

func (l *line) read(p place) value { return value{kind: kindText, text: l.text(l.cells[p.column])} }

// text is what a cell says, in UTF-8.
func (l *line) text(cell []byte) string {
	if q := l.format.Quote; q != 0 && len(cell) >= 2 && cell[0] == q {
		cell = cell[1 : len(cell)-1]
		if bytes.IndexByte(cell, q) >= 0 {
			cell = bytes.ReplaceAll(cell, []byte{q, q}, []byte{q})
		}
	}
	if l.charset == nil {
		return string(cell)
	}
	text, err := l.charset.NewDecoder().Bytes(cell)
	if err != nil {
		return string(cell)
	}
	return string(text)
}

var errLineBreak = errors.New("a value of this format cannot hold a line break")

// encode writes a text as a cell, with quotes where it needs them, or had them.
func (l *line) encode(text string, quoted bool) ([]byte, error) {
	cell := []byte(text)
	if l.charset != nil {
		var err error
		if cell, err = l.charset.NewEncoder().Bytes(cell); err != nil {
			return nil, fmt.Errorf("%q cannot be written in the encoding of the file, %s", show(text), l.charset)
		}
	}
	q := l.format.Quote
	breaks := bytes.ContainsAny(cell, "\r\n")
	if breaks && (q == 0 || !l.format.Multiline) {
		return nil, errLineBreak
	}
	needs := breaks || bytes.IndexByte(cell, l.format.Delimiter) >= 0 || q != 0 && bytes.IndexByte(cell, q) >= 0
	switch {
	case needs && q == 0:
		return nil, fmt.Errorf("%q holds the delimiter %q, and the format has no quotes", show(text), l.format.Delimiter)
	case !needs && !quoted:
		return cell, nil
	}
	out := append(make([]byte, 0, len(cell)+2), q)
	out = append(out, bytes.ReplaceAll(cell, []byte{q}, []byte{q, q})...)
	return append(out, q), nil
}

func (l *line) quoted(i int) bool {
	return l.format.Quote != 0 && len(l.cells[i]) > 0 && l.cells[i][0] == l.format.Quote
}

func (l *line) write(edits []edit) error {
	for i := range edits {
		e := &edits[i]
		cell, err := l.encode(e.value.text, l.quoted(e.column) && e.value.text != "")
		if err != nil {
			return err
		}
		l.cells[e.column] = cell
	}
	return nil
}

func (l *line) remove(p place) error {
	if len(l.cells) == 1 {
		return errors.New("the line has one column, which cannot be removed")
	}
	l.cells = append(l.cells[:p.column:p.column], l.cells[p.column+1:]...)
	return nil
}

func (l *line) insert(at int) error {
	if at > len(l.cells) || len(l.cells) >= maxColumns {
		return fmt.Errorf("the line has %d columns; $%d cannot be put in", len(l.cells), at+1)
	}
	l.cells = append(l.cells[:at:at], append([][]byte{nil}, l.cells[at:]...)...)
	return nil
}

// join makes one cell of n that begin at a column.
func (l *line) join(at, n int) error {
	if at+n > len(l.cells) {
		return fmt.Errorf("the line has %d columns; %d cannot be joined from $%d on", len(l.cells), n, at+1)
	}
	var texts []string
	for _, cell := range l.cells[at : at+n] {
		texts = append(texts, l.text(cell))
	}
	cell, err := l.encode(strings.Join(texts, string(rune(l.format.Delimiter))), false)
	if err != nil {
		return err
	}
	l.cells = append(append(l.cells[:at:at], cell), l.cells[at+n:]...)
	return nil
}

// split makes several cells of the one at a column.
func (l *line) split(at int, separator string) error {
	texts := strings.Split(l.text(l.cells[at]), separator)
	if len(texts)+len(l.cells) > maxColumns {
		return fmt.Errorf("more than %d columns", maxColumns)
	}
	var cells [][]byte
	for _, t := range texts {
		cell, err := l.encode(t, false)
		if err != nil {
			return err
		}
		cells = append(cells, cell)
	}
	l.cells = append(append(l.cells[:at:at], cells...), l.cells[at+1:]...)
	return nil
}

// resize adds empty columns at the end, or takes empty ones away.
func (l *line) resize(n int) error {
	for len(l.cells) < n {
		l.cells = append(l.cells, nil)
	}
	for len(l.cells) > n {
		last := len(l.cells) - 1
		if text := l.text(l.cells[last]); text != "" {
			return fmt.Errorf("the line has %d columns, and the last one holds %q; join or remove columns by their position", len(l.cells), show(text))
		}
		l.cells = l.cells[:last]
	}
	return nil
}

func (l *line) values() []Value {
	out := make([]Value, len(l.cells))
	for i, cell := range l.cells {
		out[i] = Value{l.name(i), l.text(cell)}
	}
	return out
}

// show bounds a text for people.
func show(text string) string {
	const most = 60
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
