package jsonschema

import "regexp"

// matches tells whether a property's name fits a pattern. One that Go's regular
// expressions do not know fits nothing, so that the property counts as not covered.
func matches(pattern, name string) bool {
	re, err := regexp.Compile(pattern)
	return err == nil && re.MatchString(name)
}
