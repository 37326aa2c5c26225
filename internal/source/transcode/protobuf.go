package transcode

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// protobufCodec reads messages of one file of Protobuf.
type protobufCodec struct {
	file   protoreflect.FileDescriptor
	decode proto.UnmarshalOptions
	encode protojson.MarshalOptions
}

// protobufFile is the name of the schema itself among those it imports.
const protobufFile = "millrace/schema.proto"

// NewProtobuf reads a schema. references are the files that it imports, by their path;
// those of Google that come with every compiler need not be among them.
func NewProtobuf(ctx context.Context, schema string, references map[string]string) (Codec, error) {
	files := map[string]string{protobufFile: schema}
	for path, text := range references {
		files[path] = text
	}
	compiler := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(&protocompile.SourceResolver{Accessor: protocompile.SourceAccessorFromMap(files)}),
		MaxParallelism: 1,
	}
	compiled, err := compiler.Compile(ctx, protobufFile)
	if err != nil {
		return nil, fmt.Errorf("cannot read the Protobuf schema: %w", err)
	}
	file := compiled.FindFileByPath(protobufFile)
	if file == nil || file.Messages().Len() == 0 {
		return nil, fmt.Errorf("cannot use the Protobuf schema: it has no message")
	}
	// For the messages in an Any, as far as the schema has them.
	types := compiled.AsResolver()
	return &protobufCodec{
		file:   file,
		decode: proto.UnmarshalOptions{RecursionLimit: maxDepth, Resolver: types},
		encode: protojson.MarshalOptions{UseProtoNames: true, EmitDefaultValues: true, Resolver: types},
	}, nil
}

// Append implements [Codec]. The record begins with the indexes of its message.
func (c *protobufCodec) Append(dst, record []byte, limit int) ([]byte, error) {
	message, rest, err := c.message(record)
	if err != nil {
		return dst, err
	}
	m := dynamicpb.NewMessage(message)
	if err := c.decode.Unmarshal(rest, m); err != nil {
		return dst, fmt.Errorf("%w: %w", ErrUndecodable, err)
	}
	// Before anything is made of it: a message inside of two bytes may stand for all
	// the fields that it does not have.
	if b := (bound{left: limit}); !b.message(m) {
		return dst, ErrTooLarge
	}
	text, err := c.encode.Marshal(m)
	if err != nil {
		return dst, fmt.Errorf("%w: %w", ErrUndecodable, err)
	}
	// The library varies its blanks on purpose; a payload is the same every time.
	out := bytes.NewBuffer(dst)
	if err := json.Compact(out, text); err != nil {
		return dst, fmt.Errorf("%w: %w", ErrUndecodable, err)
	}
	if out.Len()-len(dst) > limit {
		return dst, ErrTooLarge
	}
	return out.Bytes(), nil
}

// bound walks a message until its JSON is surely longer than what is left.
type bound struct{ left int }

func (b *bound) spend(n int) bool {
	b.left -= n
	return b.left >= 0
}

// message reports whether the JSON of a message may fit.
func (b *bound) message(m protoreflect.Message) bool {
	if m.Descriptor().ParentFile().Package() == "google.protobuf" {
		return b.spend(1) // has a form of its own
	}
	fields := m.Descriptor().Fields()
	fits := b.spend(len("{}"))
	for i := 0; fits && i < fields.Len(); i++ {
		f := fields.Get(i)
		switch {
		case m.Has(f):
			fits = b.spend(len(f.TextName())+len(`"":`)) && b.field(f, m.Get(f))
		case !f.HasPresence(): // its zero value is shown
			fits = b.spend(len(f.TextName()) + len(`"":0`))
		}
	}
	return fits
}

func (b *bound) field(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
	switch {
	case f.IsList():
		fits := b.spend(len("[]"))
		for i, list := 0, v.List(); fits && i < list.Len(); i++ {
			fits = b.value(f, list.Get(i))
		}
		return fits
	case f.IsMap():
		fits := b.spend(len("{}"))
		v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
			fits = b.spend(len(`"":`)) && b.value(f.MapValue(), v)
			return fits
		})
		return fits
	}
	return b.value(f, v)
}

func (b *bound) value(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
	switch f.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return b.message(v.Message())
	case protoreflect.StringKind:
		return b.spend(len(v.String()) + len(`""`))
	case protoreflect.BytesKind:
		return b.spend(len(v.Bytes()) + len(`""`))
	}
	return b.spend(1)
}

// message reads which message of the file a record is: the index of a message at the
// top, then of messages inside. No indexes at all stand for the first message.
func (c *protobufCodec) message(record []byte) (protoreflect.MessageDescriptor, []byte, error) {
	count, n := binary.Varint(record)
	if n <= 0 || count < 0 || count > maxDepth {
		return nil, nil, fmt.Errorf("%w: its message indexes are not readable", ErrUndecodable)
	}
	record = record[n:]
	if count == 0 {
		return c.file.Messages().Get(0), record, nil
	}
	var found protoreflect.MessageDescriptor
	messages := c.file.Messages()
	for range count {
		i, n := binary.Varint(record)
		if n <= 0 || i < 0 || i >= int64(messages.Len()) {
			return nil, nil, fmt.Errorf("%w: the schema has no message of index %d", ErrUndecodable, i)
		}
		record = record[n:]
		found = messages.Get(int(i))
		messages = found.Messages()
	}
	return found, record, nil
}
