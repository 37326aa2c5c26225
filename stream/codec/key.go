package codec

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"reflect"
	"strings"
	"unsafe"
)

// KeyCodec encodes keys of type K in their order.
type KeyCodec[K any] struct {
	schema Schema
	ops    []keyOp
}

// keyOp is one scalar field of a key with its place in memory.
type keyOp struct {
	kind   Kind
	width  uint8 // in memory
	offset uintptr
}

// KeyStringEnd is how every string in a key ends.
const KeyStringEnd = "\x00\x01"

// KeyFor compiles the key codec of K: a string, an integer, a bool, a [16]byte, or a struct of those.
func KeyFor[K any]() (*KeyCodec[K], error) {
	t := reflect.TypeFor[K]()
	root, err := describe(t, "", 0)
	if err != nil {
		return nil, fmt.Errorf("cannot use %s as a key: %w", t, err)
	}
	ops, err := compileKey(nil, root, t, 0, "")
	if err != nil {
		return nil, fmt.Errorf("cannot use %s as a key: %w", t, err)
	}
	return &KeyCodec[K]{Schema{root}, ops}, nil
}

func compileKey(ops []keyOp, s *Type, t reflect.Type, offset uintptr, path string) ([]keyOp, error) {
	if s.Kind != Struct {
		if !isKeyKind(s.Kind) {
			return nil, fmt.Errorf("%s: %s has no order that is stored: use strings, integers, bools, [16]byte, or structs of them", at(path), t)
		}
		return append(ops, keyOp{s.Kind, uint8(t.Size()), offset}), nil
	}
	var err error
	eachField(s, t, func(f *Field, field reflect.StructField) {
		if err == nil {
			ops, err = compileKey(ops, f.Type, field.Type, offset+field.Offset, strings.TrimPrefix(path+"."+field.Name, "."))
		}
	})
	return ops, err
}

func isKeyKind(k Kind) bool {
	return isSigned(k) || isUnsigned(k) || k == Bool || k == String || k == ID
}

// Schema returns the description of the keys, for [AppendKeyJSON] and [ParseKeyJSON].
func (c *KeyCodec[K]) Schema() Schema { return c.schema }

// AppendKey appends the key. It allocates nothing but what dst needs.
//
// The fields are read by a loop, not by compiled functions as in [Codec], so that k stays on the stack.
func (c *KeyCodec[K]) AppendKey(dst []byte, k K) []byte {
	p := unsafe.Pointer(&k)
	if len(c.ops) == 1 && c.ops[0].kind == String { // the usual key
		return appendKeyString(dst, *(*string)(unsafe.Add(p, c.ops[0].offset)))
	}
	for i := range c.ops {
		op := &c.ops[i]
		at := unsafe.Add(p, op.offset)
		switch {
		case op.kind == String:
			dst = appendKeyString(dst, *(*string)(at))
		case op.kind == ID:
			dst = append(dst, (*[16]byte)(at)[:]...)
		case isSigned(op.kind):
			dst = appendKeyUint(dst, uint64(loadInt(at, uintptr(op.width)))^1<<(bits(op.kind)-1), bits(op.kind))
		default:
			dst = appendKeyUint(dst, loadUint(at, uintptr(op.width)), int(op.width)*8)
		}
	}
	return dst
}

// appendKeyUint appends the low bits of v, big endian.
func appendKeyUint(dst []byte, v uint64, bits int) []byte {
	switch bits {
	case 8:
		return append(dst, byte(v))
	case 16:
		return binary.BigEndian.AppendUint16(dst, uint16(v))
	case 32:
		return binary.BigEndian.AppendUint32(dst, uint32(v))
	}
	return binary.BigEndian.AppendUint64(dst, v)
}

func appendKeyString(dst []byte, s string) []byte {
	for {
		zero := strings.IndexByte(s, 0)
		if zero < 0 {
			return append(append(dst, s...), KeyStringEnd...)
		}
		dst = append(append(dst, s[:zero]...), 0, 0xff)
		s = s[zero+1:]
	}
}

// DecodeKey reads a key that AppendKey wrote.
func (c *KeyCodec[K]) DecodeKey(b []byte) (K, error) {
	k, rest, err := c.CutKey(b)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("cannot decode a key %s: %w", reflect.TypeFor[K](), corrupt("%d bytes after the key", len(rest)))
	}
	return k, err
}

// CutKey reads a key at the front of b and returns what follows it.
func (c *KeyCodec[K]) CutKey(b []byte) (k K, rest []byte, err error) {
	p := unsafe.Pointer(&k)
	for i := range c.ops {
		op := &c.ops[i]
		var part []byte
		if part, b, err = cutKeyPart(b, op.kind); err != nil {
			return k, nil, fmt.Errorf("cannot decode a key %s: %w", reflect.TypeFor[K](), err)
		}
		at := unsafe.Add(p, op.offset)
		switch {
		case op.kind == String:
			*(*string)(at) = string(unescape(part))
		case op.kind == ID:
			*(*[16]byte)(at) = [16]byte(part)
		default:
			storeInt(at, uintptr(op.width), uint64(keyInt(part, op.kind)))
		}
	}
	return k, b, nil
}

// cutKeyPart splits the bytes of one field off; a string still has its escapes, but not its end.
func cutKeyPart(b []byte, kind Kind) (part, rest []byte, err error) {
	if kind != String {
		width := keyWidth(kind)
		if len(b) < width {
			return nil, nil, corrupt("a key is cut off")
		}
		if kind == Bool && b[0] > 1 {
			return nil, nil, corrupt("want a bool of 0 or 1")
		}
		return b[:width], b[width:], nil
	}
	for i := 0; ; i += 2 {
		zero := bytes.IndexByte(b[i:], 0)
		if zero < 0 || i+zero+1 == len(b) {
			return nil, nil, corrupt("a string of a key has no end")
		}
		i += zero
		switch b[i+1] {
		case 1:
			return b[:i], b[i+2:], nil
		case 0xff:
		default:
			return nil, nil, corrupt("a string of a key has the escape %#x", b[i+1])
		}
	}
}

func keyWidth(kind Kind) int {
	switch kind {
	case Bool:
		return 1
	case ID:
		return 16
	}
	return bits(kind) / 8
}

// unescape allocates only when there is something to replace.
func unescape(part []byte) []byte {
	if bytes.IndexByte(part, 0) < 0 {
		return part
	}
	return bytes.ReplaceAll(part, []byte{0, 0xff}, []byte{0})
}

// keyInt reads an integer or bool; a Uint64 comes back as its bits.
func keyInt(part []byte, kind Kind) int64 {
	var v uint64
	for _, b := range part {
		v = v<<8 | uint64(b)
	}
	if !isSigned(kind) {
		return int64(v)
	}
	v ^= 1 << (bits(kind) - 1)
	shift := 64 - bits(kind)
	return int64(v<<shift) >> shift
}
