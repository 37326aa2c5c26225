package duckdb

import (
	"fmt"
	"math/big"
	"strings"
	"unsafe"

	capi "github.com/duckdb/duckdb-go-bindings"
)

// node reads one column of a result, or one part of a nested column.
type node struct {
	name     string // of the type, in SQL
	read     func(n *node, i int) any
	scale    uint8    // of decimals
	size     int      // of arrays
	values   []string // of enums
	fields   []string // of structs and unions
	children []*node

	data  unsafe.Pointer
	valid unsafe.Pointer
}

// bind points the node to the vector of a new chunk.
func (n *node) bind(v capi.Vector) {
	n.data = capi.VectorGetData(v)
	n.valid = capi.VectorGetValidity(v)
	switch {
	case n.size > 0:
		n.children[0].bind(capi.ArrayVectorGetChild(v))
	case n.fields != nil:
		for k, c := range n.children {
			c.bind(capi.StructVectorGetChild(v, capi.IdxT(k)))
		}
	case n.children != nil:
		n.children[0].bind(capi.ListVectorGetChild(v))
	}
}

func (n *node) value(i int) any {
	if n.valid != nil && at[uint64](n.valid, i/64)&(1<<(i%64)) == 0 {
		return nil
	}
	return n.read(n, i)
}

// newNode returns the reader of a type.
func newNode(t capi.LogicalType) (*node, error) {
	id := capi.GetTypeId(t)
	if s, ok := scalars[id]; ok {
		n := &node{name: s.name, read: s.read}
		if alias := capi.LogicalTypeGetAlias(t); alias != "" {
			n.name = alias
		}
		return n, nil
	}
	switch id {
	case capi.TypeDecimal:
		return decimalNode(t), nil
	case capi.TypeEnum:
		return enumNode(t), nil
	case capi.TypeList, capi.TypeArray:
		return listNode(t, id)
	case capi.TypeMap:
		return mapNode(t)
	case capi.TypeStruct:
		return structNode(t)
	case capi.TypeUnion:
		return unionNode(t)
	}
	return nil, fmt.Errorf("its type cannot be returned, cast it to VARCHAR")
}

func decimalNode(t capi.LogicalType) *node {
	n := &node{scale: capi.DecimalScale(t), read: readDecimal[int64]}
	n.name = fmt.Sprintf("DECIMAL(%d,%d)", capi.DecimalWidth(t), n.scale)
	switch capi.DecimalInternalType(t) {
	case capi.TypeSmallInt:
		n.read = readDecimal[int16]
	case capi.TypeInteger:
		n.read = readDecimal[int32]
	case capi.TypeHugeInt:
		n.read = readHugeDecimal
	}
	return n
}

func enumNode(t capi.LogicalType) *node {
	n := &node{name: "ENUM", read: readEnum[uint8]}
	for k := range capi.EnumDictionarySize(t) {
		n.values = append(n.values, capi.EnumDictionaryValue(t, capi.IdxT(k)))
	}
	switch capi.EnumInternalType(t) {
	case capi.TypeUSmallInt:
		n.read = readEnum[uint16]
	case capi.TypeUInteger:
		n.read = readEnum[uint32]
	}
	return n
}

func listNode(t capi.LogicalType, id capi.Type) (*node, error) {
	n := &node{read: readList}
	child := capi.ListTypeChildType
	if id == capi.TypeArray {
		child = capi.ArrayTypeChildType
		n.size = int(capi.ArrayTypeArraySize(t))
		n.read = readArray
	}
	c, err := childNode(child(t))
	if err != nil {
		return nil, err
	}
	n.children = []*node{c}
	n.name = c.name + "[]"
	if n.size > 0 {
		n.name = fmt.Sprintf("%s[%d]", c.name, n.size)
	}
	return n, nil
}

// childNode takes over the type.
func childNode(t capi.LogicalType) (*node, error) {
	defer capi.DestroyLogicalType(&t)
	return newNode(t)
}

// mapNode reads a map, which is a list of structs of key and value.
func mapNode(t capi.LogicalType) (*node, error) {
	key, err := childNode(capi.MapTypeKeyType(t))
	if err != nil {
		return nil, err
	}
	value, err := childNode(capi.MapTypeValueType(t))
	if err != nil {
		return nil, err
	}
	entry := &node{fields: []string{"key", "value"}, children: []*node{key, value}}
	return &node{name: "MAP(" + key.name + ", " + value.name + ")", read: readMap, children: []*node{entry}}, nil
}

func structNode(t capi.LogicalType) (*node, error) {
	n := &node{read: readStruct, fields: []string{}}
	var parts []string
	for k := range capi.StructTypeChildCount(t) {
		c, err := childNode(capi.StructTypeChildType(t, k))
		if err != nil {
			return nil, err
		}
		name := capi.StructTypeChildName(t, k)
		n.children, n.fields = append(n.children, c), append(n.fields, name)
		parts = append(parts, quote(name)+" "+c.name)
	}
	n.name = "STRUCT(" + strings.Join(parts, ", ") + ")"
	return n, nil
}

// unionNode reads a union, which is a struct of a tag and the members.
func unionNode(t capi.LogicalType) (*node, error) {
	tag := scalars[capi.TypeUTinyInt]
	n := &node{name: "UNION", read: readUnion, fields: []string{""}, children: []*node{{read: tag.read}}}
	for k := range capi.UnionTypeMemberCount(t) {
		c, err := childNode(capi.UnionTypeMemberType(t, k))
		if err != nil {
			return nil, err
		}
		n.children, n.fields = append(n.children, c), append(n.fields, capi.UnionTypeMemberName(t, k))
	}
	return n, nil
}

type listEntry struct{ offset, length uint64 }

func readList(n *node, i int) any {
	e := at[listEntry](n.data, i)
	return n.children[0].slice(int(e.offset), int(e.length))
}

func readArray(n *node, i int) any { return n.children[0].slice(i*n.size, n.size) }

func (n *node) slice(from, length int) []any {
	values := make([]any, length)
	for k := range values {
		values[k] = n.value(from + k)
	}
	return values
}

func readMap(n *node, i int) any {
	e := at[listEntry](n.data, i)
	key, value := n.children[0].children[0], n.children[0].children[1]
	m := make(map[string]any, e.length)
	for k := int(e.offset); k < int(e.offset+e.length); k++ {
		m[fmt.Sprint(key.value(k))] = value.value(k)
	}
	return m
}

func readStruct(n *node, i int) any {
	m := make(map[string]any, len(n.children))
	for k, c := range n.children {
		m[n.fields[k]] = c.value(i)
	}
	return m
}

func readUnion(n *node, i int) any {
	tag, ok := n.children[0].value(i).(int64)
	if !ok || int(tag)+1 >= len(n.children) {
		return nil
	}
	return n.children[tag+1].value(i)
}

func readEnum[T uint8 | uint16 | uint32](n *node, i int) any { return n.values[at[T](n.data, i)] }

// hugeInt is DuckDB's 128-bit number.
type hugeInt struct {
	lower uint64
	upper int64
}

func readHugeInt(n *node, i int) any {
	h := at[hugeInt](n.data, i)
	if h.upper == int64(h.lower)>>63 {
		return int64(h.lower)
	}
	v := big.NewInt(h.upper)
	return v.Lsh(v, 64).Add(v, new(big.Int).SetUint64(h.lower))
}

func readUHugeInt(n *node, i int) any {
	h := at[uuid](n.data, i)
	if h.upper == 0 && int64(h.lower) >= 0 {
		return int64(h.lower)
	}
	v := new(big.Int).SetUint64(h.upper)
	return v.Lsh(v, 64).Add(v, new(big.Int).SetUint64(h.lower))
}
