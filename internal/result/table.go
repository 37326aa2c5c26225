package result

import (
	"fmt"
	"strconv"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/codec"
)

// retracted is the column by which a result is taken away, see stream.Revised and
// window.Result.
const retracted = "retracted"

// Table turns rows of a sink into those of its table in the analytics store. It
// serves one goroutine.
type Table struct {
	Table       olap.JobTable
	Fingerprint uint64 // of the schema that rows are in
	visitor     *codec.Visitor
	rows        olap.JobRows
}

// NewTable returns the table of a sink.
func NewTable(sink *stream.Sink) (*Table, error) {
	l, err := LayoutOf(sink.Schema)
	if err != nil {
		return nil, fmt.Errorf("table %q: %w", sink.Name, err)
	}
	if _, err := l.Indexes(sink.Key); err != nil {
		return nil, fmt.Errorf("key of table %q: %w", sink.Name, err)
	}
	t := &Table{Fingerprint: sink.Fingerprint, Table: olap.JobTable{Name: sink.Name, Comment: sink.Doc, Key: sink.Key}}
	for _, c := range l.Columns {
		t.Table.Columns = append(t.Table.Columns, olap.JobColumn{Name: c.Name, Type: typeOf(c.Kind)})
		if c.Name == retracted && c.Kind == codec.Bool {
			t.Table.Retracted = retracted
		}
	}
	t.visitor = codec.NewVisitor(sink.Schema, t.leaf)
	t.start()
	return t, nil
}

// typeOf returns the type of a column. What no column type holds exactly is text.
func typeOf(k codec.Kind) olap.Type {
	switch k {
	case codec.Bool:
		return olap.Bool
	case codec.Int8, codec.Int16, codec.Int32, codec.Uint8, codec.Uint16:
		return olap.Int32
	case codec.Int64, codec.Uint32:
		return olap.Int64
	case codec.Float32, codec.Float64, codec.Duration:
		return olap.Double
	case codec.ID:
		return olap.UUID
	case codec.Micros:
		return olap.Money
	case codec.Instant:
		return olap.Timestamp
	}
	return olap.Text
}

func (t *Table) start() {
	t.rows = olap.JobRows{Table: t.Table.Name, Columns: make([]olap.JobValues, len(t.Table.Columns))}
}

// Add appends a row with its number.
func (t *Table) Add(number uint64, row []byte) error {
	t.rows.Numbers = append(t.rows.Numbers, number)
	return t.visitor.Visit(row)
}

// Take returns the rows added since it was called before.
func (t *Table) Take() olap.JobRows {
	rows := t.rows
	t.start()
	return rows
}

// A duration is stored in seconds.
const nanosPerSecond = 1e9

func (t *Table) leaf(n int, l codec.Leaf) {
	v := &t.rows.Columns[n]
	switch t.Table.Columns[n].Type {
	case olap.Bool, olap.Int32, olap.Int64, olap.Money, olap.Timestamp:
		v.Ints = append(v.Ints, l.Int)
	case olap.Double:
		if l.Type.Kind == codec.Duration {
			l.Float = float64(l.Int) / nanosPerSecond
		}
		v.Floats = append(v.Floats, l.Float)
	case olap.UUID:
		v.IDs = append(v.IDs, event.ID(l.Text))
	default:
		if l.Type.Kind == codec.Uint64 {
			v.Texts = append(v.Texts, strconv.FormatUint(uint64(l.Int), 10))
			return
		}
		v.Texts = append(v.Texts, string(l.Text))
	}
}
