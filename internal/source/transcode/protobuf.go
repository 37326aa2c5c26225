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
