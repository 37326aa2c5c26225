package csv_test

import (
	"reflect"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/csv"
)

// TestLayout: the columns are in the order of the file that the envelope is of, and the
// delimiter is that file's.
func TestLayout(t *testing.T) {
	a, err := csv.Load([]byte(`
name: shop
version: "1"
delimiter: auto
encoding: windows-1252
constants: {type: order_line}
columns:
  - {name: Order, field: order_id}
  - {name: Pieces, field: item.quantity}
  - {name: Note}
`), "shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	format, err := a.OpenFile([]byte("Note;Order;Pieces\nx;1;2\n"), true)
	if err != nil {
		t.Fatal(err)
	}
	envelope, _, err := format.Header([]byte("Note;Order;Pieces"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := adapter.LayoutOf(a, envelope)
	want := adapter.Layout{
		Syntax: adapter.Delimited, Delimiter: ';', Quote: '"', Multiline: true, Charset: adapter.Windows1252,
		Columns: []adapter.Column{{Name: "Note"}, {Name: "Order", Field: "order_id"}, {Name: "Pieces", Field: "item.quantity"}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v, %v\nwant %+v", got, err, want)
	}
	if _, err := adapter.LayoutOf(a, ";Order;Pieces"); err == nil {
		t.Error("an envelope without a column is taken")
	}
}
