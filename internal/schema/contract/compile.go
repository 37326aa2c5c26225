package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/internal/spell"
)

// keywords are those of JSON Schema (2020-12) that are compiled, then those that only
// tell something, then ours.
var keywords = []string{
	"type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
	"minLength", "maxLength", "pattern", "format", "items", "minItems", "maxItems", "uniqueItems",
	"properties", "required", "additionalProperties", "minProperties", "maxProperties", "dependentRequired",
	"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "$ref", "$defs",
	"title", "description", "default", "examples", "deprecated", "$comment", "$schema", "$id", "readOnly", "writeOnly",
	"pii",
}

// personal are the kinds of personal data that a field may be tagged with.
var personal = []string{"name", "email", "phone", "address", "identifier", "location", "birth_date", "payment", "ip_address", "free_text"}

// Limits of a schema.
const (
	maxSchemaDepth = 32     // through references, too
	maxCompiled    = 20_000 // of a file, each reference counted anew
	maxRequired    = 64     // members that must be there, or that others depend on
	maxPattern     = 1000
)

// compiler makes nodes of schemas.
type compiler struct {
	*tree
	definitions map[string]any
	document    any // where "#" points to
	depth       int
	compiled    int
}

func (c *compiler) compile(path string, schema any) *node {
	n := &node{maxLength: -1, maxItems: -1, maxMembers: -1}
	if c.depth++; c.depth > maxSchemaDepth && c.compiled < maxCompiled {
		c.compiled = maxCompiled // nothing more is compiled
		c.fail(path, "schemas are nested more than %d deep; a schema cannot contain itself", maxSchemaDepth)
	}
	if c.compiled++; c.compiled == maxCompiled {
		c.fail(path, "the file has more than %d schemas, counting what references repeat", maxCompiled)
	}
	defer func() { c.depth-- }()
	switch s := schema.(type) {
	case bool:
		n.never = !s
	case map[string]any:
		if c.compiled < maxCompiled {
			c.object(path, n, s)
		}
	default:
		c.fail(path, "a schema is a section of keywords, true or false")
	}
	return n
}

func (c *compiler) object(path string, n *node, s map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(s)) {
		if !slices.Contains(keywords, key) {
			hint := ""
			if near := spell.Nearest(key, keywords); near != "" {
				hint = fmt.Sprintf("; did you mean %q?", near)
			}
			c.fail(join(path, key), "no keyword that contracts know%s", hint)
		}
	}
	if ref, ok := s["$ref"]; ok {
		n.allOf = append(n.allOf, c.reference(join(path, "$ref"), ref))
	}
	c.types(path, n, s)
	c.numbers(path, n, s)
	c.texts(path, n, s)
	c.arrays(path, n, s)
	c.members(path, n, s)
	c.combined(path, n, s)
	if tag, ok := s["pii"]; ok {
		if n.pii, ok = tag.(string); !ok || !slices.Contains(personal, n.pii) {
			c.fail(join(path, "pii"), "is %v; must be one of %s", tag, strings.Join(personal, ", "))
		}
	}
	// A reference that stands alone is what it refers to, which is walked once.
	if only := n.allOf; len(only) == 1 && s["$ref"] != nil && n.plain() {
		tag := n.pii
		*n = *only[0]
		if tag != "" {
			n.pii = tag
		}
	}
}

// plain reports whether a node asks for nothing but its allOf.
func (n *node) plain() bool {
	return n.types == 0 && !n.limited && n.minimum == nil && n.maximum == nil && n.above == nil && n.below == nil && n.step == nil &&
		n.minLength == 0 && n.maxLength < 0 && n.pattern == nil && n.has == nil && !n.entersArray() && !n.unique && !n.entersObject() &&
		n.anyOf == nil && n.oneOf == nil && n.not == nil && n.when == nil
}

// reference follows a $ref within the file.
func (c *compiler) reference(path string, ref any) *node {
	text, _ := ref.(string)
	if name, ok := strings.CutPrefix(text, "#/definitions/"); ok && c.definitions[name] != nil {
		return c.compile(join("definitions", name), c.definitions[name])
	}
	pointer, ok := strings.CutPrefix(text, "#")
	pointer, err := url.PathUnescape(pointer)
	if !ok || err != nil {
		c.fail(path, "is %q; a reference is #/definitions/NAME, or begins with # for the schema itself", text)
		return new(node)
	}
	target := c.document
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if pointer == "" {
			break
		}
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		switch t := target.(type) {
		case map[string]any:
			target = t[part]
		case []any:
			i, err := strconv.Atoi(part)
			if target = nil; err == nil && i >= 0 && i < len(t) {
				target = t[i]
			}
		}
	}
	if target == nil {
		c.fail(path, "is %q, which is not in this file", text)
		return new(node)
	}
	return c.compile(path, target)
}

func (c *compiler) types(path string, n *node, s map[string]any) {
	switch t := s["type"].(type) {
	case nil:
		if _, there := s["type"]; there {
			c.fail(join(path, "type"), "is null; must be a type, or a list of types")
		}
	case string:
		n.types = c.kind(join(path, "type"), t)
	case []any:
		for i, e := range t {
			name, _ := e.(string)
			n.types |= c.kind(fmt.Sprintf("%s[%d]", join(path, "type"), i), name)
		}
	default:
		c.fail(join(path, "type"), "must be a type, or a list of types")
	}
	list, ok := s["enum"].([]any)
	if _, there := s["enum"]; there && !ok {
		c.fail(join(path, "enum"), "must be a list of values")
	}
	if value, is := s["const"]; is {
		if n.limited = true; ok {
			c.fail(join(path, "const"), "stands beside enum; keep one of them")
		}
		list = []any{value}
	}
	n.limited = n.limited || ok
	for _, value := range list {
		n.values = append(n.values, equalForm(value))
	}
}

// equalForm is the form of [appendEqual] for a value of a schema.
func equalForm(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic("BUG: a value that was read from JSON cannot be written: " + err.Error())
	}
	var c jsontext.Cursor
	c.Reset(string(text))
	return appendEqual(nil, c.Value())
}

func (c *compiler) kind(path, name string) kinds {
	for _, k := range kindNames {
		if k.name == name {
			return k.kind
		}
	}
	c.fail(path, "is %q; types are null, boolean, integer, number, string, array and object", name)
	return 0
}

// String lists the types for a message.
func (k kinds) String() string {
	var names []string
	for _, n := range kindNames {
		if k&n.kind != 0 {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, " or ")
}

// valuesText lists values for a message.
func valuesText(values [][]byte) string {
	var names []string
	for i, v := range values {
		if i == 10 {
			names = append(names, "…")
			break
		}
		names = append(names, strings.ToValidUTF8(strings.TrimLeft(string(v), `"`), ""))
	}
	return strings.Join(names, ", ")
}

func (c *compiler) numbers(path string, n *node, s map[string]any) {
	n.minimum = c.number(path, "minimum", s)
	n.maximum = c.number(path, "maximum", s)
	n.above = c.number(path, "exclusiveMinimum", s)
	n.below = c.number(path, "exclusiveMaximum", s)
	n.step = c.number(path, "multipleOf", s)
	if n.step == nil {
		return
	}
	if d := readDecimal(n.step.text); d.sign() <= 0 || d.exponent > maxExponent || d.exponent < -maxExponent {
		c.fail(join(path, "multipleOf"), "is %s; must be above 0 and of a reasonable size", n.step.text)
		n.step = nil
	}
}

func (c *compiler) number(path, key string, s map[string]any) *number {
	value, there := s[key]
	if !there {
		return nil
	}
	text, ok := value.(json.Number)
	if !ok {
		c.fail(join(path, key), "must be a number")
		return nil
	}
	return newNumber(text.String())
}

// count reads a whole number from 0; otherwise it returns what holds without one.
func (c *compiler) count(path, key string, s map[string]any, without int) int {
	value, there := s[key]
	if !there {
		return without
	}
	text, _ := value.(json.Number)
	if d := readDecimal(text.String()); text != "" && d.whole() && !d.negative && d.exponent <= 9 {
		number := 0
		for i := range int(d.exponent) {
			number = number*10 + int(d.digit(i)-'0')
		}
		return number
	}
	c.fail(join(path, key), "must be a whole number from 0 to 999999999")
	return without
}

func (c *compiler) texts(path string, n *node, s map[string]any) {
	n.minLength = c.count(path, "minLength", s, 0)
	n.maxLength = c.count(path, "maxLength", s, -1)
	if value, ok := s["pattern"]; ok {
		text, is := value.(string)
		var err error
		if n.pattern, err = regexp.Compile(text); err != nil || !is || len(text) > maxPattern {
			c.fail(join(path, "pattern"), "must be a regular expression (RE2) of up to %d characters: %v", maxPattern, err)
		}
	}
	if value, ok := s["format"]; ok {
		name, _ := value.(string)
		known, is := formats[name]
		if !is {
			c.fail(join(path, "format"), "is %q; formats are %s", name, strings.Join(slices.Sorted(maps.Keys(formats)), ", "))
		}
		n.format, n.has = name, known.has
	}
}

func (c *compiler) arrays(path string, n *node, s map[string]any) {
	if items, ok := s["items"]; ok {
		n.items = c.compile(join(path, "items"), items)
	}
	n.minItems = c.count(path, "minItems", s, 0)
	n.maxItems = c.count(path, "maxItems", s, -1)
	n.unique = c.flag(path, "uniqueItems", s)
}

func (c *compiler) flag(path, key string, s map[string]any) bool {
	value, there := s[key]
	on, ok := value.(bool)
	if there && !ok {
		c.fail(join(path, key), "must be true or false")
	}
	return on
}

func (c *compiler) members(path string, n *node, s map[string]any) {
	n.minMembers = c.count(path, "minProperties", s, 0)
	n.maxMembers = c.count(path, "maxProperties", s, -1)
	if further, ok := s["additionalProperties"]; ok {
		if n.additional = c.compile(join(path, "additionalProperties"), further); n.additional.plain() && n.additional.allOf == nil && !n.additional.never {
			n.additional = nil // true
		}
	}
	properties, ok := s["properties"].(map[string]any)
	if _, there := s["properties"]; there && !ok {
		c.fail(join(path, "properties"), "must be a section of names and schemas")
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		n.add(name, c.compile(join(join(path, "properties"), name), properties[name]))
	}
	n.required = c.names(path, "required", s)
	bits := 0
	for _, name := range n.required {
		n.requiredBits |= c.ask(path, n, name, &bits)
	}
	c.dependents(path, n, s, &bits)
}

func (n *node) add(name string, of *node) *property {
	if n.properties == nil {
		n.properties = make(map[string]*property)
	}
	p := &property{name: name, node: of}
	n.properties[name] = p
	return p
}

// ask gives a member a bit, by which it is noticed.
func (c *compiler) ask(path string, n *node, name string, bits *int) uint64 {
	p := n.properties[name]
	if p == nil {
		of := n.additional
		if of == nil {
			of = &node{maxLength: -1, maxItems: -1, maxMembers: -1}
		}
		p = n.add(name, of)
	}
	if p.bit == 0 {
		if *bits == maxRequired {
			c.fail(path, "more than %d members are required or have others that depend on them", maxRequired)
			return 0
		}
		p.bit = 1 << *bits
		*bits++
	}
	return p.bit
}

func (c *compiler) names(path, key string, s map[string]any) []string {
	list, ok := s[key].([]any)
	if _, there := s[key]; there && !ok {
		c.fail(join(path, key), "must be a list of names")
	}
	var names []string
	for i, e := range list {
		name, is := e.(string)
		if !is {
			c.fail(fmt.Sprintf("%s[%d]", join(path, key), i), "must be a name")
		}
		names = append(names, name)
	}
	return names
}

func (c *compiler) dependents(path string, n *node, s map[string]any, bits *int) {
	section, ok := s["dependentRequired"].(map[string]any)
	if _, there := s["dependentRequired"]; there && !ok {
		c.fail(join(path, "dependentRequired"), "must be a section of names and lists of names")
	}
	at := join(path, "dependentRequired")
	for _, name := range slices.Sorted(maps.Keys(section)) {
		d := dependent{name: name, bit: c.ask(path, n, name, bits)}
		for _, other := range c.names(at, name, section) {
			c.ask(path, n, other, bits)
			d.needs = append(d.needs, n.properties[other])
		}
		n.dependents = append(n.dependents, d)
	}
}

func (c *compiler) combined(path string, n *node, s map[string]any) {
	n.allOf = append(n.allOf, c.list(path, "allOf", s)...)
	n.anyOf = c.list(path, "anyOf", s)
	n.oneOf = c.list(path, "oneOf", s)
	one := func(key string) *node {
		if value, ok := s[key]; ok {
			return c.compile(join(path, key), value)
		}
		return nil
	}
	n.not = one("not")
	if n.when = one("if"); n.when != nil {
		n.then, n.orElse = one("then"), one("else")
	}
}

func (c *compiler) list(path, key string, s map[string]any) []*node {
	value, there := s[key]
	if !there {
		return nil
	}
	list, _ := value.([]any)
	if len(list) == 0 {
		c.fail(join(path, key), "must be a list of schemas, at least one")
	}
	var nodes []*node
	for i, e := range list {
		nodes = append(nodes, c.compile(fmt.Sprintf("%s[%d]", join(path, key), i), e))
	}
	return nodes
}
