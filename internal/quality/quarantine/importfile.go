package quarantine

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// edited is one row of a file that was exported and edited.
type edited struct {
	line    int // in the file, from 1
	at      Coordinates
	id      string
	columns map[string]string // those that the file has
	payload *string           // whole, of rows that are no lines of columns
}

// rowError is what is wrong with one row; the others are read all the same.
type rowError struct {
	line   int
	reason string
}

func (e *rowError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.reason) }

func badRow(line int, format string, args ...any) error {
	return &rowError{line, fmt.Sprintf(format, args...)}
}

// rowReader returns the rows of a file. A [rowError] is about one row; any other error
// ends the file, as io.EOF does.
type rowReader interface{ next() (*edited, error) }

// maxRowBytes bounds one row of JSON Lines.
const maxRowBytes = 4 << 20

// openRows reads a file in the form that people send it in: CSV with commas, semicolons or
// tabs, or JSON Lines; in UTF-8, or in UTF-16 with a byte order mark, as spreadsheets
// write "Unicode text".
func openRows(r io.Reader, format string) (rowReader, error) {
	in := bufio.NewReaderSize(transform.NewReader(r, unicode.BOMOverride(transform.Nop)), 64<<10)
	switch format {
	case FormatJSONL:
		return &jsonRows{in: in}, nil
	case FormatCSV:
		return openCSV(in)
	}
	return nil, fmt.Errorf("%w: format is %q; %s", ErrInvalid, format, nearest(format, []string{FormatCSV, FormatJSONL}))
}

// jsonRows reads an object per line.
type jsonRows struct {
	in   *bufio.Reader
	line int
}

func (j *jsonRows) next() (*edited, error) {
	for {
		text, err := j.text()
		if err != nil {
			return nil, err
		}
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		var e struct {
			Partition *int32             `json:"partition"`
			Offset    *int64             `json:"offset"`
			EventID   string             `json:"event_id"`
			Columns   map[string]*string `json:"columns"`
			Payload   *string            `json:"payload"`
		}
		if err := json.Unmarshal(text, &e); err != nil {
			return nil, badRow(j.line, "it is no JSON object of an export: %v", err)
		}
		if e.Partition == nil || e.Offset == nil || e.EventID == "" || *e.Partition < 0 || *e.Offset < 0 {
			return nil, badRow(j.line, "partition, offset and event_id say which event is meant; one is missing")
		}
		row := &edited{line: j.line, at: Coordinates{*e.Partition, *e.Offset}, id: e.EventID, payload: e.Payload}
		for name, value := range e.Columns {
			if row.columns == nil {
				row.columns = make(map[string]string, len(e.Columns))
			}
			if value != nil {
				row.columns[name] = *value
			}
		}
		return row, nil
	}
}

// text returns the next line.
func (j *jsonRows) text() ([]byte, error) {
	j.line++
	var text []byte
	for {
		part, err := j.in.ReadSlice('\n')
		if len(text)+len(part) > maxRowBytes {
			return nil, fmt.Errorf("%w: line %d is longer than %d bytes", ErrInvalid, j.line, maxRowBytes)
		}
		text = append(text, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(text) > 0:
			return text, nil
		default:
			return text, err
		}
	}
}

// csvRows reads CSV.
type csvRows struct {
	r      *csv.Reader
	before int // lines ahead of what r sees
	names  []string
	key    [3]int // columns of partition, offset, event_id
}

var delimiters = []byte{',', ';', '\t'}

// openCSV finds out how the file is written by its first line: a spreadsheet chooses the
// delimiter by the country it runs in.
func openCSV(in *bufio.Reader) (*csvRows, error) {
	c := new(csvRows)
	head, err := in.Peek(4096)
	if len(head) == 0 {
		return nil, fmt.Errorf("%w: the file is empty", ErrInvalid)
	}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, err
	}
	var delimiter byte
	if line, rest, ok := bytes.Cut(head, []byte("\n")); ok && len(bytes.TrimRight(line, "\r")) == 5 && bytes.HasPrefix(bytes.ToLower(line), []byte("sep=")) {
		delimiter = line[4]
		c.before = 1
		if _, err := in.Discard(len(head) - len(rest)); err != nil {
			return nil, err
		}
		if !slices.Contains(delimiters, delimiter) {
			return nil, fmt.Errorf("%w: line 1: the file says that %q separates its cells; comma, semicolon and tab are taken", ErrInvalid, delimiter)
		}
	} else {
		delimiter = likeliest(line)
	}
	c.r = csv.NewReader(in)
	c.r.Comma, c.r.FieldsPerRecord, c.r.ReuseRecord = rune(delimiter), -1, true
	return c, c.header()
}

func likeliest(line []byte) byte {
	best, most := delimiters[0], -1
	for _, d := range delimiters {
		if n := bytes.Count(line, []byte{d}); n > most {
			best, most = d, n
		}
	}
	return best
}

// maxCells bounds the columns of a file.
const maxCells = 4096

func (c *csvRows) header() error {
	cells, err := c.r.Read()
	if err != nil {
		return fmt.Errorf("%w: cannot read the header: %w", ErrInvalid, err)
	}
	if len(cells) > maxCells {
		return fmt.Errorf("%w: the header has %d columns; at most %d are taken", ErrInvalid, len(cells), maxCells)
	}
	for i, cell := range cells {
		name := original(cell)
		if plain := strings.TrimSpace(name); !strings.HasPrefix(plain, columnPrefix) {
			name = plain
		}
		if name != "" && slices.Contains(c.names, name) {
			return fmt.Errorf("%w: line %d, column %d: there are two columns %q", ErrInvalid, c.before+1, i+1, name)
		}
		c.names = append(c.names, name)
	}
	for k, name := range exportColumns[:len(c.key)] {
		if c.key[k] = slices.Index(c.names, name); c.key[k] < 0 {
			return fmt.Errorf("%w: line %d: there is no column %q, which says with partition, offset and event_id which event is meant; keep these columns of the export", ErrInvalid, c.before+1, name)
		}
	}
	return nil
}

func (c *csvRows) next() (*edited, error) {
	for {
		cells, err := c.r.Read()
		var wrong *csv.ParseError
		switch {
		case errors.As(err, &wrong):
			return nil, badRow(c.before+wrong.StartLine, "it is no row of CSV: %v", wrong.Err)
		case err != nil:
			return nil, err
		}
		if !slices.ContainsFunc(cells, func(s string) bool { return s != "" }) {
			continue
		}
		at, _ := c.r.FieldPos(0)
		return c.row(c.before+at, cells)
	}
}

func (c *csvRows) row(line int, cells []string) (*edited, error) {
	// One cell more may be an empty one at the end, or a comma that was not quoted.
	if len(cells) != len(c.names) {
		return nil, badRow(line, "it has %d cells, the header has %d", len(cells), len(c.names))
	}
	p, err := strconv.ParseInt(strings.TrimSpace(cells[c.key[0]]), 10, 32)
	o, err2 := strconv.ParseInt(strings.TrimSpace(cells[c.key[1]]), 10, 64)
	if err != nil || err2 != nil || p < 0 || o < 0 {
		return nil, badRow(line, "partition %q and offset %q are no coordinates", cells[c.key[0]], cells[c.key[1]])
	}
	row := &edited{line: line, at: Coordinates{int32(p), o}, id: strings.TrimSpace(cells[c.key[2]])}
	for i, name := range c.names {
		column, ok := strings.CutPrefix(name, columnPrefix)
		switch {
		case ok:
			if row.columns == nil {
				row.columns = make(map[string]string)
			}
			row.columns[column] = strings.Clone(original(cells[i]))
		case name == payloadColumn && cells[i] != "":
			payload := strings.Clone(original(cells[i]))
			row.payload = &payload
		}
	}
	return row, nil
}
