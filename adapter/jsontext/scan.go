package jsontext

// The grammar of RFC 8259, as functions over a text and a position. They keep
// both in registers, which makes skipping a value half as dear as walking it by
// a cursor. Each returns the position behind what it read, or, with a fault,
// that of the fault.

// kinds is what a value is, by its first byte.
var kinds = func() (t [256]Kind) {
	t['"'], t['{'], t['['], t['t'], t['f'], t['n'], t['-'] = String, Object, Array, Bool, Bool, Null, Number
	for b := '0'; b <= '9'; b++ {
		t[b] = Number
	}
	return t
}()

// scanValue reads the value at pos, which depth containers are around.
func scanValue(text string, pos, depth int) (int, fault) {
	if pos >= len(text) {
		return pos, wantValue
	}
	switch kinds[text[pos]] {
	case String:
		end, _, f := scanString(text, pos)
		return end, f
	case Number:
		return scanNumber(text, pos)
	case Object:
		return scanContainer(text, pos, depth, '}')
	case Array:
		return scanContainer(text, pos, depth, ']')
	case Null:
		return scanWord(text, pos, "null", wantNull)
	case Bool:
		if text[pos] == 'f' {
			return scanWord(text, pos, "false", wantFalse)
		}
		return scanWord(text, pos, "true", wantTrue)
	}
	return pos, wantValue
}

func scanContainer(text string, pos, depth int, closing byte) (int, fault) {
	if depth == MaxDepth {
		return pos, tooDeep
	}
	pos = skipSpace(text, pos+1)
	for first := true; ; first = false {
		end, more, f := scanNext(text, pos, closing, first)
		if !more {
			return end, f
		}
		if closing == '}' {
			if _, _, end, f = scanKey(text, end); f != sound {
				return end, f
			}
		}
		if end, f = scanValue(text, end, depth+1); f != sound {
			return end, f
		}
		pos = skipSpace(text, end)
	}
}

// scanNext goes to the next member or element of a container, or, without
// more, behind its end.
func scanNext(text string, pos int, closing byte, first bool) (end int, more bool, f fault) {
	switch {
	case pos < len(text) && text[pos] == closing:
		return pos + 1, false, sound
	case first:
		return pos, true, sound
	case pos < len(text) && text[pos] == ',':
		return skipSpace(text, pos+1), true, sound
	case closing == '}':
		return pos, false, wantMember
	}
	return pos, false, wantElement
}

// scanKey reads a key, which ends before keyEnd, and what is between it and its
// value.
func scanKey(text string, pos int) (keyEnd int, escaped bool, end int, f fault) {
	if pos >= len(text) || text[pos] != '"' {
		return 0, false, pos, wantKey
	}
	keyEnd, escaped, f = scanString(text, pos)
	if f != sound {
		return 0, false, keyEnd, f
	}
	pos = skipSpace(text, keyEnd)
	if pos >= len(text) || text[pos] != ':' {
		return 0, false, pos, wantColon
	}
	return keyEnd, escaped, skipSpace(text, pos+1), sound
}

// plain holds the bytes that stand for themselves in a string.
var plain = func() (t [256]bool) {
	for b := range t {
		t[b] = b >= 0x20 && b != '"' && b != '\\'
	}
	return t
}()

// scanString reads the string whose opening quote is at pos.
func scanString(text string, pos int) (end int, escaped bool, f fault) {
	for i := pos + 1; ; {
		for i < len(text) && plain[text[i]] {
			i++
		}
		switch {
		case i >= len(text):
			return i, false, wantQuote
		case text[i] == '"':
			return i + 1, escaped, sound
		case text[i] != '\\':
			return i, false, controlCharacter
		}
		if i, f = scanEscape(text, i); f != sound {
			return i, false, f
		}
		escaped = true
	}
}

func scanEscape(text string, pos int) (int, fault) {
	if pos+1 >= len(text) {
		return len(text), wantEscape
	}
	switch text[pos+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return pos + 2, sound
	case 'u':
		for i := pos + 2; i < pos+6; i++ {
			if _, ok := hex(text, i); !ok {
				return i, wantHex
			}
		}
		return pos + 6, sound
	}
	return pos + 1, wantEscape
}

// scanNumber reads a number; a leading zero is not one (section 6).
func scanNumber(text string, pos int) (int, fault) {
	i := pos
	if text[i] == '-' {
		i++
	}
	start := i
	if i = skipDigits(text, i); i == start {
		return i, wantDigit
	}
	if text[start] == '0' && i > start+1 {
		return start, leadingZero
	}
	if i < len(text) && text[i] == '.' {
		from := i + 1
		if i = skipDigits(text, from); i == from {
			return i, wantDigit
		}
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		from := i + 1
		if from < len(text) && (text[from] == '+' || text[from] == '-') {
			from++
		}
		if i = skipDigits(text, from); i == from {
			return i, wantDigit
		}
	}
	return i, sound
}

func scanWord(text string, pos int, word string, f fault) (int, fault) {
	for i := range len(word) {
		if pos+i >= len(text) || text[pos+i] != word[i] {
			return pos + i, f
		}
	}
	return pos + len(word), sound
}

func skipDigits(text string, pos int) int {
	for pos < len(text) && text[pos] >= '0' && text[pos] <= '9' {
		pos++
	}
	return pos
}

func isSpace(b byte) bool { return b == ' ' || b == '\n' || b == '\t' || b == '\r' }

func skipSpace(text string, pos int) int {
	for pos < len(text) && text[pos] <= ' ' && isSpace(text[pos]) {
		pos++
	}
	return pos
}
