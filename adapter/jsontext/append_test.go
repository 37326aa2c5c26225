package jsontext_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter/jsontext"
)

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain", "a\"b\\c", "\x00\x1f\t\r\n", "é\xff\xc3", "\xed\xa0\x80", "日本\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := jsontext.AppendString(nil, s)
		if bytes := jsontext.AppendString(nil, []byte(s)); string(bytes) != string(got) {
			t.Fatalf("bytes give %s, text %s", bytes, got)
		}
		var back string
		if err := json.Unmarshal(got, &back); err != nil {
			t.Fatalf("%q became %s: %v", s, got, err)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); strings.ReplaceAll(back, "\ufffd", "") != strings.ReplaceAll(want, "\ufffd", "") {
			t.Fatalf("%q came back as %q", s, back)
		}
		if err := jsontext.Validate(string(got)); err != nil {
			t.Fatalf("%s: %v", got, err)
		}
	})
}
