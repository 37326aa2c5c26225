package avro

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hamba/avro/v2"

	"github.com/millrace/millrace/internal/schema"
)

// The ways in which schemas do not fit, as Avro's own library names them.
const (
	typeMismatch  = "TYPE_MISMATCH"
	nameMismatch  = "NAME_MISMATCH"
	sizeMismatch  = "FIXED_SIZE_MISMATCH"
	missingSymbol = "MISSING_ENUM_SYMBOLS"
	missingValue  = "READER_FIELD_MISSING_DEFAULT_VALUE"
	missingBranch = "MISSING_UNION_BRANCH"
)

// Reads implements [schema.Schema].
func (s *Schema) Reads(writer schema.Schema) []schema.Incompatibility {
	r := &resolution{seen: make(map[[2]avro.Schema]bool)}
	r.resolve("", s.parsed, writer.(*Schema).parsed)
	return r.found
}

// resolution is a comparison under way.
type resolution struct {
	found []schema.Incompatibility
	seen  map[[2]avro.Schema]bool // whether pairs of named types fit, or may: they may contain themselves
}

func (r *resolution) fail(path, kind, format string, args ...any) {
	if len(r.found) < schema.MaxIncompatibilities {
		r.found = append(r.found, schema.Incompatibility{Kind: kind, Path: "/" + strings.TrimPrefix(path, "/"), Message: fmt.Sprintf(format, args...)})
	}
}

// fits tries a pair without reporting.
func (r *resolution) fits(reader, writer avro.Schema) bool {
	try := &resolution{seen: r.seen}
	try.resolve("", reader, writer)
	return len(try.found) == 0
}

func target(s avro.Schema) avro.Schema {
	if ref, ok := s.(*avro.RefSchema); ok {
		return ref.Schema()
	}
	return s
}

func (r *resolution) resolve(path string, reader, writer avro.Schema) {
	reader, writer = target(reader), target(writer)
	if w, ok := writer.(*avro.UnionSchema); ok {
		for i, branch := range w.Types() {
			r.fromBranch(fmt.Sprint(path, "/", i), reader, branch)
		}
		return
	}
	if u, ok := reader.(*avro.UnionSchema); ok {
		r.intoUnion(path, u, writer)
		return
	}
	if reader.Type() != writer.Type() {
		if !promotes(writer.Type(), reader.Type()) {
			r.fail(path, typeMismatch, "the reader's type %s does not read the writer's %s", reader.Type(), writer.Type())
		}
		return
	}
	r.sameType(path, reader, writer)
}

// fromBranch compares a branch of the writer's union, any of which may be in the data.
func (r *resolution) fromBranch(path string, reader, branch avro.Schema) {
	if _, union := reader.(*avro.UnionSchema); !union {
		r.resolve(path, reader, branch)
		return
	}
	r.intoUnion(path, reader.(*avro.UnionSchema), target(branch))
}

func (r *resolution) intoUnion(path string, reader *avro.UnionSchema, writer avro.Schema) {
	for _, branch := range reader.Types() {
		if r.fits(branch, writer) {
			return
		}
	}
	r.fail(path, missingBranch, "the reader's union has no branch for the writer's %s", describe(writer))
}

func describe(s avro.Schema) string {
	if named, ok := s.(avro.NamedSchema); ok {
		return fmt.Sprintf("%s %s", s.Type(), named.FullName())
	}
	return string(s.Type())
}

// promotes reports whether data of one primitive type are read as another.
func promotes(from, to avro.Type) bool {
	switch from {
	case avro.Int:
		return to == avro.Long || to == avro.Float || to == avro.Double
	case avro.Long:
		return to == avro.Float || to == avro.Double
	case avro.Float:
		return to == avro.Double
	case avro.String:
		return to == avro.Bytes
	case avro.Bytes:
		return to == avro.String
	}
	return false
}

func (r *resolution) sameType(path string, reader, writer avro.Schema) {
	switch reader := reader.(type) {
	case *avro.ArraySchema:
		r.resolve(path+"/items", reader.Items(), writer.(*avro.ArraySchema).Items())
	case *avro.MapSchema:
		r.resolve(path+"/values", reader.Values(), writer.(*avro.MapSchema).Values())
	case *avro.FixedSchema:
		w := writer.(*avro.FixedSchema)
		if r.sameName(path, reader, w) && reader.Size() != w.Size() {
			r.fail(path+"/size", sizeMismatch, "the reader expects %d bytes, the writer wrote %d", reader.Size(), w.Size())
		}
	case *avro.EnumSchema:
		w := writer.(*avro.EnumSchema)
		if r.sameName(path, reader, w) {
			r.symbols(path+"/symbols", reader, w)
		}
	case *avro.RecordSchema:
		w := writer.(*avro.RecordSchema)
		if r.sameName(path, reader, w) {
			r.fields(path, reader, w)
		}
	}
}

// sameName compares unqualified names, and the reader's aliases, with the writer's.
func (r *resolution) sameName(path string, reader, writer avro.NamedSchema) bool {
	if reader.Name() == writer.Name() || slices.Contains(reader.Aliases(), writer.FullName()) {
		return true
	}
	r.fail(path+"/name", nameMismatch, "the reader's %s is not the writer's %s, and has no alias for it", reader.FullName(), writer.FullName())
	return false
}

func (r *resolution) symbols(path string, reader, writer *avro.EnumSchema) {
	if reader.HasDefault() {
		return // it stands for symbols that the reader does not know
	}
	var missing []string
	for _, s := range writer.Symbols() {
		if !slices.Contains(reader.Symbols(), s) {
			missing = append(missing, s)
		}
	}
	if len(missing) > 0 {
		r.fail(path, missingSymbol, "the reader's enum %s has neither the symbols %s nor a default", reader.FullName(), strings.Join(missing, ", "))
	}
}

func (r *resolution) fields(path string, reader, writer *avro.RecordSchema) {
	pair := [2]avro.Schema{reader, writer}
	if fits, known := r.seen[pair]; known {
		if !fits {
			r.fail(path, typeMismatch, "the record %s does not fit, as is told above", reader.FullName())
		}
		return
	}
	r.seen[pair] = true
	before := len(r.found)
	for i, f := range reader.Fields() {
		at := fmt.Sprint(path, "/fields/", i)
		if w := writtenAs(f, writer); w != nil {
			r.resolve(at+"/type", f.Type(), w.Type())
		} else if !f.HasDefault() {
			r.fail(at, missingValue, "the field %q has no default value and is not in the writer's %s", f.Name(), writer.FullName())
		}
	}
	if len(r.found) > before {
		// Who meets the pair again finds that it does not fit, and does not look again: in
		// nested unions that would take for ever.
		r.seen[pair] = false
	}
}

// writtenAs finds the writer's field for a reader's one, by its name, else its aliases.
func writtenAs(f *avro.Field, writer *avro.RecordSchema) *avro.Field {
	for _, name := range append([]string{f.Name()}, f.Aliases()...) {
		for _, w := range writer.Fields() {
			if w.Name() == name {
				return w
			}
		}
	}
	return nil
}
