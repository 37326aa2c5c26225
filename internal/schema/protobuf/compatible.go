package protobuf

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/millrace/millrace/internal/schema"
)

// The changes that make data unreadable, or read as something else. All but the last
// are named as Confluent's registry names them; that one is stricter than it.
const (
	messageRemoved   = "MESSAGE_REMOVED"
	kindChanged      = "FIELD_KIND_CHANGED"
	scalarChanged    = "FIELD_SCALAR_KIND_CHANGED"
	namedTypeChanged = "FIELD_NAMED_TYPE_CHANGED"
	labelChanged     = "FIELD_NUMERIC_LABEL_CHANGED"
	requiredAdded    = "REQUIRED_FIELD_ADDED"
	requiredRemoved  = "REQUIRED_FIELD_REMOVED"
	oneofRemoved     = "ONEOF_FIELD_REMOVED"
	movedToExisting  = "FIELD_MOVED_TO_EXISTING_ONEOF"
	movedToOneof     = "MULTIPLE_FIELDS_MOVED_TO_ONEOF"
	reservedReused   = "RESERVED_FIELD_NUMBER_REUSED"
)

// Reads implements [schema.Schema].
func (s *Schema) Reads(writer schema.Schema) []schema.Incompatibility {
	c := &comparison{}
	c.messages("#", s.file.Messages(), writer.(*Schema).file.Messages())
	return c.found
}

type comparison struct{ found []schema.Incompatibility }

func (c *comparison) fail(path, kind, format string, args ...any) {
	if len(c.found) < schema.MaxIncompatibilities {
		c.found = append(c.found, schema.Incompatibility{Kind: kind, Path: path, Message: fmt.Sprintf(format, args...)})
	}
}

func (c *comparison) messages(path string, reader, writer protoreflect.MessageDescriptors) {
	for i := range writer.Len() {
		w := writer.Get(i)
		if w.IsMapEntry() {
			continue // compared with its field
		}
		at := fmt.Sprintf("%s/%s", path, w.Name())
		r := reader.ByName(w.Name())
		if r == nil {
			c.fail(at, messageRemoved, "the new schema has no message %s", w.Name())
			continue
		}
		c.message(at, r, w)
	}
}

func (c *comparison) message(path string, reader, writer protoreflect.MessageDescriptor) {
	for i := range writer.Fields().Len() {
		w := writer.Fields().Get(i)
		at := fmt.Sprintf("%s/%d", path, w.Number())
		if r := reader.Fields().ByNumber(w.Number()); r != nil {
			c.field(at, r, w)
		} else {
			c.removed(at, w)
		}
	}
	for i := range reader.Fields().Len() {
		r := reader.Fields().Get(i)
		if writer.Fields().ByNumber(r.Number()) == nil {
			c.added(fmt.Sprintf("%s/%d", path, r.Number()), r, writer)
		}
	}
	for i := range reader.Oneofs().Len() {
		c.oneof(fmt.Sprintf("%s/%s", path, reader.Oneofs().Get(i).Name()), reader.Oneofs().Get(i), writer)
	}
	c.messages(path, reader.Messages(), writer.Messages())
}

func (c *comparison) removed(path string, w protoreflect.FieldDescriptor) {
	switch {
	case w.Cardinality() == protoreflect.Required:
		c.fail(path, requiredRemoved, "the required field %s is not in the new schema", w.Name())
	case inOneof(w):
		c.fail(path, oneofRemoved, "the field %s of the oneof %s is not in the new schema", w.Name(), w.ContainingOneof().Name())
	}
}

func (c *comparison) added(path string, r protoreflect.FieldDescriptor, writer protoreflect.MessageDescriptor) {
	if r.Cardinality() == protoreflect.Required {
		c.fail(path, requiredAdded, "the new schema requires the field %s, which the old one has not", r.Name())
	}
	if writer.ReservedRanges().Has(r.Number()) {
		c.fail(path, reservedReused, "the field %s takes number %d, which the old schema reserves", r.Name(), r.Number())
	}
}

func inOneof(f protoreflect.FieldDescriptor) bool {
	return f.ContainingOneof() != nil && !f.ContainingOneof().IsSynthetic()
}

func (c *comparison) field(path string, r, w protoreflect.FieldDescriptor) {
	if w.Cardinality() == protoreflect.Required && r.Cardinality() != protoreflect.Required {
		c.fail(path, requiredRemoved, "the field %s is not required any more: readers of the old schema refuse data without it", r.Name())
	} else if r.Cardinality() == protoreflect.Required && w.Cardinality() != protoreflect.Required {
		c.fail(path, requiredAdded, "the field %s is required now, data may be without it", r.Name())
	}
	switch {
	case r.IsMap() && w.IsMap():
		c.field(path+"/key", r.MapKey(), w.MapKey())
		c.field(path+"/value", r.MapValue(), w.MapValue())
		return
	case r.IsMap() != w.IsMap(), group(r.Kind()) == 0 && r.Kind() != w.Kind(), family(r) != family(w):
		c.fail(path, kindChanged, "the field %s is %s, it was %s", r.Name(), typeName(r), typeName(w))
		return
	case family(r) == scalar && group(r.Kind()) != group(w.Kind()):
		c.fail(path, scalarChanged, "the field %s is %s, it was %s", r.Name(), r.Kind(), w.Kind())
		return
	case family(r) == message && local(r.Message()) != local(w.Message()):
		c.fail(path, namedTypeChanged, "the field %s is %s, it was %s", r.Name(), typeName(r), typeName(w))
		return
	}
	if r.IsList() != w.IsList() && family(r) == scalar && r.Kind() != protoreflect.StringKind && r.Kind() != protoreflect.BytesKind {
		c.fail(path, labelChanged, "the field %s became repeated or is no longer: numbers in lists are packed", r.Name())
	}
}

const (
	scalar = iota
	message
)

// family tells what is compared by name from what is compared by its form on the wire,
// which enums share with whole numbers.
func family(f protoreflect.FieldDescriptor) int {
	if f.Message() != nil {
		return message
	}
	return scalar
}

// group returns the kinds that are read as each other ("Updating A Message Type" in
// the language's guide).
func group(k protoreflect.Kind) int {
	switch k {
	case protoreflect.Int32Kind, protoreflect.Uint32Kind, protoreflect.Int64Kind, protoreflect.Uint64Kind, protoreflect.BoolKind, protoreflect.EnumKind:
		return 1
	case protoreflect.Sint32Kind, protoreflect.Sint64Kind:
		return 2
	case protoreflect.StringKind, protoreflect.BytesKind:
		return 3
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind:
		return 4
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind:
		return 5
	case protoreflect.FloatKind:
		return 6
	case protoreflect.DoubleKind:
		return 7
	}
	return 0 // messages and groups
}

func typeName(f protoreflect.FieldDescriptor) string {
	switch {
	case f.IsMap():
		return "a map"
	case f.Message() != nil:
		return local(f.Message())
	}
	return f.Kind().String()
}

// local is a message's name within its package, which may change.
func local(m protoreflect.MessageDescriptor) string {
	name := string(m.FullName())
	if in := string(m.ParentFile().Package()); in != "" {
		return strings.TrimPrefix(name, in+".")
	}
	return name
}

// oneof finds fields that came into a oneof: what was sent of several of them is reduced
// to one, and what is already there can be cleared by another.
func (c *comparison) oneof(path string, r protoreflect.OneofDescriptor, writer protoreflect.MessageDescriptor) {
	if r.IsSynthetic() {
		return
	}
	moved, stayed := 0, false
	for i := range r.Fields().Len() {
		w := writer.Fields().ByNumber(r.Fields().Get(i).Number())
		if w == nil {
			continue
		}
		if inOneof(w) {
			stayed = true
		} else {
			moved++
		}
	}
	switch {
	case moved > 1:
		c.fail(path, movedToOneof, "%d fields came into the oneof %s", moved, r.Name())
	case moved == 1 && stayed:
		c.fail(path, movedToExisting, "a field came into the oneof %s, which was there", r.Name())
	}
}
