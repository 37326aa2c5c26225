package jsontext_test

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/millrace/millrace/adapter/jsontext"
)

func TestErrorsKnowTheirPlace(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "not JSON at line 1, column 1: a value is missing here"},
		{"{", "not JSON at line 1, column 2: the document ends too early"},
		{"{\"a\":1\n \"b\":2}", "not JSON at line 2, column 2: a comma or } is missing here"},
		{`{"a" 1}`, "not JSON at line 1, column 6: a colon is missing here"},
		{`{"a":1,}`, "not JSON at line 1, column 8: a key in double quotes is missing here"},
		{`[1,]`, "not JSON at line 1, column 4: a value is missing here"},
		{`{"ä":nul}`, `not JSON at line 1, column 6: no value starts like this`},
		{`{"a":01}`, `not JSON at line 1, column 6: "01" is no number`},
		{`{"a":1.}`, `not JSON at line 1, column 6: "1." is no number: digits are missing behind the point`},
		{`{"a":1e}`, `not JSON at line 1, column 6: "1e" is no number: digits are missing in the exponent`},
		{`{"a":NaN}`, `not JSON at line 1, column 6: a value is missing here`},
		{`{"a":"b`, "not JSON at line 1, column 8: the document ends too early"},
		{`{"a":"\x"}`, `not JSON at line 1, column 7: "\\x" is no escape that JSON has`},
		{"{\"a\":\"\n\"}", `not JSON at line 1, column 7: "\n" is a control character, which must be escaped in text`},
		{"{\"a\":\"\xff\"}", `not JSON at line 1, column 7: "\xff" is not UTF-8`},
		{`{} x`, "not JSON at line 1, column 4: something follows the end of the document"},
		{`{"a":[1,2}`, "not JSON at line 1, column 10: a comma or ] is missing here"},
	} {
		err := jsontext.Validate(c.text)
		if err == nil || err.Error() != c.want {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
}

func TestWalk(t *testing.T) {
	const text = ` {"type" : "track", "properties":{"price":12.50,"list":[1,{"a":[]}],"e":"A\n"} , "context":null} `
	var c jsontext.Cursor
	c.Reset(text)
	got := map[string]string{}
	for c.Object(); c.More(); {
		key := c.Key()
		if key.Raw != "properties" {
			got[key.Raw] = c.Value().Raw
			continue
		}
		from := c.Offset()
		for c.Object(); c.More(); {
			inner := c.Key()
			v := c.Value()
			got[inner.Raw] = v.Raw
			if v.Escaped {
				got[inner.Raw] = string(jsontext.Unescape(nil, v.Raw))
			}
		}
		got["properties"] = c.From(from)
	}
	if err := c.End(); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"type": "track", "context": "null", "price": "12.50", "list": `[1,{"a":[]}]`, "e": "A\n",
		"properties": `{"price":12.50,"list":[1,{"a":[]}],"e":"A\n"}`,
	}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s is %q, want %q", k, got[k], v)
		}
	}
}

func TestDepthIsBounded(t *testing.T) {
	deep := func(n int) string {
		var b []byte
		for range n {
			b = append(b, '[')
		}
		for range n {
			b = append(b, ']')
		}
		return string(b)
	}
	if err := jsontext.Validate(deep(jsontext.MaxDepth)); err != nil {
		t.Error(err)
	}
	if jsontext.Validate(deep(jsontext.MaxDepth+1)) == nil {
		t.Error("a document that is nested too deeply was taken")
	}
}

// encoding/json is the oracle.
func FuzzValidate(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e+3,true,null,"\u00e4\ud83d\ude00"]}`, `[]`, `"\ud800x"`, `{"a":{"b":{}}}`, "-0", "1 2", `{"a"}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		err := jsontext.Validate(s)
		want := json.Valid([]byte(s)) && utf8.ValidString(s)
		if (err == nil) != want && (err == nil || err.Message[len(err.Message)-6:] != "deeply") {
			t.Fatalf("%q: %v, encoding/json says %t", s, err, want)
		}
		if err != nil && (err.Offset > len(s) || err.Line < 1 || err.Column < 1) {
			t.Fatalf("%q: error at %+v", s, *err)
		}
		var text string
		if want && json.Unmarshal([]byte(s), &text) == nil && s != "null" {
			var c jsontext.Cursor
			c.Reset(s)
			if v := c.Value(); v.Kind == jsontext.String && string(jsontext.Unescape(nil, v.Raw)) != text {
				t.Fatalf("%q is %q, want %q", s, jsontext.Unescape(nil, v.Raw), text)
			}
		}
	})
}

func BenchmarkWalk(b *testing.B) {
	const text = `{"messageId":"ajs-1700000000-abcdef","type":"track","event":"Order Completed","userId":"u-123","timestamp":"2026-11-21T10:06:00.123Z","properties":{"order_id":"50314b8e","revenue":25.00,"currency":"USD","products":[{"product_id":"507f","price":19,"quantity":1}]}}`
	var c jsontext.Cursor
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		c.Reset(text)
		c.Value()
		if c.End() != nil {
			b.Fatal(c.Err())
		}
	}
}
