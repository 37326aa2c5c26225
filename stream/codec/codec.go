package codec

import (
	"fmt"
	"reflect"
	"unsafe"
)

// Codec encodes and decodes values of T.
type Codec[T any] struct {
	schema Schema
	encode appendFunc
	own    *Decoder[T]
	flat   bool
}

// For compiles the codec of T. The error names the field that cannot be stored.
func For[T any]() (*Codec[T], error) {
	t := reflect.TypeFor[T]()
	root, err := describe(t, "", 0)
	if err != nil {
		return nil, fmt.Errorf("cannot store %s: %w", t, err)
	}
	c := &Codec[T]{schema: Schema{root}, encode: compileAppend(root, t), flat: isFlat(t)}
	if c.own, err = c.Migrate(c.schema); err != nil {
		panic(fmt.Sprintf("BUG: %s does not decode its own schema: %v", t, err))
	}
	return c, nil
}

// Schema returns the description to store beside the values.
func (c *Codec[T]) Schema() Schema { return c.schema }

// Flat reports whether values of T hold no pointers, so that [Codec.Append] and [Codec.Decode] allocate nothing and the
// garbage collector does not look into them.
func (c *Codec[T]) Flat() bool { return c.flat }

// Append appends the bytes of v. A type that stores itself and returns an error on that is broken: Append panics.
// Memory that v points to stays v's.
func (c *Codec[T]) Append(dst []byte, v *T) []byte { return c.encode(dst, unsafe.Pointer(v)) }

// Decode overwrites v with what Append wrote. It keeps no part of b. On an error v holds some of it.
func (c *Codec[T]) Decode(b []byte, v *T) error { return c.own.Decode(b, v) }

// Decoder decodes values of T from the bytes of one schema.
type Decoder[T any] struct {
	decode decodeFunc
}

// Migrate returns the decoder of bytes that were written with the schema old. Fields are matched by name: those that T
// does not have are dropped, those that old does not have become zero. An integer may have become wider; any other
// change of a type is an error, which names the field and both types.
func (c *Codec[T]) Migrate(old Schema) (*Decoder[T], error) {
	t := reflect.TypeFor[T]()
	if old.root == nil {
		return nil, fmt.Errorf("cannot migrate to %s: there is no stored schema", t)
	}
	decode, err := compileDecode(migration{old.root, c.schema.root, ""}, t)
	if err != nil {
		return nil, fmt.Errorf("cannot migrate to %s: %w", t, err)
	}
	return &Decoder[T]{decode}, nil
}

// Decode overwrites v. It keeps no part of b. On an error v holds some of it.
func (d *Decoder[T]) Decode(b []byte, v *T) error {
	var zero T
	*v = zero
	rest, err := d.decode(b, unsafe.Pointer(v))
	if err == nil && len(rest) > 0 {
		err = corrupt("%d bytes after the value", len(rest))
	}
	if err != nil {
		return fmt.Errorf("cannot decode a %s: %w", reflect.TypeFor[T](), err)
	}
	return nil
}
