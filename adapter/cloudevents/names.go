package cloudevents

import (
	"strings"
	"unicode/utf8"

	"github.com/millrace/millrace/adapter/internal/commerce"
)

// maxParts is how many parts of a type may name an event.
const maxParts = 5

// eventType turns the type of a CloudEvent into one of ours.
func eventType(ceType string) string {
	parts := strings.FieldsFunc(ceType, func(r rune) bool { return r == '.' || r == '/' || r == ':' })
	for len(parts) > 1 && isVersion(parts[len(parts)-1]) {
		parts = parts[:len(parts)-1]
	}
	parts = parts[max(0, len(parts)-maxParts):]
	for i := range parts {
		if t := commerce.EventType(strings.Join(parts[i:], "_")); commerce.InSpec(t) {
			return t
		}
	}
	return cut(ceType)
}

// isVersion reports whether a part of a type is a version: v2, 2, V10.
func isVersion(part string) bool {
	digits := strings.TrimLeft(part, "vV")
	return digits != "" && len(part)-len(digits) <= 1 && strings.Trim(digits, "0123456789") == ""
}

func cut(s string) string {
	if len(s) <= commerce.MaxTypeBytes {
		return s
	}
	end := commerce.MaxTypeBytes
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}
