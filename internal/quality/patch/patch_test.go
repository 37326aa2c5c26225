package patch_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/quality/patch"
)

var (
	inJSON  = patch.Format{Syntax: adapter.JSON}
	inText  = patch.Format{Syntax: adapter.Text}
	inLines = patch.Format{
		Syntax: adapter.Delimited, Delimiter: ',', Quote: '"', Columns: []adapter.Column{
			{Name: "InvoiceNo", Field: "order_id"}, {Name: "Description", Field: "item.name"},
			{Name: "Quantity", Field: "item.quantity"}, {Name: "UnitPrice", Field: "item.price"}, {Name: "Unit Cost"},
		},
	}
	inLatin = patch.Format{
		Syntax: adapter.Delimited, Delimiter: ';', Quote: '"', Charset: adapter.Windows1252,
		Columns: []adapter.Column{{Name: "name"}, {Name: "city"}},
	}
)

func load(t testing.TB, steps string) *patch.Patch {
	t.Helper()
	var text strings.Builder
	text.WriteString("version: 1\nname: test\nsteps:\n")
	for step := range strings.SplitSeq(strings.TrimSpace(steps), "\n") {
		text.WriteString("  - {" + strings.TrimSpace(step) + "}\n")
	}
	p, err := patch.Load([]byte(text.String()), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// stepCase is a payload, the steps, and the payload that comes out, or the error.
type stepCase struct {
	name   string
	format patch.Format
	before string
	steps  string
	after  string
}

var columnCases = []stepCase{
	{"a column by its name", inLines, `1, "x",6,2.55,`, `field: Quantity, set: 7`, `1, "x",7,2.55,`},
	{"a column by its event field", inLines, `1,"LAMP",6,2.55,`, `field: item.quantity, set: 7`, `1,"LAMP",7,2.55,`},
	{"a column by its position", inLines, `1,LAMP,6,2.55,`, `field: $3, set: 7`, `1,LAMP,7,2.55,`},
	{"a column that does not exist", inLines, `1,LAMP,6,2.55,`, `field: Quantiyt, set: 7`, `error: step 1 (set of Quantiyt): the format has no column "Quantiyt"; did you mean "Quantity"?`},
	{"a value that needs quotes", inLines, `1,LAMP,6,2.55,`, `field: Description, set: 'A "B", C'`, `1,"A ""B"", C",6,2.55,`},
	{"a value keeps its quotes", inLines, `1,"LAMP",6,2.55,`, `field: Description, lower: true`, `1,"lamp",6,2.55,`},
	{"other fields keep odd quotes", inLines, `"1","A ""B""",6,2.55,""`, `field: Quantity, set: 7`, `"1","A ""B""",7,2.55,""`},
	{"a value cannot hold a line break", inLines, `1,LAMP,6,2.55,`, `field: Description, set: "a\nb"`, `error: step 1 (set of Description): a value of this format cannot hold a line break`},
	{"another encoding", inLatin, "M\xfcller;Stra\xdfe", `field: name, upper: true`, "M\xdcLLER;Stra\xdfe"},
	{"not in that encoding", inLatin, "a;b", `field: name, set: 中`, `error: step 1 (set of name): "中" cannot be written in the encoding of the file, Windows 1252`},
}

var textCases = []stepCase{
	{"a template", inLines, `1,LAMP,6,2.55,`, `field: Description, set: "{value} {{{InvoiceNo}}}"`, `1,LAMP {1},6,2.55,`},
	{"a template with a missing field", inLines, `,LAMP,6,2.55,`, `field: Description, set: "x{InvoiceNo}"`, `,LAMP,6,2.55,`},
	{"fill fills what is missing", inLines, `1,,6,2.55,`, `field: Description, fill: "order {InvoiceNo}"`, `1,order 1,6,2.55,`},
	{"fill leaves what is there", inLines, `1,LAMP,6,2.55,`, `field: Description, fill: x`, `1,LAMP,6,2.55,`},
	{"default alone", inLines, `1,,6,2.55,`, `field: Description, default: "{x}"`, `1,{x},6,2.55,`},
	{"clear", inLines, `1,"LAMP",6,2.55,`, `field: Description, clear: true`, `1,,6,2.55,`},
	{"trim", inLines, "1,\u00a0LAMP ,6,2.55,", `field: Description, trim: true`, `1,LAMP,6,2.55,`},
	{"map", inLines, `1,LAMP,6,2.55,`, `field: Description, map: {LAMP: LIGHT}`, `1,LIGHT,6,2.55,`},
	{"map with default", inLines, `1,LAMPE,6,2.55,`, `field: Description, map: {LAMP: LIGHT}, default: OTHER`, `1,OTHER,6,2.55,`},
	{"letters in a number", inLines, `1,LAMP,1O,2.55,`, `field: Quantity, replace: {regex: "[oO]", with: 0}`, `1,LAMP,10,2.55,`},
	{"groups of a replacement", inLines, `1,LAMP,6x2,2.55,`, `field: Quantity, replace: {regex: "(\\d)x(\\d)", with: "${2}${1}"}`, `1,LAMP,26,2.55,`},
	{"truncate", inLines, `1,äöüß,6,2.55,`, `field: Description, truncate: 3`, `1,äöü,6,2.55,`},
	{"a condition", inLines, `1,LAMP,6,2.55,`, "field: Quantity, when: 'Description == \"LAMP\" and value == \"6\"', set: 7\nfield: Quantity, when: 'field(\"Unit Cost\") != \"\"', set: 8", `1,LAMP,7,2.55,`},
	{"a condition on numbers", inLines, `1,LAMP,6,2.55,`, `field: UnitPrice, when: 'money(UnitPrice) > 2.5 and int(Quantity) < 7', set: "2.50"`, `1,LAMP,6,2.50,`},
	{"a script", inLines, `1,LAMP,6,2.55,`, `field: Unit Cost, script: 'money(UnitPrice) * int(Quantity)'`, `1,LAMP,6,2.55,15.30`},
	{"a script that cannot compute", inLines, `1,LAMP,six,2.55,9`, `field: Unit Cost, script: 'money(UnitPrice) * int(Quantity)'`, `1,LAMP,six,2.55,9`},
}

var numberCases = []stepCase{
	{"a decimal comma", inLines, `1,LAMP,6,"1.234,56",`, `field: UnitPrice, number: {locale: de}`, `1,LAMP,6,"1234.56",`},
	{"wrong groups", inLines, `1,LAMP,6,"1.23,56",`, `field: UnitPrice, number: {locale: de}`, `1,LAMP,6,"1.23,56",`},
	{"wrong groups with default", inLines, `1,LAMP,6,"1.23,56",`, `field: UnitPrice, number: {locale: de}, default: 0`, `1,LAMP,6,"0",`},
	{"blanks between groups", inLines, "1,LAMP,6,\"-1\u202f234,50\",", `field: UnitPrice, number: {locale: fr}`, `1,LAMP,6,"-1234.50",`},
	{"own separators", inLines, `1,LAMP,6,1_234.5,`, `field: UnitPrice, number: {group: _}`, `1,LAMP,6,1234.5,`},
	{"cast", inLines, `1,LAMP,+06.0,2.55,`, `field: Quantity, cast: integer`, `1,LAMP,6,2.55,`},
	{"cast of what is none", inLines, `1,LAMP,6.5,2.55,`, `field: Quantity, cast: integer`, `1,LAMP,6.5,2.55,`},
	{"a time", inLines, `1,LAMP,6,2.55,31/12/2010 08:26`, `field: Unit Cost, time: {formats: [rfc3339, "02/01/2006 15:04"], to: "2006-01-02 15:04:05"}`, `1,LAMP,6,2.55,2010-12-31 08:26:00`},
	{"an impossible date", inLines, `1,LAMP,6,2.55,31/02/2010 08:26`, `field: Unit Cost, time: {formats: ["02/01/2006 15:04"]}`, `1,LAMP,6,2.55,31/02/2010 08:26`},
	{"a zone", inLines, `1,LAMP,6,2.55,2011-06-01 12:00`, `field: Unit Cost, time: {formats: ["2006-01-02 15:04"], zone: Europe/London}`, `1,LAMP,6,2.55,2011-06-01T12:00:00+01:00`},
	{"Unix time", inLines, `1,LAMP,6,2.55,1291191960000`, `field: Unit Cost, time: {formats: [unix_ms], to: unix}`, `1,LAMP,6,2.55,1291191960`},
	{"a unit", inLines, `1,LAMP,6,255,`, `field: UnitPrice, scale: {by: 100}`, `1,LAMP,6,2.55,`},
	{"rounding", inLines, `1,LAMP,6,-1,`, `field: UnitPrice, scale: {factor: 2, by: 3, decimals: 2}`, `1,LAMP,6,-0.67,`},
	{"lookup", inLines, `1,LAMP,6,,`, `field: UnitPrice, lookup: {field: Description, table: {LAMP: "2.55"}}`, `1,LAMP,6,2.55,`},
}

var lineCases = []stepCase{
	{"too many columns", inLines, `1,LAMP,6,2.55,,,`, "columns: 5\nfield: Quantity, set: 7", `1,LAMP,7,2.55,`},
	{"too many columns with text", inLines, `1,LAMP,6,2.55,,x`, `columns: 5`, `error: step 1 (columns): the line has 6 columns, and the last one holds "x"; join or remove columns by their position`},
	{"too few columns", inLines, `1,LAMP,6`, "columns: 5\nfield: UnitPrice, set: 1", `1,LAMP,6,1,`},
	{"a name in a line of other columns", inLines, `1,LAMP,6`, `field: Quantity, set: 7`, `error: step 1 (set of Quantity): the line has 3 columns, its format 5: first put their number right, or name columns by position ($1 to $3)`},
	{"an unquoted delimiter", inLines, `1,LAMP, RED,6,2.55,`, `field: $2, when: columns() == 6, join: 2`, `1,"LAMP, RED",6,2.55,`},
	{"two columns in one", inLines, `1,LAMP|6,2.55,`, `field: $2, split: "|"`, `1,LAMP,6,2.55,`},
	{"a lost column", inLines, `1,LAMP,2.55,9`, "field: $3, insert: true\nfield: Quantity, set: 1", `1,LAMP,1,2.55,9`},
	{"an extra column", inLines, `1,x,LAMP,6,2.55,`, `field: $2, when: value == "x", remove: true`, `1,LAMP,6,2.55,`},
	{"swapped columns", inLines, `1,LAMP,2.55,"6",`, `field: Quantity, swap: UnitPrice`, `1,LAMP,6,"2.55",`},
	{"moved and copied", inLines, `1,LAMP,6,2.55,`, "field: UnitPrice, move: Unit Cost\nfield: Quantity, copy: InvoiceNo", `6,LAMP,6,,2.55`},
	{"an open quote", inLines, `1,"LAMP,6,2.55,`, `field: Quantity, set: 7`, `error: step 1 (set of Quantity): the line cannot be cut into columns: the quote at byte 2 is not closed; repair the text first, with replace or payload on the whole`},
	{"an open quote repaired", inLines, `1,"LAMP,6,2.55,`, "replace: {regex: '\"', with: ''}\nfield: Quantity, set: 7", `1,LAMP,7,2.55,`},
	{"a foreign byte", inLines, "1,CAF\xc9 Ü,6,2.55,", `encoding: windows-1252`, "1,CAFÉ Ü,6,2.55,"},
	{"another payload", inLines, `nonsense`, `payload: "1,LAMP,6,2.55,"`, `1,LAMP,6,2.55,`},
}

var documentCases = []stepCase{
	{"a member", inJSON, ` {"a": 1.50, "b" : {"c":"x"} }`, `field: b.c, set: y`, ` {"a": 1.50, "b" : {"c":"y"} }`},
	{"a number stays one", inJSON, `{"a": 1.50}`, `field: a, set: "2.00"`, `{"a": 2.00}`},
	{"a number becomes text", inJSON, `{"a": 1.50}`, `field: a, set: 01`, `{"a": "01"}`},
	{"text stays text", inJSON, `{"a": "1,50"}`, `field: a, number: {locale: de}`, `{"a": "1.50"}`},
	{"cast to a number", inJSON, `{"a": "1,50"}`, "field: a, number: {locale: de}\nfield: a, cast: decimal", `{"a": 1.50}`},
	{"cast to text", inJSON, `{"a": 1.50}`, `field: a, cast: text`, `{"a": "1.50"}`},
	{"cast to boolean", inJSON, `{"a": "Yes"}`, `field: a, cast: boolean`, `{"a": true}`},
	{"escapes", inJSON, `{"a\u002e": "\u00e9\n"}`, "field: '[\"a.\"]', set: \"{value}\\\"\"", `{"a\u002e": "é\n\""}`},
	{"all elements", inJSON, `[{"items":[{"p":"1O","x":1},{"q":2},{"p":"2"}]}]`, `field: '[0].items[*].p', replace: {regex: O, with: 0}`, `[{"items":[{"p":"10","x":1},{"q":2},{"p":"2"}]}]`},
	{"one element", inJSON, `{"a":[1,2,3]}`, `field: 'a[1]', set: 9`, `{"a":[1,9,3]}`},
	{"a new member", inJSON, "{\"a\": 1\n}", `field: b, set: x`, "{\"a\": 1,\"b\":\"x\"\n}"},
	{"a new member in new objects", inJSON, `{ }`, `field: a.b, fill: x`, `{"a":{"b":"x"} }`},
	{"new members of all elements", inJSON, `{"i":[{"p":1},{},{"c":"EUR"}]}`, `field: 'i[*].c', fill: GBP`, `{"i":[{"p":1,"c":"GBP"},{"c":"GBP"},{"c":"EUR"}]}`},
	{"null is missing", inJSON, `{"a":null}`, `field: a, default: x`, `{"a":"x"}`},
	{"a script's number", inJSON, `{"q":2,"p":"1.10"}`, `field: total, script: money(p) * int(q)`, `{"q":2,"p":"1.10","total":2.20}`},
	{"repeated members", inJSON, `{"a":1,"a":2}`, `field: a, set: 3`, `{"a":3,"a":3}`},
	{"removed first", inJSON, `{"a":1 , "b":2}`, `field: a, remove: true`, `{"b":2}`},
	{"removed last", inJSON, `{"a":1 , "b":2 }`, `field: b, remove: true`, `{"a":1  }`},
	{"removed only", inJSON, `{ "a":1 }`, `field: a, remove: true`, `{  }`},
	{"removed all elements", inJSON, `{"a":[1, 2,3 ]}`, `field: 'a[*]', remove: true`, `{"a":[ ]}`},
	{"moved with its type", inJSON, `{"a":{"x":[1, 2]},"b":"t"}`, `field: a.x, move: b`, `{"a":{},"b":[1, 2]}`},
	{"copied", inJSON, `{"a":1.0}`, `field: a, copy: c.d`, `{"a":1.0,"c":{"d":1.0}}`},
	{"swapped", inJSON, `{"a":1,"b":"t"}`, `field: b, swap: a`, `{"a":"t","b":1}`},
	{"swapped with its own part", inJSON, `{"a":{"b":1}}`, `field: a, swap: a.b`, `error: step 1 (swap of a): a.b is inside of another field of the same step`},
	{"renamed", inJSON, `{"i":[{"sku": 1},{"\"":2,"sku":3}]}`, `field: 'i[*].sku', rename: 'product"id'`, `{"i":[{"product\"id": 1},{"\"":2,"product\"id":3}]}`},
	{"broken JSON", inJSON, `{"a":1,}`, `field: a, set: 2`, `error: step 1 (set of a): not JSON at line 1, column 8: unexpected '}', want a member name in double quotes; repair the text first, with replace or payload on the whole`},
	{"broken JSON repaired", inJSON, `{"a":1,}`, "replace: {regex: ',}', with: '}'}\nfield: a, set: 2", `{"a":2}`},
	{"columns of JSON", inJSON, `{}`, `columns: 2`, `error: step 1 (columns): only lines have columns`},
}

var otherCases = []stepCase{
	{"text", inText, `UNB+UNOA:1'`, `replace: {regex: "UNOA", with: UNOC}`, `UNB+UNOC:1'`},
	{"fields of text", inText, `UNB`, `field: a, set: 1`, `error: step 1 (set of a): payloads of this format have no fields; use replace or payload on the whole`},
}

func TestSteps(t *testing.T) {
	for _, test := range slices.Concat(columnCases, textCases, numberCases, lineCases, documentCases, otherCases) {
		t.Run(test.name, func(t *testing.T) {
			p := load(t, test.steps)
			out, changes, err := p.Apply([]byte("kept:"), patch.Document{Payload: []byte(test.before), Format: test.format})
			if err != nil {
				out, changes = []byte("kept:error: "+err.Error()), []patch.Change{{}}
			}
			if got := strings.TrimPrefix(string(out), "kept:"); got != test.after {
				t.Errorf("\n got %s\nwant %s", got, test.after)
			}
			if changed := len(changes) > 0; changed != (test.before != test.after) {
				t.Errorf("changes %+v", changes)
			}
		})
	}
}

func TestChangesShowBeforeAndAfter(t *testing.T) {
	p := load(t, "field: 'i[*].p', number: {locale: de}\nfield: o, move: order_id\nfield: 'i[*].p', set: \"{value}\"")
	_, changes, err := p.Apply(nil, patch.Document{Payload: []byte(`{"o":"7","i":[{"p":"1,5"},{"p":"2"},{"p":"3,5"}]}`), Format: inJSON})
	if err != nil {
		t.Fatal(err)
	}
	want := []patch.Change{
		{Step: 1, Does: "number", Field: "i[0].p", Before: "1,5", After: "1.5"},
		{Step: 1, Does: "number", Field: "i[2].p", Before: "3,5", After: "3.5"},
		{Step: 2, Does: "move", Field: "order_id", Before: "", After: "7"},
		{Step: 2, Does: "move", Field: "o", Before: "7", After: ""},
	}
	if len(changes) != len(want) {
		t.Fatalf("changes %+v", changes)
	}
	for i := range want {
		if changes[i] != want[i] {
			t.Errorf("change %d: %+v, want %+v", i, changes[i], want[i])
		}
	}
}

// TestThereAndBack: steps that undo each other leave the payload as it was, and say so.
func TestThereAndBack(t *testing.T) {
	p := load(t, "field: a, set: 2\nfield: a, set: 1")
	_, changes, err := p.Apply(nil, patch.Document{Payload: []byte(`{"a":1}`), Format: inJSON})
	if err != nil || len(changes) > 0 {
		t.Errorf("changes %+v, error %v", changes, err)
	}
}

func TestRead(t *testing.T) {
	got, err := patch.Read(patch.Document{Payload: []byte(`{"a":{"b.c":[1.0,"x"]},"n":null}`), Format: inJSON})
	want := []patch.Value{{Field: `a["b.c"][0]`, Text: "1.0"}, {Field: `a["b.c"][1]`, Text: "x"}, {Field: "n", Text: ""}}
	if err != nil || len(got) != len(want) {
		t.Fatalf("%+v, %v", got, err)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("value %d: %+v, want %+v", i, got[i], want[i])
		}
	}
	lines, err := patch.Read(patch.Document{Payload: []byte(`1,"A ""B""",6`), Format: inLines})
	if err != nil || len(lines) != 3 || lines[1] != (patch.Value{Field: "$2", Text: `A "B"`}) {
		t.Errorf("%+v, %v", lines, err)
	}
}

// TestNothingGrowsWithoutBound: a few steps must not make gigabytes.
func TestNothingGrowsWithoutBound(t *testing.T) {
	double := strings.Repeat("field: a, script: a + a\n", 40)
	all := strings.Repeat("replace: {regex: 'x+', with: '$0$0$0$0$0$0$0$0$0$0'}\n", 12)
	for name, p := range map[string]*patch.Patch{"script": load(t, double), "replace": load(t, all)} {
		_, _, err := p.Apply(nil, patch.Document{Payload: []byte(`{"a":"xxxxxxxxxx"}`), Format: inJSON})
		if err == nil || !strings.Contains(err.Error(), "bytes") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestEqualPatchesHaveOneVersion, however they are written.
func TestEqualPatchesHaveOneVersion(t *testing.T) {
	a := load(t, `field: Quantity, set: 7`)
	b, err := patch.Load([]byte(`{"steps":[{"set":"7","field":"Quantity"}],"version":1,"name":"test","description":"said otherwise"}`), "b.json")
	if err != nil {
		t.Fatal(err)
	}
	c, err := patch.New(patch.Spec{Version: 1, Name: "test", Steps: []patch.Step{{Field: "Quantity", Set: "7"}}})
	if err != nil {
		t.Fatal(err)
	}
	if a.ID() != b.ID() || b.ID() != c.ID() || !strings.HasPrefix(a.ID(), "test@1.") {
		t.Errorf("ids %s, %s, %s", a.ID(), b.ID(), c.ID())
	}
	if d := load(t, `field: Quantity, set: 8`); d.ID() == a.ID() {
		t.Errorf("two patches are %s", a.ID())
	}
}
