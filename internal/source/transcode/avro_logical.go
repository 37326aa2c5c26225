package transcode

import (
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/hamba/avro/v2"
)

// maxDecimal bounds the bytes of a decimal: about 150 digits.
const maxDecimal = 64

// decimal writes a big-endian integer in two's complement as text, with scale digits
// behind the point.
func (r *avroReader) decimal(b []byte, scale int) {
	if len(b) > maxDecimal || scale > 2*maxDecimal {
		r.fail("a decimal of %d bytes", len(b))
		return
	}
	v := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(len(b))*8))
	}
	digits := v.Text(10)
	r.out = append(r.out, '"')
	if rest, negative := strings.CutPrefix(digits, "-"); negative {
		r.out, digits = append(r.out, '-'), rest
	}
	if missing := scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - scale
	r.out = append(r.out, digits[:point]...)
	if scale > 0 {
		r.out = append(append(r.out, '.'), digits[point:]...)
	}
	r.out = append(r.out, '"')
}

// appendTime appends a date or time as text. One outside the years 1 to 9999 stays a
// number.
func appendTime(dst []byte, logical avro.LogicalType, v int64) []byte {
	var at time.Time
	layout := `"` + time.RFC3339Nano + `"`
	const local = `"2006-01-02T15:04:05.999999999"`
	switch logical {
	case avro.Date:
		at, layout = time.Unix(0, 0).UTC().AddDate(0, 0, int(v)), `"2006-01-02"`
	case avro.TimeMillis:
		at, layout = time.UnixMilli(v), `"15:04:05.999"`
	case avro.TimeMicros:
		at, layout = time.UnixMicro(v), `"15:04:05.999999"`
	case avro.TimestampMillis:
		at = time.UnixMilli(v)
	case avro.TimestampMicros:
		at = time.UnixMicro(v)
	case avro.LocalTimestampMillis:
		at, layout = time.UnixMilli(v), local
	case avro.LocalTimestampMicros:
		at, layout = time.UnixMicro(v), local
	default:
		return strconv.AppendInt(dst, v, 10)
	}
	if at = at.UTC(); at.Year() < 1 || at.Year() > 9999 || (logical == avro.TimeMillis || logical == avro.TimeMicros) && at.YearDay()+at.Year() != 1971 {
		return strconv.AppendInt(dst, v, 10)
	}
	return at.AppendFormat(dst, layout)
}
