package csv_test

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter/csv"
)

const minimal = `name: shop
version: "1"
constants: {type: order_line}
columns:
  - {name: a, field: order_id}
  - {name: b, field: item.price}
`

func TestLoadErrorsNameFileAndLine(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "m.yaml:1: the mapping is empty; it needs at least name, constants and columns"},
		{"no YAML", "name: [", "m.yaml:1: did not find expected node content"},
		{"typo", minimal + "delimeter: ;\n", `m.yaml:7: unknown key "delimeter" in the mapping; did you mean "delimiter"?`},
		{"typo in a column", minimal + "  - {name: c, feild: amount}\n", `m.yaml:7: unknown key "feild" in columns[2]; did you mean "field"?`},
		{"twice", minimal + "name: shop\n", `m.yaml:7: key "name" stands twice in the mapping; first at line 1`},
		{"wrong type", minimal + "header: 7\n", "m.yaml:7: cannot unmarshal !!int `7` into bool"},
		{"no section", minimal + "kind: sale\n", "m.yaml:7: kind must be a section of key: value lines"},
		{"field", minimal + "  - {name: c, field: prize}\n", `m.yaml:7: column "c": "prize" is no field; the fields are order_id,`},
		{"field twice", minimal + "  - {name: c, field: order_id}\n", `m.yaml:7: column "c": field order_id already has a column, at line 5`},
		{"type", minimal + "  - {name: c, field: item.quantity, type: money}\n", `m.yaml:7: column "c": type "money" does not suit field "item.quantity"; integer or decimal would`},
		{"layout", minimal + "  - {name: c, field: event_time, formats: [yyyy-mm-dd]}\n", `m.yaml:7: column "c": layout "yyyy-mm-dd" names no year and day`},
		{"zone", minimal + "time_zone: Europe/Londn\n", `m.yaml:7: time_zone: "Europe/Londn" is no time zone; use a name such as Europe/London`},
		{"encoding", minimal + "encoding: ebcdic\n", `m.yaml:7: encoding: "ebcdic" is not known; utf-8, windows-1252, iso-8859-1 and auto are`},
		{"delimiter", minimal + "delimiter: ab\n", `m.yaml:7: delimiter: "ab" must be one ASCII character`},
		{"quote", minimal + "quote: ','\n", "m.yaml:7: quote: is the delimiter too"},
		{"kind", minimal + "kind:\n  rules:\n    - {field: order_id, prefix: C, kind: refund}\n", `m.yaml:9: kind rule: kind "refund" is none of sale,`},
		{"condition", minimal + "kind:\n  rules:\n    - {field: order_id, kind: fee}\n", "m.yaml:9: kind rule: has 0 of prefix, in and pattern; one is needed"},
		{"rule's field", minimal + "kind:\n  rules:\n    - {field: item.price, prefix: '1', kind: fee}\n", `m.yaml:9: kind rule: "item.price" is no text field of a column`},
		{"route key", minimal + "route_key: ['x{customer_id}']\n", `m.yaml:7: route_key: "x{customer_id}" names no text field of a column`},
		{"identity", minimal + "identity: [z]\n", `m.yaml:7: identity: "z" is no column`},
		{"name", strings.Replace(minimal, "shop", "My Shop", 1), `m.yaml:1: name: "My Shop" must be lower-case letters`},
		{"no type", strings.Replace(minimal, "type: order_line", "currency: GBP", 1), "m.yaml:3: constants: type is missing, and no column has field: type"},
		{"currency", strings.Replace(minimal, "type: order_line", "type: x, currency: pounds", 1), `m.yaml:3: constants: currency "pounds" is no ISO 4217 code such as GBP`},
		{"no columns", "name: a\nversion: '1'\nconstants: {type: x}\ncolumns: []\n", "m.yaml:4: columns: 0 columns; there must be 1 to 1024"},
	} {
		_, err := csv.Load([]byte(c.text), "m.yaml")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nwant %s", c.name, err, c.want)
		}
	}
}

func TestVersionFollowsMapping(t *testing.T) {
	version := func(text string) string {
		a, err := csv.Load([]byte(text), "m.yaml")
		if err != nil {
			t.Fatal(err)
		}
		return a.Version()
	}
	if version(minimal) != version("# a remark\n"+minimal) {
		t.Error("a remark changes the version")
	}
	if version(minimal) == version(minimal+"time_zone: Europe/London\n") {
		t.Error("a mapping that reads rows differently has the same version")
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(minimal)
	f.Fuzz(func(t *testing.T, text string) {
		a, err := csv.Load([]byte(text), "m.yaml")
		if (a == nil) == (err == nil) {
			t.Fatalf("adapter %v, error %v", a, err)
		}
	})
}
