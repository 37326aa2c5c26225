package gateway

import (
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/store/olap"
)

// arrowWriter writes an Arrow IPC stream, one record batch per chunk.
type arrowWriter struct {
	w       io.Writer
	stream  *ipc.Writer
	builder *array.RecordBuilder
}

func newArrowWriter(w io.Writer) *arrowWriter { return &arrowWriter{w: w} }

func (a *arrowWriter) begin(columns []olap.ResultColumn) error {
	fields := make([]arrow.Field, len(columns))
	for i, c := range columns {
		fields[i] = arrow.Field{Name: c.Name, Type: arrowType(c.Type), Nullable: true, Metadata: arrow.MetadataFrom(map[string]string{"sql": c.Type})}
	}
	schema := arrow.NewSchema(fields, nil)
	a.builder = array.NewRecordBuilder(memory.DefaultAllocator, schema)
	a.stream = ipc.NewWriter(a.w, ipc.WithSchema(schema))
	return nil
}

func (a *arrowWriter) rows(rows [][]any) error {
	for _, r := range rows {
		for i, v := range r {
			if err := appendArrow(a.builder.Field(i), v); err != nil {
				return err
			}
		}
	}
	batch := a.builder.NewRecordBatch()
	defer batch.Release()
	return a.stream.Write(batch)
}

func (a *arrowWriter) end(*olap.Result) error {
	a.builder.Release()
	return a.stream.Close()
}

// arrowType is the Arrow type of an SQL type. Types without a counterpart are
// text; the field's metadata names the SQL type.
func arrowType(sql string) arrow.DataType {
	switch sql {
	case "BOOLEAN":
		return arrow.FixedWidthTypes.Boolean
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER":
		return arrow.PrimitiveTypes.Int64
	case "UBIGINT":
		return arrow.PrimitiveTypes.Uint64
	case "HUGEINT":
		return &arrow.Decimal128Type{Precision: 38}
	case "FLOAT", "DOUBLE":
		return arrow.PrimitiveTypes.Float64
	case "BLOB":
		return arrow.BinaryTypes.Binary
	case "DATE":
		return arrow.FixedWidthTypes.Date32
	}
	if strings.HasPrefix(sql, "TIMESTAMP") {
		return arrow.FixedWidthTypes.Timestamp_us // in UTC
	}
	if p, s, ok := decimalType(sql); ok {
		return &arrow.Decimal128Type{Precision: p, Scale: s}
	}
	return arrow.BinaryTypes.String
}

func decimalType(sql string) (precision, scale int32, ok bool) {
	inner, found := strings.CutPrefix(sql, "DECIMAL(")
	p, s, comma := strings.Cut(strings.TrimSuffix(inner, ")"), ",")
	if !found || !comma {
		return 0, 0, false
	}
	precise, errP := strconv.ParseInt(p, 10, 32)
	scaled, errS := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
	return int32(precise), int32(scaled), errP == nil && errS == nil
}

// appendArrow adds a value to the builder of its column. A value that the
// column's type does not announce is an error, not a guess.
func appendArrow(b array.Builder, v any) error {
	if v == nil {
		b.AppendNull()
		return nil
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		if v, ok := v.(bool); ok {
			b.Append(v)
			return nil
		}
	case *array.Int64Builder:
		if v, ok := v.(int64); ok {
			b.Append(v)
			return nil
		}
	case *array.Uint64Builder:
		if v, ok := v.(uint64); ok {
			b.Append(v)
			return nil
		}
	case *array.Float64Builder:
		if v, ok := v.(float64); ok {
			b.Append(v)
			return nil
		}
	case *array.Decimal128Builder:
		if n, ok := decimalOf(v); ok {
			b.Append(n)
			return nil
		}
	case *array.TimestampBuilder:
		if v, ok := v.(time.Time); ok {
			b.Append(arrow.Timestamp(v.UnixMicro()))
			return nil
		}
	case *array.Date32Builder:
		return appendDate(b, v)
	case *array.BinaryBuilder:
		if v, ok := v.([]byte); ok {
			b.Append(v)
			return nil
		}
	case *array.StringBuilder:
		s, err := query.Text(v)
		b.Append(s)
		return err
	}
	return fmt.Errorf("cannot write %T as Arrow %s", v, b.Type())
}

func appendDate(b *array.Date32Builder, v any) error {
	switch v := v.(type) {
	case time.Time:
		b.Append(arrow.Date32FromTime(v))
		return nil
	case string:
		if t, err := time.Parse(time.DateOnly, v); err == nil {
			b.Append(arrow.Date32FromTime(t))
		} else { // infinity, or a year of another length
			b.AppendNull()
		}
		return nil
	}
	return fmt.Errorf("cannot write %T as an Arrow date", v)
}

func decimalOf(v any) (decimal128.Num, bool) {
	switch v := v.(type) {
	case olap.Decimal:
		return decimal128.New(v.Hi, v.Lo), true
	case int64:
		return decimal128.FromI64(v), true
	case uint64:
		return decimal128.FromU64(v), true
	case *big.Int:
		return decimal128.FromBigInt(v), true
	}
	return decimal128.Num{}, false
}
