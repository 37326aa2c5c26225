package quality

import (
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/event"
)

// formatOf returns the test of a named text form, and what a reader is told.
// The names are those of checkSpec.Format.
func formatOf(name string) (test func(string) bool, message string) {
	switch name {
	case "email":
		return isEmail, "must be an e-mail address"
	case "uuid":
		return isUUID, "must be a UUID"
	case "url":
		return isURL, "must be an http or https URL"
	case "date":
		return isDate, "must be a date such as 2011-01-31"
	case "integer":
		return isInteger, "must be a whole number"
	case "decimal":
		return isDecimal, "must be a decimal number"
	case "gtin":
		return isGTIN, "must be a GTIN of 8, 12, 13 or 14 digits with a valid check digit"
	case "currency":
		return isCurrency, "must be three capital letters"
	}
	panic("BUG: no format " + name)
}

// isEmail is as strict as HTML's input type: what a shop can send mail to, not
// all that RFC 5322 allows.
func isEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(local) > 64 || len(domain) > 253 {
		return false
	}
	for i := range len(local) {
		if !isAlphanumeric(local[i]) && !strings.ContainsRune(".!#$%&'*+/=?^_`{|}~-", rune(local[i])) {
			return false
		}
	}
	dot := strings.LastIndexByte(domain, '.')
	return dot > 0 && isHost(domain)
}

// isHost checks labels of letters, digits and inner hyphens.
func isHost(domain string) bool {
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if !isAlphanumeric(label[i]) && label[i] != '-' {
				return false
			}
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if c = c | 0x20; !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
				return false
			}
		}
	}
	return true
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

func isInteger(s string) bool {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	return isDigits(s)
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func isDecimal(s string) bool {
	_, err := event.ParseMicros(s)
	return err == nil
}

// isGTIN checks the check digit of GS1's General Specifications, section 7.9:
// digits weighted 3 and 1 from the right add up to a multiple of ten.
func isGTIN(s string) bool {
	if n := len(s); n != 8 && n != 12 && n != 13 && n != 14 || !isDigits(s) {
		return false
	}
	sum := 0
	for i := range len(s) {
		digit := int(s[len(s)-1-i] - '0')
		sum += digit * (1 + 2*(i%2))
	}
	return sum%10 == 0
}

func isCurrency(s string) bool {
	if len(s) != 3 {
		return false
	}
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return true
}

func isNumber(s string) bool {
	f, err := strconv.ParseFloat(s, 64)
	return err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) && !strings.ContainsAny(s, "xX_")
}

func isBoolean(s string) bool { return s == "true" || s == "false" }

func isTime(s string) bool {
	if _, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return true
	}
	_, err := time.Parse(time.DateTime, s)
	return err == nil
}
