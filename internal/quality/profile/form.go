package profile

import (
	"net/url"
	"strings"
	"time"
)

// form is a set of formats that all texts of a column may have: what is left when each
// text has taken those away that it does not have.
type form uint8

const (
	formUUID form = 1 << iota
	formEmail
	formURL
	formDate
	formGTIN

	allForms = formUUID | formEmail | formURL | formDate | formGTIN
)

// forms are the formats in the words of rules, the more special first. The tests are no
// weaker than those of rules.
var forms = []struct {
	form form
	name string
	test func(string) bool
}{
	{formUUID, "uuid", isUUID}, {formEmail, "email", isEmail}, {formURL, "url", isURL}, {formDate, "date", isDate}, {formGTIN, "gtin", isGTIN},
}

// narrow takes the formats away that a text does not have. After some texts most columns
// have none, and nothing is tested any more.
func (f form) narrow(s string) form {
	if f == 0 {
		return 0
	}
	for i := range forms {
		if f&forms[i].form != 0 && !forms[i].test(s) {
			f &^= forms[i].form
		}
	}
	return f
}

// name is the most special of the formats; empty for none.
func (f form) name() string {
	for i := range forms {
		if f&forms[i].form != 0 {
			return forms[i].name
		}
	}
	return ""
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case (c < '0' || c > '9') && (c < 'a' || c > 'f'):
			return false
		}
	}
	return true
}

func isEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && plainWord(local, 64, "._+-") && plainWord(domain, 253, ".-") &&
		strings.Contains(domain, ".") && !strings.HasPrefix(domain, "-") && !strings.HasPrefix(domain, ".") && !strings.HasSuffix(domain, "-") &&
		!strings.HasSuffix(domain, ".") && !strings.Contains(domain, "..") && !strings.Contains(domain, "-.") && !strings.Contains(domain, ".-") && longestLabel(domain) <= 63
}

func longestLabel(domain string) int {
	longest := 0
	for label := range strings.SplitSeq(domain, ".") {
		longest = max(longest, len(label))
	}
	return longest
}

// plainWord reports whether a text has letters, digits and the given signs only.
func plainWord(s string, most int, signs string) bool {
	if s == "" || len(s) > most {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && strings.IndexByte(signs, c) < 0 {
			return false
		}
	}
	return true
}

func isURL(s string) bool {
	if !strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://") {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && isEmail("a@"+u.Host+".a") && strings.Contains(u.Host, ".")
}

func isDate(s string) bool {
	if len(s) != len(time.DateOnly) {
		return false
	}
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

func isGTIN(s string) bool {
	if n := len(s); n != 8 && n != 12 && n != 13 && n != 14 {
		return false
	}
	sum := 0
	for i := range len(s) {
		c := s[len(s)-1-i]
		if c < '0' || c > '9' {
			return false
		}
		sum += int(c-'0') * (1 + 2*(i%2))
	}
	return sum%10 == 0
}
