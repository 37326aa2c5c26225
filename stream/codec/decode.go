package codec

import (
	"encoding"
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"strings"
	"unsafe"
)

// decodeFunc decodes the value at the front of b into p, which is zero and of the type that the function was compiled
// for, and returns what follows it.
type decodeFunc func(b []byte, p unsafe.Pointer) (rest []byte, err error)

// migration is the way from a stored type to that of a program, at one place of the whole.
type migration struct {
	old, new *Type
	path     string
}

func (m migration) refuse() error {
	return fmt.Errorf("%s: it is stored as %s and is now %s: give the new field another name, or the table a new version",
		at(m.path), m.old, m.new)
}

func (m migration) elem() migration { return migration{m.old.Elem, m.new.Elem, m.path + "[]"} }
func (m migration) key() migration  { return migration{m.old.Key, m.new.Key, m.path + "[key]"} }

func (m migration) field(old, current *Field) migration {
	return migration{old.Type, current.Type, strings.TrimPrefix(m.path+"."+current.Name, ".")}
}

func compileDecode(m migration, t reflect.Type) (decodeFunc, error) {
	if isSigned(m.old.Kind) || isUnsigned(m.old.Kind) {
		return compileDecodeInt(m, t)
	}
	if m.old.Kind != m.new.Kind || m.old.Len != m.new.Len || m.old.Name != m.new.Name {
		return nil, m.refuse()
	}
	switch m.old.Kind {
	case Array:
		return compileDecodeArray(m, t)
	case Slice:
		return compileDecodeSlice(m, t)
	case Map:
		return compileDecodeMap(m, t)
	case Pointer:
		return compileDecodePointer(m, t)
	case Struct:
		return compileDecodeStruct(m, t)
	case Opaque:
		return compileDecodeOpaque(t), nil
	}
	return decodeFixed(m.old.Kind), nil
}

func decodeFixed(kind Kind) decodeFunc {
	switch kind {
	case Bool:
		return func(b []byte, p unsafe.Pointer) ([]byte, error) {
			if len(b) < 1 || b[0] > 1 {
				return nil, corrupt("want a bool of 0 or 1")
			}
			*(*bool)(p) = b[0] == 1
			return b[1:], nil
		}
	case ID:
		return func(b []byte, p unsafe.Pointer) ([]byte, error) {
			if len(b) < 16 {
				return nil, corrupt("an id is cut off")
			}
			*(*[16]byte)(p) = [16]byte(b)
			return b[16:], nil
		}
	case Float32:
		return func(b []byte, p unsafe.Pointer) ([]byte, error) {
			if len(b) < 4 {
				return nil, corrupt("a float32 is cut off")
			}
			*(*float32)(p) = math.Float32frombits(binary.LittleEndian.Uint32(b))
			return b[4:], nil
		}
	case Float64:
		return func(b []byte, p unsafe.Pointer) ([]byte, error) {
			if len(b) < 8 {
				return nil, corrupt("a float64 is cut off")
			}
			*(*float64)(p) = math.Float64frombits(binary.LittleEndian.Uint64(b))
			return b[8:], nil
		}
	case String:
		return func(b []byte, p unsafe.Pointer) ([]byte, error) {
			s, rest, err := cutBytes(b)
			*(*string)(p) = string(s)
			return rest, err
		}
	case Bytes:
		return func(b []byte, p unsafe.Pointer) ([]byte, error) {
			s, rest, err := cutBytes(b)
			if len(s) > 0 {
				*(*[]byte)(p) = append([]byte(nil), s...)
			}
			return rest, err
		}
	}
	panic("BUG: no decoder for " + kind.String())
}

// bits returns the width of an integer kind.
func bits(k Kind) int {
	switch k {
	case Int8, Uint8:
		return 8
	case Int16, Uint16:
		return 16
	case Int32, Uint32:
		return 32
	}
	return 64
}

// widens reports whether every value of old is one of current.
func widens(old, current Kind) bool {
	plain := func(k Kind) bool { return k != Duration && k != Micros && k != Instant }
	switch {
	case old == current:
		return true
	case !plain(old) || !plain(current):
		return false
	case isSigned(old):
		return isSigned(current) && bits(old) <= bits(current)
	case isUnsigned(current):
		return bits(old) <= bits(current)
	}
	return isSigned(current) && bits(old) < bits(current)
}

func compileDecodeInt(m migration, t reflect.Type) (decodeFunc, error) {
	if !widens(m.old.Kind, m.new.Kind) {
		return nil, m.refuse()
	}
	kind, width := m.old.Kind, t.Size()
	if isUnsigned(kind) {
		return func(b []byte, p unsafe.Pointer) ([]byte, error) {
			v, rest, err := cutUint(b, kind)
			storeInt(p, width, v)
			return rest, err
		}, nil
	}
	return func(b []byte, p unsafe.Pointer) ([]byte, error) {
		v, rest, err := cutInt(b, kind)
		storeInt(p, width, uint64(v))
		return rest, err
	}, nil
}

// storeInt stores the low bytes of v, whose sign was extended.
func storeInt(p unsafe.Pointer, width uintptr, v uint64) {
	switch width {
	case 8:
		*(*uint64)(p) = v
	case 4:
		*(*uint32)(p) = uint32(v)
	case 2:
		*(*uint16)(p) = uint16(v)
	case 1:
		*(*uint8)(p) = uint8(v)
	}
}

func cutUint(b []byte, kind Kind) (uint64, []byte, error) {
	if kind == Uint8 {
		if len(b) == 0 {
			return 0, nil, corrupt("an integer is cut off")
		}
		return uint64(b[0]), b[1:], nil
	}
	v, n := binary.Uvarint(b)
	if n <= 0 || v>>(bits(kind)-1)>>1 != 0 {
		return 0, nil, corrupt("a %s is cut off or too large", kind)
	}
	return v, b[n:], nil
}

func cutInt(b []byte, kind Kind) (int64, []byte, error) {
	if kind == Int8 {
		if len(b) == 0 {
			return 0, nil, corrupt("an integer is cut off")
		}
		return int64(int8(b[0])), b[1:], nil
	}
	v, n := binary.Varint(b)
	if shift := 64 - bits(kind); n <= 0 || v<<shift>>shift != v {
		return 0, nil, corrupt("an %s is cut off or too large", kind)
	}
	return v, b[n:], nil
}

func compileDecodeArray(m migration, t reflect.Type) (decodeFunc, error) {
	elem, err := compileDecode(m.elem(), t.Elem())
	if err != nil {
		return nil, err
	}
	length, width := m.new.Len, t.Elem().Size()
	return func(b []byte, p unsafe.Pointer) (_ []byte, err error) {
		for i := range length {
			if b, err = elem(b, unsafe.Add(p, uintptr(i)*width)); err != nil {
				return nil, err
			}
		}
		return b, nil
	}, nil
}

// cutLen reads the length of a list whose elements take at least each bytes.
func cutLen(b []byte, each int) (n int, rest []byte, err error) {
	count, width := binary.Uvarint(b)
	if width <= 0 || count > uint64((len(b)-width)/each) {
		return 0, nil, corrupt("a list is cut off")
	}
	return int(count), b[width:], nil
}

func compileDecodeSlice(m migration, t reflect.Type) (decodeFunc, error) {
	elem, err := compileDecode(m.elem(), t.Elem())
	if err != nil {
		return nil, err
	}
	each, width := m.old.Elem.minSize(), t.Elem().Size()
	return func(b []byte, p unsafe.Pointer) ([]byte, error) {
		n, b, err := cutLen(b, each)
		if err != nil || n == 0 {
			return b, err
		}
		slice := reflect.MakeSlice(t, n, n)
		reflect.NewAt(t, p).Elem().Set(slice)
		data := slice.UnsafePointer()
		for i := range n {
			if b, err = elem(b, unsafe.Add(data, uintptr(i)*width)); err != nil {
				return nil, err
			}
		}
		return b, nil
	}, nil
}

func compileDecodeMap(m migration, t reflect.Type) (decodeFunc, error) {
	key, err := compileDecode(m.key(), t.Key())
	if err != nil {
		return nil, err
	}
	elem, err := compileDecode(m.elem(), t.Elem())
	if err != nil {
		return nil, err
	}
	each := m.old.Key.minSize() + m.old.Elem.minSize()
	return func(b []byte, p unsafe.Pointer) ([]byte, error) {
		n, b, err := cutLen(b, each)
		if err != nil || n == 0 {
			return b, err
		}
		decoded := reflect.MakeMapWithSize(t, n)
		reflect.NewAt(t, p).Elem().Set(decoded)
		k, v := reflect.New(t.Key()), reflect.New(t.Elem())
		for range n {
			k.Elem().SetZero()
			v.Elem().SetZero()
			if b, err = key(b, k.UnsafePointer()); err != nil {
				return nil, err
			}
			if b, err = elem(b, v.UnsafePointer()); err != nil {
				return nil, err
			}
			decoded.SetMapIndex(k.Elem(), v.Elem())
		}
		return b, nil
	}, nil
}

func compileDecodePointer(m migration, t reflect.Type) (decodeFunc, error) {
	elem, err := compileDecode(migration{m.old.Elem, m.new.Elem, m.path}, t.Elem())
	if err != nil {
		return nil, err
	}
	return func(b []byte, p unsafe.Pointer) ([]byte, error) {
		switch {
		case len(b) == 0 || b[0] > 1:
			return nil, corrupt("want a pointer of 0 or 1")
		case b[0] == 0:
			return b[1:], nil
		}
		to := reflect.New(t.Elem())
		reflect.NewAt(t, p).Elem().Set(to.Convert(t))
		return elem(b[1:], to.UnsafePointer())
	}, nil
}

func compileDecodeOpaque(t reflect.Type) decodeFunc {
	return func(b []byte, p unsafe.Pointer) ([]byte, error) {
		s, rest, err := cutBytes(b)
		if err != nil {
			return nil, err
		}
		// A copy, since the interface lets the type keep what it must not.
		if err := reflect.NewAt(t, p).Interface().(encoding.BinaryUnmarshaler).UnmarshalBinary(append([]byte(nil), s...)); err != nil {
			return nil, corrupt("a %s: %v", t, err)
		}
		return rest, nil
	}
}

// step decodes one stored field, or skips it when the program has none of that name.
type step struct {
	name   string
	offset uintptr
	decode decodeFunc
	skip   *Type
}

func compileDecodeStruct(m migration, t reflect.Type) (decodeFunc, error) {
	steps := make([]step, 0, len(m.old.Fields))
	for i := range m.old.Fields {
		old := &m.old.Fields[i]
		s := step{name: old.Name, skip: old.Type}
		var err error
		eachField(m.new, t, func(f *Field, field reflect.StructField) {
			if f.Name == old.Name && err == nil {
				s.offset = field.Offset
				s.decode, err = compileDecode(m.field(old, f), field.Type)
			}
		})
		if err != nil {
			return nil, err
		}
		steps = append(steps, s)
	}
	return func(b []byte, p unsafe.Pointer) (_ []byte, err error) {
		for i := range steps {
			s := &steps[i]
			if s.decode != nil {
				b, err = s.decode(b, unsafe.Add(p, s.offset))
			} else {
				b, err = skip(b, s.skip)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
		}
		return b, nil
	}, nil
}
