package mysql

import (
	"math"
	"strconv"
	"strings"

	"github.com/go-mysql-org/go-mysql/mysql"
	"golang.org/x/text/encoding/charmap"

	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/internal/source/cdc"
)

// kind is how the values of a column are written.
type kind uint8

const (
	asText    kind = iota // text, dates, times; decimals, which JSON's readers may round
	integer               // signed, as are those below
	unsigned              // of the width that bits has
	float                 // of the width that bits has
	binary                // as base64
	latin1                // text in cp1252
	timestamp             // in UTC
	datetime              // without a zone
	document              // JSON
	enum
	set
)

// column is one of a row.
type column struct {
	name  []byte // `"column":`
	kind  kind
	bits  int
	names []string // of enum and set
}

// The ids of collations that matter; MariaDB adds 1024 for those without padding.
const (
	collationBinary = 63
	noPad           = 1024
)

func isLatin1(collation uint64) bool {
	switch collation &^ noPad {
	case 5, 8, 15, 31, 47, 48, 49, 94:
		return true
	}
	return false
}

// kindOf tells how values of a type are written. Text comes in the column's own
// encoding from the log, in UTF-8 (collation 0) from a query.
func kindOf(typ byte, isUnsigned bool, collation uint64) (kind, int) {
	bits := map[byte]int{
		mysql.MYSQL_TYPE_TINY: 8, mysql.MYSQL_TYPE_SHORT: 16, mysql.MYSQL_TYPE_INT24: 24,
		mysql.MYSQL_TYPE_LONG: 32, mysql.MYSQL_TYPE_LONGLONG: 64,
	}[typ]
	switch typ {
	case mysql.MYSQL_TYPE_TINY, mysql.MYSQL_TYPE_SHORT, mysql.MYSQL_TYPE_INT24, mysql.MYSQL_TYPE_LONG, mysql.MYSQL_TYPE_LONGLONG:
		if isUnsigned {
			return unsigned, bits
		}
		return integer, bits
	case mysql.MYSQL_TYPE_YEAR, mysql.MYSQL_TYPE_BIT:
		return integer, 64
	case mysql.MYSQL_TYPE_FLOAT:
		return float, 32
	case mysql.MYSQL_TYPE_DOUBLE:
		return float, 64
	case mysql.MYSQL_TYPE_TIMESTAMP, mysql.MYSQL_TYPE_TIMESTAMP2:
		return timestamp, 0
	case mysql.MYSQL_TYPE_DATETIME, mysql.MYSQL_TYPE_DATETIME2:
		return datetime, 0
	case mysql.MYSQL_TYPE_JSON:
		return document, 0
	case mysql.MYSQL_TYPE_GEOMETRY:
		return binary, 0
	case mysql.MYSQL_TYPE_STRING, mysql.MYSQL_TYPE_VARCHAR, mysql.MYSQL_TYPE_VAR_STRING, mysql.MYSQL_TYPE_BLOB,
		mysql.MYSQL_TYPE_TINY_BLOB, mysql.MYSQL_TYPE_MEDIUM_BLOB, mysql.MYSQL_TYPE_LONG_BLOB:
		if collation == collationBinary {
			return binary, 0
		}
		if isLatin1(collation) {
			return latin1, 0
		}
	}
	return asText, 0
}

// appendValue appends a value as JSON. It is false when text is not in an encoding
// that we know.
func (c *column) appendValue(dst []byte, v any) ([]byte, bool) {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), true
	case string:
		return appendText(dst, c, v)
	case []byte:
		return appendText(dst, c, v)
	case float32:
		return appendFloat(dst, float64(v), 32)
	case float64:
		return appendFloat(dst, v, c.bits)
	case uint64:
		return strconv.AppendUint(dst, v, 10), true
	}
	n := toInt64(v)
	switch c.kind {
	case unsigned:
		return strconv.AppendUint(dst, uint64(n)&(1<<c.bits-1), 10), true
	case enum:
		return cdc.AppendText(dst, nameOf(c.names, n))
	case set:
		return cdc.AppendText(dst, namesOf(c.names, uint64(n)))
	}
	return strconv.AppendInt(dst, n, 10), true
}

func toInt64(v any) int64 {
	switch v := v.(type) {
	case int8:
		return int64(v)
	case int16:
		return int64(v)
	case int32:
		return int64(v)
	case int64:
		return v
	case int:
		return int64(v)
	}
	return 0
}

// appendFloat writes what has no number in JSON as text.
func appendFloat(dst []byte, f float64, bits int) ([]byte, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return cdc.AppendText(dst, strconv.FormatFloat(f, 'g', -1, 64))
	}
	if bits != 32 {
		bits = 64
	}
	return strconv.AppendFloat(dst, f, 'g', -1, bits), true
}

func appendText[T string | []byte](dst []byte, c *column, text T) ([]byte, bool) {
	switch c.kind {
	case binary:
		return cdc.AppendBytes(dst, []byte(text)), true
	case latin1:
		out := make([]rune, len(text))
		for i := range len(text) {
			out[i] = charmap.Windows1252.DecodeByte(text[i])
		}
		return cdc.AppendText(dst, string(out))
	case document:
		return cdc.AppendJSON(dst, []byte(text))
	case timestamp, datetime:
		if at := []byte(text); len(at) >= len("2026-11-21 10:06:07") && at[10] == ' ' && at[0] != '0' {
			at[10] = 'T'
			if c.kind == timestamp {
				at = append(at, 'Z')
			}
			return cdc.AppendText(dst, at)
		}
	case integer: // a bit field as a query gives it
		n := uint64(0)
		for i := range len(text) {
			n = n<<8 | uint64(text[i])
		}
		return strconv.AppendUint(dst, n, 10), true
	case float, unsigned:
		if jsontext.Validate(string(text)) == nil {
			return append(dst, text...), true
		}
	}
	return cdc.AppendText(dst, text)
}

// nameOf is the value of an enum; 0 is the empty one of an invalid value.
func nameOf(names []string, n int64) string {
	if n < 1 || n > int64(len(names)) {
		return ""
	}
	return names[n-1]
}

func namesOf(names []string, bits uint64) string {
	var out []string
	for i, name := range names {
		if bits&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return strings.Join(out, ",")
}
