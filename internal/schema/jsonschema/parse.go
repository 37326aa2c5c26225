package jsonschema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/millrace/millrace/internal/schema"
)

// Format reads JSON schemas of the drafts 4 to 2020-12.
type Format struct{}

var _ schema.Format = Format{}

// Schema is a JSON schema.
type Schema struct {
	root    any
	imports map[string]any // by the address that a $ref has
	compact string
}

// base is the address of a schema that has no $id.
const base = "millrace:///"

// Parse implements [schema.Format]. Imports are what "$ref" names.
func (Format) Parse(text string, imports []schema.Import) (schema.Schema, error) {
	s := &Schema{imports: make(map[string]any)}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(refuse{})
	for _, i := range imports {
		document, err := decode(i.Text)
		if err != nil {
			return nil, fmt.Errorf("reference %q: %w", i.Name, err)
		}
		s.imports[i.Name] = document
		if err := compiler.AddResource(address(i.Name), document); err != nil {
			return nil, fmt.Errorf("reference %q: %w", i.Name, err)
		}
	}
	var err error
	if s.root, err = decode(text); err != nil {
		return nil, fmt.Errorf("a JSON schema is JSON: %w", err)
	}
	const root = base + "schema.json"
	if err := compiler.AddResource(root, s.root); err != nil {
		return nil, fmt.Errorf("not a JSON schema: %w", err)
	}
	if _, err := compiler.Compile(root); err != nil {
		return nil, fmt.Errorf("not a JSON schema: %w", err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(text)); err != nil {
		return nil, err
	}
	s.compact = compact.String()
	return s, nil
}

func address(name string) string {
	if strings.Contains(name, "://") {
		return name
	}
	return base + strings.TrimPrefix(name, "/")
}

// refuse loads nothing: a registry must not fetch what somebody names in a schema.
type refuse struct{}

// Load implements the compiler's loader.
func (refuse) Load(url string) (any, error) {
	return nil, errors.New("no reference has the name " + strings.TrimPrefix(url, base))
}

func decode(text string) (any, error) {
	return jsonschema.UnmarshalJSON(strings.NewReader(text))
}

// Canonical implements [schema.Schema].
func (s *Schema) Canonical() string { return s.compact }

// Normalized implements [schema.Schema]: members are in the order of their names.
func (s *Schema) Normalized() string { return string(appendSorted(nil, s.root)) }

func appendSorted(dst []byte, v any) []byte {
	switch v := v.(type) {
	case map[string]any:
		dst = append(dst, '{')
		for i, k := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendScalar(dst, k), ':')
			dst = appendSorted(dst, v[k])
		}
		return append(dst, '}')
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendSorted(dst, e)
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
