package quality

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/event"
)

// verdictsOf applies rules as a task does to events that lines write.
func verdictsOf(rt *rapid.T, text string, lines []string) []event.Verdict {
	rs, err := Load([]byte(text), "drawn.yaml")
	if err != nil {
		rt.Fatal(err)
	}
	b := &event.Batch{}
	for _, line := range lines {
		if err := addEvent(b, line); err != nil {
			rt.Fatal(err)
		}
	}
	rs.Task().Apply(b, allRows(b))
	return b.Verdict
}

// TestComparisonsAndTypesAreConditions compares rules with the conditions that say the same,
// which the oracle above holds to expr's virtual machine.
func TestComparisonsAndTypesAreConditions(t *testing.T) {
	operators := map[string]string{"equals": "==", "not_equals": "!=", "less_than": "<", "at_most": "<=", "greater_than": ">", "at_least": ">="}
	fields := [][3]string{
		{"item.price", "item.amount", ""}, {"item.quantity", "items", ""}, {"item.price", "amount", ""},
		{"event_time", "received_at", ` or event_time == date("1970-01-01") or received_at == date("1970-01-01")`},
	}
	rapid.Check(t, func(rt *rapid.T) {
		lines := rapid.SliceOfN(rapid.Custom(drawEvent), 1, 8).Draw(rt, "events")
		f := rapid.SampledFrom(fields).Draw(rt, "fields")
		how := rapid.SampledFrom([]string{"equals", "not_equals", "less_than", "at_most", "greater_than", "at_least"}).Draw(rt, "how")
		compared := verdictsOf(rt, fmt.Sprintf("version: 1\ntypes: [a, A1]\nrules:\n  - {name: r, field: %s, check: {compare: {%s: %s}}}\n", f[0], how, f[1]), lines)
		condition := fmt.Sprintf("%s %s %s%s", f[0], operators[how], f[1], f[2])
		said := verdictsOf(rt, fmt.Sprintf("version: 1\nrules:\n  - {name: r, field: %s, when: 'type in [\"a\", \"A1\"]', check: {expr: '%s'}}\n", f[0], condition), lines)
		if !slices.Equal(compared, said) {
			rt.Fatalf("%s %s %s: %v, and %v by %s, of\n%s", f[0], how, f[1], compared, said, condition, strings.Join(lines, "\n"))
		}
	})
}

// TestUniquenessAgreesWithASearch compares the window with a search of all that was accepted.
func TestUniquenessAgreesWithASearch(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var w window
		type accepted struct {
			key uint64
			at  int64
		}
		var all []accepted
		at := int64(0)
		for range rapid.IntRange(1, 200).Draw(rt, "events") {
			at += rapid.Int64Range(0, 4).Draw(rt, "later")
			key := rapid.Uint64Range(0, 5).Draw(rt, "key")
			want := slices.ContainsFunc(all, func(a accepted) bool { return a.key == key && at-a.at < 10 })
			if got := w.seen(key, at, 10, 1000); got != want {
				rt.Fatalf("key %d at %d: %v, want %v; accepted %v", key, at, got, want, all)
			}
			if !want {
				all = append(all, accepted{key, at})
			}
		}
		if len(w.last) != w.count || w.count > 6 {
			rt.Fatalf("it remembers %d keys in %d entries", len(w.last), w.count)
		}
	})
}

// TestPropertiesAgreeWithEncodingJSON compares what rules see of JSON.
func TestPropertiesAgreeWithEncodingJSON(t *testing.T) {
	scalar := rapid.SampledFrom([]any{nil, "", "x", "é\"\n", 1, -2.5, true, []any{1}, map[string]any{"b": "deep"}})
	rapid.Check(t, func(rt *rapid.T) {
		doc := map[string]any{}
		for _, key := range []string{"a", "b", "c\u00e9"} {
			switch rapid.IntRange(0, 2).Draw(rt, key) {
			case 1:
				doc[key] = scalar.Draw(rt, "value")
			case 2:
				doc[key] = map[string]any{"a": scalar.Draw(rt, "inner"), "x": 1}
			}
		}
		text, err := json.Marshal(doc)
		if err != nil {
			rt.Fatal(err)
		}
		rs := load(t, "version: 1\nrules:\n  - {name: r, field: properties.a, check: {required: true}}\n  - {name: s, field: properties.a.a, check: {required: true}}\n  - {name: u, field: properties.cé, check: {required: true}}\n")
		b := &event.Batch{}
		b.Add(0, 0, 0, nil)
		b.Properties[0] = string(text)
		a := newApplier(rs)
		a.begin(b, allRows(b), nil)
		inner, _ := doc["a"].(map[string]any)
		for i, want := range []any{doc["a"], inner["a"], doc["c\u00e9"]} {
			got := a.properties.get(b, rs.properties.fields[i], 0).text
			if shown, ok := want.(string); ok && got != shown {
				rt.Fatalf("%s of %s is %q, want %q", rs.properties.fields[i].name, text, got, shown)
			} else if !ok {
				compact, _ := json.Marshal(want)
				if string(compact) == "null" {
					compact = nil
				}
				if got != string(compact) {
					rt.Fatalf("%s of %s is %q, want %q", rs.properties.fields[i].name, text, got, compact)
				}
			}
		}
	})
}

// TestNumbersAgreeWithBigRat compares numbers in any notation with math/big.
func TestNumbersAgreeWithBigRat(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		plainText := rapid.StringMatching(`-?[0-9]{1,12}(\.[0-9]{1,8})?(e[+-]?[0-9])?`).Draw(rt, "number")
		want, ok := new(big.Rat).SetString(plainText)
		if !ok {
			rt.Skip()
		}
		out, ok := notation{decimal: ','}.appendNumber(nil, " "+strings.ReplaceAll(plainText, ".", ",")+" €")
		got, parsed := new(big.Rat).SetString(string(out))
		if !ok || !parsed || got.Cmp(want) != 0 {
			rt.Fatalf("%s was read as %q, %v", plainText, out, ok)
		}
	})
	for text, want := range map[string]string{
		"1.234.567,80": "1234567.8", "(12,50)": "-12.5", "12,5-": "-12.5", "−3": "-3", "1.23,4": "", "12.34": "", "1..234": "", "": "", "-": "", "1,2,3": "", "1e99": "", ",5": "0.5", "000": "0",
	} {
		out, ok := notation{decimal: ',', group: "."}.appendNumber(nil, text)
		if ok != (want != "") || ok && string(out) != want {
			t.Errorf("%q is %q, %v; want %q", text, out, ok, want)
		}
	}
}

// TestConversionsAgreeWithBigRat compares conversions of units with math/big.
func TestConversionsAgreeWithBigRat(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		from := rapid.SampledFrom(units).Draw(rt, "from")
		var same []unit
		for _, u := range units {
			if u.dimension == from.dimension {
				same = append(same, u)
			}
		}
		to := rapid.SampledFrom(same).Draw(rt, "to")
		v := rapid.Int64().Draw(rt, "value")
		f, _ := new(big.Rat).SetString(from.of)
		d, _ := new(big.Rat).SetString(to.of)
		exact := new(big.Rat).Mul(new(big.Rat).SetInt64(v), f.Quo(f, d))
		got, ok := ratioOf(&from, &to).apply(v, true)
		if ok != (exact.IsInt() && exact.Num().IsInt64() && exact.Num().Int64() != -1<<63) || ok && exact.Num().Int64() != got {
			rt.Fatalf("%d %s is %d %s, %v; want %s", v, from.names, got, to.names, ok, exact)
		}
		rounded, ok := ratioOf(&from, &to).apply(v, false)
		if want := exact.FloatString(0); ok && fmt.Sprint(rounded) != want && want != "-0" {
			rt.Fatalf("%d %s is about %d %s; want %s", v, from.names, rounded, to.names, want)
		}
	})
}
