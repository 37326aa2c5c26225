package declared

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/millrace/millrace/internal/expression"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/codec"
)

// forms are how the values of a kind are written in a row.
var forms = map[expression.Kind]codec.Kind{
	expression.Boolean: codec.Bool, expression.Text: codec.String, expression.Integer: codec.Int64, expression.Money: codec.Micros,
	expression.Instant: codec.Instant, expression.Span: codec.Duration, expression.Number: codec.Float64,
}

// output gives the rows to the sinks that the file names.
func (l *loader) output(r *rows) {
	if l.Failed() {
		return
	}
	root := &codec.Type{Kind: codec.Struct}
	for _, c := range r.columns {
		t := &codec.Type{Kind: forms[c.kind]}
		if c.list {
			t = r.lists.Root()
		}
		root.Fields = append(root.Fields, codec.Field{Name: c.name, Type: t})
	}
	schema, err := codec.SchemaOf(root)
	if err != nil {
		l.Fail("output", "%v", err)
		return
	}
	named := false
	for _, to := range []struct {
		key  string
		kind stream.SinkKind
		name string
	}{
		{"table", stream.Table, l.doc.Output.Table}, {"topic", stream.Topic, l.doc.Output.Topic}, {"feed", stream.Feed, l.doc.Output.Feed},
	} {
		path := "output." + to.key
		if !l.Has(path) {
			continue
		}
		named = true
		if to.kind != stream.Topic && !nameForm.MatchString(to.name) {
			l.Fail(path, "cannot take %q as a name; want %s", to.name, nameWanted)
			continue
		}
		columns := r.columns
		stream.To(r.stream, stream.Sink{Kind: to.kind, Name: to.name, Doc: l.doc.Description, Schema: schema, Key: r.key},
			func(dst []byte, r *row) []byte { return appendRow(dst, columns, r) })
	}
	if !named {
		l.Fail("output", "it names nothing; add table, topic or feed")
	}
}

// appendRow appends a row in the form of its columns.
func appendRow(dst []byte, columns []column, r *row) []byte {
	for i := range columns {
		c, v := &columns[i], &r.Cells[i]
		switch {
		case c.list:
			dst = append(dst, v.Text...)
		case c.kind == expression.Text:
			dst = append(binary.AppendUvarint(dst, uint64(len(v.Text))), v.Text...)
		case c.kind == expression.Boolean:
			dst = append(dst, byte(v.Number))
		case c.kind == expression.Number:
			dst = binary.LittleEndian.AppendUint64(dst, uint64(v.Number))
		case c.kind == expression.Span:
			dst = binary.AppendVarint(dst, v.Number*nanosPerMicro)
		default:
			dst = binary.AppendVarint(dst, v.Number)
		}
	}
	return dst
}

// shape is a digest of what the job's state means.
func (l *loader) shape() string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.Join(l.shapes, "\n")))
	return fmt.Sprintf("%016x", h.Sum64())
}
