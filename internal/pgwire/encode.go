package pgwire

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

const (
	formatText   int16 = 0
	formatBinary int16 = 1
)

// encoder writes values of the store as the protocol carries them. It serves one
// connection.
type encoder struct{ types *pgtype.Map }

// append writes v, which is not nil.
func (e *encoder) append(dst []byte, v any, oid uint32, format int16) ([]byte, error) {
	if format == formatText {
		return appendText(dst, v, oid)
	}
	switch v := v.(type) {
	case bool:
		if oid == pgtype.BoolOID {
			if v {
				return append(dst, 1), nil
			}
			return append(dst, 0), nil
		}
	case int64:
		if out, ok := appendInt(dst, v, oid); ok {
			return out, nil
		}
	case float64:
		switch oid {
		case pgtype.Float4OID:
			return binary.BigEndian.AppendUint32(dst, math.Float32bits(float32(v))), nil
		case pgtype.Float8OID:
			return binary.BigEndian.AppendUint64(dst, math.Float64bits(v)), nil
		}
	case event.ID:
		if oid == pgtype.UUIDOID {
			return append(dst, v[:]...), nil
		}
	case time.Time:
		if oid == pgtype.TimestampOID || oid == pgtype.TimestamptzOID {
			return binary.BigEndian.AppendUint64(dst, uint64(v.UnixMicro()-epoch)), nil
		}
	case []byte:
		return append(dst, v...), nil
	}
	return e.appendByText(dst, v, oid)
}

// epoch is 2000-01-01, which binary timestamps count from, in µs since 1970.
const epoch = 946_684_800_000_000

func appendInt(dst []byte, v int64, oid uint32) ([]byte, bool) {
	switch oid {
	case pgtype.Int2OID:
		return binary.BigEndian.AppendUint16(dst, uint16(v)), true
	case pgtype.Int4OID:
		return binary.BigEndian.AppendUint32(dst, uint32(v)), true
	case pgtype.Int8OID:
		return binary.BigEndian.AppendUint64(dst, uint64(v)), true
	}
	return dst, false
}

// appendByText writes what is rare in binary form: the value is written as text, and that
// is read and written again by pgtype.
func (e *encoder) appendByText(dst []byte, v any, oid uint32) ([]byte, error) {
	text, err := appendText(nil, v, oid)
	if err != nil {
		return dst, err
	}
	t, ok := e.types.TypeForOID(oid)
	if !ok || oid == pgtype.TextOID || oid == pgtype.JSONOID {
		return append(dst, text...), nil
	}
	value, err := t.Codec.DecodeValue(e.types, oid, formatText, text)
	if err != nil {
		return dst, fmt.Errorf("cannot send %q as %s: %w", text, t.Name, err)
	}
	return e.types.Encode(oid, formatBinary, value, dst)
}

// appendText writes a value as PostgreSQL writes it.
func appendText(dst []byte, v any, oid uint32) ([]byte, error) {
	switch v := v.(type) {
	case bool:
		if v {
			return append(dst, 't'), nil
		}
		return append(dst, 'f'), nil
	case string:
		if oid == pgtype.IntervalOID {
			v = strings.NewReplacer("months", "mons", "month", "mon").Replace(v)
		}
		return append(dst, v...), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case uint64:
		return strconv.AppendUint(dst, v, 10), nil
	case float64:
		return appendFloat(dst, v, oid), nil
	case olap.Decimal:
		return v.AppendTo(dst), nil
	case *big.Int:
		return v.Append(dst, 10), nil
	case event.ID:
		return v.AppendTo(dst), nil
	case time.Time:
		dst = v.UTC().AppendFormat(dst, "2006-01-02 15:04:05.999999")
		if oid == pgtype.TimestamptzOID {
			dst = append(dst, "+00"...)
		}
		return dst, nil
	case []byte:
		return hex.AppendEncode(append(dst, `\x`...), v), nil
	case []any:
		if element, ok := elementOf[oid]; ok {
			return appendArray(dst, v, element)
		}
	}
	b, err := json.Marshal(jsonable(v))
	return append(dst, b...), err
}

// appendFloat writes the shortest form that reads back, as PostgreSQL does: with an exponent
// below 1e-4 and beyond 15 digits, for real 6. Grafana's seconds have ten.
func appendFloat(dst []byte, v float64, oid uint32) []byte {
	switch {
	case math.IsInf(v, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(v, -1):
		return append(dst, "-Infinity"...)
	}
	bits, beyond := 64, 1e15
	if oid == pgtype.Float4OID {
		bits, beyond = 32, 1e6
	}
	if size := math.Abs(v); size == 0 || size >= 1e-4 && size < beyond {
		return strconv.AppendFloat(dst, v, 'f', -1, bits)
	}
	return strconv.AppendFloat(dst, v, 'e', -1, bits)
}

// appendArray writes {1,NULL,"a b"}.
func appendArray(dst []byte, list []any, element uint32) ([]byte, error) {
	dst = append(dst, '{')
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		if v == nil {
			dst = append(dst, "NULL"...)
			continue
		}
		text, err := appendText(nil, v, element)
		if err != nil {
			return dst, err
		}
		dst = appendElement(dst, string(text))
	}
	return append(dst, '}'), nil
}

func appendElement(dst []byte, s string) []byte {
	if s != "" && !strings.EqualFold(s, "null") && !strings.ContainsAny(s, "{}\",\\ \t\n\r\v\f") {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}

// jsonable returns a value that json.Marshal writes without losing a digit.
func jsonable(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = jsonable(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = jsonable(v[k])
		}
		return out
	case olap.Decimal:
		return json.Number(v.String())
	case event.ID:
		return v.String()
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return strconv.FormatFloat(v, 'g', -1, 64)
		}
	}
	return v
}
