package patch_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/internal/quality/patch"
)

// TestOtherColumnsSurvive: of a line, as encoding/csv writes it, one column changes and
// all others are the same bytes; encoding/csv reads the new value.
func TestOtherColumnsSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cells := rapid.SliceOfN(rapid.StringMatching(`[a-z", é]{0,6}`), 2, 8).Draw(t, "cells")
		at := rapid.IntRange(0, len(cells)-1).Draw(t, "at")
		to := rapid.StringMatching(`[a-z", é]{1,6}`).Draw(t, "to")
		p, err := patch.New(patch.Spec{Version: 1, Name: "p", Steps: []patch.Step{{Field: fmt.Sprintf("$%d", at+1), Set: to}}})
		if err != nil {
			t.Fatal(err)
		}
		before := writeLine(cells)
		after, _, err := p.Apply(nil, patch.Document{Payload: before, Format: patch.Format{Syntax: adapter.Delimited, Delimiter: ',', Quote: '"'}})
		if err != nil {
			t.Fatalf("%q: %v", before, err)
		}
		r := csv.NewReader(bytes.NewReader(after))
		got, err := r.Read()
		want := slices.Clone(cells)
		want[at] = to
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%q became %q, which reads %q, %v; want %q", before, after, got, err, want)
		}
		head, tail := writeLine(cells[:at]), writeLine(cells[at+1:])
		if at > 0 && !bytes.HasPrefix(after, append(head, ',')) || at < len(cells)-1 && !bytes.HasSuffix(after, append([]byte{','}, tail...)) {
			t.Fatalf("%q became %q", before, after)
		}
	})
}

func writeLine(cells []string) []byte {
	var b bytes.Buffer
	for i, c := range cells {
		if i > 0 {
			b.WriteByte(',')
		}
		if strings.ContainsAny(c, `",`) || len(c)%2 == 1 { // quotes that are not needed, too
			c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
		}
		b.WriteString(c)
	}
	return b.Bytes()
}

// jsonValue draws a document.
func jsonValue(depth int) *rapid.Generator[any] {
	scalars := []*rapid.Generator[any]{
		rapid.StringMatching(`[a-z."\\é\n]{0,4}`).AsAny(), rapid.Just(any(nil)), rapid.Bool().AsAny(),
		rapid.Custom(func(t *rapid.T) any {
			return json.Number(rapid.StringMatching(`-?[1-9][0-9]{0,3}(\.[0-9]{1,3})?`).Draw(t, "n"))
		}),
	}
	if depth == 0 {
		return rapid.OneOf(scalars...)
	}
	key := rapid.StringMatching(`[ab."\[]{0,2}`)
	return rapid.OneOf(append(scalars, rapid.SliceOfN(jsonValue(depth-1), 0, 3).AsAny(), rapid.MapOfN(key, jsonValue(depth-1), 0, 3).AsAny())...)
}

// TestOtherValuesSurvive: every value that [patch.Read] names can be set by that name, and
// all others stay what they were, in their order.
func TestOtherValuesSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		document := rapid.MapOfN(rapid.StringMatching(`[abc]{1,2}`), jsonValue(3), 1, 4).Draw(t, "document")
		payload, err := json.MarshalIndent(document, "", rapid.SampledFrom([]string{"", "  "}).Draw(t, "indent"))
		if err != nil {
			t.Fatal(err)
		}
		doc := patch.Document{Payload: payload, Format: inJSON}
		before, err := patch.Read(doc)
		if err != nil || len(before) == 0 {
			return
		}
		at := rapid.IntRange(0, len(before)-1).Draw(t, "at")
		p, err := patch.New(patch.Spec{Version: 1, Name: "p", Steps: []patch.Step{{Field: before[at].Field, Set: "set"}}})
		if err != nil {
			t.Fatalf("%q: %v", before[at].Field, err)
		}
		doc.Payload, _, err = p.Apply(nil, doc)
		if err != nil {
			t.Fatal(err)
		}
		after, err := patch.Read(doc)
		if err != nil {
			t.Fatalf("%s became %s: %v", payload, doc.Payload, err)
		}
		before[at].Text = "set"
		if !slices.Equal(before, after) {
			t.Fatalf("%s became %s:\n%q\n%q", payload, doc.Payload, before, after)
		}
		if plain := bytes.Replace(doc.Payload, []byte(`"set"`), nil, 1); len(payload)-len(plain) < 0 {
			t.Fatalf("%s became %s: more than a value is new", payload, doc.Payload)
		}
	})
}

// TestRemovedMembersLeaveJSON: whatever is removed, what is left is the document
// without it.
func TestRemovedMembersLeaveJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.IntRange(0, 9), 1, 5).Draw(t, "list")
		at := rapid.IntRange(0, len(list)-1).Draw(t, "at")
		payload, err := json.MarshalIndent(map[string]any{"l": list}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		p := must(patch.New(patch.Spec{Version: 1, Name: "p", Steps: []patch.Step{{Field: fmt.Sprintf("l[%d]", at), Remove: true}}}))
		out, _, err := p.Apply(nil, patch.Document{Payload: payload, Format: inJSON})
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ L []int }
		if err := json.Unmarshal(out, &got); err != nil || !reflect.DeepEqual(got.L, slices.Delete(slices.Clone(list), at, at+1)) {
			t.Fatalf("%s became %s, %v", payload, out, err)
		}
	})
}

func must(p *patch.Patch, err error) *patch.Patch {
	if err != nil {
		panic(err)
	}
	return p
}

// FuzzApply: whatever the patch and the payload are, the result is of the payload's
// format if that was, and bounded; applying it twice gives the same.
func FuzzApply(f *testing.F) {
	f.Add([]byte("version: 1\nname: p\nsteps:\n  - {field: a.b, set: '{a}x'}\n"), []byte(`{"a":{"b":1}}`), true)
	f.Add([]byte("version: 1\nname: p\nsteps:\n  - {field: 'a[*]', remove: true}\n  - {field: b, move: c.d}\n"), []byte(`{"a":[1,2,{"x":[]}],"b":{}}`), true)
	f.Add([]byte("version: 1\nname: p\nsteps:\n  - {field: a, swap: b}\n  - {field: b, number: {locale: de}, default: x}\n"), []byte(`{"a":"1,5","b":null}`), true)
	f.Add([]byte("version: 1\nname: p\nsteps:\n  - {columns: 3}\n  - {field: $2, join: 2}\n  - {field: $1, split: ' '}\n"), []byte(`a b,"c""d",`), false)
	f.Add([]byte("version: 1\nname: p\nsteps:\n  - {field: $1, when: 'columns() > 1 and $2 matches \"x\"', script: '$1 + $2'}\n  - {field: $2, insert: true}\n"), []byte("\"a\",x"), false)
	f.Add([]byte("version: 1\nname: p\nsteps:\n  - {replace: {regex: '(.)', with: '$1$1'}}\n  - {field: $1, time: {formats: [unix]}}\n  - {encoding: windows-1252}\n"), []byte("12,\xff"), false)
	f.Fuzz(func(t *testing.T, file, payload []byte, isJSON bool) {
		p, err := patch.Load(file, "p.yaml")
		if err != nil || len(payload) > 1<<12 {
			return
		}
		doc := patch.Document{Payload: payload, Format: inJSON, MaxBytes: 1 << 16}
		if !isJSON {
			doc.Format = patch.Format{Syntax: adapter.Delimited, Delimiter: ',', Quote: '"', Multiline: true}
		}
		out, changes, err := p.Apply(nil, doc)
		if err != nil {
			return
		}
		again, _, err := p.Apply(nil, doc)
		if err != nil || !bytes.Equal(out, again) {
			t.Fatalf("%q, then %q, %v", out, again, err)
		}
		if bytes.Equal(out, payload) != (len(changes) == 0) {
			t.Fatalf("%q became %q with changes %+v", payload, out, changes)
		}
		if len(out) > max(len(payload), doc.MaxBytes) {
			t.Fatalf("%d bytes", len(out))
		}
		whole := slices.ContainsFunc(p.Spec().Steps, func(s patch.Step) bool { return s.Field == "" && s.Columns == 0 })
		if isJSON && !whole && jsontext.Validate(string(payload)) == nil && jsontext.Validate(string(out)) != nil {
			t.Fatalf("%q became %q", payload, out)
		}
		if _, err := patch.Read(patch.Document{Payload: out, Format: doc.Format}); err != nil && !isJSON && !whole && len(changes) > 0 {
			t.Fatalf("%q became %q: %v", payload, out, err)
		}
	})
}

func BenchmarkApply(b *testing.B) {
	const retail = `536365,WHITE HANGING HEART T-LIGHT HOLDER,1O,"2,55",`
	const order = `{"id":"o-1","created":"2011-01-04T10:00:00Z","customer":{"id":17850,"email":"x@example.com"},"items":[{"sku":"85123A","quantity":6,"price":"2,55"},{"sku":"71053","quantity":6,"price":"3,39"}],"total":"35,64","currency":"GBP"}`
	for _, bench := range []struct {
		name, payload, steps string
		format               patch.Format
	}{
		{"line/one", retail, `field: Quantity, replace: {regex: O, with: 0}`, inLines},
		{"line/four", retail, "field: Quantity, replace: {regex: O, with: 0}\nfield: UnitPrice, number: {locale: de}\nfield: Description, lower: true\nfield: Unit Cost, when: InvoiceNo startsWith \"5\", fill: '{UnitPrice}'", inLines},
		{"line/untouched", retail, `field: Description, map: {LAMP: LIGHT}`, inLines},
		{"json/one", order, `field: currency, lower: true`, inJSON},
		{"json/items", order, "field: 'items[*].price', number: {locale: de}\nfield: total, number: {locale: de}", inJSON},
	} {
		b.Run(bench.name, func(b *testing.B) {
			p := load(b, bench.steps)
			doc := patch.Document{Payload: []byte(bench.payload), Format: bench.format}
			var out []byte
			b.SetBytes(int64(len(bench.payload)))
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if out, _, err = p.Apply(out[:0], doc); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
