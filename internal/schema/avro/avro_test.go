package avro_test

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/schema"
	"github.com/millrace/millrace/internal/schema/avro"
)

func parse(t *testing.T, text string) schema.Schema {
	t.Helper()
	s, err := avro.Format{}.Parse(text, nil)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

func record(fields string) string {
	return `{"type":"record","name":"Order","namespace":"shop","fields":[` + fields + `]}`
}

const id = `{"name":"id","type":"string"}`

// Each case is by the rules of "Schema Resolution" in Avro's specification.
func TestReads(t *testing.T) {
	for _, c := range []struct{ name, reader, writer, want string }{
		{"the same", record(id), record(id), ""},
		{"a field more, with a default", record(id + `,{"name":"n","type":"int","default":0}`), record(id), ""},
		{"a null default is one", record(id + `,{"name":"n","type":["null","int"],"default":null}`), record(id), ""},
		{"a field more, without", record(id + `,{"name":"n","type":"int"}`), record(id), "READER_FIELD_MISSING_DEFAULT_VALUE /fields/1"},
		{"a field less", record(id), record(id + `,{"name":"n","type":"int"}`), ""},
		{"renamed, with an alias", record(`{"name":"key","type":"string","aliases":["id"]}`), record(id), ""},
		{"renamed, without", record(`{"name":"key","type":"string"}`), record(id), "READER_FIELD_MISSING_DEFAULT_VALUE /fields/0"},
		{"another namespace", strings.Replace(record(id), "shop", "store", 1), record(id), ""},
		{"another name", strings.Replace(record(id), "Order", "Cart", 1), record(id), "NAME_MISMATCH /name"},
		{"another name, with an alias", `{"type":"record","name":"Cart","namespace":"shop","aliases":["Order"],"fields":[` + id + `]}`, record(id), ""},
		{"int is read as double", `"double"`, `"int"`, ""},
		{"long is read as float", `"float"`, `"long"`, ""},
		{"double is not read as long", `"long"`, `"double"`, "TYPE_MISMATCH /"},
		{"bytes are read as string", `"string"`, `"bytes"`, ""},
		{"int is not read as string", `"string"`, `"int"`, "TYPE_MISMATCH /"},
		{"a union that has the type", `["null","long"]`, `"int"`, ""},
		{"a union that has it not", `["null","string"]`, `"int"`, "MISSING_UNION_BRANCH /"},
		{"out of a union of promotable types", `"double"`, `["int","long"]`, ""},
		{"out of a union with null", `"int"`, `["null","int"]`, "TYPE_MISMATCH /0"},
		{"a union with a branch less", `["null","int"]`, `["null","int","string"]`, "MISSING_UNION_BRANCH /2"},
		{"items", `{"type":"array","items":"long"}`, `{"type":"array","items":"int"}`, ""},
		{"items that do not fit", `{"type":"array","items":"int"}`, `{"type":"array","items":"long"}`, "TYPE_MISMATCH /items"},
		{"values that do not fit", `{"type":"map","values":"int"}`, `{"type":"map","values":"string"}`, "TYPE_MISMATCH /values"},
		{"sizes", `{"type":"fixed","name":"F","size":4}`, `{"type":"fixed","name":"F","size":8}`, "FIXED_SIZE_MISMATCH /size"},
		{"symbols", `{"type":"enum","name":"E","symbols":["A"]}`, `{"type":"enum","name":"E","symbols":["A","B"]}`, "MISSING_ENUM_SYMBOLS /symbols"},
		{"symbols, with a default", `{"type":"enum","name":"E","symbols":["A"],"default":"A"}`, `{"type":"enum","name":"E","symbols":["A","B"]}`, ""},
		{"a list", node(""), node(""), ""},
		{"a list, with more in a node", node(`,{"name":"n","type":"int"}`), node(""), "READER_FIELD_MISSING_DEFAULT_VALUE /fields/1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got string
			for _, i := range parse(t, c.reader).Reads(parse(t, c.writer)) {
				got += i.Kind + " " + i.Path
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// node is a record that contains itself.
func node(more string) string {
	return `{"type":"record","name":"Node","fields":[{"name":"next","type":["null","Node"]}` + more + `]}`
}

func TestCanonical(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{` "string" `, `"string"`},
		{`{"type": "string"}`, `"string"`},
		{`{"type":"bytes","scale":2,"precision":4,"logicalType":"decimal"}`, `{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}`},
		{
			`{"fields":[{"type":{"type":"int"},"name":"n","default":1,"doc":"a<b"}], "name":"a.b.R","type":"record"}`,
			`{"type":"record","name":"R","namespace":"a.b","fields":[{"name":"n","type":"int","doc":"a<b","default":1}]}`,
		},
	} {
		if got := parse(t, c.text).Canonical(); got != c.want {
			t.Errorf("%s becomes %s, want %s", c.text, got, c.want)
		} else if again := parse(t, got).Canonical(); again != got {
			t.Errorf("%s becomes %s", got, again)
		}
	}
}

func TestReferences(t *testing.T) {
	item := schema.Import{Name: "shop.Item", Text: `{"type":"record","name":"Item","namespace":"shop","fields":[{"name":"sku","type":"string"}]}`}
	order := record(id + `,{"name":"items","type":{"type":"array","items":"shop.Item"}}`)
	if _, err := (avro.Format{}).Parse(order, nil); err == nil {
		t.Error("a type that is defined nowhere was taken")
	}
	if _, err := (avro.Format{}).Parse(order, []schema.Import{item}); err != nil {
		t.Error(err)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"", "string", `"unknown"`, `{"type":"record"}`, `{"type":"int"} {}`, `{"type":"record","name":"R","fields":[{"name":"a-b","type":"int"}]}`,
		`{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"x"}]}`, `["int","int"]`,
	} {
		if _, err := (avro.Format{}).Parse(text, nil); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`"int"`, record(id), node(""), `["null",{"type":"enum","name":"E","symbols":["A"]}]`, `{"type":"map","values":{"type":"fixed","name":"F","size":3}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := avro.Format{}.Parse(text, nil)
		if err != nil {
			return
		}
		if found := s.Reads(s); len(found) > 0 {
			t.Errorf("%q does not read itself: %v", text, found)
		}
		again, err := avro.Format{}.Parse(s.Canonical(), nil)
		if err != nil || again.Canonical() != s.Canonical() {
			t.Errorf("%q becomes %q and then %v, %v", text, s.Canonical(), again, err)
		}
	})
}
