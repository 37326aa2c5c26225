package jsontext_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/millrace/millrace/adapter/jsontext"
)

func TestErrorsSayWhereAndWhy(t *testing.T) {
	for _, c := range []struct {
		name, text   string
		line, column int
		want         string
	}{
		{"empty", ``, 1, 1, "unexpected end, want a value"},
		{"cut off", `{"a":1`, 1, 7, "unexpected end, want ',' or '}'"},
		{"cut off in a key", `{`, 1, 2, "unexpected end, want a member name in double quotes"},
		{"cut off in text", `{"a":"b`, 1, 8, `unexpected end, want the closing '"' of a string`},
		{"second line", "{\"a\":1,\n \"b\":}", 2, 6, `unexpected '}', want a value`},
		{"characters, not bytes", "{\"é\":x}", 1, 6, `unexpected 'x', want a value`},
		{"no comma", "{\"a\":1\n \"b\":2}", 2, 2, `unexpected '"', want ',' or '}'`},
		{"no colon", `{"a" 1}`, 1, 6, `unexpected '1', want ':'`},
		{"comma before }", `{"a":1,}`, 1, 8, `unexpected '}', want a member name in double quotes`},
		{"comma before ]", `[1,]`, 1, 4, `unexpected ']', want a value`},
		{"crossed", `{"a":[1,2}`, 1, 10, `unexpected '}', want ',' or ']'`},
		{"single quotes", `{'a':1}`, 1, 2, `unexpected '\'', want a member name in double quotes`},
		{"two values", `{} {}`, 1, 4, `unexpected '{', want nothing more after the end of the value`},
		{"leading zero", `[01]`, 1, 2, "a number with a leading zero"},
		{"no fraction", `[1.]`, 1, 4, "unexpected ']', want a digit"},
		{"no exponent", `[1e]`, 1, 4, "unexpected ']', want a digit"},
		{"not a number", `[NaN]`, 1, 2, "unexpected 'N', want a value"},
		{"raw line break", "[\"a\nb\"]", 1, 4, "control character 0x0a in a string, write it as an escape"},
		{"bad escape", `["\x"]`, 1, 4, `unexpected 'x', want an escape sequence such as \n, \" or \u00e9`},
		{"bad code point", `["\u00g0"]`, 1, 7, `unexpected 'g', want four hexadecimal digits after '\u'`},
		{"literal", `{"ä":nul}`, 1, 9, `unexpected '}', want "null"`},
		{"not UTF-8", "[\"\xff\"]", 1, 3, "byte 0xff is not UTF-8"},
		{"deep", strings.Repeat("[", 200), 1, 129, "arrays and objects are nested more than 128 deep"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := jsontext.Validate(c.text)
			if err == nil {
				t.Fatalf("%q was taken as JSON", c.text)
			}
			if err.Message != c.want || err.Line != c.line || err.Column != c.column {
				t.Errorf("got %q at line %d, column %d; want %q at line %d, column %d",
					err.Message, err.Line, err.Column, c.want, c.line, c.column)
			}
			if walked := walk(c.text); walked == nil || *walked != *err {
				t.Errorf("walking it gives %v, skipping it %v", walked, err)
			}
		})
	}
}

// walk enters every container, where Validate skips them.
func walk(text string) *jsontext.SyntaxError {
	var c jsontext.Cursor
	c.Reset(text)
	walkValue(&c)
	return c.End()
}

func walkValue(c *jsontext.Cursor) {
	switch c.Kind() {
	case jsontext.Object:
		for c.Object(); c.More(); {
			c.Key()
			walkValue(c)
		}
	case jsontext.Array:
		for c.Array(); c.More(); {
			walkValue(c)
		}
	default:
		c.Value()
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
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	if err := jsontext.Validate(deep(jsontext.MaxDepth)); err != nil {
		t.Error(err)
	}
	if jsontext.Validate(deep(jsontext.MaxDepth+1)) == nil {
		t.Error("a document that is nested too deeply was taken")
	}
}

// encoding/json is the oracle.
func FuzzValidate(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e+3,true,null,"\u00e4\ud83d\ude00"]}`, `[]`, `"\ud800x"`, `{"a":{"b":{}}}`, "-0", "1 2", `{"a"}`, "\x00", `{"a":1}{`, `[1.`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		err := jsontext.Validate(s)
		want := json.Valid([]byte(s)) && utf8.ValidString(s)
		if (err == nil) != want && (err == nil || !strings.Contains(err.Message, "nested more than")) {
			t.Fatalf("%q: %v, encoding/json says %t", s, err, want)
		}
		if err != nil && (err.Offset > len(s) || err.Line < 1 || err.Column < 1) {
			t.Fatalf("%q: error at %+v", s, *err)
		}
		if walked := walk(s); (err == nil) != (walked == nil) || err != nil && *err != *walked {
			t.Fatalf("%q: skipping it gives %v, walking it %v", s, err, walked)
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
