package patch_test

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/quality/patch"
)

// TestMistakes has steps of a file and what is said about them.
func TestMistakes(t *testing.T) {
	for _, test := range []struct{ step, want string }{
		{`{feild: a, set: 1}`, `p.yaml:4:6: unknown key "feild" in steps[0]; did you mean "field"?`},
		{`{field: a, sett: 1}`, `p.yaml:4:16: unknown key "sett" in steps[0]; did you mean "set"?`},
		{`{field: a}`, `p.yaml:4:5: a step does exactly one of default, set, fill, clear, trim, upper, lower, map, replace, truncate, cast, number, time, scale, lookup, script, move, copy, swap, rename, remove, insert, join, split, columns, encoding, payload; this one has 0 (make it several)`},
		{`{field: a, trim: true, upper: true}`, `this one has 2 (make it several)`},
		{`{trim: true}`, `p.yaml:4:5: "trim" needs a field`},
		{`{field: a, set: ""}`, `p.yaml:4:21: "set" is empty; to empty a field write clear: true`},
		{`{field: a, set: "{b"}`, `p.yaml:4:21: a "{" without a name and "}"; write "{{" for a brace`},
		{`{field: a, set: "b}"}`, `p.yaml:4:21: a "}" without "{"; write "}}" for a brace`},
		{`{field: "a[x]", set: 1}`, `p.yaml:4:13: cannot take "a[x]" as a field: cannot take [x]; write [0], [*] or ["name"]`},
		{`{field: a, set: 1, default: 2}`, `p.yaml:4:33: "default" does not go with "set"; make it a step of its own`},
		{`{field: a, when: "b = 1", set: 1}`, `p.yaml:4:25: cannot use the expression: unexpected token`},
		{`{field: a, when: "len(b)", set: 1}`, `p.yaml:4:23: cannot use the expression: a condition must be true or false, not a whole number`},
		{`{field: a, when: "b > 1", set: 1}`, `p.yaml:4:27: cannot use the expression: cannot use the number: 1 is used as text`},
		{`{field: a, script: "now()"}`, `p.yaml:4:25: cannot use the expression: now with 0 arguments is not available; patches know`},
		{`{field: a, script: 'date("2011-01-01")'}`, `the value is a time; a field takes text, numbers, and true or false`},
		{`{field: a, script: "field(a)"}`, `field() takes the name of one field, in quotes`},
		{`{field: a, replace: {regex: "("}}`, "p.yaml:4:33: "},
		{`{field: a, replace: {regex: "(a)", with: $2}}`, `p.yaml:4:46: $2 is no group of the expression, which has 1; write ${1} before letters and digits, and $$ for a dollar sign`},
		{`{field: a, replace: {regex: "(a)", with: $1x}}`, `$1x is no group`},
		{`{field: a, cast: number}`, `p.yaml:4:22: steps[0].cast: cannot take "number"; it can be integer, decimal, text, boolean`},
		{`{field: a, number: {locale: it}}`, `p.yaml:4:33: steps[0].number.locale: cannot take "it"; it can be en, de, fr, ch`},
		{`{field: a, number: {locale: de, group: "."}}`, `"locale" stands for both separators`},
		{`{field: a, number: {decimal: ",", group: ","}}`, `the decimal and the group separator are the same`},
		{`{field: a, number: {decimal: "1"}}`, `cannot take "1" as "decimal"; want one character that is no digit and no sign`},
		{`{field: a, time: {formats: [dd/mm/yyyy]}}`, `"dd/mm/yyyy" is no format of times`},
		{`{field: a, time: {formats: [rfc3339], zone: Europe/Lundon}}`, `p.yaml:4:49: "Europe/Lundon" is no zone; want an IANA name such as Europe/London`},
		{`{field: a, scale: {factor: 0}}`, `cannot take "0" as "factor"; want a decimal that is not zero, such as 0.01`},
		{`{field: a, scale: {decimals: 2}}`, `factor and by change nothing`},
		{`{field: a, lookup: {field: b}}`, `steps[0].lookup has no "table"`},
		{`{field: "a[*]", move: b}`, `p.yaml:4:13: "move" is on one place, and a[*] may be many`},
		{`{field: a, move: "b[*]"}`, `"move" is on one place, and b[*] may be many`},
		{`{field: a, swap: a}`, `the two fields are the same`},
		{`{field: "a[0]", rename: b}`, `only members of JSON documents can be renamed`},
		{`{field: a, insert: true}`, `name the place of the new column by its position, such as $4`},
		{`{field: a, join: 1}`, `cannot join 1 columns; want 2 to 4096`},
		{`{field: a, columns: 8}`, `p.yaml:4:13: "columns" is on the whole payload; leave the field out`},
		{`{encoding: utf-16}`, `cannot take "utf-16"; it can be windows-1252, iso-8859-1`},
	} {
		_, err := patch.Load([]byte("version: 1\nname: p\nsteps:\n  - "+test.step+"\n"), "p.yaml")
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s\n got %v\nwant %s", test.step, err, test.want)
		}
	}
}

func TestMistakesOfPrograms(t *testing.T) {
	for _, test := range []struct {
		spec patch.Spec
		want string
	}{
		{patch.Spec{Name: "p", Steps: []patch.Step{{Field: "a", Set: "1"}}}, "version: version 0 is not known; want 1"},
		{patch.Spec{Version: 1, Name: "P", Steps: []patch.Step{{Field: "a", Set: "1"}}}, `name: cannot take "P" as a name`},
		{patch.Spec{Version: 1, Name: "p"}, "steps: the patch has no steps; it would change nothing"},
		{patch.Spec{Version: 1, Name: "p", Steps: make([]patch.Step, 101)}, "steps: the patch has 101 steps, at most 100 are allowed"},
		{patch.Spec{Version: 1, Name: "p", Steps: []patch.Step{{Field: "a", Script: "b ++"}}}, "steps[0].script, character 4: cannot use the expression"},
		{patch.Spec{Version: 1, Name: "p", Steps: []patch.Step{{Field: "a", Cast: "money"}}}, `steps[0].cast: cannot cast to "money"`},
		{patch.Spec{Version: 1, Name: "p", Steps: []patch.Step{{Field: "a", Number: patch.Number{Locale: "it"}}}}, `steps[0].number.locale: "it" is not known`},
		{patch.Spec{Version: 1, Name: "p", Steps: []patch.Step{{Field: "a", Truncate: -1}}}, `steps[0].truncate: cannot cut to -1 characters`},
		{patch.Spec{Version: 1, Name: "p", Steps: []patch.Step{{Columns: -1}}}, `steps[0].columns: cannot make -1 columns`},
		{patch.Spec{Version: 1, Name: "p", Steps: []patch.Step{{Encoding: "utf-7"}}}, `steps[0].encoding: "utf-7" is not known`},
		{patch.Spec{Version: 1, Name: "p", Steps: []patch.Step{{Field: "a", Lookup: patch.Lookup{Field: "b"}}}}, "steps[0].lookup: a lookup needs a field and a table"},
		{patch.Spec{Version: 1, Name: "p", Steps: []patch.Step{{Field: "a", Replace: patch.Replace{With: "b"}}}}, "steps[0].replace.regex: an empty regular expression matches everything"},
		{patch.Spec{Version: 1, Name: "p", Steps: []patch.Step{{Field: "a", Time: patch.Time{Zone: "UTC"}}}}, "steps[0].time.formats: 0 formats; want 1 to 20"},
		{patch.Spec{Version: 1, Name: "p", Steps: []patch.Step{{Field: "a", Scale: patch.Scale{Factor: "2", Decimals: 19}}}}, "steps[0].scale.decimals: cannot write 19 decimals; want 1 to 18"},
	} {
		_, err := patch.New(test.spec)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v\n got %v\nwant %s", test.spec, err, test.want)
		}
	}
}
