package jsonschema_test

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/schema"
	"github.com/millrace/millrace/internal/schema/jsonschema"
)

func parse(t *testing.T, text string) schema.Schema {
	t.Helper()
	s, err := jsonschema.Format{}.Parse(text, nil)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

func object(properties, more string) string {
	return `{"type":"object","properties":{` + properties + `}` + more + `}`
}

const closed = `,"additionalProperties":false`

func TestReads(t *testing.T) {
	const id = `"id":{"type":"string"}`
	for _, c := range []struct{ name, reader, writer, want string }{
		{"the same", object(id, ""), object(id, ""), ""},
		{"number takes integer", `{"type":"number"}`, `{"type":"integer"}`, ""},
		{"integer does not take number", `{"type":"integer"}`, `{"type":"number"}`, "TYPE_CHANGED #"},
		{"a type more", `{"type":["string","null"]}`, `{"type":"string"}`, ""},
		{"a type less", `{"type":"string"}`, `{"type":["string","null"]}`, "TYPE_NARROWED #"},
		{"a type where there was none", `{"type":"string"}`, `{}`, "TYPE_NARROWED #"},
		{"true takes all", `true`, `{"type":"string"}`, ""},
		{"false takes nothing", `false`, `{"type":"string"}`, "SCHEMA_REMOVED #"},
		{"longer", `{"type":"string","maxLength":9}`, `{"type":"string","maxLength":8}`, ""},
		{"shorter", `{"type":"string","maxLength":7}`, `{"type":"string","maxLength":8}`, "MAX_LENGTH_DECREASED #/maxLength"},
		{"a minimum", `{"type":"number","minimum":0.5}`, `{"type":"number"}`, "MINIMUM_ADDED #/minimum"},
		{"a lower minimum", `{"type":"number","minimum":-1e2}`, `{"type":"number","minimum":0}`, ""},
		{"a finer step", `{"type":"number","multipleOf":0.01}`, `{"type":"number","multipleOf":0.1}`, ""},
		{"another step", `{"type":"number","multipleOf":0.1}`, `{"type":"number","multipleOf":0.25}`, "MULTIPLE_OF_CHANGED #/multipleOf"},
		{"a pattern", `{"type":"string","pattern":"^a"}`, `{"type":"string"}`, "PATTERN_ADDED #/pattern"},
		{"a value more", `{"enum":["a","b"]}`, `{"enum":["a"]}`, ""},
		{"a value less", `{"enum":["a"]}`, `{"enum":["a","b"]}`, `ENUM_ARRAY_NARROWED #/enum`},
		{"numbers are compared as such", `{"enum":[1.0]}`, `{"const":1}`, ""},

		{"open: a property more", object(id+`,"n":{"type":"integer"}`, ""), object(id, ""), "PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/n"},
		{"open: a property more that is anything", object(id+`,"n":{}`, ""), object(id, ""), ""},
		{"open: a property less", object(``, ""), object(id, ""), ""},
		{"closed: a property more", object(id+`,"n":{"type":"integer"}`, closed), object(id, closed), ""},
		{"closed: a property less", object(``, closed), object(id, closed), "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL #/properties/id"},
		{"closed: a required one more", object(id+`,"n":{"type":"integer"}`, closed+`,"required":["n"]`), object(id, closed), "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL #/required"},
		{"closed: a required one with a default", object(id+`,"n":{"type":"integer","default":0}`, closed+`,"required":["n"]`), object(id, closed), ""},
		{"partially open: covered", object(id+`,"n":{"type":"number"}`, `,"additionalProperties":{"type":"integer"}`), object(id, `,"additionalProperties":{"type":"integer"}`), ""},
		{"partially open: not covered", object(id+`,"n":{"type":"string"}`, `,"additionalProperties":{"type":"integer"}`), object(id, `,"additionalProperties":{"type":"integer"}`), "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL #/properties/n"},
		{"partially open: removed and covered", object(``, `,"additionalProperties":{"type":"string"}`), object(id, closed), ""},
		{"closing", object(id, closed), object(id, ""), "ADDITIONAL_PROPERTIES_REMOVED #/additionalProperties"},
		{"opening", object(id, ""), object(id, closed), ""},
		{"required", object(id, `,"required":["id"]`), object(id, ""), "REQUIRED_ATTRIBUTE_ADDED #/required"},
		{"not required any more", object(id, ""), object(id, `,"required":["id"]`), ""},
		{"within", object(`"o":`+object(`"a":{"type":"integer"}`, ""), ""), object(`"o":`+object(`"a":{"type":"string"}`, ""), ""), "TYPE_CHANGED #/properties/o/properties/a"},

		{"items", `{"type":"array","items":{"type":"integer"}}`, `{"type":"array","items":{"type":"string"}}`, "TYPE_CHANGED #/items"},
		{"unique", `{"type":"array","uniqueItems":true}`, `{"type":"array"}`, "UNIQUE_ITEMS_ADDED #/uniqueItems"},
		{"a branch more", `{"oneOf":[{"type":"string"},{"type":"null"}]}`, `{"oneOf":[{"type":"string"}]}`, ""},
		{"a branch less", `{"oneOf":[{"type":"string"}]}`, `{"oneOf":[{"type":"string"},{"type":"null"}]}`, "COMBINED_TYPE_SUBSCHEMAS_CHANGED #/oneOf"},
		{"a type becomes a branch", `{"anyOf":[{"type":"string"},{"type":"null"}]}`, `{"type":"string"}`, ""},
		{"branches become a type", `{"type":["string","null"]}`, `{"anyOf":[{"type":"string"},{"type":"null"}]}`, ""},
		{"branches do not become one", `{"type":"string"}`, `{"anyOf":[{"type":"string"},{"type":"null"}]}`, "COMBINED_TYPE_SUBSCHEMAS_CHANGED #/anyOf"},
		{"a condition more", `{"allOf":[{"minLength":1}]}`, `{}`, "PRODUCT_TYPE_EXTENDED #/allOf/0"},
		{"a condition less", `{"allOf":[{"minLength":1}]}`, `{"allOf":[{"minLength":2},{"maxLength":3}]}`, ""},
		{"refuses less", `{"not":{"type":"string"}}`, `{"not":{"type":["string","null"]}}`, ""},
		{"refuses more", `{"not":{"type":["string","null"]}}`, `{"not":{"type":"string"}}`, "NOT_TYPE_EXTENDED #/not"},
		{"references", `{"$ref":"#/$defs/a","$defs":{"a":{"type":"integer"}}}`, `{"type":"string"}`, "TYPE_CHANGED #"},
		{"a schema that contains itself", list("integer"), list("integer"), ""},
		{"and does not fit", list("integer"), list("string"), "TYPE_CHANGED #/properties/value"},
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

func list(of string) string {
	return object(`"value":{"type":"`+of+`"},"next":{"$ref":"#"}`, "")
}

func TestTexts(t *testing.T) {
	s := parse(t, `{ "type": "object", "title": "a<b", "properties": {} }`)
	if got := s.Canonical(); got != `{"type":"object","title":"a<b","properties":{}}` {
		t.Errorf("canonical: %s", got)
	}
	if got := s.Normalized(); got != `{"properties":{},"title":"a<b","type":"object"}` {
		t.Errorf("normalized: %s", got)
	}
}

func TestReferences(t *testing.T) {
	text := object(`"item":{"$ref":"item.json"}`, "")
	if _, err := (jsonschema.Format{}).Parse(text, nil); err == nil || !strings.Contains(err.Error(), "item.json") {
		t.Errorf("a schema that is not there: %v", err)
	}
	with := func(item string) schema.Schema {
		s, err := jsonschema.Format{}.Parse(text, []schema.Import{{Name: "item.json", Text: item}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if found := with(`{"type":"integer"}`).Reads(with(`{"type":"string"}`)); len(found) != 1 || found[0].Path != "#/properties/item" {
		t.Errorf("a change in what is referred to: %v", found)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"", "{", `{"type":"strin"}`, `{"properties":[]}`, `{"$ref":"https://example.com/a.json"}`, `{"$ref":"file:///etc/passwd"}`, `{"minLength":-1}`, `{} {}`,
	} {
		if _, err := (jsonschema.Format{}).Parse(text, nil); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`true`, object(`"id":{"type":"string"}`, closed), list("integer"), `{"anyOf":[{"enum":[1]},{"not":{}}]}`, `{"allOf":[{"$ref":"#"}]}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := jsonschema.Format{}.Parse(text, nil)
		if err != nil {
			return
		}
		s.Reads(s) // comparing ends
		again, err := jsonschema.Format{}.Parse(s.Normalized(), nil)
		if err != nil || again.Normalized() != s.Normalized() {
			t.Errorf("%q becomes %q and then %v, %v", text, s.Normalized(), again, err)
		}
	})
}
