package debezium

import (
	"encoding/base64"
	"math"
	"math/big"
	"strconv"
	"time"

	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

const (
	maxScale   = 400  // decimals, or zeros, of a number
	maxDecimal = 1024 // characters of its base64
)

// row returns a row with what Connect encoded decoded, by the schema that came
// with it; without one, as it stands.
func (d *Decoder) row(row jsontext.Value) string {
	columns := d.types.of(d.e.schema)
	if len(columns) == 0 {
		return row.Raw
	}
	c := &d.in.Cursor
	c.Reset(row.Raw)
	dst := append(d.in.Memory.Buffer(len(row.Raw)+32*len(columns)+2), '{')
	for c.Object(); c.More(); {
		key, v := c.Key(), c.Value()
		if len(dst) > 1 {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), key.Raw...), '"', ':')
		before := len(dst)
		var ok bool
		if dst, ok = appendDecoded(dst, v, columnOf(columns, key)); !ok {
			dst = appendValue(dst[:before], v)
			name := string(jsontext.Unescape(nil, key.Raw))
			d.in.Problem(event.Format, "debezium.value", "properties."+name, v.Raw, name+" is not encoded as its schema says")
		}
	}
	return d.in.Memory.Keep(append(dst, '}'))
}

func columnOf(columns []column, key jsontext.Value) column {
	for _, c := range columns {
		if c.name == key.Raw || key.Escaped && c.name == string(jsontext.Unescape(nil, key.Raw)) {
			return c
		}
	}
	return column{}
}

// appendDecoded appends a value as JSON.
func appendDecoded(dst []byte, v jsontext.Value, c column) ([]byte, bool) {
	if c.encoding == asIs || v.Kind == jsontext.Null || v.Raw == Unavailable {
		return appendValue(dst, v), true
	}
	switch c.encoding {
	case decimal:
		if v.Kind != jsontext.String {
			return appendValue(dst, v), true // decimal.handling.mode=double
		}
		return appendDecimal(dst, v.Raw, c.scale)
	case variableDecimal:
		of := schemaField{v.Raw}
		scale, err := strconv.Atoi(of.member("scale").Raw)
		if v.Kind != jsontext.Object || err != nil || scale < -maxScale || scale > maxScale {
			return dst, false
		}
		return appendDecimal(dst, of.text("value"), scale)
	}
	n, err := strconv.ParseInt(v.Raw, 10, 64)
	if err != nil {
		return dst, false
	}
	return appendTime(dst, n, c.encoding)
}

// appendDecimal appends the number whose unscaled value is big-endian two's
// complement in base64.
func appendDecimal(dst []byte, text string, scale int) ([]byte, bool) {
	if len(text) > maxDecimal {
		return dst, false
	}
	raw, err := base64.StdEncoding.DecodeString(string(jsontext.Unescape(nil, text)))
	if err != nil || len(raw) == 0 {
		return dst, false
	}
	n := new(big.Int).SetBytes(raw)
	if raw[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(len(raw)*8)))
	}
	digits := n.String()
	dst = append(dst, '"')
	if digits[0] == '-' {
		dst, digits = append(dst, '-'), digits[1:]
	}
	for ; scale < 0 && digits != "0"; scale++ {
		digits += "0"
	}
	for len(digits) <= scale {
		digits = "0" + digits
	}
	point := len(digits) - max(scale, 0)
	dst = append(dst, digits[:point]...)
	if point < len(digits) {
		dst = append(append(dst, '.'), digits[point:]...)
	}
	return append(dst, '"'), true
}

// appendTime appends a clock reading without a zone, or a date, as ISO 8601 text.
func appendTime(dst []byte, n int64, e encoding) ([]byte, bool) {
	layout := "2006-01-02T15:04:05.999999999"
	var t time.Time
	switch e {
	case days:
		if n < math.MinInt32 || n > math.MaxInt32 {
			return dst, false
		}
		t, layout = time.Unix(n*24*60*60, 0), time.DateOnly
	case millis:
		t = time.UnixMilli(n)
	case micros:
		t = time.UnixMicro(n)
	default:
		t = time.Unix(0, n)
	}
	if t = t.UTC(); t.Year() < 1 || t.Year() > 9999 {
		return dst, false
	}
	return append(t.AppendFormat(append(dst, '"'), layout), '"'), true
}
