package jsonschema

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
)

// atMost compares a bound above: the reader's must not be lower than the writer's.
func (c *comparison) atMost(path, keyword, name string, r, w node) {
	c.bound(path, keyword, name, r, w, func(reader, writer *big.Rat) bool { return reader.Cmp(writer) >= 0 }, "DECREASED")
}

// atLeast compares a bound below.
func (c *comparison) atLeast(path, keyword, name string, r, w node) {
	c.bound(path, keyword, name, r, w, func(reader, writer *big.Rat) bool { return reader.Cmp(writer) <= 0 }, "INCREASED")
}

func (c *comparison) bound(path, keyword, name string, r, w node, holds func(reader, writer *big.Rat) bool, narrowed string) {
	limit, ok := rational(r.object()[keyword])
	if !ok {
		if r.object()[keyword] != nil && w.object()[keyword] == nil {
			c.fail(path+"/"+keyword, name+"_ADDED", "the new schema has %s", keyword)
		}
		return
	}
	old, had := rational(w.object()[keyword])
	switch {
	case !had:
		c.fail(path+"/"+keyword, name+"_ADDED", "the new schema has %s %s", keyword, limit.RatString())
	case !holds(limit, old):
		c.fail(path+"/"+keyword, name+"_"+narrowed, "%s is %s, it was %s", keyword, limit.RatString(), old.RatString())
	}
}

func (c *comparison) text(path string, r, w node) {
	c.atMost(path, "maxLength", "MAX_LENGTH", r, w)
	c.atLeast(path, "minLength", "MIN_LENGTH", r, w)
	pattern, ok := r.object()["pattern"].(string)
	if !ok {
		return
	}
	switch old, had := w.object()["pattern"].(string); {
	case !had:
		c.fail(path+"/pattern", "PATTERN_ADDED", "the new schema has the pattern %s", pattern)
	case old != pattern:
		c.fail(path+"/pattern", "PATTERN_CHANGED", "the pattern is %s, it was %s", pattern, old)
	}
}

func (c *comparison) numbers(path string, r, w node) {
	c.atMost(path, "maximum", "MAXIMUM", r, w)
	c.atLeast(path, "minimum", "MINIMUM", r, w)
	c.atMost(path, "exclusiveMaximum", "EXCLUSIVE_MAXIMUM", r, w)
	c.atLeast(path, "exclusiveMinimum", "EXCLUSIVE_MINIMUM", r, w)
	c.bound(path, "multipleOf", "MULTIPLE_OF", r, w, func(reader, writer *big.Rat) bool {
		return reader.Sign() != 0 && new(big.Rat).Quo(writer, reader).IsInt()
	}, "CHANGED")
}

// content is what an object takes besides its named properties.
type content struct {
	properties, patterns map[string]any
	additional           node
}

func contentOf(n node) content {
	o := n.object()
	c := content{additional: n.at(o["additionalProperties"])}
	c.properties, _ = o["properties"].(map[string]any)
	c.patterns, _ = o["patternProperties"].(map[string]any)
	return c
}

func (t content) open() bool   { return len(t.patterns) == 0 && t.additional.anything() }
func (t content) closed() bool { return len(t.patterns) == 0 && t.additional.nothing() }

// covers returns the schema that a further property has.
func (t content) covers(n node, name string) node {
	for _, pattern := range slices.Sorted(maps.Keys(t.patterns)) {
		if matches(pattern, name) {
			return n.at(t.patterns[pattern])
		}
	}
	return t.additional
}

func (c *comparison) objects(path string, r, w node) {
	c.atMost(path, "maxProperties", "MAX_PROPERTIES", r, w)
	c.atLeast(path, "minProperties", "MIN_PROPERTIES", r, w)
	reader, writer := contentOf(r), contentOf(w)
	for _, name := range slices.Sorted(maps.Keys(writer.properties)) {
		at := path + "/properties/" + name
		if now, kept := reader.properties[name]; kept {
			c.compare(at, r.at(now), w.at(writer.properties[name]))
		} else {
			c.propertyRemoved(at, name, r, w.at(writer.properties[name]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(reader.properties)) {
		if _, had := writer.properties[name]; !had {
			c.propertyAdded(path+"/properties/"+name, name, r, w)
		}
	}
	for _, pattern := range slices.Sorted(maps.Keys(reader.patterns)) {
		if was, had := writer.patterns[pattern]; had {
			c.compare(path+"/patternProperties/"+pattern, r.at(reader.patterns[pattern]), w.at(was))
		} else if !writer.closed() {
			c.compare(path+"/patternProperties/"+pattern, r.at(reader.patterns[pattern]), writer.additional)
		}
	}
	c.additional(path, r, w)
	c.required(path, r, w)
	c.dependencies(path, r, w)
	if names, ok := r.object()["propertyNames"]; ok {
		c.compare(path+"/propertyNames", r.at(names), w.at(w.object()["propertyNames"]))
	}
}

func (c *comparison) additional(path string, r, w node) {
	reader, writer := contentOf(r), contentOf(w)
	at := path + "/additionalProperties"
	switch {
	case reader.additional.anything(), writer.additional.nothing():
	case reader.additional.nothing():
		c.fail(at, "ADDITIONAL_PROPERTIES_REMOVED", "the new schema takes no further properties, the old one did")
	case writer.additional.anything():
		c.fail(at, "ADDITIONAL_PROPERTIES_NARROWED", "further properties must fit a schema now")
	default:
		c.compare(at, reader.additional, writer.additional)
	}
}

// propertyRemoved is about a property that the reader's schema does not name any more.
func (c *comparison) propertyRemoved(path, name string, r, was node) {
	reader := contentOf(r)
	switch {
	case reader.open(), was.nothing():
	case reader.closed():
		c.fail(path, "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL", "the new schema has no property %s and takes no further ones", name)
	case !c.fits(reader.covers(r, name), was):
		c.fail(path, "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", "what the new schema takes as further properties does not cover %s", name)
	}
}

// propertyAdded is about a property that the writer's schema does not name: in an open
// object it may have been there, with any value.
func (c *comparison) propertyAdded(path, name string, r, w node) {
	writer, now := contentOf(w), r.at(contentOf(r).properties[name])
	switch {
	case writer.open():
		if !now.anything() {
			c.fail(path, "PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", "the new schema says what property %s is, which the old one took as anything", name)
		}
	case !writer.closed():
		if !c.fits(now, writer.covers(w, name)) {
			c.fail(path, "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", "property %s does not take all that the old schema took as further properties", name)
		}
	}
}

func texts(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, e := range list {
		if s, ok := e.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func (c *comparison) required(path string, r, w node) {
	had := texts(w.object()["required"])
	properties := contentOf(r).properties
	for _, name := range texts(r.object()["required"]) {
		if slices.Contains(had, name) {
			continue
		}
		if o, ok := properties[name].(map[string]any); ok {
			if _, filled := o["default"]; filled {
				continue // a reader fills it in
			}
		}
		kind := "REQUIRED_ATTRIBUTE_ADDED"
		if _, named := contentOf(w).properties[name]; !named && !contentOf(w).open() {
			kind = "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL"
		}
		c.fail(path+"/required", kind, "the new schema requires %s and has no default for it", name)
	}
}

func (c *comparison) dependencies(path string, r, w node) {
	for _, keyword := range []string{"dependentRequired", "dependencies", "dependentSchemas"} {
		now, _ := r.object()[keyword].(map[string]any)
		was, _ := w.object()[keyword].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(now)) {
			at := path + "/" + keyword + "/" + name
			if was[name] == nil {
				c.fail(at, "DEPENDENCY_ADDED", "the new schema wants more where there is %s", name)
				continue
			}
			if _, list := now[name].([]any); !list {
				c.compare(at, r.at(now[name]), w.at(was[name]))
				continue
			}
			for _, other := range texts(now[name]) {
				if !slices.Contains(texts(was[name]), other) {
					c.fail(at, "DEPENDENCY_ARRAY_EXTENDED", "the new schema requires %s where there is %s", other, name)
				}
			}
		}
	}
}

func (c *comparison) arrays(path string, r, w node) {
	c.atMost(path, "maxItems", "MAX_ITEMS", r, w)
	c.atLeast(path, "minItems", "MIN_ITEMS", r, w)
	if r.object()["uniqueItems"] == true && w.object()["uniqueItems"] != true {
		c.fail(path+"/uniqueItems", "UNIQUE_ITEMS_ADDED", "the new schema takes no item twice")
	}
	readerHead, readerRest := items(r)
	writerHead, writerRest := items(w)
	for i := range max(len(readerHead), len(writerHead)) {
		now, was := readerRest, writerRest
		if i < len(readerHead) {
			now = r.at(readerHead[i])
		}
		if i < len(writerHead) {
			was = w.at(writerHead[i])
		}
		c.compare(path+"/items/"+strconv.Itoa(i), now, was)
	}
	c.compare(path+"/items", readerRest, writerRest)
	if contains, ok := r.object()["contains"]; ok {
		was, had := w.object()["contains"]
		if !had || !c.fits(r.at(contains), w.at(was)) {
			c.fail(path+"/contains", "CONTAINS_NARROWED", "the new schema wants an item that the old one did not")
		}
	}
}

// items returns the schemas of the first items, and of those behind them, in the form
// of any draft.
func items(n node) (head []any, rest node) {
	o := n.object()
	if head, ok := o["prefixItems"].([]any); ok {
		return head, n.at(o["items"])
	}
	if head, ok := o["items"].([]any); ok {
		return head, n.at(o["additionalItems"])
	}
	return nil, n.at(o["items"])
}

// combined compares allOf, anyOf, oneOf, not and if.
func (c *comparison) combined(path string, r, w node) {
	own, _ := w.object()["allOf"].([]any)
	for i, sub := range list(r, "allOf") {
		fits := c.fits(r.at(sub), w)
		for _, old := range own {
			fits = fits || c.fits(r.at(sub), w.at(old))
		}
		if !fits {
			c.fail(fmt.Sprint(path, "/allOf/", i), "PRODUCT_TYPE_EXTENDED", "the new schema has a condition that the old one had not")
		}
	}
	for _, keyword := range []string{"anyOf", "oneOf"} {
		now := list(r, keyword)
		if now == nil {
			continue
		}
		was := append(list(w, "anyOf"), list(w, "oneOf")...)
		if was == nil {
			was = []any{w.value}
		}
		for _, old := range was {
			if !slices.ContainsFunc(now, func(sub any) bool { return c.fits(r.at(sub), w.at(old)) }) {
				c.fail(path+"/"+keyword, "COMBINED_TYPE_SUBSCHEMAS_CHANGED", "no branch of the new schema's %s takes what the old one took", keyword)
			}
		}
		if keyword == "oneOf" && len(list(w, "anyOf")) > 0 {
			c.fail(path, "COMBINED_TYPE_CHANGED", "anyOf became oneOf: what fits several branches is refused now")
		}
	}
	if not, ok := r.object()["not"]; ok {
		was, had := w.object()["not"]
		// What is refused now must have been refused before.
		if !had || !c.fits(w.at(was), r.at(not)) {
			c.fail(path+"/not", "NOT_TYPE_EXTENDED", "the new schema refuses more")
		}
	}
	for _, keyword := range []string{"if", "then", "else"} {
		if now, ok := r.object()[keyword]; ok && string(appendSorted(nil, now)) != string(appendSorted(nil, w.object()[keyword])) {
			c.fail(path+"/"+keyword, "CONDITION_CHANGED", "the condition is another one")
			return
		}
	}
}

func list(n node, keyword string) []any {
	l, _ := n.object()[keyword].([]any)
	return l
}
