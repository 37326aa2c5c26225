package declared

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/millrace/millrace/internal/expression"
)

// A key is a text: of one text that text, of one number its digits, of several values a
// JSON array. So what the job keeps can be looked up by people.

// internedKeys bounds the keys that a writer remembers, so that a key that many rows
// have is made once.
const internedKeys = 1 << 15

// keyWriter makes the keys of rows, in one partition or shard.
type keyWriter struct {
	parts    []operand
	scratch  []byte
	interned map[string]string
}

func newKeyWriter(parts []operand) keyWriter {
	return keyWriter{parts: parts, interned: make(map[string]string)}
}

func (w *keyWriter) key(r *row) string {
	switch {
	case len(w.parts) == 0:
		return ""
	case len(w.parts) == 1 && w.parts[0].Kind == expression.Text:
		return w.parts[0].Text(r)
	}
	b := w.scratch[:0]
	for i := range w.parts {
		b = append(b, "[,"[min(i, 1)])
		b = appendPart(b, &w.parts[i], r)
	}
	b = append(b, ']')
	if len(w.parts) == 1 {
		b = b[1 : len(b)-1]
	}
	w.scratch = b
	if k, known := w.interned[string(b)]; known {
		return k
	}
	if len(w.interned) >= internedKeys {
		clear(w.interned)
	}
	k := string(b)
	w.interned[k] = k
	return k
}

func appendPart(b []byte, o *operand, r *row) []byte {
	if o.Kind == expression.Text {
		return appendText(b, o.Text(r))
	}
	return strconv.AppendInt(b, evaluate(o, r).Number, 10)
}

// appendText appends a JSON string.
func appendText(b []byte, s string) []byte {
	if strings.IndexFunc(s, func(c rune) bool { return c < ' ' || c > '~' || c == '"' || c == '\\' }) < 0 {
		return append(append(append(b, '"'), s...), '"')
	}
	quoted, err := json.Marshal(s)
	if err != nil {
		panic("BUG: a text that is no JSON: " + err.Error())
	}
	return append(b, quoted...)
}

// readKey sets the cells of a key's values.
func readKey(key string, columns []column, cells []cell) error {
	switch {
	case len(columns) == 0:
		return nil
	case len(columns) == 1 && columns[0].kind == expression.Text:
		cells[0] = cell{Text: key, Known: true}
		return nil
	case len(columns) == 1:
		key = "[" + key + "]"
	}
	var parts []json.RawMessage
	if err := json.Unmarshal([]byte(key), &parts); err != nil || len(parts) != len(columns) {
		return fmt.Errorf("the key %q is not one of %d values: it is of another version of the job", key, len(columns))
	}
	for i, part := range parts {
		c := &cells[i]
		c.Known = true
		if columns[i].kind == expression.Text {
			if err := json.Unmarshal(part, &c.Text); err != nil {
				return fmt.Errorf("the key %q has no text as %s: %w", key, columns[i].name, err)
			}
			continue
		}
		n, err := strconv.ParseInt(string(part), 10, 64)
		if err != nil {
			return fmt.Errorf("the key %q has no number as %s: %w", key, columns[i].name, err)
		}
		c.Number = n
	}
	return nil
}
