package protobuf

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/millrace/millrace/internal/schema"
)

// Format reads Protocol Buffers schemas: the text of a file, or its descriptor in
// base64, as some clients send it.
type Format struct{}

var _ schema.Format = Format{}

// Schema is a Protocol Buffers file.
type Schema struct {
	file      protoreflect.FileDescriptor
	canonical string
}

const fileName = "schema.proto"

// Parse implements [schema.Format]. Imports are found by the names that the file
// imports; the well-known types are always there.
func (Format) Parse(text string, imports []schema.Import) (schema.Schema, error) {
	files := map[string]protocompile.SearchResult{fileName: source(text)}
	for _, i := range imports {
		files[i.Name] = source(i.Text)
	}
	compiler := protocompile.Compiler{
		MaxParallelism: 1,
		Resolver: protocompile.WithStandardImports(protocompile.ResolverFunc(func(path string) (protocompile.SearchResult, error) {
			if found, ok := files[path]; ok {
				return found, nil
			}
			return protocompile.SearchResult{}, fmt.Errorf("file %q is imported, and no reference has this name", path)
		})),
	}
	compiled, err := compiler.Compile(context.Background(), fileName)
	if err != nil {
		return nil, fmt.Errorf("not a Protocol Buffers schema: %w", err)
	}
	file := compiled.FindFileByPath(fileName)
	canonical, err := canonical(file)
	if err != nil {
		return nil, err
	}
	return &Schema{file: file, canonical: canonical}, nil
}

// source is a file as the compiler takes it.
func source(text string) protocompile.SearchResult {
	if bytes, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text)); err == nil {
		descriptor := new(descriptorpb.FileDescriptorProto)
		if proto.Unmarshal(bytes, descriptor) == nil && descriptor.Name != nil {
			descriptor.Name = proto.String(fileName)
			return protocompile.SearchResult{Proto: descriptor}
		}
	}
	return protocompile.SearchResult{Source: strings.NewReader(text)}
}

// canonical is the file's descriptor without its name and the names that a compiler
// derives, in base64.
func canonical(file protoreflect.FileDescriptor) (string, error) {
	d := protodesc.ToFileDescriptorProto(file)
	d.Name, d.SourceCodeInfo = nil, nil
	if d.GetSyntax() == "proto2" {
		d.Syntax = nil
	}
	for _, m := range d.MessageType {
		dropJSONNames(m)
	}
	bytes, err := proto.MarshalOptions{Deterministic: true}.Marshal(d)
	if err != nil {
		return "", fmt.Errorf("the schema has no descriptor: %w", err)
	}
	return base64.StdEncoding.EncodeToString(bytes), nil
}

func dropJSONNames(m *descriptorpb.DescriptorProto) {
	for _, f := range m.Field {
		f.JsonName = nil
	}
	for _, nested := range m.NestedType {
		dropJSONNames(nested)
	}
}

// Canonical implements [schema.Schema].
func (s *Schema) Canonical() string { return s.canonical }

// Normalized implements [schema.Schema].
func (s *Schema) Normalized() string { return s.canonical }
