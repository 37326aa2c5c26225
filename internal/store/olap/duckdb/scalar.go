package duckdb

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unsafe"

	capi "github.com/duckdb/duckdb-go-bindings"

	"github.com/millrace/millrace/internal/store/olap"
)

// scalar is a type whose name and layout need no parameters.
type scalar struct {
	name string
	read func(n *node, i int) any
}

var scalars = map[capi.Type]scalar{
	capi.TypeBoolean:     {"BOOLEAN", func(n *node, i int) any { return at[uint8](n.data, i) != 0 }},
	capi.TypeTinyInt:     {"TINYINT", readInt[int8]},
	capi.TypeSmallInt:    {"SMALLINT", readInt[int16]},
	capi.TypeInteger:     {"INTEGER", readInt[int32]},
	capi.TypeBigInt:      {"BIGINT", readInt[int64]},
	capi.TypeUTinyInt:    {"UTINYINT", readInt[uint8]},
	capi.TypeUSmallInt:   {"USMALLINT", readInt[uint16]},
	capi.TypeUInteger:    {"UINTEGER", readInt[uint32]},
	capi.TypeUBigInt:     {"UBIGINT", func(n *node, i int) any { return at[uint64](n.data, i) }},
	capi.TypeHugeInt:     {"HUGEINT", readHugeInt},
	capi.TypeUHugeInt:    {"UHUGEINT", readUHugeInt},
	capi.TypeFloat:       {"FLOAT", func(n *node, i int) any { return float64(at[float32](n.data, i)) }},
	capi.TypeDouble:      {"DOUBLE", func(n *node, i int) any { return at[float64](n.data, i) }},
	capi.TypeVarchar:     {"VARCHAR", func(n *node, i int) any { return string(bytesAt(n.data, i)) }},
	capi.TypeBlob:        {"BLOB", func(n *node, i int) any { return append([]byte{}, bytesAt(n.data, i)...) }},
	capi.TypeUUID:        {"UUID", func(n *node, i int) any { return at[uuid](n.data, i).id() }},
	capi.TypeTimestamp:   {"TIMESTAMP", readTime(time.UnixMicro)},
	capi.TypeTimestampTZ: {"TIMESTAMP WITH TIME ZONE", readTime(time.UnixMicro)},
	capi.TypeTimestampMS: {"TIMESTAMP_MS", readTime(time.UnixMilli)},
	capi.TypeTimestampS:  {"TIMESTAMP_S", readTime(func(v int64) time.Time { return time.Unix(v, 0) })},
	capi.TypeTimestampNS: {"TIMESTAMP_NS", readTime(func(v int64) time.Time { return time.Unix(0, v) })},
	capi.TypeDate:        {"DATE", readDate},
	capi.TypeTime:        {"TIME", func(n *node, i int) any { return clockText(at[int64](n.data, i)) }},
	capi.TypeInterval:    {"INTERVAL", readInterval},
	capi.TypeSQLNull:     {"NULL", func(*node, int) any { return nil }},
}

func readInt[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32](n *node, i int) any {
	return int64(at[T](n.data, i))
}

func readDecimal[T int16 | int32 | int64](n *node, i int) any {
	return olap.DecimalOf(int64(at[T](n.data, i)), n.scale)
}

func readHugeDecimal(n *node, i int) any {
	h := at[hugeInt](n.data, i)
	return olap.Decimal{Hi: h.upper, Lo: h.lower, Scale: n.scale}
}

// bytesAt returns the bytes of a string_t, valid as long as its chunk.
func bytesAt(data unsafe.Pointer, i int) []byte {
	p := unsafe.Add(data, uintptr(i)*unsafe.Sizeof(text{}))
	length := int(*(*uint32)(p))
	if length <= textInside {
		return unsafe.Slice((*byte)(unsafe.Add(p, 4)), length)
	}
	return unsafe.Slice(*(**byte)(unsafe.Add(p, 8)), length)
}

// readTime reads the timestamps. The ends of the range are infinite.
func readTime(of func(int64) time.Time) func(*node, int) any {
	return func(n *node, i int) any {
		v := at[int64](n.data, i)
		if s := infinite(v, math.MaxInt64); s != "" {
			return s
		}
		return of(v).UTC()
	}
}

func readDate(n *node, i int) any {
	days := int64(at[int32](n.data, i))
	if s := infinite(days, math.MaxInt32); s != "" {
		return s
	}
	const secondsPerDay = 24 * 60 * 60
	return time.Unix(days*secondsPerDay, 0).UTC().Format(time.DateOnly)
}

func infinite(v, limit int64) string {
	switch v {
	case limit:
		return "infinity"
	case -limit:
		return "-infinity"
	}
	return ""
}

// clockText writes µs as hours, minutes and seconds.
func clockText(micros int64) string {
	sign := ""
	if micros < 0 {
		sign, micros = "-", -micros
	}
	s := micros / 1e6
	text := fmt.Sprintf("%s%02d:%02d:%02d", sign, s/3600, s/60%60, s%60)
	if frac := micros % 1e6; frac > 0 {
		text += strings.TrimRight(fmt.Sprintf(".%06d", frac), "0")
	}
	return text
}

// interval is DuckDB's layout.
type interval struct {
	months, days int32
	micros       int64
}

func readInterval(n *node, i int) any {
	v := at[interval](n.data, i)
	var parts []string
	for _, p := range []struct {
		n    int32
		unit string
	}{{v.months / 12, "year"}, {v.months % 12, "month"}, {v.days, "day"}} {
		switch p.n {
		case 0:
		case 1, -1:
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.unit))
		default:
			parts = append(parts, fmt.Sprintf("%d %ss", p.n, p.unit))
		}
	}
	if v.micros != 0 || len(parts) == 0 {
		parts = append(parts, clockText(v.micros))
	}
	return strings.Join(parts, " ")
}
