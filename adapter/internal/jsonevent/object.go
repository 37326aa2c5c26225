package jsonevent

import "github.com/millrace/millrace/adapter/jsontext"

// Object writes a JSON object of what a payload says elsewhere. The zero value
// writes an empty one; members without a value are left out.
type Object struct{ buf []byte }

// Reset begins anew.
func (o *Object) Reset() { o.buf = o.buf[:0] }

func (o *Object) key(name string) {
	separator := byte(',')
	if len(o.buf) == 0 {
		separator = '{'
	}
	o.buf = append(o.buf, separator)
	o.buf = append(appendQuoted(o.buf, name), ':')
}

// Text adds a text that stands in a payload.
func (o *Object) Text(name string, v jsontext.Value) {
	switch {
	case v.Kind != jsontext.String || v.Raw == "":
	case v.Escaped:
		o.key(name)
		o.buf = append(append(append(o.buf, '"'), v.Raw...), '"')
	default:
		o.String(name, v.Raw)
	}
}

// String adds a text.
func (o *Object) String(name, text string) {
	if text != "" {
		o.key(name)
		o.buf = appendQuoted(o.buf, text)
	}
}

// Raw adds a value that is JSON.
func (o *Object) Raw(name, text string) {
	if text != "" {
		o.key(name)
		o.buf = append(o.buf, text...)
	}
}

// Keep returns the object in the reader's memory, or nothing if it has no member.
func (o *Object) Keep(r *Reader) string {
	if len(o.buf) == 0 {
		return ""
	}
	return r.Memory.Keep(append(append(r.Memory.Buffer(len(o.buf)+1), o.buf...), '}'))
}

// appendQuoted appends text, which is UTF-8, as a JSON string.
func appendQuoted(dst []byte, text string) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for i := range len(text) {
		switch c := text[i]; {
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
