// Package braces reads texts with names in braces, as people write them in rules: "{field} of {other}".
package braces

import (
	"errors"
	"strings"
)

// Parse calls plain for each text between names, and name for each name, in their order. Two
// equal braces stand for one. It ends with the first error, also of name.
func Parse(text string, plain func(text string), name func(name string) error) error {
	var between strings.Builder
	flush := func() {
		if between.Len() > 0 {
			plain(between.String())
			between.Reset()
		}
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case (c == '{' || c == '}') && i+1 < len(text) && text[i+1] == c:
			between.WriteByte(c)
			i++
		case c == '}':
			return errors.New(`a "}" without "{"; write "}}" for a brace`)
		case c == '{':
			end := strings.IndexByte(text[i:], '}')
			if end < 2 {
				return errors.New(`a "{" without a name and "}"; write "{{" for a brace`)
			}
			flush()
			if err := name(text[i+1 : i+end]); err != nil {
				return err
			}
			i += end
		default:
			between.WriteByte(c)
		}
	}
	flush()
	return nil
}
