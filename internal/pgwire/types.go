package pgwire

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
)

// column is how values of a type are announced.
type column struct {
	oid  uint32
	size int16
	mod  int32
}

// scalarTypes are the types without parameters, by their name in the store.
var scalarTypes = map[string]column{
	"BOOLEAN":  {pgtype.BoolOID, 1, -1},
	"TINYINT":  {pgtype.Int2OID, 2, -1},
	"UTINYINT": {pgtype.Int2OID, 2, -1},
	"SMALLINT": {pgtype.Int2OID, 2, -1},
	"INTEGER":  {pgtype.Int4OID, 4, -1}, "USMALLINT": {pgtype.Int4OID, 4, -1},
	"BIGINT": {pgtype.Int8OID, 8, -1}, "UINTEGER": {pgtype.Int8OID, 8, -1},
	"UBIGINT": {pgtype.NumericOID, -1, -1}, "HUGEINT": {pgtype.NumericOID, -1, -1}, "UHUGEINT": {pgtype.NumericOID, -1, -1},
	"FLOAT": {pgtype.Float4OID, 4, -1}, "DOUBLE": {pgtype.Float8OID, 8, -1},
	"VARCHAR": {pgtype.TextOID, -1, -1}, "ENUM": {pgtype.TextOID, -1, -1}, "NULL": {pgtype.TextOID, -1, -1},
	"BLOB": {pgtype.ByteaOID, -1, -1}, "UUID": {pgtype.UUIDOID, 16, -1}, "JSON": {pgtype.JSONOID, -1, -1},
	"TIMESTAMP": {pgtype.TimestampOID, 8, -1}, "TIMESTAMP_S": {pgtype.TimestampOID, 8, -1},
	"TIMESTAMP_MS": {pgtype.TimestampOID, 8, -1}, "TIMESTAMP_NS": {pgtype.TimestampOID, 8, -1},
	"TIMESTAMP WITH TIME ZONE": {pgtype.TimestamptzOID, 8, -1},
	"DATE":                     {pgtype.DateOID, 4, -1}, "TIME": {pgtype.TimeOID, 8, -1}, "INTERVAL": {pgtype.IntervalOID, 16, -1},
}

// typeNames are the types that arguments have, by what clients declare. Others are text.
var typeNames = map[uint32]string{
	pgtype.BoolOID: "BOOLEAN", pgtype.Int2OID: "BIGINT", pgtype.Int4OID: "BIGINT", pgtype.Int8OID: "BIGINT", pgtype.OIDOID: "BIGINT",
	pgtype.Float4OID: "DOUBLE", pgtype.Float8OID: "DOUBLE", pgtype.NumericOID: "DECIMAL(38,6)", pgtype.UUIDOID: "UUID", pgtype.ByteaOID: "BLOB",
	pgtype.TimestampOID: "TIMESTAMP", pgtype.TimestamptzOID: "TIMESTAMP", pgtype.DateOID: "TIMESTAMP",
}

// typeName returns the type of an argument in the store's words.
func typeName(oid uint32) string { return cmp.Or(typeNames[oid], "VARCHAR") }

// arrays are the types of one-dimensional lists.
var arrays = map[uint32]uint32{
	pgtype.BoolOID: pgtype.BoolArrayOID, pgtype.Int2OID: pgtype.Int2ArrayOID, pgtype.Int4OID: pgtype.Int4ArrayOID,
	pgtype.Int8OID: pgtype.Int8ArrayOID, pgtype.NumericOID: pgtype.NumericArrayOID, pgtype.Float4OID: pgtype.Float4ArrayOID,
	pgtype.Float8OID: pgtype.Float8ArrayOID, pgtype.TextOID: pgtype.TextArrayOID, pgtype.UUIDOID: pgtype.UUIDArrayOID,
	pgtype.TimestampOID: pgtype.TimestampArrayOID, pgtype.TimestamptzOID: pgtype.TimestamptzArrayOID, pgtype.DateOID: pgtype.DateArrayOID,
}

// elementOf is the reverse of arrays.
var elementOf = func() map[uint32]uint32 {
	m := make(map[uint32]uint32, len(arrays)+1)
	for element, array := range arrays {
		m[array] = element
	}
	m[pgtype.VarcharArrayOID] = pgtype.TextOID
	return m
}()

// columnOf returns how a type of the store is announced. What PostgreSQL has no type for
// (structs, maps, lists of lists) is JSON.
func columnOf(name string) column {
	if c, ok := scalarTypes[name]; ok {
		return c
	}
	if rest, ok := strings.CutPrefix(name, "DECIMAL("); ok && strings.HasSuffix(rest, ")") {
		precision, scale, _ := strings.Cut(strings.TrimSuffix(rest, ")"), ",")
		p, err1 := strconv.Atoi(precision)
		s, err2 := strconv.Atoi(scale)
		if err1 == nil && err2 == nil {
			const header = 4 // PostgreSQL's VARHDRSZ, which its type modifiers begin at
			return column{pgtype.NumericOID, -1, int32(p<<16|s) + header}
		}
	}
	if element, ok := strings.CutSuffix(name, "[]"); ok {
		if array, ok := arrays[columnOf(element).oid]; ok {
			return column{array, -1, -1}
		}
	}
	return column{pgtype.JSONOID, -1, -1}
}
