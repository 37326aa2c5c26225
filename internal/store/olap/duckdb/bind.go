package duckdb

import (
	"fmt"
	"time"

	capi "github.com/duckdb/duckdb-go-bindings"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

// bind gives a statement its arguments.
func bind(stmt capi.PreparedStatement, args []any) error {
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
	case event.ID:
		u := uuidOf(&v)
		value := capi.CreateUUID(capi.NewUHugeInt(u.lower, u.upper^uuidFlip))
		defer capi.DestroyValue(&value)
		return capi.BindValue(stmt, k, value)
	}
	return capi.StateError
}
