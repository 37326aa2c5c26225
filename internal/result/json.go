package result

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/codec"
)

// JSON writes rows of a sink as flat JSON objects, and their keys as texts. It
// serves one goroutine.
type JSON struct {
	names   []string // of the columns, quoted, with colon; empty: left out
	key     []int    // columns, in the order of the key
	row     *codec.Visitor
	dst     []byte
	leaves  *codec.Visitor
	ofKey   [][]byte // JSON of the key's columns
	columns []int    // place of a column in the key, -1 when it is not in it
}

// NewJSON returns a writer for a sink's rows.
func NewJSON(sink *stream.Sink) (*JSON, error) {
	l, err := LayoutOf(sink.Schema)
	if err != nil {
		return nil, fmt.Errorf("%s %q: %w", sink.Kind, sink.Name, err)
	}
	j := &JSON{}
	if j.key, err = l.Indexes(sink.Key); err != nil {
		return nil, fmt.Errorf("key of %s %q: %w", sink.Kind, sink.Name, err)
	}
	j.ofKey, j.columns = make([][]byte, len(j.key)), make([]int, len(l.Columns))
	for i, c := range l.Columns {
		quoted, err := json.Marshal(c.Name)
		if err != nil {
			return nil, err
		}
		j.names = append(j.names, string(quoted)+":")
		j.columns[i] = -1
	}
	for place, i := range j.key {
		j.columns[i] = place
	}
	j.row = codec.NewVisitor(sink.Schema, func(n int, leaf codec.Leaf) {
		if j.names[n] == "" {
			return
		}
		if j.dst[len(j.dst)-1] != '{' {
			j.dst = append(j.dst, ',')
		}
		j.dst = leaf.AppendJSON(append(j.dst, j.names[n]...))
	})
	j.leaves = codec.NewVisitor(sink.Schema, func(n int, leaf codec.Leaf) {
		if place := j.columns[n]; place >= 0 {
			j.ofKey[place] = leaf.AppendJSON(j.ofKey[place][:0])
		}
	})
	return j, nil
}

// Omit leaves a column out of the objects, if there is one of that name.
func (j *JSON) Omit(column string) {
	for i := range j.names {
		if j.names[i] == strconv.Quote(column)+":" {
			j.names[i] = ""
		}
	}
}

// Append appends a row as an object.
func (j *JSON) Append(dst, row []byte) ([]byte, error) {
	j.dst = append(dst, '{')
	if err := j.row.Visit(row); err != nil {
		return dst, err
	}
	return append(j.dst, '}'), nil
}

// AppendKey appends the key of a row: the value of its column, a text without quotes
// where that says the same, and a list of the values when there are several. A sink
// without a key has none.
func (j *JSON) AppendKey(dst, row []byte) ([]byte, error) {
	if len(j.key) == 0 {
		return dst, nil
	}
	if err := j.leaves.Visit(row); err != nil {
		return dst, err
	}
	if len(j.key) == 1 {
		value := j.ofKey[0]
		var text string
		if value[0] == '"' && json.Unmarshal(value, &text) == nil {
			return append(dst, text...), nil
		}
		return append(dst, value...), nil
	}
	for i, value := range j.ofKey {
		dst = append(append(dst, "[,"[min(i, 1)]), value...)
	}
	return append(dst, ']'), nil
}

// AppendMessage appends a row as it waits for its delivery to a topic: it can be read
// without the schema, by a binary in which the job is another or is no more.
func (j *JSON) AppendMessage(dst, row []byte) ([]byte, error) {
	keyed, err := j.appendKeyed(dst, row)
	if err != nil {
		return dst, err
	}
	return j.Append(keyed, row)
}

func (j *JSON) appendKeyed(dst, row []byte) ([]byte, error) {
	key, err := j.AppendKey(nil, row)
	if err != nil {
		return dst, err
	}
	return append(binary.AppendUvarint(dst, uint64(len(key))), key...), nil
}

// ParseMessage returns key and value of a row for a topic. They are parts of b.
func ParseMessage(b []byte) (key, value []byte, err error) {
	n, w := binary.Uvarint(b)
	if w <= 0 || n > uint64(len(b)-w) {
		return nil, nil, fmt.Errorf("%w: it is no message", ErrEnvelope)
	}
	b = b[w:]
	return b[:n:n], b[n:], nil
}
