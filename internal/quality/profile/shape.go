package profile

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

const maxShapeBytes = 64

// cut ends a shape that is longer than maxShapeBytes.
const cut = "…"

// appendShape appends the shape of a text: capitals are A, small letters a, letters
// outside ASCII ä, digits 9, blanks one blank, other characters themselves; how often one
// follows itself stands in braces: "GB-17850" is "A{2}-9{5}". What does not fit in
// maxShapeBytes ends in "…".
func appendShape(dst []byte, s string) []byte {
	for len(s) > 0 {
		class, n, rest := run(s)
		s = rest
		if len(dst)+utf8.UTFMax+8 > maxShapeBytes-len(cut) && len(s) > 0 {
			return append(dst, cut...)
		}
		dst = utf8.AppendRune(dst, class)
		if n > 1 {
			dst = append(dst, '{')
			dst = strconv.AppendInt(dst, int64(n), 10)
			dst = append(dst, '}')
		}
	}
	return dst
}

// run cuts the longest beginning off whose characters are of one class.
func run(s string) (class rune, n int, rest string) {
	for len(s) > 0 {
		r, size := rune(s[0]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s)
		}
		c := classOf(r)
		if n > 0 && c != class {
			break
		}
		class, s = c, s[size:]
		n++
	}
	return class, n, s
}

func classOf(r rune) rune {
	switch {
	case r >= '0' && r <= '9':
		return '9'
	case r >= 'a' && r <= 'z':
		return 'a'
	case r >= 'A' && r <= 'Z':
		return 'A'
	case r < ' ':
		return '·' // control characters would break the lines of those who read it
	case r < utf8.RuneSelf:
		return r
	case unicode.IsLetter(r):
		return 'ä'
	}
	return r
}
