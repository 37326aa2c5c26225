package jsonschema

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/schema"
)

// Reads implements [schema.Schema].
func (s *Schema) Reads(writer schema.Schema) []schema.Incompatibility {
	w := writer.(*Schema)
	c := &comparison{seen: map[string]bool{pair("#", "#", s, w): true}, left: new(maxSteps)}
	c.compare("#", node{s, s.root}, node{w, w.root})
	return c.found
}

// comparison is one of a reader's schema with a writer's.
type comparison struct {
	found []schema.Incompatibility
	seen  map[string]bool // pairs of references under way
	depth int
	left  *int // steps; branches of branches could be compared for ever
}

const (
	maxDepth = 64 // of schemas that unfold into ever deeper ones
	maxSteps = 100_000
)

// pair names two references, each within its document.
func pair(reader, writer string, in, of *Schema) string {
	return fmt.Sprintf("%s\x00%s\x00%p\x00%p", reader, writer, in, of)
}

// node is a schema within a document, whose references are found there.
type node struct {
	in    *Schema
	value any
}

func (c *comparison) fail(path, kind, format string, args ...any) {
	if len(c.found) < schema.MaxIncompatibilities {
		c.found = append(c.found, schema.Incompatibility{Kind: kind, Path: path, Message: fmt.Sprintf(format, args...)})
	}
}

// fits tries a pair without reporting.
func (c *comparison) fits(reader, writer node) bool {
	try := &comparison{seen: maps.Clone(c.seen), depth: c.depth, left: c.left}
	try.compare("", reader, writer)
	return len(try.found) == 0
}

// object returns the keywords of a schema; of true those of the empty one.
func (n node) object() map[string]any {
	o, _ := n.value.(map[string]any)
	return o
}

func (n node) at(value any) node { return node{n.in, value} }

// anything reports whether a schema takes every document.
func (n node) anything() bool {
	if n.value == true || n.value == nil {
		return true
	}
	o, ok := n.value.(map[string]any)
	if !ok {
		return false
	}
	for k := range o {
		if !slices.Contains(annotations, k) {
			return false
		}
	}
	return true
}

var annotations = []string{
	"$schema", "$id", "id", "$comment", "$anchor", "$defs", "definitions", "title", "description", "default", "examples",
	"deprecated", "readOnly", "writeOnly", "format", "contentEncoding", "contentMediaType", "connect.index", "connect.type",
}

// nothing reports whether a schema takes no document.
func (n node) nothing() bool {
	if n.value == false {
		return true
	}
	not, ok := n.object()["not"]
	return ok && n.at(not).anything()
}

// resolve follows references. The name tells pairs of them apart; it is empty for a
// schema that is none.
func (n node) resolve() (target node, name string) {
	for range maxDepth {
		ref, ok := n.object()["$ref"].(string)
		if !ok {
			return n, name
		}
		found, ok := n.find(ref)
		if !ok {
			return n.at(map[string]any{"$ref": ref, "enum": []any{}}), ref // compiled, but in a way that is not followed here
		}
		n, name = found, ref
	}
	return n, name
}

func (n node) find(ref string) (node, bool) {
	document, fragment, _ := strings.Cut(ref, "#")
	found := node{n.in, n.in.root}
	if document != "" {
		value, ok := n.in.imports[strings.TrimPrefix(document, base)]
		if !ok {
			return node{}, false
		}
		found = node{&Schema{root: value, imports: n.in.imports}, value}
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(fragment, "/"), "/") {
		if part == "" {
			continue
		}
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		value, ok := found.object()[part]
		if !ok {
			return node{}, false
		}
		found = found.at(value)
	}
	return found, true
}

// compare finds what keeps the reader from taking all that the writer takes.
func (c *comparison) compare(path string, reader, writer node) {
	r, rName := reader.resolve()
	w, wName := writer.resolve()
	if rName != "" || wName != "" {
		both := pair(rName, wName, r.in, w.in)
		if c.seen[both] {
			return
		}
		c.seen[both] = true
	}
	*c.left--
	switch {
	case r.anything(), w.nothing():
		return
	case r.nothing():
		c.fail(path, "SCHEMA_REMOVED", "the new schema takes nothing")
		return
	case c.depth == maxDepth || *c.left < 0:
		c.fail(path, "TOO_COMPLEX", "the schemas are nested too deeply, or have too many branches, to be compared")
		return
	}
	c.depth++
	defer func() { c.depth-- }()
	if c.branches(path, r, w) {
		return
	}
	c.values(path, r, w)
	if c.types(path, r, w) {
		c.text(path, r, w)
		c.numbers(path, r, w)
		c.objects(path, r, w)
		c.arrays(path, r, w)
	}
	c.combined(path, r, w)
}

// branches takes a writer's anyOf or oneOf apart where the reader has none: each of its
// branches must be read.
func (c *comparison) branches(path string, r, w node) bool {
	for _, keyword := range []string{"anyOf", "oneOf"} {
		list, ok := w.object()[keyword].([]any)
		if !ok || r.object()["anyOf"] != nil || r.object()["oneOf"] != nil {
			continue
		}
		rest := maps.Clone(w.object())
		delete(rest, keyword)
		for _, sub := range list {
			branch := w.at(sub)
			if !w.at(rest).anything() {
				branch = w.at(merge(rest, sub))
			}
			if !c.fits(r, branch) {
				c.fail(path+"/"+keyword, "COMBINED_TYPE_SUBSCHEMAS_CHANGED", "the new schema does not take all branches of the old one's %s", keyword)
				return true
			}
		}
		return true
	}
	return false
}

// merge is a schema with the keywords of both, or, where they share some, of the first
// only, which takes no less.
func merge(rest map[string]any, sub any) any {
	keywords, ok := sub.(map[string]any)
	if !ok {
		return rest
	}
	merged := maps.Clone(rest)
	for k, v := range keywords {
		if _, both := rest[k]; both && !slices.Contains(annotations, k) {
			return rest
		}
		merged[k] = v
	}
	return merged
}

// values compares enum and const.
func (c *comparison) values(path string, r, w node) {
	allowed, limited := constants(r)
	if !limited {
		return
	}
	written, known := constants(w)
	if !known {
		c.fail(path+"/enum", "ENUM_ARRAY_CHANGED", "the new schema takes certain values only, the old one did not")
		return
	}
	for v := range written {
		if !allowed[v] {
			c.fail(path+"/enum", "ENUM_ARRAY_NARROWED", "the new schema does not take the value %s", v)
		}
	}
}

// constants returns the values that a schema takes, as text.
func constants(n node) (values map[string]bool, limited bool) {
	list, limited := n.object()["enum"].([]any)
	if v, ok := n.object()["const"]; ok {
		list, limited = []any{v}, true
	}
	values = make(map[string]bool)
	for _, v := range list {
		if number, ok := rational(v); ok {
			v = number.RatString()
			values["number "+v.(string)] = true
			continue
		}
		values[string(appendSorted(nil, v))] = true
	}
	return values, limited
}

// types compares the types, and reports whether the rest can be compared.
func (c *comparison) types(path string, r, w node) bool {
	to, limited := typesOf(r)
	if !limited {
		return true
	}
	from, known := typesOf(w)
	if !known {
		if values, limited := constants(w); limited && len(values) > 0 {
			return true // compared as values
		}
		c.fail(path, "TYPE_NARROWED", "the new schema takes %s only, the old one took any type", strings.Join(to, ", "))
		return false
	}
	shared := false
	for _, t := range from {
		if slices.Contains(to, t) || t == "integer" && slices.Contains(to, "number") {
			shared = true
			continue
		}
		kind := "TYPE_NARROWED"
		if len(from) == 1 {
			kind = "TYPE_CHANGED"
		}
		c.fail(path, kind, "the new schema takes %s, not %s", strings.Join(to, ", "), t)
	}
	return shared
}

func typesOf(n node) (types []string, limited bool) {
	switch t := n.object()["type"].(type) {
	case string:
		return []string{t}, true
	case []any:
		for _, e := range t {
			if name, ok := e.(string); ok {
				types = append(types, name)
			}
		}
		return types, true
	}
	return nil, false
}

// rational reads a number exactly; huge exponents, which would take memory, are none.
func rational(v any) (*big.Rat, bool) {
	text, ok := v.(interface{ String() string })
	if !ok {
		return nil, false
	}
	s := text.String()
	if at := strings.IndexAny(s, "eE"); at >= 0 && len(s)-at > 4 || len(s) > 400 {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}
