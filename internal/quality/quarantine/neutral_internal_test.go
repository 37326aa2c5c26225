package quarantine

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/adapter"
)

// hostile draws texts that are full of what spreadsheets and readers of CSV look at.
func hostile() *rapid.Generator[string] {
	part := rapid.OneOf(
		rapid.SampledFrom([]string{"=", "+", "-", "@", "\uff1d", "'", "''", ";", "\t", "|", "\n", "\r", "\r\n", " ", `"`, ",", "1", "-1.50", "a", "\\", "\x00", "\xff"}),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 3), func(b []byte) string { return string(b) }),
	)
	return rapid.Map(rapid.SliceOfN(part, 0, 8), func(parts []string) string { return strings.Join(parts, "") })
}

// An import undoes just what the export did, for any bytes.
func TestImportUndoesExport(t *testing.T) {
	columns := []string{"a", "=b;-c", " d"}
	layout := adapter.Layout{Delimiter: ',', Quote: '"', Multiline: true}
	for _, name := range columns {
		layout.Columns = append(layout.Columns, adapter.Column{Name: name})
	}
	rapid.Check(t, func(r *rapid.T) {
		values := make(map[int]string)
		for i := range columns {
			values[i] = hostile().Draw(r, "value")
			if got := original(neutral(values[i])); got != values[i] {
				r.Fatalf("%q comes back as %q", values[i], got)
			}
		}
		l := &line{layout: layout, payload: []byte(",,")}
		l.cut()
		payload, err := l.with(values)
		if err != nil {
			r.Fatal(err)
		}
		l = &line{layout: layout, payload: payload}
		l.cut()
		item := HeldItem{EventID: "x", Payload: hostile().Draw(r, "payload")}
		var file bytes.Buffer
		e := &csvExporter{w: csv.NewWriter(&file)}
		whole := rapid.Bool().Draw(r, "whole")
		if err := e.begin([]HeldItem{item}, map[Coordinates]*line{{}: l}); err != nil {
			r.Fatal(err)
		}
		exported := l
		if whole {
			exported = nil
		}
		if err := e.write(&item, exported); err != nil {
			r.Fatal(err)
		}
		if err := e.flush(); err != nil {
			r.Fatal(err)
		}
		rows, err := openRows(&file, FormatCSV)
		if err != nil {
			r.Fatal(err)
		}
		row, err := rows.next()
		if err != nil {
			r.Fatal(err)
		}
		if whole {
			if item.Payload != "" && (row.payload == nil || *row.payload != unixBreaks(item.Payload)) {
				r.Fatalf("the payload %q comes back as %q", item.Payload, *row.payload)
			}
			return
		}
		if changed, err := l.edited(row.columns); err != nil || changed != nil {
			r.Fatalf("%q comes back as %q, %v", payload, changed, err)
		}
	})
}

// One that was edited keeps the line breaks of what was not.
func TestAnEditedTextKeepsItsLineBreaks(t *testing.T) {
	for _, c := range []struct{ now, was, want string }{
		{"a\nB", "a\r\nb", "a\r\nB"}, {"a\nB", "a\nb", "a\nB"}, {"a\r\nB", "a\r\nb", "a\r\nB"}, {"a\nB\nc", "a\r\nb\nc", "a\nB\nc"},
	} {
		if got := breaksOf(c.now, c.was); got != c.want {
			t.Errorf("%q of %q becomes %q, want %q", c.now, c.was, got, c.want)
		}
	}
}
