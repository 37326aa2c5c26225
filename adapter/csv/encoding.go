package csv

import (
	"strings"
	"unicode/utf8"

	"github.com/millrace/millrace/adapter/internal/arena"
)

type encoding uint8

const (
	encodingUTF8 encoding = iota
	encodingWindows1252
	encodingLatin1
	encodingAuto // UTF-8 if a text is, else Windows-1252
)

var encodingNames = [...]string{"UTF-8", "Windows-1252", "ISO-8859-1", "UTF-8 or Windows-1252"}

func parseEncoding(name string) (encoding, bool) {
	switch strings.ToLower(name) {
	case "", "utf-8", "utf8":
		return encodingUTF8, true
	case "windows-1252", "cp1252":
		return encodingWindows1252, true
	case "iso-8859-1", "latin1", "latin-1":
		return encodingLatin1, true
	case auto:
		return encodingAuto, true
	}
	return 0, false
}

// windows1252 holds the characters 0x80 to 0x9F; 0 is "not assigned". Source:
// unicode.org/Public/MAPPINGS/VENDORS/MICSFT/WINDOWS/CP1252.TXT.
var windows1252 = [32]rune{
	'€', 0, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0, 'Ž', 0,
	0, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0, 'ž', 'Ÿ',
}

// toUTF8 returns s in UTF-8: s itself when it is, else a copy in memory. bad is
// the position of the first byte that the encoding does not have, or -1; the
// text is then s.
func (e encoding) toUTF8(s string, memory *arena.Arena) (text string, bad int) {
	if e == encodingAuto {
		if utf8.ValidString(s) {
			return s, -1
		}
		e = encodingWindows1252
	}
	if e == encodingUTF8 {
		if utf8.ValidString(s) {
			return s, -1
		}
		return s, invalidUTF8(s)
	}
	high := 0
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			high++
		}
	}
	if high == 0 {
		return s, -1
	}
	out := memory.Buffer(len(s) + 2*high)
	for i := range len(s) {
		r := rune(s[i])
		if e == encodingWindows1252 && r >= 0x80 && r < 0xa0 {
			if r = windows1252[r-0x80]; r == 0 {
				return s, i
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return memory.Keep(out), -1
}

func invalidUTF8(s string) int {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}
