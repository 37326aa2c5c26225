package codec

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"github.com/millrace/millrace/event"
)

// Leaf is a value in a struct that is no struct itself. Which field holds it says its Type.
type Leaf struct {
	Type  *Type
	Int   int64   // Bool (0 or 1), integers, Duration, Micros, Instant; Uint64 as its bits
	Float float64 // Float32, Float64
	Text  []byte  // String, Bytes, Opaque, ID; lists, maps and pointers as JSON; valid during the call
}

// Visitor walks values of one schema. It serves one goroutine.
type Visitor struct {
	schema Schema
	fn     func(n int, l Leaf)
	n      int
	json   []byte
}

// NewVisitor returns a visitor that calls fn for each leaf of a value, numbered in the order of the fields, depth first.
func NewVisitor(s Schema, fn func(n int, l Leaf)) *Visitor { return &Visitor{schema: s, fn: fn} }

// Visit walks one value. Bytes that no codec wrote are an error that wraps [ErrCorrupt].
func (v *Visitor) Visit(b []byte) error {
	if v.schema.root == nil {
		return fmt.Errorf("cannot read a value: there is no schema")
	}
	v.n = 0
	rest, err := v.visit(v.schema.root, b)
	if err == nil && len(rest) > 0 {
		err = corrupt("%d bytes after the value", len(rest))
	}
	if err != nil {
		return fmt.Errorf("cannot read a value of %s: %w", abbreviate(v.schema.String()), err)
	}
	return nil
}

func (v *Visitor) visit(t *Type, b []byte) (rest []byte, err error) {
	if t.Kind == Struct {
		for i := range t.Fields {
			if b, err = v.visit(t.Fields[i].Type, b); err != nil {
				return nil, fmt.Errorf("%s: %w", t.Fields[i].Name, err)
			}
		}
		return b, nil
	}
	l := Leaf{Type: t}
	switch {
	case isSigned(t.Kind):
		l.Int, rest, err = cutInt(b, t.Kind)
	case isUnsigned(t.Kind):
		var u uint64
		u, rest, err = cutUint(b, t.Kind)
		l.Int = int64(u)
	case t.Kind == String || t.Kind == Bytes || t.Kind == Opaque:
		l.Text, rest, err = cutBytes(b)
	case t.Kind == Slice || t.Kind == Map || t.Kind == Array || t.Kind == Pointer:
		v.json, rest, err = appendJSON(v.json[:0], t, b)
		l.Text = v.json
	default:
		rest, err = l.fixed(b)
	}
	if err != nil {
		return nil, err
	}
	v.fn(v.n, l)
	v.n++
	return rest, nil
}

// fixed reads a value of fixed width.
func (l *Leaf) fixed(b []byte) (rest []byte, err error) {
	kind := l.Type.Kind
	if rest, err = skipNumber(b, kind); err != nil {
		return nil, err
	}
	switch kind {
	case Bool:
		if b[0] > 1 {
			return nil, corrupt("want a bool of 0 or 1")
		}
		l.Int = int64(b[0])
	case ID:
		l.Text = b[:16]
	case Float32:
		l.Float = float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case Float64:
		l.Float = math.Float64frombits(binary.LittleEndian.Uint64(b))
	default:
		return nil, corrupt("no value has the type %s", kind)
	}
	return rest, nil
}

// AppendJSON appends a leaf in the form of the function [AppendJSON].
func (l *Leaf) AppendJSON(dst []byte) []byte {
	switch kind := l.Type.Kind; {
	case isSigned(kind):
		return appendJSONInt(dst, kind, l.Int)
	case isUnsigned(kind):
		return strconv.AppendUint(dst, uint64(l.Int), 10)
	case kind == String:
		return appendQuoted(dst, l.Text)
	case kind == Bytes || kind == Opaque:
		return append(base64.StdEncoding.AppendEncode(append(dst, '"'), l.Text), '"')
	case kind == ID:
		return append(event.ID(l.Text).AppendTo(append(dst, '"')), '"')
	case kind == Bool:
		return strconv.AppendBool(dst, l.Int == 1)
	case kind == Float32:
		return appendJSONFloat(dst, l.Float, 32)
	case kind == Float64:
		return appendJSONFloat(dst, l.Float, 64)
	}
	return append(dst, l.Text...) // a list, map or pointer is JSON already
}
