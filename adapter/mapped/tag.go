package mapped

import (
	"bytes"
	"strings"
)

// tag is a start or end tag.
type tag struct {
	start          int
	name           []byte // without prefix
	closing, empty bool
}

// step is what the tag adds to the depth.
func (t *tag) step() int {
	if t.closing {
		return -1
	}
	return 1
}

const cdata = "<![CDATA["

// sections are what tags do not count in.
var sections = []struct{ opening, closing string }{
	{"<!--", "-->"}, {cdata, "]]>"}, {"<?", "?>"}, {"<!", ">"}, {"<", ">"},
}

// closingOf returns what ends the section or tag that data begins with.
func closingOf(data []byte) string {
	for _, s := range sections {
		if bytes.HasPrefix(data, []byte(s.opening)) {
			return s.closing
		}
	}
	return ">"
}

// nextTag finds the first tag at or behind pos, outside of comments, CDATA
// sections, instructions and declarations, and returns where it ends. Without
// one, at is up to where the data was read: its end, or something that is cut.
func nextTag(data []byte, pos int) (t tag, at int, ok bool) {
	for {
		n := bytes.IndexByte(data[pos:], '<')
		if n < 0 {
			return tag{}, len(data), false
		}
		pos += n
		rest := data[pos:]
		if short := string(rest[:min(len(rest), len(cdata))]); strings.HasPrefix(cdata, short) && short != cdata || strings.HasPrefix("<!--", short) && len(short) < 4 {
			return tag{}, pos, false // cut before it says what it is
		}
		if rest[1] != '!' && rest[1] != '?' {
			return readTag(data, pos)
		}
		closing := closingOf(rest)
		if n = bytes.Index(rest, []byte(closing)); n < 0 {
			return tag{}, pos, false
		}
		pos += n + len(closing)
	}
}

// readTag reads the tag at pos up to its '>', which may stand in the quotes of an
// attribute, too.
func readTag(data []byte, pos int) (t tag, at int, ok bool) {
	t.start = pos
	i := pos + 1
	if i < len(data) && data[i] == '/' {
		t.closing = true
		i++
	}
	from := i
	for i < len(data) && data[i] != '>' && data[i] != '/' && data[i] > ' ' {
		i++
	}
	t.name = data[from:i]
	if colon := bytes.IndexByte(t.name, ':'); colon >= 0 {
		t.name = t.name[colon+1:]
	}
	for ; i < len(data); i++ {
		switch c := data[i]; c {
		case '"', '\'':
			n := bytes.IndexByte(data[i+1:], c)
			if n < 0 {
				return tag{}, pos, false
			}
			i += n + 1
		case '>':
			t.empty = data[i-1] == '/'
			return t, i + 1, true
		}
	}
	return tag{}, pos, false
}
