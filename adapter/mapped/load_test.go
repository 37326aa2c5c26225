package mapped_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter/mapped"
)

const minimal = `name: shop
format: json
version: 1
constants: {type: order_completed}
fields:
  order_id: {path: /id}
`

func TestLoadErrorsNameThePlace(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", `m.yaml:1:1: the file is empty; a mapping begins with "name: my_webhook"`},
		{"typo", minimal + "  ordr_id: {path: /id}\n", `m.yaml:7:3: unknown key "ordr_id" in fields; did you mean "order_id"?`},
		{"typo in a field", minimal + "  amount: {pth: /id}\n", `m.yaml:7:12: unknown key "pth" in fields.amount; did you mean "path"?`},
		{"format", strings.Replace(minimal, "json", "jsn", 1), `m.yaml:2:9: format: cannot take "jsn"; did you mean "json"?`},
		{"name", strings.Replace(minimal, "shop", "My Shop", 1), `m.yaml:1:7: "My Shop" must be lower-case letters`},
		{"no type", strings.Replace(minimal, "type: order_completed", "channel: web", 1), "m.yaml:4:12: type is missing: write constants: {type: order_completed}"},
		{"no path", minimal + "  amount: {required: true}\n", "m.yaml:7:11: has no path"},
		{"path and paths", minimal + "  amount: {path: /a, paths: [/b]}\n", "m.yaml:7:11: has path and paths"},
		{"bare path", minimal + "  amount: {path: total}\n", `m.yaml:7:18: "total" is no path; write /order/id or $.order.id`},
		{"empty step", minimal + "  amount: {path: /a//b}\n", "m.yaml:7:18: path \"/a//b\" has an empty step"},
		{"broken path", minimal + "  amount: {path: '$.a[x]'}\n", `m.yaml:7:18: path "$.a[x]" cannot be read`},
		{"path to all", minimal + "  amount: {path: /}\n", `m.yaml:7:18: path "/" has an empty step`},
		{"path to nothing", minimal + "  amount: {path: $}\n", `m.yaml:7:18: path "$" leads nowhere`},
		{"deep path", minimal + "  amount: {path: " + strings.Repeat("/a", 33) + "}\n", "has 33 steps; at most 32 are taken"},
		{"constant and path", minimal + "  type: {path: /t}\n", "m.yaml:7:9: stands under constants, too"},
		{"formats of text", minimal + "  country: {path: /c, formats: [unix]}\n", "formats: means nothing for text"},
		{"case of money", minimal + "  amount: {path: /a, case: upper}\n", "case: means nothing for an amount"},
		{"minor time", minimal + "  event_time: {path: /a, minor: true}\n", "minor: means nothing for a time"},
		{"minor quantity", minimal + "items: {each: /l, quantity: {path: /q, minor: true}}\n", "minor: means nothing for a number"},
		{"layout", minimal + "  event_time: {path: /t, formats: [yyyy]}\n", `m.yaml:7:36: layout "yyyy" names no year and day`},
		{"zone", minimal + "time_zone: Europe/Londn\n", `m.yaml:7:12: "Europe/Londn" is no time zone`},
		{"currency", strings.Replace(minimal, "type: order_completed", "type: x, currency: pounds", 1), `m.yaml:4:32: "pounds" is no code of ISO 4217`},
		{"digits", minimal + "minor_units: {digits: 7}\n", "m.yaml:7:23: 7 digits; at most 6 are taken"},
		{"digits of a currency", minimal + "minor_units: {currencies: {yen: 0}}\n", `cannot take "yen": "0"; want a code of ISO 4217`},
		{"no condition", minimal + "events:\n  - when: []\n", "m.yaml:8:11: no condition"},
		{"half a condition", minimal + "events:\n  - when: [{path: /a}]\n", "m.yaml:8:12: has 0 of in, prefix, pattern and present; one is needed"},
		{"two conditions", minimal + "events:\n  - when: [{path: /a, in: [b], present: true}]\n", "m.yaml:8:12: has 2 of in, prefix, pattern and present"},
		{"pattern", minimal + "events:\n  - when: [{path: /a, pattern: '('}]\n", "error parsing regexp"},
		{"kind", minimal + "items: {each: /l, kind: {default: sold}}\n", `items.kind.default: cannot take "sold"; did you mean "sale"?`},
		{"list of the envelope", minimal + "items: {each: $envelope.items}\n", `m.yaml:7:15: "$envelope.items" is no list of the document`},
		{"identity", minimal + "identity: [id]\n", `m.yaml:7:12: "id" is no path`},
		{"route key", minimal + "route_key: ['x{custmer_id}']\n", `m.yaml:7:13: "x{custmer_id}" names no text field; did you mean "customer_id"?`},
		{"route by money", minimal + "route_key: [amount]\n", `"amount" names no text field`},
		{"records of JSON", minimal + "records: /a\n", "m.yaml:2:9: records and namespaces are of format: xml"},
		{"records", strings.Replace(minimal, "json", "xml", 1) + "records: order\n", `m.yaml:7:10: "order" is no path of elements`},
		{"namespaces", strings.Replace(minimal, "json", "xml", 1) + "namespaces: {a: u, b: u}\n", `m.yaml:7:13: a and b are both "u"`},
	} {
		_, err := mapped.Load([]byte(c.text), "m.yaml")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nwant %s", c.name, err, c.want)
		}
	}
	if _, err := mapped.Load([]byte(minimal), "m.yaml"); err != nil {
		t.Error(err)
	}
}

func TestMappingsAreBounded(t *testing.T) {
	var events strings.Builder
	for i := range 257 {
		fmt.Fprintf(&events, "  - when: [{path: /a, in: [x%d]}]\n", i)
	}
	var properties strings.Builder
	for i := range 1100 {
		fmt.Fprintf(&properties, "  p%d: /p/%d\n", i, i)
	}
	for _, c := range []struct{ text, want string }{
		{minimal + "events:\n" + events.String(), "257 entries; at most 256 are taken"},
		{minimal + "properties:\n" + properties.String(), "the mapping has more than 1024 paths"},
		{minimal + "# " + strings.Repeat("x", 1<<20), "a mapping is limited to 1048576"},
	} {
		if _, err := mapped.Load([]byte(c.text), "m.yaml"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v\nwant %s", err, c.want)
		}
	}
}

func TestVersionNamesTheMapping(t *testing.T) {
	version := func(text string) string {
		a, err := mapped.Load([]byte(text), "m.yaml")
		if err != nil {
			t.Fatal(err)
		}
		return a.Version()
	}
	if version(minimal) == version(minimal+"  amount: {path: /a}\n") {
		t.Error("two mappings have one version")
	}
	if version(minimal) != version("# a comment\n"+minimal) {
		t.Error("a comment makes another version")
	}
}
