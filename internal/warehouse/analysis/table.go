package analysis

import (
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

// builder fills a table row by row.
type builder struct {
	olap.Snapshot
	at int
}

func newTable(name, comment string, columns ...olap.SnapshotColumn) *builder {
	return &builder{Snapshot: olap.Snapshot{Name: name, Comment: comment, Columns: columns, Values: make([]olap.JobValues, len(columns))}}
}

func col(name string, typ olap.Type, comment string) olap.SnapshotColumn {
	return olap.SnapshotColumn{JobColumn: olap.JobColumn{Name: name, Type: typ}, Comment: comment}
}

// slot returns the values of the next column. Columns are filled in turn.
func (b *builder) slot() *olap.JobValues {
	v := &b.Values[b.at]
	b.at = (b.at + 1) % len(b.Columns)
	return v
}

func (b *builder) text(s string) *builder {
	v := b.slot()
	v.Texts = append(v.Texts, s)
	return b
}

func (b *builder) number(n int64) *builder {
	v := b.slot()
	v.Ints = append(v.Ints, n)
	return b
}

func (b *builder) count(n int) *builder { return b.number(int64(n)) }

func (b *builder) money(m event.Micros) *builder { return b.number(int64(m)) }

func (b *builder) double(f float64) *builder {
	v := b.slot()
	v.Floats = append(v.Floats, f)
	return b
}
