package quality

import (
	"strings"

	"github.com/millrace/millrace/event"
)

// notation is how numbers are written.
type notation struct {
	decimal byte
	group   string // "": none; " " stands for no-break blanks, too
}

var plain = notation{decimal: '.'}

// maxDigits bounds a number that is read.
const maxDigits = 40

// appendNumber appends the canonical decimal form of a number in text: digits, a minus
// sign, a point; no zeros that say nothing. It takes blanks and currency signs around
// it, a sign before or behind, parentheses for a negative amount, groups of three, and
// an exponent. It is false for what is no number in this notation.
func (n notation) appendNumber(dst []byte, text string) ([]byte, bool) {
	text, negative := stripNumber(text)
	text, exponent, ok := cutExponent(text)
	if !ok {
		return dst, false
	}
	var digits [maxDigits]byte
	whole, count, point, ok := n.digits(text, digits[:])
	if !ok {
		return dst, false
	}
	if !point {
		whole = count
	}
	return appendDecimal(dst, digits[:count], whole+exponent, negative), true
}

const signs = "€$£¥"

func stripNumber(text string) (rest string, negative bool) {
	trim := func(s string) string { return strings.Trim(s, signs+" \t\u00a0\u202f") }
	text = trim(text)
	if inner, ok := strings.CutPrefix(text, "("); ok && strings.HasSuffix(inner, ")") {
		return trim(inner[:len(inner)-1]), true
	}
	switch {
	case text == "":
	case text[0] == '-' || text[0] == '+':
		return trim(text[1:]), text[0] == '-'
	case strings.HasPrefix(text, "−"): // U+2212
		return trim(text[len("−"):]), true
	case text[len(text)-1] == '-':
		return trim(text[:len(text)-1]), true
	}
	return text, false
}

// cutExponent cuts e±n off, of at most two digits.
func cutExponent(text string) (rest string, exponent int, ok bool) {
	i := strings.IndexAny(text, "eE")
	if i < 0 {
		return text, 0, true
	}
	digits, sign := text[i+1:], 1
	if digits != "" && (digits[0] == '-' || digits[0] == '+') {
		if digits[0] == '-' {
			sign = -1
		}
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > 2 || !isDigits(digits) {
		return text, 0, false
	}
	for _, c := range []byte(digits) {
		exponent = 10*exponent + int(c-'0')
	}
	return text[:i], sign * exponent, exponent <= 20
}

// digits reads the digits, of which whole stand before the point.
func (n notation) digits(text string, digits []byte) (whole, count int, point, ok bool) {
	run, grouped := 0, false // digits since the last group sign
	for i := 0; i < len(text); {
		c := text[i]
		switch size := n.groupAt(text[i:]); {
		case c >= '0' && c <= '9':
			if count == len(digits) {
				return 0, 0, false, false
			}
			digits[count] = c
			count++
			run++
			i++
		case c == n.decimal && !point:
			if grouped && run != 3 {
				return 0, 0, false, false
			}
			point, whole = true, count
			i++
		case size > 0 && !point && run > 0 && run <= 3 && (!grouped || run == 3):
			grouped, run = true, 0
			i += size
		default:
			return 0, 0, false, false
		}
	}
	return whole, count, point, count > 0 && (point || !grouped || run == 3)
}

// groupAt returns the length of the group sign that text begins with.
func (n notation) groupAt(text string) int {
	if n.group == " " {
		for _, blank := range []string{" ", "\u00a0", "\u202f"} {
			if strings.HasPrefix(text, blank) {
				return len(blank)
			}
		}
		return 0
	}
	if n.group != "" && strings.HasPrefix(text, n.group) {
		return len(n.group)
	}
	return 0
}

// appendDecimal writes digits with the point behind the first whole of them.
func appendDecimal(dst, digits []byte, whole int, negative bool) []byte {
	for len(digits) > 0 && digits[0] == '0' {
		digits, whole = digits[1:], whole-1
	}
	for len(digits) > 0 && len(digits) > whole && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	if len(digits) == 0 {
		return append(dst, '0')
	}
	if negative {
		dst = append(dst, '-')
	}
	if whole <= 0 {
		dst = append(dst, '0', '.')
		for range -whole {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	for i := range max(whole, len(digits)) {
		if i == whole {
			dst = append(dst, '.')
		}
		if i < len(digits) {
			dst = append(dst, digits[i])
		} else {
			dst = append(dst, '0')
		}
	}
	return dst
}

// micros reads a number as money; scratch is overwritten.
func (n notation) micros(scratch *[]byte, text string) (event.Micros, bool) {
	out, ok := n.appendNumber((*scratch)[:0], text)
	*scratch = out
	if !ok {
		return 0, false
	}
	m, err := event.ParseMicros(out)
	return m, err == nil
}
