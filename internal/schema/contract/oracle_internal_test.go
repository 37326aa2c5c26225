package contract

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"
)

// compileJSON compiles a JSON schema on its own.
func compileJSON(text []byte) (*node, error) {
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	t := &tree{file: "schema"}
	if err := d.Decode(&t.root); err != nil {
		return nil, err
	}
	c := &compiler{tree: t, document: t.root}
	n := c.compile("", t.root)
	return n, t.err()
}

func (c *Checker) valid(n *node, text string) bool {
	c.found, c.failed = c.found[:0], false
	c.document(n, text)
	return !c.failed
}

// TestSuite runs the JSON-Schema Test Suite (draft 2020-12) for the keywords that contracts
// have. A group with another keyword, or with a schema that contains itself, is left out; how
// many there are is fixed, so that none is left out by mistake.
func TestSuite(t *testing.T) {
	files, err := filepath.Glob("testdata/json-schema-test-suite/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no test suite", err)
	}
	var groups, skipped, tests int
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var suite []struct {
			Description string
			Schema      json.RawMessage
			Tests       []struct {
				Description string
				Data        json.RawMessage
				Valid       bool
			}
		}
		if err := json.Unmarshal(text, &suite); err != nil {
			t.Fatal(err)
		}
		for _, group := range suite {
			schema := group.Schema
			if name, ok := strings.CutPrefix(filepath.Base(file), "format-"); ok {
				schema = json.RawMessage(fmt.Sprintf(`{"format":%q}`, strings.TrimSuffix(name, ".json")))
			}
			groups++
			n, err := compileJSON(schema)
			if err != nil {
				skipped++
				t.Logf("left out: %s: %s: %.150s", filepath.Base(file), group.Description, err)
				continue
			}
			for _, test := range group.Tests {
				tests++
				if got := new(Checker).valid(n, string(test.Data)); got != test.Valid {
					t.Errorf("%s: %s: %s: %s is valid: %t, want %t", filepath.Base(file), group.Description, test.Description, test.Data, got, test.Valid)
				}
			}
		}
	}
	if groups != 212 || skipped != 34 || tests < 700 {
		t.Errorf("%d groups, %d left out, %d tests", groups, skipped, tests)
	}
}

// oracle compiles a schema with a general validator.
func oracle(t interface{ Fatal(...any) }, text string) *jsonschema.Schema {
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(text, err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("schema.json", document); err != nil {
		t.Fatal(text, err)
	}
	s, err := compiler.Compile("schema.json")
	if err != nil {
		t.Fatal(text, err)
	}
	return s
}

// TestAgreesWithAGeneralValidator draws schemas of the subset and documents that nearly
// fit them: both must come to the same verdict.
func TestAgreesWithAGeneralValidator(t *testing.T) {
	valid, invalid := 0, 0
	rapid.Check(t, func(r *rapid.T) {
		schema, err := json.Marshal(drawSchema(r, 3))
		if err != nil {
			r.Fatal(err)
		}
		n, err := compileJSON(schema)
		if err != nil {
			r.Fatalf("%s: %v", schema, err)
		}
		other := oracle(r, string(schema))
		checker := new(Checker)
		for range 8 {
			text := drawDocument(r, 3)
			document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
			if err != nil {
				r.Fatal(text, err)
			}
			want := other.Validate(document)
			if want == nil {
				valid++
			} else {
				invalid++
			}
			if got := checker.valid(n, text); got != (want == nil) {
				r.Fatalf("schema %s\ndocument %s\nvalid: %t (%v), the oracle: %v", schema, text, got, checker.found, want)
			}
		}
	})
	if valid == 0 || invalid == 0 {
		t.Errorf("%d documents were valid and %d were not: the test tells nothing", valid, invalid)
	}
}

var (
	someNames   = []string{"a", "b", "ü", "x.y"}
	someTypes   = []string{"null", "boolean", "integer", "number", "string", "array", "object"}
	someNumbers = []string{"0", "1", "-1", "1.0", "0.1", "0.3", "1e2", "100", "2.5e-1", "0.25", "12345678.123456", "1e-9", "-0", "1.5"}
	someTexts   = []string{"", "a", "ab", "abc", "äöü", "\U0001F600", "a\nb", "2026-01-02T15:04:05Z", "2026-02-30", "2026-01-02", "1.2.3.4", "::1", "a@example.com", "urn:x", "01234567-89ab-cdef-0123-456789abcdef"}
	somePattern = []string{"^a", "b$", "^[a-z]*$", "."}
)

func pick[T any](r *rapid.T, from []T) T { return rapid.SampledFrom(from).Draw(r, "one of") }

func drawSchema(r *rapid.T, depth int) any {
	if rapid.IntRange(0, 15).Draw(r, "bool") == 0 {
		return rapid.Bool().Draw(r, "schema")
	}
	s := map[string]any{}
	keys := []string{"type", "types", "enum", "const", "minimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems", "required", "minProperties", "maxProperties", "dependentRequired"}
	if depth > 0 {
		keys = append(keys, "items", "properties", "properties", "additionalProperties", "allOf", "anyOf", "oneOf", "not", "if")
	}
	for range rapid.IntRange(0, 3).Draw(r, "keywords") {
		drawKeyword(r, s, pick(r, keys), depth-1)
	}
	return s
}

func drawKeyword(r *rapid.T, s map[string]any, key string, depth int) {
	small := func() int { return rapid.IntRange(0, 3).Draw(r, "count") }
	names := func() []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(someNames), 0, 2, rapid.ID).Draw(r, "names")
	}
	schemas := func() (list []any) {
		for range rapid.IntRange(1, 3).Draw(r, "schemas") {
			list = append(list, drawSchema(r, depth))
		}
		return list
	}
	switch key {
	case "type":
		s["type"] = pick(r, someTypes)
	case "types":
		s["type"] = rapid.SliceOfNDistinct(rapid.SampledFrom(someTypes), 1, 3, rapid.ID).Draw(r, "types")
	case "enum", "const":
		delete(s, "enum")
		delete(s, "const")
		value := json.RawMessage(drawDocument(r, 1))
		if s[key] = any(value); key == "enum" {
			s[key] = []any{value, "a", json.Number("1")}
			if string(value) == `"a"` || string(value) == "1" || string(value) == "1.0" {
				s[key] = []any{value}
			}
		}
	case "minimum", "exclusiveMaximum":
		s[key] = json.Number(pick(r, someNumbers))
	case "multipleOf":
		s[key] = json.Number(pick(r, []string{"1", "0.1", "0.25", "3", "1e-3"}))
	case "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties":
		s[key] = small()
	case "pattern":
		s[key] = pick(r, somePattern)
	case "format":
		s[key] = pick(r, []string{"date-time", "date", "email", "uri", "uuid", "ipv4", "ipv6"})
	case "uniqueItems", "additionalProperties", "items", "not":
		if s[key] = drawSchema(r, depth); key == "uniqueItems" {
			s[key] = rapid.Bool().Draw(r, "unique")
		}
	case "required":
		s[key] = names()
	case "dependentRequired":
		s[key] = map[string]any{pick(r, someNames): names()}
	case "properties":
		properties := map[string]any{}
		for _, name := range names() {
			properties[name] = drawSchema(r, depth)
		}
		s[key] = properties
	case "if":
		s["if"], s["then"], s["else"] = drawSchema(r, depth), drawSchema(r, depth), drawSchema(r, depth)
	default:
		s[key] = schemas()
	}
}

func drawDocument(r *rapid.T, depth int) string {
	kind := rapid.IntRange(0, 6).Draw(r, "kind")
	switch {
	case depth == 0 && kind > 4:
		kind = 3
	}
	switch kind {
	case 0:
		return "null"
	case 1:
		return pick(r, []string{"true", "false"})
	case 2, 3:
		return pick(r, someNumbers)
	case 4:
		text, _ := json.Marshal(pick(r, someTexts))
		if rapid.Bool().Draw(r, "escaped") {
			return strings.ReplaceAll(string(text), "a", `\u0061`)
		}
		return string(text)
	case 5:
		var items []string
		for range rapid.IntRange(0, 3).Draw(r, "items") {
			items = append(items, drawDocument(r, depth-1))
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	var members []string
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(someNames), 0, 3, rapid.ID).Draw(r, "members") {
		members = append(members, fmt.Sprintf("%q : %s", name, drawDocument(r, depth-1)))
	}
	return "{" + strings.Join(members, ",") + "}"
}
