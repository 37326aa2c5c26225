package cdc

import (
	"encoding/base64"
	"unicode/utf8"

	"github.com/millrace/millrace/adapter/jsontext"
)

// InvalidUTF8 is why a row is refused that holds text of no known encoding.
const InvalidUTF8 = "invalid_utf8"

const hexDigits = "0123456789abcdef"

// AppendText appends text as a JSON string. It is false when the text is not
// UTF-8; what is appended is JSON all the same.
func AppendText[T string | []byte](dst []byte, text T) ([]byte, bool) {
	dst = append(dst, '"')
	from := 0
	ascii := true
	for i := range len(text) {
		c := text[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			ascii = ascii && c < utf8.RuneSelf
			continue
		}
		dst = append(append(dst, text[from:i]...), '\\')
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, c)
		case '\n':
			dst = append(dst, 'n')
		case '\r':
			dst = append(dst, 'r')
		case '\t':
			dst = append(dst, 't')
		default:
			dst = append(dst, 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	dst = append(append(dst, text[from:]...), '"')
	return dst, ascii || utf8.ValidString(string(text))
}

// AppendBytes appends bytes as a JSON string in base64.
func AppendBytes(dst, data []byte) []byte {
	return append(base64.StdEncoding.AppendEncode(append(dst, '"'), data), '"')
}

// maxNesting of a value leaves room for the envelope around it.
const maxNesting = jsontext.MaxDepth - 8

// AppendJSON appends a value that is JSON as it stands, and one that cannot be
// part of an envelope (nested too deeply, broken) as text.
func AppendJSON(dst, text []byte) ([]byte, bool) {
	view := jsontext.View(text)
	if nesting(view) > maxNesting || jsontext.Validate(view) != nil {
		return AppendText(dst, text)
	}
	return append(dst, text...), true
}

// nesting is the depth of a document, or of what looks like one.
func nesting(text string) (deepest int) {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			depth++
			deepest = max(deepest, depth)
		case c == ']' || c == '}':
			depth--
		}
	}
	return deepest
}
