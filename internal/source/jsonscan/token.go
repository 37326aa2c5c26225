package jsonscan

import "fmt"

// plain marks the bytes that may stand in a string without further thought.
var plain = func() (t [256]bool) {
	for c := 0x20; c < 256; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// str validates the string whose opening quote is at pos.
func str(data []byte, pos int) (int, *Error) {
	i := pos + 1
	for {
		for i < len(data) && plain[data[i]] {
			i++
		}
		if i >= len(data) {
			return i, unexpected(data, i, "the closing '\"' of a string")
		}
		switch data[i] {
		case '"':
			return i + 1, nil
		case '\\':
			n, err := escape(data, i)
			if err != nil {
				return i, err
			}
			i += n
		default:
			return i, &Error{i, fmt.Sprintf("control character 0x%02x in a string, write it as an escape", data[i])}
		}
	}
}

// escape returns the length of the escape sequence at pos.
func escape(data []byte, pos int) (int, *Error) {
	if pos+1 >= len(data) {
		return 0, unexpected(data, pos+1, "an escape sequence")
	}
	switch data[pos+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, nil
	case 'u':
		for i := pos + 2; i < pos+6; i++ {
			if i >= len(data) || !isHex(data[i]) {
				return 0, unexpected(data, i, "four hexadecimal digits after '\\u'")
			}
		}
		return 6, nil
	}
	return 0, unexpected(data, pos+1, `an escape sequence such as \n, \" or \u00e9`)
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// number validates a number; a leading zero is not one (RFC 8259, section 6).
func number(data []byte, pos int) (int, *Error) {
	i := pos
	if data[i] == '-' {
		i++
	}
	start := i
	i = digits(data, i)
	if i == start {
		return i, unexpected(data, i, "a digit")
	}
	if data[start] == '0' && i > start+1 {
		return start, &Error{start, "a number with a leading zero"}
	}
	if i < len(data) && data[i] == '.' {
		from := i + 1
		if i = digits(data, from); i == from {
			return i, unexpected(data, i, "a digit")
		}
	}
	if i < len(data) && (data[i] == 'e' || data[i] == 'E') {
		from := i + 1
		if from < len(data) && (data[from] == '+' || data[from] == '-') {
			from++
		}
		if i = digits(data, from); i == from {
			return i, unexpected(data, i, "a digit")
		}
	}
	return i, nil
}

func digits(data []byte, pos int) int {
	for pos < len(data) && data[pos] >= '0' && data[pos] <= '9' {
		pos++
	}
	return pos
}

func literal(data []byte, pos int, want string) (int, *Error) {
	for i := range len(want) {
		if pos+i >= len(data) || data[pos+i] != want[i] {
			return pos + i, unexpected(data, pos+i, fmt.Sprintf("%q", want))
		}
	}
	return pos + len(want), nil
}
