package contract_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/schema/contract"
)

func load(t testing.TB, text string) *contract.Set {
	t.Helper()
	path := filepath.Join(t.TempDir(), "contracts.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := contract.Load([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// order is an event that keeps the built-in contract of order_completed.
func order(b *event.Batch) int {
	i := b.Add(int64(b.Len()), 1_700_000_000_000_000+int64(b.Len()), 0, nil)
	b.Type.Set(i, "order_completed")
	b.Currency.Set(i, "EUR")
	b.OrderID[i], b.CustomerID[i] = "4711", "c-1"
	b.Properties[i] = `{"order_id":"4711","revenue":25.00,"currency":"EUR","products":[{"product_id":"p1","price":"12.50","quantity":2}]}`
	k := b.AddItem()
	b.Items.ProductID[k], b.Items.Quantity[k], b.Items.Price[k] = "p1", 2, 12_500_000
	b.Amount[i] = 25_000_000
	return i
}

func TestBuiltIn(t *testing.T) {
	s, err := contract.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	if len(s.All()) != 28 {
		t.Errorf("%d contracts", len(s.All()))
	}
	var b event.Batch
	i := order(&b)
	s.Gate(contract.Quarantine).Apply(&b, []int32{int32(i)})
	if b.Verdict[i] != event.Pending || len(b.Problems) > 0 {
		t.Errorf("a good order is %v: %+v", b.Verdict[i], b.Problems)
	}
}

func TestThePageIsUpToDate(t *testing.T) {
	s, err := contract.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../../docs/contracts.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(string(page), s.Reference()) {
		t.Error("docs/contracts.md is out of date; run make generate")
	}
}

func TestTheExampleIsRight(t *testing.T) {
	s, err := contract.Load([]string{"../../../examples/contracts/contracts"})
	if err != nil {
		t.Fatal(err)
	}
	var b event.Batch
	i := b.Add(0, 0, 0, nil)
	b.Type.Set(i, "shelf_weighed")
	b.Properties[i] = `{"sensor":"shelf-12","grams":"1250"}`
	if found := s.Checker().Check(s.Of("shelf_weighed"), &b, i); len(found) != 1 || found[0].Field != "properties.grams" {
		t.Errorf("%+v", found)
	}
}

// What a broken order is told, by policy. Nothing of the event is changed.
func TestPolicies(t *testing.T) {
	s, err := contract.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	for policy, want := range map[contract.Policy]struct {
		verdict event.Verdict
		marks   event.Mark
		rules   []string
	}{
		contract.Report: {event.Pending, event.Warned, nil},
		contract.Quarantine: {event.Quarantined, 0, []string{
			"contract.order_completed.currency", "contract.order_completed.items.quantity",
			"contract.order_completed.properties.products.price", "contract.order_completed.properties.revenue",
		}},
	} {
		var b event.Batch
		order(&b)
		i := order(&b)
		properties := `{"revenue":{"amount":1},"products":[{},{"price":true}],"campaign":"x"}`
		b.Currency.Set(i, "")
		b.Properties[i] = properties
		b.Items.Quantity[1] = 0
		s.Gate(policy).Apply(&b, []int32{0, 1})
		var rules []string
		for _, p := range b.Problems {
			if p.Event != 1 || p.Category != event.Schema {
				t.Errorf("%+v", p)
			}
			rules = append(rules, p.Rule)
		}
		slices.Sort(rules)
		if b.Verdict[1] != want.verdict || b.Marks[1] != want.marks || !slices.Equal(rules, want.rules) {
			t.Errorf("%s: verdict %v, marks %v, rules %q", policy, b.Verdict[1], b.Marks[1], rules)
		}
		if b.Properties[i] != properties || b.Verdict[0] != event.Pending || b.Marks[0] != 0 {
			t.Errorf("%s: changed what it must not", policy)
		}
	}
	var got []string
	for _, d := range s.Drift().Of("order_completed") {
		got = append(got, d.Field+" "+d.Keyword)
		if d.Count != 2 || len(d.Samples) != 2 || d.FirstSeen != 1_700_000_000_000_001 {
			t.Errorf("%+v", d)
		}
	}
	want := []string{
		"currency required", "items.quantity minimum", "properties.campaign unknown",
		"properties.products.price anyOf", "properties.revenue anyOf",
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("drift: %q", got)
	}
	if checked, broken := s.Of("order_completed").Checked(); checked != 4 || broken != 2 {
		t.Errorf("%d checked, %d broken", checked, broken)
	}
}

func TestAShopsOwn(t *testing.T) {
	s := load(t, `
definitions:
  sensor: {type: string, pattern: '^[a-z]+-[0-9]+$', description: A sensor's name}
contracts:
  - event: shelf_weighed
    owner: stores
    version: 3
    schema:
      required: [properties]
      properties:
        properties:
          required: [sensor, grams]
          additionalProperties: false
          properties:
            sensor: {$ref: '#/definitions/sensor'}
            grams: {type: number, minimum: 0, exclusiveMaximum: 100000, multipleOf: 0.5}
            email: {type: string, format: email, pii: email}
            at: {type: string, format: date-time}
  - event: order_completed
    owner: us
    schema: {properties: {amount: {maximum: 10}}}
`)
	for properties, want := range map[string]string{
		`{"sensor":"door-1","grams":12.5}`:                                "",
		`{"sensor":"door-1","grams":99999.5,"at":"2026-01-02T15:04:05Z"}`: "",
		`{"sensor":"Door","grams":12.5}`:                                  "properties.sensor pattern",
		`{"sensor":"door-1","grams":100000}`:                              "properties.grams exclusiveMaximum",
		`{"sensor":"door-1","grams":0.25}`:                                "properties.grams multipleOf",
		`{"sensor":"door-1","grams":"12"}`:                                "properties.grams type",
		`{"sensor":"door-1"}`:                                             "properties.grams required",
		`{"sensor":"door-1","grams":1,"tare":2}`:                          "properties additionalProperties",
		`{"sensor":"door-1","grams":1,"email":"nobody"}`:                  "properties.email format",
		`{"sensor":"door-1","grams":1,"at":"yesterday"}`:                  "properties.at format",
		`{"sensor":"\u0064oor-1","grams":1e1}`:                            "",
		`{"s\u0065nsor":"x","grams":1}`:                                   "properties.sensor pattern",
		`[]`:                                                              "",
		`{`:                                                               "properties json",
		``:                                                                "properties required",
	} {
		var b event.Batch
		i := b.Add(0, 0, 0, nil)
		b.Type.Set(i, "shelf_weighed")
		b.Properties[i] = properties
		var got []string
		for _, v := range s.Checker().Check(s.Of("shelf_weighed"), &b, i) {
			got = append(got, v.Field+" "+v.Keyword)
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %q, want %q", properties, got, want)
		}
	}
	var b event.Batch
	i := order(&b)
	if found := s.Checker().Check(s.Of("order_completed"), &b, i); len(found) != 1 || found[0].Field != "amount" || found[0].Value != "25.000" {
		t.Errorf("a contract that replaces a built-in one: %+v", found)
	}
	own := s.Of("shelf_weighed")
	if own.BuiltIn || own.Version != 3 || len(own.Fields) != 5 || own.Fields[2].PII != "email" {
		t.Errorf("%+v", own.Fields)
	}
	if !strings.Contains(string(own.JSONSchema()), `"pattern":"^[a-z]+-[0-9]+$"`) {
		t.Errorf("references are not replaced: %s", own.JSONSchema())
	}
	if builtIn, err := contract.BuiltIn(); err != nil || builtIn.Version() == s.Version() {
		t.Errorf("two sets have one version, %v", err)
	}
}

func TestErrorsSayWhereAndWhat(t *testing.T) {
	schema := func(text string) string {
		return "contracts:\n  - event: a\n    owner: me\n    schema:\n      properties:\n        properties: " + text + "\n"
	}
	for name, c := range map[string]struct{ text, want string }{
		"empty":               {"", "c.yaml: not YAML: EOF"},
		"no list":             {"contracts: 1", "c.yaml:1: contracts: must be a list of contracts"},
		"a wrong key":         {"contract: []", "contract: no such key; there are contracts, definitions"},
		"no owner":            {"contracts:\n  - event: a\n    schema: {}", "c.yaml:2: contracts[0]: has no owner"},
		"an event's name":     {"contracts:\n  - event: Order Completed\n    owner: a\n    schema: {}", `c.yaml:2: contracts[0].event: is "Order Completed"`},
		"two of one event":    {"contracts:\n  - {event: a, owner: b, schema: {}}\n  - {event: a, owner: b, schema: {}}", `two contracts of "a"`},
		"a mistyped keyword":  {schema("{minimun: 1}"), `c.yaml:6: contracts[0].schema.properties.properties.minimun: no keyword that contracts know; did you mean "minimum"?`},
		"one that is not had": {schema("{patternProperties: {}}"), "no keyword that contracts know"},
		"a type":              {schema("{type: text}"), `is "text"; types are null`},
		"a pattern":           {schema("{pattern: '(?=a)'}"), "must be a regular expression (RE2)"},
		"a number":            {schema("{minimum: .5}"), "is no number as JSON writes it"},
		"a count":             {schema("{minLength: -1}"), "must be a whole number from 0"},
		"a reference":         {schema("{$ref: '#/definitions/a'}"), "which is not in this file"},
		"one to itself":       {schema("{$ref: '#/properties/properties'}"), "a schema cannot contain itself"},
		"a column":            {"contracts:\n  - event: a\n    owner: b\n    schema: {properties: {orderid: {}}}", "is no column of events; there are amount, anonymous_id"},
		"a step":              {schema("{multipleOf: 0}"), "must be above 0"},
		"a format":            {schema("{format: postcode}"), "formats are date, date-time"},
		"personal data":       {schema("{pii: shoe}"), "must be one of name, email"},
		"a key twice":         {"contracts:\n  - {event: a, event: b}", "stands twice"},
		"aliases":             {bomb(), "more than 100000 values"},
		"a value in itself":   {"contracts: &a [*a]", "none may contain itself"},
		"references":          {fan(), "counting what references repeat"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "c.yaml")
			if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := contract.Load([]string{path})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	if _, err := contract.Load([]string{"missing.yaml"}); err == nil || !strings.Contains(err.Error(), "missing.yaml") {
		t.Errorf("a file that is not there: %v", err)
	}
}

// bomb unfolds into 10^9 values.
func bomb() string {
	text := "a: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := range 8 {
		ref := "*a" + string(rune('0'+i))
		text += "a" + string(rune('1'+i)) + ": &a" + string(rune('1'+i)) + " [" + strings.Repeat(ref+",", 9) + ref + "]\n"
	}
	return text
}

// fan has definitions that refer to others twice.
func fan() string {
	text := "contracts:\n  - {event: a, owner: b, schema: {properties: {properties: {$ref: '#/definitions/d0'}}}}\ndefinitions:\n"
	for i := range 14 {
		next := "'#/definitions/d" + string(rune('0'+(i+1)/10)) + string(rune('0'+(i+1)%10)) + "'"
		name := "d" + string(rune('0'+i/10)) + string(rune('0'+i%10))
		if i == 0 {
			name = "d0"
		}
		text += "  " + name + ": {anyOf: [{$ref: " + next + "}, {$ref: " + next + "}]}\n"
	}
	return text + "  d14: {type: string}\n"
}

func FuzzLoad(f *testing.F) {
	for _, s := range []string{
		"contracts:\n  - event: a\n    owner: b\n    schema: {properties: {properties: {properties: {a: {type: string}}}}}", "contracts: [{}]",
		"definitions: {a: {$ref: '#/definitions/a'}}\ncontracts: []",
	} {
		f.Add(s)
	}
	path := filepath.Join(f.TempDir(), "c.yaml")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := contract.Load([]string{path})
		if err != nil {
			return
		}
		var b event.Batch
		i := order(&b)
		for _, c := range s.All() {
			b.Type.Set(i, c.Event)
			s.Gate(contract.Quarantine).Apply(&b, []int32{int32(i)})
			c.JSONSchema()
		}
	})
}
