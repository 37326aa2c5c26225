package parquet

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// Thrift's compact protocol, as far as it takes to go through a struct without
// allocating what its lengths claim. See github.com/apache/thrift,
// doc/specs/thrift-compact-protocol.md.

// The types of a field's value.
const (
	compactTrue = iota + 1
	compactFalse
	compactByte
	compactI16
	compactI32
	compactI64
	compactDouble
	compactBinary
	compactList
	compactSet
	compactMap
	compactStruct
)

const (
	// maxThriftDepth is more than the metadata of Parquet is nested.
	maxThriftDepth = 16
	// maxThriftText is the longest text or statistic of a page header.
	maxThriftText = 8 << 20
	// Structs take some hundred times as much memory as a file, values of lists
	// some ten times.
	maxThriftStructs = 256 << 10
	maxThriftValues  = 1 << 20
)

var errThrift = errors.New("its metadata is broken")

// walker goes through structs of one source.
type walker struct {
	r    *bufio.Reader
	left int64 // bytes that it may still read
	// field, when set, is told of the numbers and truth values of the outermost
	// struct, and of the structs in its fields.
	field func(outer, id int16, value int64)
	outer int16 // the field of the outermost struct that the walker is in

	structs, values int // values in lists
}

func (w *walker) ReadByte() (byte, error) {
	if w.left <= 0 {
		return 0, fmt.Errorf("%w: it goes on behind its end", errThrift)
	}
	w.left--
	b, err := w.r.ReadByte()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}

func (w *walker) varint() (uint64, error) {
	var v uint64
	for shift := 0; shift < 64; shift += 7 {
		b, err := w.ReadByte()
		if err != nil {
			return 0, err
		}
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v, nil
		}
	}
	return 0, fmt.Errorf("%w: a number is too long", errThrift)
}

func zigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

func (w *walker) skip(n int64) error {
	if n < 0 || n > w.left {
		return fmt.Errorf("%w: a length of %d goes behind its end", errThrift, n)
	}
	w.left -= n
	_, err := w.r.Discard(int(n))
	return err
}

// walkStruct goes behind a struct.
func (w *walker) walkStruct(depth int) error {
	if depth > maxThriftDepth {
		return fmt.Errorf("%w: it is nested too deep", errThrift)
	}
	if w.structs++; w.structs > maxThriftStructs {
		return fmt.Errorf("%w: it has more than %d structs", errThrift, maxThriftStructs)
	}
	for id := int16(0); ; {
		head, err := w.ReadByte()
		if err != nil || head == 0 {
			return err
		}
		if delta := head >> 4; delta != 0 {
			id += int16(delta)
		} else {
			v, err := w.varint()
			if err != nil {
				return err
			}
			id = int16(zigzag(v)) //nolint:gosec // a field's id has 16 bits; a wrong one matches none
		}
		if err := w.walkField(id, head&0xf, depth); err != nil {
			return err
		}
	}
}

func (w *walker) walkField(id int16, kind byte, depth int) error {
	switch kind {
	case compactTrue, compactFalse:
		w.tell(id, int64(compactFalse-kind), depth)
		return nil
	case compactI16, compactI32, compactI64:
		v, err := w.varint()
		w.tell(id, zigzag(v), depth)
		return err
	}
	if depth == 0 {
		w.outer = id
	}
	return w.walkValue(kind, depth)
}

func (w *walker) tell(id int16, v int64, depth int) {
	switch {
	case w.field == nil:
	case depth == 0:
		w.field(0, id, v)
	case depth == 1:
		w.field(w.outer, id, v)
	}
}

// walkValue goes behind a value, as it stands in a field or a list.
func (w *walker) walkValue(kind byte, depth int) error {
	switch kind {
	case compactTrue, compactFalse, compactByte:
		return w.skip(1)
	case compactI16, compactI32, compactI64:
		_, err := w.varint()
		return err
	case compactDouble:
		return w.skip(8)
	case compactBinary:
		n, err := w.varint()
		if err != nil {
			return err
		}
		if n > maxThriftText {
			return fmt.Errorf("%w: a text of %d bytes", errThrift, n)
		}
		return w.skip(int64(n))
	case compactList, compactSet:
		return w.walkList(depth)
	case compactMap:
		return w.walkMap(depth)
	case compactStruct:
		return w.walkStruct(depth + 1)
	}
	return fmt.Errorf("%w: it has a value of unknown type %d", errThrift, kind)
}

func (w *walker) walkList(depth int) error {
	head, err := w.ReadByte()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = w.varint(); err != nil {
			return err
		}
	}
	return w.walkValues(n, depth, head&0xf)
}

func (w *walker) walkMap(depth int) error {
	n, err := w.varint()
	if err != nil || n == 0 {
		return err
	}
	kinds, err := w.ReadByte()
	if err != nil {
		return err
	}
	return w.walkValues(n, depth, kinds>>4, kinds&0xf)
}

// walkValues goes behind n times the values of some types. Each takes at least a
// byte.
func (w *walker) walkValues(n uint64, depth int, kinds ...byte) error {
	if depth >= maxThriftDepth || n > uint64(max(w.left, 0)) {
		return fmt.Errorf("%w: a list of %d values goes behind its end", errThrift, n)
	}
	if w.values += int(n); w.values > maxThriftValues { //nolint:gosec // within the bytes left
		return fmt.Errorf("%w: its lists have more than %d values", errThrift, maxThriftValues)
	}
	for range n {
		for _, kind := range kinds {
			if err := w.walkValue(kind, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}
