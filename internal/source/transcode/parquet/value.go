package parquet

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// valueKind is how a value is written.
type valueKind uint8

const (
	kindBool valueKind = iota
	kindInt32
	kindInt64
	kindUint32
	kindUint64
	kindDecimal32
	kindDecimal64
	kindDecimalBytes
	kindDate
	kindTimeMilli
	kindTimeMicro
	kindTimeNano
	kindMilli // timestamps in UTC
	kindMicro
	kindNano
	kindLocalMilli // timestamps without a zone
	kindLocalMicro
	kindLocalNano
	kindInt96
	kindFloat
	kindDouble
	kindFloat16
	kindText
	kindJSON
	kindBytes
	kindUUID
	kindUnknown // always null
)

// maxScale bounds the zeros that a decimal is written with.
const maxScale = 76

// kindOf decides how the values of a column are written.
func kindOf(e *format.SchemaElement) (kind valueKind, scale int, err error) {
	switch e.Type.V {
	case format.Boolean:
		return kindBool, 0, nil
	case format.Int32, format.Int64:
		return integerKind(e)
	case format.Int96:
		return kindInt96, 0, nil
	case format.Float:
		return kindFloat, 0, nil
	case format.Double:
		return kindDouble, 0, nil
	case format.ByteArray, format.FixedLenByteArray:
		return bytesKind(e)
	}
	return 0, 0, fmt.Errorf("%w: column %q has the unknown type %d", errThrift, e.Name, e.Type.V)
}

func decimalScale(e *format.SchemaElement) (scale int, decimal bool, err error) {
	t, decimal := e.LogicalType.Value.(*format.DecimalType)
	if decimal {
		scale = int(t.Scale)
	} else if e.ConvertedType.Valid && e.ConvertedType.V == deprecated.Decimal {
		scale, decimal = int(e.Scale.V), true
	}
	if scale < 0 || scale > maxScale {
		return 0, decimal, fmt.Errorf("%w: column %q has the scale %d", errThrift, e.Name, scale)
	}
	return scale, decimal, nil
}

func integerKind(e *format.SchemaElement) (kind valueKind, scale int, err error) {
	wide := e.Type.V == format.Int64
	scale, decimal, err := decimalScale(e)
	switch {
	case decimal && wide:
		return kindDecimal64, scale, err
	case decimal:
		return kindDecimal32, scale, err
	}
	switch t := e.LogicalType.Value.(type) {
	case *format.DateType:
		return kindDate, 0, nil
	case *format.TimeType:
		return kindTimeMilli + unit(t.Unit), 0, nil
	case *format.TimestampType:
		if t.IsAdjustedToUTC {
			return kindMilli + unit(t.Unit), 0, nil
		}
		return kindLocalMilli + unit(t.Unit), 0, nil
	case *format.IntType:
		return plainInteger(wide, t.IsSigned), 0, nil
	case *format.NullType:
		return kindUnknown, 0, nil
	}
	if !e.ConvertedType.Valid {
		return plainInteger(wide, true), 0, nil
	}
	switch e.ConvertedType.V {
	case deprecated.Date:
		return kindDate, 0, nil
	case deprecated.TimeMillis:
		return kindTimeMilli, 0, nil
	case deprecated.TimeMicros:
		return kindTimeMicro, 0, nil
	case deprecated.TimestampMillis:
		return kindMilli, 0, nil
	case deprecated.TimestampMicros:
		return kindMicro, 0, nil
	case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
		return plainInteger(wide, false), 0, nil
	}
	return plainInteger(wide, true), 0, nil
}

// unit counts from milliseconds.
func unit(u format.TimeUnit) valueKind {
	switch u.Value.(type) {
	case *format.MicroSeconds:
		return 1
	case *format.NanoSeconds:
		return 2
	}
	return 0
}

func plainInteger(wide, signed bool) valueKind {
	switch {
	case wide && signed:
		return kindInt64
	case wide:
		return kindUint64
	case signed:
		return kindInt32
	}
	return kindUint32
}

func bytesKind(e *format.SchemaElement) (kind valueKind, scale int, err error) {
	scale, decimal, err := decimalScale(e)
	if decimal || err != nil {
		return kindDecimalBytes, scale, err
	}
	switch e.LogicalType.Value.(type) {
	case *format.StringType, *format.EnumType:
		return kindText, 0, nil
	case *format.JsonType:
		return kindJSON, 0, nil
	case *format.UUIDType:
		return kindUUID, 0, nil
	case *format.Float16Type:
		return kindFloat16, 0, nil
	case *format.NullType:
		return kindUnknown, 0, nil
	}
	if e.ConvertedType.Valid {
		switch e.ConvertedType.V {
		case deprecated.UTF8, deprecated.Enum:
			return kindText, 0, nil
		case deprecated.Json:
			return kindJSON, 0, nil
		}
	}
	return kindBytes, 0, nil
}

// appendValue writes a value that is there.
func (n *node) appendValue(dst []byte, v *parquet.Value) []byte {
	switch n.value {
	case kindBool:
		return strconv.AppendBool(dst, v.Boolean())
	case kindInt32:
		return strconv.AppendInt(dst, int64(v.Int32()), 10)
	case kindInt64:
		return strconv.AppendInt(dst, v.Int64(), 10)
	case kindUint32:
		return strconv.AppendUint(dst, uint64(v.Uint32()), 10)
	case kindUint64:
		return strconv.AppendUint(dst, v.Uint64(), 10)
	case kindDecimal32:
		return appendDecimal(dst, strconv.AppendInt(make([]byte, 0, 24), int64(v.Int32()), 10), n.scale)
	case kindDecimal64:
		return appendDecimal(dst, strconv.AppendInt(make([]byte, 0, 24), v.Int64(), 10), n.scale)
	case kindDecimalBytes:
		return appendDecimal(dst, twosComplement(v.ByteArray()).Append(nil, 10), n.scale)
	case kindFloat:
		return appendFloat(dst, float64(v.Float()), 32)
	case kindDouble:
		return appendFloat(dst, v.Double(), 64)
	case kindFloat16:
		return appendFloat(dst, float16(v.ByteArray()), 32)
	case kindText:
		return appendText(dst, v.ByteArray())
	case kindJSON:
		if b := v.ByteArray(); json.Valid(b) {
			return appendOneLine(dst, b)
		}
		return appendText(dst, v.ByteArray())
	case kindBytes:
		return appendBytes(dst, v.ByteArray())
	case kindUUID:
		return appendUUID(dst, v.ByteArray())
	case kindUnknown:
		return append(dst, "null"...)
	}
	return n.appendTime(dst, v)
}

func (n *node) appendTime(dst []byte, v *parquet.Value) []byte {
	switch n.value {
	case kindDate:
		return append(time.Unix(int64(v.Int32())*86400, 0).UTC().AppendFormat(append(dst, '"'), time.DateOnly), '"')
	case kindTimeMilli:
		return appendClock(dst, int64(v.Int32())*1_000_000)
	case kindTimeMicro:
		return appendClock(dst, v.Int64()*1000)
	case kindTimeNano:
		return appendClock(dst, v.Int64())
	case kindMilli:
		return appendTimestamp(dst, time.UnixMilli(v.Int64()), time.RFC3339Nano)
	case kindMicro:
		return appendTimestamp(dst, time.UnixMicro(v.Int64()), time.RFC3339Nano)
	case kindNano:
		return appendTimestamp(dst, time.Unix(0, v.Int64()), time.RFC3339Nano)
	case kindLocalMilli:
		return appendTimestamp(dst, time.UnixMilli(v.Int64()), localTime)
	case kindLocalMicro:
		return appendTimestamp(dst, time.UnixMicro(v.Int64()), localTime)
	case kindLocalNano:
		return appendTimestamp(dst, time.Unix(0, v.Int64()), localTime)
	case kindInt96:
		i := v.Int96()
		const julianDayOf1970 = 2_440_588
		nanos := int64(uint64(i[0]) | uint64(i[1])<<32) //nolint:gosec // the halves of a signed number
		return appendTimestamp(dst, time.Unix((int64(i[2])-julianDayOf1970)*86400, nanos), time.RFC3339Nano)
	}
	panic(fmt.Sprintf("BUG: no way to write values of kind %d", n.value))
}

const localTime = "2006-01-02T15:04:05.999999999"

func appendTimestamp(dst []byte, t time.Time, layout string) []byte {
	return append(t.UTC().AppendFormat(append(dst, '"'), layout), '"')
}

func appendClock(dst []byte, nanos int64) []byte {
	return append(time.Unix(0, nanos).UTC().AppendFormat(append(dst, '"'), "15:04:05.999999999"), '"')
}

// appendDecimal puts the point into the digits of a whole number.
func appendDecimal(dst, digits []byte, scale int) []byte {
	if digits[0] == '-' {
		dst, digits = append(dst, '-'), digits[1:]
	}
	if scale == 0 {
		return append(dst, digits...)
	}
	if len(digits) <= scale {
		dst = append(dst, '0', '.')
		for range scale - len(digits) {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	whole := len(digits) - scale
	return append(append(append(dst, digits[:whole]...), '.'), digits[whole:]...)
}

// maxDecimalBytes is more than any precision that writers know takes.
const maxDecimalBytes = 64

func twosComplement(b []byte) *big.Int {
	b = b[:min(len(b), maxDecimalBytes)]
	v := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(len(b))*8))
	}
	return v
}

func appendFloat(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 0):
		return append(strconv.AppendFloat(append(dst, '"'), f, 'f', -1, bits), '"')
	case f != 0 && (math.Abs(f) < 1e-6 || math.Abs(f) >= 1e21):
		return strconv.AppendFloat(dst, f, 'e', -1, bits)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, bits)
}

// float16 is IEEE 754's binary16, little-endian.
func float16(b []byte) float64 {
	if len(b) != 2 {
		return math.NaN()
	}
	bits := uint(b[0]) | uint(b[1])<<8
	exponent, fraction := int(bits>>10&0x1f), float64(bits&0x3ff)
	f := math.Ldexp(1024+fraction, exponent-25)
	switch exponent {
	case 0:
		f = math.Ldexp(fraction, -24)
	case 0x1f:
		if f = math.Inf(1); fraction != 0 {
			f = math.NaN()
		}
	}
	if bits>>15 == 1 {
		f = -f
	}
	return f
}

const hexDigits = "0123456789abcdef"

// appendText writes a JSON string. Bytes that are no UTF-8 are left as they are,
// for the adapter to refuse.
func appendText(dst, s []byte) []byte {
	dst = append(dst, '"')
	from := 0
	for i, c := range s {
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
		}
	}
	return append(append(dst, s[from:]...), '"')
}

// appendOneLine writes JSON without line breaks, which can only stand between
// its tokens.
func appendOneLine(dst, text []byte) []byte {
	for _, c := range text {
		if c == '\n' || c == '\r' {
			c = ' '
		}
		dst = append(dst, c)
	}
	return dst
}

func appendBytes(dst, b []byte) []byte {
	if utf8.Valid(b) {
		return appendText(dst, b)
	}
	return append(base64.StdEncoding.AppendEncode(append(dst, '"'), b), '"')
}

func appendUUID(dst, b []byte) []byte {
	if len(b) != 16 {
		return appendBytes(dst, b)
	}
	dst = append(dst, '"')
	for i, part := range [][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, part)
	}
	return append(dst, '"')
}
