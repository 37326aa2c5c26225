package jsonscan_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/millrace/millrace/internal/source/jsonscan"
)

func TestErrorsSayWhereAndWhy(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		line, column   int
	}{
		{"cut off", `{"a":1`, "unexpected end, want ',' or '}'", 1, 7},
		{"empty", ``, "unexpected end, want a value", 1, 1},
		{"second line", "{\"a\":1,\n \"b\":}", `unexpected '}', want a value`, 2, 6},
		{"characters, not bytes", "{\"é\":x}", `unexpected 'x', want a value`, 1, 6},
		{"trailing comma", `[1,]`, `unexpected ']', want a value`, 1, 4},
		{"single quotes", `{'a':1}`, `unexpected '\'', want a member name in double quotes`, 1, 2},
		{"two values", `{} {}`, `unexpected '{', want nothing more after the end of the value`, 1, 4},
		{"leading zero", `[01]`, "a number with a leading zero", 1, 2},
		{"raw line break", "[\"a\nb\"]", "control character 0x0a in a string, write it as an escape", 1, 4},
		{"bad escape", `["\x"]`, `unexpected 'x', want an escape sequence such as \n, \" or \u00e9`, 1, 4},
		{"literal", `[nul]`, `unexpected ']', want "null"`, 1, 5},
		{"not UTF-8", "[\"\xff\"]", "byte 0xff is not UTF-8", 1, 3},
		{"deep", strings.Repeat("[", 200), "arrays and objects are nested more than 128 deep", 1, 129},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := jsonscan.Document([]byte(c.in))
			if err == nil {
				t.Fatalf("%q was taken as JSON", c.in)
			}
			line, column := jsonscan.LineColumn([]byte(c.in), err.Offset)
			if err.Reason != c.want || line != c.line || column != c.column {
				t.Errorf("got %q at line %d, column %d; want %q at line %d, column %d",
					err.Reason, line, column, c.want, c.line, c.column)
			}
		})
	}
}

func TestObjectGivesTheBytesAsTheyAre(t *testing.T) {
	data := []byte(`{"batch": [ {"a": 1} ,2], "sentAt":"x", "list":[3]}`)
	members := map[string]string{}
	var elements []string
	_, err := jsonscan.Object(data, 0, &jsonscan.Visitor{
		Member:  func(name []byte, start, end int) { members[string(name)] = string(data[start:end]) },
		List:    "batch",
		Element: func(start, end int) { elements = append(elements, string(data[start:end])) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if members["batch"] != `[ {"a": 1} ,2]` || members["sentAt"] != `"x"` || members["list"] != `[3]` {
		t.Errorf("members are %q", members)
	}
	if strings.Join(elements, "|") != `{"a": 1}|2` {
		t.Errorf("elements are %q", elements)
	}
}

// FuzzDocument holds the scanner against encoding/json, which is more lenient
// in one respect only: it replaces what is not UTF-8.
func FuzzDocument(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e-3,true,null,"\u00e9"]}`, `[`, `"\ud800"`, `-0`, `1.`, "\x00", `{"a":1}{`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err := jsonscan.Document(data)
		if err != nil && (err.Offset < 0 || err.Offset > len(data)) {
			t.Fatalf("offset %d is outside of %d bytes", err.Offset, len(data))
		}
		if err != nil && strings.Contains(err.Reason, "nested more than") {
			return
		}
		if want := json.Valid(data) && utf8.Valid(data); (err == nil) != want {
			t.Fatalf("%q: got %v, encoding/json says %v", data, err, want)
		}
	})
}

func BenchmarkDocument(b *testing.B) {
	data := []byte(`{"messageId":"ajs-next-1720000000-abc","type":"track","event":"Product Viewed","userId":"u-1042","anonymousId":"f8a0-22","timestamp":"2026-11-21T10:00:00.000Z","properties":{"product_id":"85123A","name":"WHITE HANGING HEART","price":2.55,"currency":"GBP"}}`)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if err := jsonscan.Document(data); err != nil {
			b.Fatal(err)
		}
	}
}
