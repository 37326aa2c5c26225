package codec

import (
	"bytes"
	"encoding"
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"slices"
	"unsafe"
)

// appendFunc appends the value at p, which is of the type that the function was compiled for.
type appendFunc func(dst []byte, p unsafe.Pointer) []byte

// sliceHeader is the layout of a slice of any type.
type sliceHeader struct {
	data     unsafe.Pointer
	len, cap int
}

func compileAppend(s *Type, t reflect.Type) appendFunc {
	switch s.Kind {
	case String:
		return func(dst []byte, p unsafe.Pointer) []byte { return appendString(dst, *(*string)(p)) }
	case Bytes:
		return func(dst []byte, p unsafe.Pointer) []byte {
			b := *(*[]byte)(p)
			return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
		}
	case Array:
		return compileAppendArray(s, t)
	case Slice:
		return compileAppendSlice(s, t)
	case Map:
		return compileAppendMap(s, t)
	case Pointer:
		elem := compileAppend(s.Elem, t.Elem())
		return func(dst []byte, p unsafe.Pointer) []byte {
			to := *(*unsafe.Pointer)(p)
			if to == nil {
				return append(dst, 0)
			}
			return elem(append(dst, 1), to)
		}
	case Struct:
		return compileAppendStruct(s, t)
	case Opaque:
		return compileAppendOpaque(t)
	}
	return compileAppendNumber(s.Kind, t)
}

func compileAppendNumber(kind Kind, t reflect.Type) appendFunc {
	switch kind {
	case Bool, Int8, Uint8:
		return func(dst []byte, p unsafe.Pointer) []byte { return append(dst, *(*byte)(p)) }
	case ID:
		return func(dst []byte, p unsafe.Pointer) []byte { return append(dst, (*[16]byte)(p)[:]...) }
	case Float32:
		return func(dst []byte, p unsafe.Pointer) []byte {
			return binary.LittleEndian.AppendUint32(dst, math.Float32bits(*(*float32)(p)))
		}
	case Float64:
		return func(dst []byte, p unsafe.Pointer) []byte {
			return binary.LittleEndian.AppendUint64(dst, math.Float64bits(*(*float64)(p)))
		}
	}
	width := t.Size()
	if isSigned(kind) {
		return func(dst []byte, p unsafe.Pointer) []byte { return binary.AppendVarint(dst, loadInt(p, width)) }
	}
	return func(dst []byte, p unsafe.Pointer) []byte { return binary.AppendUvarint(dst, loadUint(p, width)) }
}

func isSigned(k Kind) bool {
	return k == Int8 || k == Int16 || k == Int32 || k == Int64 || k == Duration || k == Micros || k == Instant
}

func isUnsigned(k Kind) bool { return k == Uint8 || k == Uint16 || k == Uint32 || k == Uint64 }

func loadInt(p unsafe.Pointer, width uintptr) int64 {
	switch width {
	case 8:
		return *(*int64)(p)
	case 4:
		return int64(*(*int32)(p))
	case 2:
		return int64(*(*int16)(p))
	}
	return int64(*(*int8)(p))
}

func loadUint(p unsafe.Pointer, width uintptr) uint64 {
	switch width {
	case 8:
		return *(*uint64)(p)
	case 4:
		return uint64(*(*uint32)(p))
	case 2:
		return uint64(*(*uint16)(p))
	}
	return uint64(*(*uint8)(p))
}

func compileAppendArray(s *Type, t reflect.Type) appendFunc {
	elem, width := compileAppend(s.Elem, t.Elem()), t.Elem().Size()
	return func(dst []byte, p unsafe.Pointer) []byte {
		for i := range s.Len {
			dst = elem(dst, unsafe.Add(p, uintptr(i)*width))
		}
		return dst
	}
}

func compileAppendSlice(s *Type, t reflect.Type) appendFunc {
	elem, width := compileAppend(s.Elem, t.Elem()), t.Elem().Size()
	return func(dst []byte, p unsafe.Pointer) []byte {
		slice := (*sliceHeader)(p)
		dst = binary.AppendUvarint(dst, uint64(slice.len))
		for i := range slice.len {
			dst = elem(dst, unsafe.Add(slice.data, uintptr(i)*width))
		}
		return dst
	}
}

// part is one field with its place in the struct.
type part struct {
	offset uintptr
	append appendFunc
}

func compileAppendStruct(s *Type, t reflect.Type) appendFunc {
	parts := make([]part, 0, len(s.Fields))
	eachField(s, t, func(f *Field, field reflect.StructField) {
		parts = append(parts, part{field.Offset, compileAppend(f.Type, field.Type)})
	})
	return func(dst []byte, p unsafe.Pointer) []byte {
		for i := range parts {
			dst = parts[i].append(dst, unsafe.Add(p, parts[i].offset))
		}
		return dst
	}
}

// eachField visits the stored fields of t, whose description is s.
func eachField(s *Type, t reflect.Type, visit func(f *Field, field reflect.StructField)) {
	next := 0
	for i := range t.NumField() {
		if _, skip, _ := fieldName(t.Field(i)); !skip {
			visit(&s.Fields[next], t.Field(i))
			next++
		}
	}
}

// compileAppendMap uses reflection per value: a map has no layout that the language promises.
func compileAppendMap(s *Type, t reflect.Type) appendFunc {
	key, elem := compileAppend(s.Key, t.Key()), compileAppend(s.Elem, t.Elem())
	return func(dst []byte, p unsafe.Pointer) []byte {
		m := reflect.NewAt(t, p).Elem()
		dst = binary.AppendUvarint(dst, uint64(m.Len()))
		if m.Len() == 0 {
			return dst
		}
		type entry struct{ key, value []byte }
		entries := make([]entry, 0, m.Len())
		k, v := reflect.New(t.Key()), reflect.New(t.Elem())
		for all := m.MapRange(); all.Next(); {
			k.Elem().SetIterKey(all)
			v.Elem().SetIterValue(all)
			entries = append(entries, entry{key(nil, k.UnsafePointer()), elem(nil, v.UnsafePointer())})
		}
		slices.SortFunc(entries, func(a, b entry) int { return bytes.Compare(a.key, b.key) })
		for _, e := range entries {
			dst = append(append(dst, e.key...), e.value...)
		}
		return dst
	}
}

func compileAppendOpaque(t reflect.Type) appendFunc {
	appends := reflect.PointerTo(t).Implements(appender)
	return func(dst []byte, p unsafe.Pointer) []byte {
		v := reflect.NewAt(t, p).Interface()
		if !appends {
			b, err := v.(encoding.BinaryMarshaler).MarshalBinary()
			mustStore(t, err)
			return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
		}
		start := len(dst)
		dst, err := v.(encoding.BinaryAppender).AppendBinary(dst)
		mustStore(t, err)
		return insertLength(dst, start)
	}
}

func mustStore(t reflect.Type, err error) {
	if err != nil {
		panic(fmt.Sprintf("BUG: a %s does not store itself: %v", t, err))
	}
}

// insertLength puts the length of dst[start:] before it.
func insertLength(dst []byte, start int) []byte {
	var length [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(length[:], uint64(len(dst)-start))
	return slices.Insert(dst, start, length[:n]...)
}
