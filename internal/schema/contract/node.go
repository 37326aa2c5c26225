package contract

import (
	"regexp"

	"github.com/millrace/millrace/adapter/jsontext"
)

// node is a compiled schema: one struct of everything that is asked of a value, walked
// beside it. It is immutable.
type node struct {
	never bool // the schema false

	types   kinds // 0: any
	values  [][]byte
	limited bool // values counts

	minimum, maximum   *number
	above, below       *number // exclusive
	step               *number
	minLength          int
	maxLength          int // -1: none
	pattern            *regexp.Regexp
	format             string
	has                func(string) bool
	items              *node
	minItems, maxItems int // max -1: none
	unique             bool

	properties         map[string]*property
	additional         *node // nil: anything
	required           []string
	requiredBits       uint64
	minMembers         int
	maxMembers         int // -1: none
	dependents         []dependent
	allOf              []*node
	anyOf, oneOf       []*node
	not                *node
	when, then, orElse *node

	pii     string
	counted bool // members that it does not name are counted
}

// property is a named member. Its bit is set when it was seen, if anything asks for it.
type property struct {
	name string
	*node
	bit uint64
}

// dependent says which members must be there where another one is.
type dependent struct {
	name  string
	bit   uint64
	needs []*property
}

// kinds is a set of types of values.
type kinds uint8

const (
	kindNull kinds = 1 << iota
	kindBool
	kindInteger
	kindNumber
	kindString
	kindArray
	kindObject
)

var kindNames = []struct {
	kind kinds
	name string
}{
	{kindNull, "null"},
	{kindBool, "boolean"},
	{kindInteger, "integer"},
	{kindNumber, "number"},
	{kindString, "string"},
	{kindArray, "array"},
	{kindObject, "object"},
}

// kindsOf are the types that a value of JSON may be of by its first character.
var kindsOf = [...]kinds{
	jsontext.Null: kindNull, jsontext.Bool: kindBool, jsontext.Number: kindNumber,
	jsontext.String: kindString, jsontext.Array: kindArray, jsontext.Object: kindObject,
}

// takes reports whether a value is of one of the types. A number without a fraction is an
// integer, however it is written.
func (k kinds) takes(v jsontext.Value) bool {
	of := kindsOf[v.Kind]
	return k == 0 || k&of != 0 || of == kindNumber && k&kindInteger != 0 && isInteger(v.Raw)
}

func isInteger(text string) bool {
	for i := range len(text) {
		if c := text[i]; c == '.' || c == 'e' || c == 'E' {
			return readDecimal(text).whole()
		}
	}
	return true
}

// combined reports whether a value is looked at more than once.
func (n *node) combined() bool {
	return n.allOf != nil || n.anyOf != nil || n.oneOf != nil || n.not != nil || n.when != nil
}
