package patch

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// separators are how a locale writes numbers. Where a group may be a blank, any blank is.
type separators struct{ decimal, group rune }

var locales = map[string]separators{
	"en": {'.', ','}, "de": {',', '.'}, "fr": {',', ' '}, "ch": {'.', '\''},
}

func (n *Number) separators() (separators, error) {
	s := separators{decimal: '.'}
	if n.Locale != "" {
		if n.Decimal+n.Group != "" {
			return s, errors.New(`"locale" stands for both separators; write it alone, or the separators`)
		}
		return locales[n.Locale], nil
	}
	if n.Decimal+n.Group == "" {
		return s, errors.New(`say how the numbers are written: locale: de, or decimal: ","`)
	}
	for _, one := range []struct {
		name, text string
		to         *rune
	}{{"decimal", n.Decimal, &s.decimal}, {"group", n.Group, &s.group}} {
		r, size := utf8.DecodeRuneInString(one.text)
		switch {
		case one.text == "":
		case size != len(one.text) || r == utf8.RuneError || unicode.IsDigit(r) || r == '-' || r == '+':
			return s, fmt.Errorf("cannot take %q as %q; want one character that is no digit and no sign", show(one.text), one.name)
		default:
			*one.to = r
		}
	}
	if s.decimal == s.group {
		return s, errors.New("the decimal and the group separator are the same")
	}
	return s, nil
}

const maxDigits = 40

// parse reads a number and returns it with a point, without groups and without zeros
// that say nothing at its beginning.
func (s separators) parse(text string) (string, bool) {
	text = strings.TrimFunc(text, unicode.IsSpace)
	sign := ""
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		sign, text = "-", rest
	} else {
		text = strings.TrimPrefix(text, "+")
	}
	whole, fraction, pointed := strings.Cut(text, string(s.decimal))
	whole, ok := s.ungroup(whole)
	if !ok || !allDigits(fraction) || pointed && fraction == "" || whole+fraction == "" || len(whole)+len(fraction) > maxDigits {
		return "", false
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if pointed {
		whole += "." + fraction
	}
	return sign + whole, true
}

func (s separators) ungroup(whole string) (string, bool) {
	if s.group == 0 {
		return whole, allDigits(whole)
	}
	groups := strings.FieldsFunc(whole, func(r rune) bool { return r == s.group || s.group == ' ' && unicode.IsSpace(r) })
	joined := strings.Join(groups, "")
	if utf8.RuneCountInString(whole)-len(joined) != max(0, len(groups)-1) || !allDigits(joined) {
		return "", false // a separator at an end, or two in a row
	}
	for i, g := range groups {
		if len(groups) > 1 && (len(g) > 3 || i > 0 && len(g) != 3) {
			return "", false
		}
	}
	return joined, true
}

func allDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

var plain = separators{decimal: '.'}

// cast reads a value as a type; the value gets that type.
func cast(to string) func(value) (value, bool) {
	return func(v value) (value, bool) {
		text, ok := v.text, true
		as := kindNumber
		switch to {
		case "integer":
			if text, ok = plain.parse(text); ok {
				whole, fraction, _ := strings.Cut(text, ".")
				text, ok = whole, strings.Trim(fraction, "0") == ""
			}
		case "decimal":
			text, ok = plain.parse(text)
		case "boolean":
			as = kindBoolean
			text, ok = booleans[strings.ToLower(strings.TrimSpace(text))]
		default:
			as = kindText
		}
		if !ok || v.kind == as && text == v.text {
			return v, ok
		}
		return value{kind: as, text: text, retype: true}, true
	}
}

var booleans = map[string]string{
	"true": "true", "yes": "true", "y": "true", "1": "true", "false": "false", "no": "false", "n": "false", "0": "false",
}

// factor reads the ratio of a conversion.
func (s *Scale) factor() (*big.Rat, error) {
	ratio := big.NewRat(1, 1)
	for _, one := range []struct{ name, text string }{{"factor", s.Factor}, {"by", s.By}} {
		if one.text == "" {
			continue
		}
		text, ok := plain.parse(one.text)
		n, read := new(big.Rat).SetString(text)
		if !ok || !read || n.Sign() == 0 {
			return nil, fmt.Errorf("cannot take %q as %q; want a decimal that is not zero, such as 0.01", show(one.text), one.name)
		}
		if one.name == "by" {
			n.Inv(n)
		}
		ratio.Mul(ratio, n)
	}
	if ratio.Cmp(big.NewRat(1, 1)) == 0 {
		return nil, errors.New("factor and by change nothing")
	}
	return ratio, nil
}

// scaled multiplies a plain number by a ratio.
func scaled(ratio *big.Rat, decimals int) func(string) (string, bool) {
	return func(text string) (string, bool) {
		text, ok := plain.parse(text)
		if !ok {
			return "", false
		}
		n, ok := new(big.Rat).SetString(text)
		if !ok {
			return "", false
		}
		text = n.Mul(n, ratio).FloatString(decimals)
		if strings.Contains(text, ".") {
			text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
		}
		if text == "-0" {
			text = "0"
		}
		return text, true
	}
}

// The formats of times that are no layouts.
const (
	formatRFC3339    = "rfc3339"
	formatUnix       = "unix"
	formatUnixMillis = "unix_ms"
)

func checkFormat(format string) error {
	switch format {
	case formatRFC3339, formatUnix, formatUnixMillis:
		return nil
	}
	reference := time.Date(2011, 11, 22, 13, 44, 55, 0, time.UTC)
	text := reference.Format(format)
	read, err := time.Parse(format, text)
	if err != nil || read.Year() != 2011 || read.YearDay() != reference.YearDay() {
		return fmt.Errorf("%q is no format of times; want rfc3339, unix, unix_ms, or the time 2006-01-02 15:04:05 as it would be written, with day, month and year", show(format))
	}
	return nil
}

func parseTime(text, format string, zone *time.Location) (time.Time, bool) {
	switch format {
	case formatRFC3339:
		format = time.RFC3339Nano
	case formatUnix, formatUnixMillis:
		const most = 1 << 48
		n, ok := small(text, most)
		if format == formatUnix {
			return time.Unix(int64(n), 0).In(zone), ok && n < most/1000
		}
		return time.UnixMilli(int64(n)).In(zone), ok
	}
	t, err := time.ParseInLocation(format, text, zone)
	return t, err == nil
}

func writeTime(t time.Time, format string, zone *time.Location) string {
	switch format {
	case formatRFC3339:
		format = time.RFC3339Nano
	case formatUnix:
		return fmt.Sprint(t.Unix())
	case formatUnixMillis:
		return fmt.Sprint(t.UnixMilli())
	}
	return t.In(zone).Format(format)
}

func retimed(formats []string, to string, zone *time.Location) func(string) (string, bool) {
	return func(text string) (string, bool) {
		text = strings.TrimFunc(text, unicode.IsSpace)
		for _, f := range formats {
			if t, ok := parseTime(text, f, zone); ok {
				return writeTime(t, to, zone), true
			}
		}
		return "", false
	}
}
