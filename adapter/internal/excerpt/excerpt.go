// Package excerpt makes a received value fit to be shown and stored as text.
package excerpt

import (
	"strings"
	"unicode/utf8"
)

// Of returns the beginning of a value, at most what a batch keeps of one, cut at
// a character's boundary. What is not UTF-8 becomes U+FFFD.
func Of(value string) string {
	const limit = 256 // what a batch keeps
	if len(value) > limit {
		end := limit
		for end > limit-utf8.UTFMax && !utf8.RuneStart(value[end]) {
			end--
		}
		value = value[:end]
	}
	return strings.ToValidUTF8(value, "\ufffd")
}
