package braces

import (
	"errors"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ text, want, wrong string }{
		{"", "", ""},
		{"plain", "plain", ""},
		{"{a}", "<a>", ""},
		{"of {a b} and {c}.", "of |<a b>| and |<c>|.", ""},
		{"{{no}} {a}}}", "{no} |<a>|}", ""},
		{"é{ü}", "é|<ü>", ""},
		{"a } b", "", `a "}" without "{"`},
		{"a {b", "", `a "{" without a name`},
		{"a {} b", "", `a "{" without a name`},
		{"{a} {bad} {c}", "", "refused"},
	} {
		var got []string
		err := Parse(c.text, func(text string) { got = append(got, text) }, func(name string) error {
			if name == "bad" {
				return errors.New("refused")
			}
			got = append(got, "<"+name+">")
			return nil
		})
		switch {
		case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
			t.Errorf("%q: the error is %v, want %q", c.text, err, c.wrong)
		case c.wrong == "" && (err != nil || strings.Join(got, "|") != c.want):
			t.Errorf("%q is %q, %v, want %q", c.text, got, err, c.want)
		}
	}
}
