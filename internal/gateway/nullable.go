package gateway

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// The generator cannot say that a member which is an object may be null; these
// transformers do.

// TransformSchema implements [huma.SchemaTransformer].
func (*StatusAnswer) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return orNull(s, "replay")
}

// TransformSchema implements [huma.SchemaTransformer].
func (*LedgerAnswer) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return orNull(s, "audit")
}

// TransformSchema implements [huma.SchemaTransformer].
func (*OverviewAnswer) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return orNull(s, "previous")
}

// TransformSchema implements [huma.SchemaTransformer].
func (*Passport) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return orNull(s, "event")
}

func orNull(s *huma.Schema, property string) *huma.Schema {
	object := s.Properties[property]
	description := object.Description
	object.Description = ""
	s.Properties[property] = &huma.Schema{
		Description: description,
		AnyOf:       []*huma.Schema{object, {Type: "null"}},
	}
	return s
}

// schemaName names the schemas of the document after their types.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[huma.ErrorModel]() {
		return "Problem"
	}
	return huma.DefaultSchemaNamer(t, hint)
}
