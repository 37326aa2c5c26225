package httpsource

import (
	"strings"
	"unicode/utf8"
)

// parameter returns the value of a query's first parameter of this name, still
// escaped. Unlike url.ParseQuery it makes nothing of the others.
func parameter(query, name string) (raw string, ok bool) {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if key, value, _ := strings.Cut(pair, "="); key == name {
			return value, true
		}
	}
	return "", false
}

// appendUnescaped appends the text that a query's part stands for. It is false
// when an escape is broken, or the text is not UTF-8.
func appendUnescaped(dst []byte, raw string) ([]byte, bool) {
	start := len(dst)
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; c {
		case '+':
			dst = append(dst, ' ')
		case '%':
			if i+2 >= len(raw) {
				return dst[:start], false
			}
			high, low := unhex(raw[i+1]), unhex(raw[i+2])
			if high > 15 || low > 15 {
				return dst[:start], false
			}
			dst = append(dst, high<<4|low)
			i += 2
		default:
			dst = append(dst, c)
		}
	}
	if !utf8.Valid(dst[start:]) {
		return dst[:start], false
	}
	return dst, true
}

// unhex returns the value of a hexadecimal digit, above 15 for anything else.
func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 0xff
}

// appendJSONString appends s, which is UTF-8, as a JSON string.
func appendJSONString(dst []byte, s string) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// members writes a JSON object member by member.
type members struct {
	dst   []byte
	from  int
	limit int // bytes of the object; a member that does not fit is left out
}

func newMembers(dst []byte, limit int) members {
	return members{dst: append(dst, '{'), from: len(dst), limit: limit}
}

func (m *members) key(name string) {
	if len(m.dst) > m.from+1 {
		m.dst = append(m.dst, ',')
	}
	m.dst = append(appendJSONString(m.dst, name), ':')
}

// raw adds a value that is JSON already. It is false if the value does not fit.
func (m *members) raw(name, value string) bool {
	if len(m.dst)-m.from+len(name)+len(value)+len(`,"":}`) > m.limit {
		return false
	}
	m.key(name)
	m.dst = append(m.dst, value...)
	return true
}

// text adds a text.
func (m *members) text(name, value string) bool {
	start := len(m.dst)
	m.key(name)
	m.dst = appendJSONString(m.dst, value)
	if len(m.dst)-m.from+1 > m.limit {
		m.dst = m.dst[:start]
		return false
	}
	return true
}

func (m *members) end() []byte { return append(m.dst, '}') }
