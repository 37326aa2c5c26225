package duckdb

import (
	"fmt"
	"time"

	capi "github.com/duckdb/duckdb-go-bindings"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

// maxDigits is that of DuckDB's DECIMAL.
const maxDigits = 38

func decimalOf(v olap.Decimal) capi.Decimal {
	return capi.NewDecimal(maxDigits, v.Scale, capi.NewHugeInt(v.Lo, v.Hi))
}

// bindList binds a list of text: DuckDB converts it to what the statement wants.
func bindList(stmt capi.PreparedStatement, k capi.IdxT, list []any) capi.State {
	t := capi.CreateLogicalType(capi.TypeVarchar)
	defer capi.DestroyLogicalType(&t)
	values := make([]capi.Value, len(list))
	defer func() {
		for i := range values {
			capi.DestroyValue(&values[i])
		}
	}()
	for i, v := range list {
		values[i] = textValue(v)
	}
	value := capi.CreateListValue(t, values)
	defer capi.DestroyValue(&value)
	return capi.BindValue(stmt, k, value)
}

func textValue(v any) capi.Value {
	if v == nil {
		return capi.CreateNullValue()
	}
	return capi.CreateVarchar(fmt.Sprint(v))
}

// bind gives a statement its arguments.
func bind(stmt capi.PreparedStatement, q *olap.Query) error {
	if q.Named != nil {
		return bindNamed(stmt, q.Named)
	}
	args := q.Args
	if want := int(capi.NParams(stmt)); want != len(args) {
		return &olap.Error{Kind: olap.ErrSyntax, Message: fmt.Sprintf("the query has %d parameters and %d arguments", want, len(args))}
	}
	for k, arg := range args {
		if bindOne(stmt, capi.IdxT(k+1), arg) == capi.StateError {
			return fmt.Errorf("cannot bind argument %d, a %T", k+1, arg)
		}
	}
	return nil
}

// bindNamed gives a statement its arguments by name.
func bindNamed(stmt capi.PreparedStatement, args map[string]any) error {
	n := capi.NParams(stmt)
	for k := range n {
		name := capi.ParameterName(stmt, k+1)
		arg, ok := args[name]
		if !ok {
			return &olap.Error{Kind: olap.ErrSyntax, Message: fmt.Sprintf("the query has the parameter $%s, which has no argument", name)}
		}
		if bindOne(stmt, k+1, arg) == capi.StateError {
			return fmt.Errorf("cannot bind $%s, a %T", name, arg)
		}
	}
	if int(n) != len(args) {
		return &olap.Error{Kind: olap.ErrSyntax, Message: fmt.Sprintf("the query has %d parameters and %d arguments", n, len(args))}
	}
	return nil
}

func bindOne(stmt capi.PreparedStatement, k capi.IdxT, arg any) capi.State {
	switch v := arg.(type) {
	case nil:
		return capi.BindNull(stmt, k)
	case bool:
		return capi.BindBoolean(stmt, k, v)
	case int:
		return capi.BindInt64(stmt, k, int64(v))
	case int32:
		return capi.BindInt32(stmt, k, v)
	case int64:
		return capi.BindInt64(stmt, k, v)
	case float64:
		return capi.BindDouble(stmt, k, v)
	case string:
		return capi.BindVarcharLength(stmt, k, v, capi.IdxT(len(v)))
	case time.Time:
		return capi.BindTimestamp(stmt, k, capi.NewTimestamp(v.UnixMicro()))
	case event.Micros:
		return capi.BindDecimal(stmt, k, capi.NewDecimal(18, olap.MoneyScale, capi.NewHugeInt(uint64(v), int64(v)>>63)))
	case olap.Decimal:
		return capi.BindDecimal(stmt, k, decimalOf(v))
	case []byte:
		return capi.BindBlob(stmt, k, v)
	case []any:
		return bindList(stmt, k, v)
	case event.ID:
		u := uuidOf(&v)
		value := capi.CreateUUID(capi.NewUHugeInt(u.lower, u.upper^uuidFlip))
		defer capi.DestroyValue(&value)
		return capi.BindValue(stmt, k, value)
	}
	return capi.StateError
}
