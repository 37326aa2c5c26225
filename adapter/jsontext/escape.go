package jsontext

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Unescape appends the text that a string's raw form, which must be valid,
// stands for. Half of a surrogate pair becomes U+FFFD, as in encoding/json. The
// result is never longer than raw.
func Unescape(dst []byte, raw string) []byte {
	for {
		n := strings.IndexByte(raw, '\\')
		if n < 0 || n+1 >= len(raw) {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:n]...)
		raw = raw[n+1:]
		switch b := raw[0]; b {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			var r rune
			r, raw = unescapeRune(raw)
			dst = utf8.AppendRune(dst, r)
			continue
		default:
			dst = append(dst, b)
		}
		raw = raw[1:]
	}
}

// unescapeRune reads raw from the u of \uXXXX, and the second half of a
// surrogate pair with it.
func unescapeRune(raw string) (r rune, rest string) {
	r, ok := hex4(raw[1:])
	if !ok {
		return utf8.RuneError, raw[1:]
	}
	raw = raw[5:]
	if !utf16.IsSurrogate(r) {
		return r, raw
	}
	if strings.HasPrefix(raw, `\u`) {
		if second, ok := hex4(raw[2:]); ok {
			if pair := utf16.DecodeRune(r, second); pair != utf8.RuneError {
				return pair, raw[6:]
			}
		}
	}
	return utf8.RuneError, raw
}

func hex4(s string) (r rune, ok bool) {
	for i := range 4 {
		digit, ok := hex(s, i)
		if !ok {
			return 0, false
		}
		r = r<<4 | rune(digit)
	}
	return r, true
}

// hex returns the hexadecimal digit at a position, which may be past the end.
func hex(s string, pos int) (digit byte, ok bool) {
	if pos >= len(s) {
		return 0, false
	}
	switch b := s[pos]; {
	case b >= '0' && b <= '9':
		return b - '0', true
	case b >= 'a' && b <= 'f':
		return b - 'a' + 10, true
	case b >= 'A' && b <= 'F':
		return b - 'A' + 10, true
	}
	return 0, false
}
