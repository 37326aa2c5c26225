package pgwire

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

// decode reads a parameter, which is not NULL, for the store. A type that it does not
// know is text.
func (e *encoder) decode(raw []byte, oid uint32, format int16) (any, error) {
	t, known := e.types.TypeForOID(oid)
	if !known || isText(oid) {
		return string(raw), nil
	}
	if format == formatText {
		if v, ok, err := decodeText(string(raw), oid); ok || err != nil {
			return v, err
		}
	}
	v, err := t.Codec.DecodeValue(e.types, oid, format, raw)
	if err != nil {
		return nil, fmt.Errorf("it is no %s: %w", t.Name, err)
	}
	return fromCodec(v, oid, raw, format)
}

func isText(oid uint32) bool {
	switch oid {
	case 0, pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID, pgtype.UnknownOID, pgtype.JSONOID, pgtype.QCharOID:
		return true
	}
	return false
}

// decodeText reads the texts that the store takes as they are, or that PostgreSQL takes
// in more forms than one.
func decodeText(s string, oid uint32) (v any, ok bool, err error) {
	switch oid {
	case pgtype.BoolOID:
		switch strings.ToLower(strings.TrimSpace(s)) {
		case "t", "true", "y", "yes", "on", "1":
			return true, true, nil
		case "f", "false", "n", "no", "off", "0":
			return false, true, nil
		}
		return nil, false, fmt.Errorf("%q is no boolean", s)
	case pgtype.NumericOID, pgtype.Int8OID, pgtype.Int4OID, pgtype.Int2OID, pgtype.OIDOID:
		d, err := parseDecimal(strings.TrimSpace(s))
		if err == nil && d.Scale == 0 && d.Hi == int64(d.Lo)>>63 {
			return int64(d.Lo), true, nil
		}
		return d, true, err
	case pgtype.TimestampOID, pgtype.TimestamptzOID, pgtype.DateOID:
		at, err := parseTime(s)
		return at, true, err
	}
	return nil, false, nil
}

var timeLayouts = []string{
	"2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999Z07", "2006-01-02 15:04:05.999999999 Z07:00",
	"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04", "2006-01-02 Z07:00", "2006-01-02Z07:00", "2006-01-02 Z07", time.DateOnly,
}

func parseTime(s string) (time.Time, error) {
	for _, layout := range timeLayouts {
		if at, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time; write it as 2026-01-31 13:45:00", s)
}

const maxScale = 38

// parseDecimal reads a number without an exponent exactly.
func parseDecimal(s string) (olap.Decimal, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	n, ok := parseBig(whole + fraction)
	if !ok || len(fraction) > maxScale || n.BitLen() > 126 {
		if f, err := strconv.ParseFloat(s, 64); err == nil && strings.ContainsAny(s, "eE") {
			return parseDecimal(strconv.FormatFloat(f, 'f', -1, 64))
		}
		return olap.Decimal{}, fmt.Errorf("%q is no number of at most %d digits", s, maxScale)
	}
	return decimalOf(n, len(fraction)), nil
}

// fromCodec turns what pgtype read into what the store takes.
func fromCodec(v any, oid uint32, raw []byte, format int16) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case int16:
		return int64(v), nil
	case int32:
		return int64(v), nil
	case uint32:
		return int64(v), nil
	case float32:
		return float64(v), nil
	case bool, int64, float64, string, []byte:
		return v, nil
	case time.Time:
		return v.UTC(), nil
	case [16]byte:
		return event.ID(v), nil
	case pgtype.Numeric:
		return fromNumeric(v)
	case []any:
		for i := range v {
			var err error
			if v[i], err = fromCodec(v[i], elementOf[oid], nil, format); err != nil {
				return nil, err
			}
			v[i] = elementText(v[i])
		}
		return v, nil
	}
	if format == formatText {
		return string(raw), nil
	}
	return nil, fmt.Errorf("parameters of type %d are not taken in binary form; send them as text", oid)
}

// elementText writes a time as the store reads it; other values write themselves.
func elementText(v any) any {
	if at, ok := v.(time.Time); ok {
		return at.Format("2006-01-02 15:04:05.999999")
	}
	return v
}

func fromNumeric(n pgtype.Numeric) (any, error) {
	if n.NaN || n.InfinityModifier != pgtype.Finite || n.Int == nil {
		return nil, fmt.Errorf("it is no finite number")
	}
	text, err := n.Value()
	if err != nil {
		return nil, err
	}
	return parseDecimal(fmt.Sprint(text))
}
