package avro

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/hamba/avro/v2"

	"github.com/millrace/millrace/internal/schema"
)

// Format reads Avro schemas.
type Format struct{}

var _ schema.Format = Format{}

// Schema is an Avro schema.
type Schema struct {
	parsed    avro.Schema
	canonical string
}

// Parse implements [schema.Format]. An import adds the named types that it defines.
func (Format) Parse(text string, imports []schema.Import) (schema.Schema, error) {
	cache := new(avro.SchemaCache)
	for _, i := range imports {
		if _, err := parse(i.Text, cache); err != nil {
			return nil, fmt.Errorf("reference %q: %w", i.Name, err)
		}
	}
	s, err := parse(text, cache)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func parse(text string, cache *avro.SchemaCache) (*Schema, error) {
	tree, err := decode(text)
	if err != nil {
		return nil, fmt.Errorf("an Avro schema is JSON: %w", err)
	}
	parsed, err := avro.ParseWithCache(text, "", cache)
	if err != nil {
		return nil, fmt.Errorf("not an Avro schema: %w", err)
	}
	if parsed.Type() == avro.Ref {
		parsed = parsed.(*avro.RefSchema).Schema()
	}
	return &Schema{parsed: parsed, canonical: string(appendCanonical(nil, tree))}, nil
}

func decode(text string) (any, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("something follows its end at byte %d", d.InputOffset())
	}
	return tree, nil
}

// Canonical implements [schema.Schema]. Unlike Avro's "Parsing Canonical Form" it keeps
// documentation, defaults and aliases: schemas that differ in them are two.
func (s *Schema) Canonical() string { return s.canonical }

// Normalized implements [schema.Schema].
func (s *Schema) Normalized() string { return s.canonical }

// The order of attributes, as Avro's own library writes them; others follow by name.
var (
	order      = []string{"type", "name", "namespace", "doc", "fields", "symbols", "items", "values", "size", "default", "aliases"}
	fieldOrder = []string{"name", "type", "doc", "default", "order", "aliases"}
)

// appendCanonical writes a schema, or anything in it, in one layout.
func appendCanonical(dst []byte, v any) []byte {
	switch v := v.(type) {
	case map[string]any:
		return appendObject(dst, v)
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendCanonical(dst, e)
		}
		return append(dst, ']')
	}
	return appendScalar(dst, v)
}

func appendScalar(dst []byte, v any) []byte {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // texts, numbers, true, false and null can be written
	return append(dst, bytes.TrimSuffix(text.Bytes(), []byte("\n"))...)
}

func appendObject(dst []byte, o map[string]any) []byte {
	if name, simple := o["type"].(string); simple && len(o) == 1 {
		return appendScalar(dst, name) // {"type":"string"} is "string"
	}
	attributes := order
	if _, named := o["name"]; named && !slices.Contains([]any{"record", "error", "enum", "fixed"}, o["type"]) {
		attributes = fieldOrder
	}
	if name, ok := o["name"].(string); ok {
		if at := strings.LastIndexByte(name, '.'); at > 0 {
			o = maps.Clone(o)
			o["name"], o["namespace"] = name[at+1:], name[:at]
		}
	}
	keys := slices.Sorted(maps.Keys(o))
	slices.SortStableFunc(keys, func(a, b string) int { return rank(attributes, a) - rank(attributes, b) })
	dst = append(dst, '{')
	for i, k := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendScalar(dst, k), ':')
		dst = appendCanonical(dst, o[k])
	}
	return append(dst, '}')
}

func rank(attributes []string, key string) int {
	if i := slices.Index(attributes, key); i >= 0 {
		return i
	}
	return len(attributes)
}
