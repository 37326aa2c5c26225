package duckdb

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/millrace/millrace/internal/store/olap"
)

func TestDescribe(t *testing.T) {
	s := openTest(t, t.TempDir(), nil)
	for _, c := range []struct {
		sql     string
		columns []string
		params  []string
	}{
		{"SELECT amount, event_time, count(*) AS n FROM events WHERE order_id = $1 GROUP BY ALL", []string{"amount DECIMAL(18,6)", "event_time TIMESTAMP", "n BIGINT"}, []string{"VARCHAR"}},
		{"SELECT event_id FROM events WHERE amount > $1 AND late = $2 LIMIT $3", []string{"event_id UUID"}, []string{"DECIMAL(18,6)", "BOOLEAN", "BIGINT"}},
		{"SELECT $1", nil, []string{""}},
	} {
		result, err := s.Query(t.Context(), olap.Query{SQL: c.sql, Untrusted: true, Describe: true})
		if err != nil {
			t.Fatalf("%s: %v", c.sql, err)
		}
		var columns []string
		for _, column := range result.Columns {
			columns = append(columns, column.Name+" "+column.Type)
		}
		if c.columns != nil && !reflect.DeepEqual(columns, c.columns) || !reflect.DeepEqual(result.Parameters, c.params) {
			t.Errorf("%s\n got %q %q\nwant %q %q", c.sql, columns, result.Parameters, c.columns, c.params)
		}
		t.Logf("%q %q", columns, result.Parameters)
	}
}

func TestArguments(t *testing.T) {
	s := openTest(t, t.TempDir(), nil)
	for _, c := range []struct {
		sql  string
		args []any
		want string
	}{
		{"SELECT $1::DECIMAL(18,6) + 1", []any{olap.DecimalOf(1_500_000, 6)}, "2.500"},
		{"SELECT $1 > 12345678901234567890.5", []any{olap.DecimalOf(-5, 1)}, "false"},
		{"SELECT octet_length($1)", []any{[]byte{1, 0, 2}}, "3"},
		{"SELECT count(*) FROM range(10) t(i) WHERE i = ANY($1::BIGINT[])", []any{[]any{int64(3), "4", nil}}, "2"},
	} {
		result, err := s.Query(t.Context(), olap.Query{SQL: c.sql, Args: c.args, Untrusted: true})
		if err != nil {
			t.Fatalf("%s: %v", c.sql, err)
		}
		rows, err := result.All()
		if err != nil || len(rows) != 1 || fmt.Sprint(rows[0][0]) != c.want {
			t.Errorf("%s: %v, %v; want %s", c.sql, rows, err, c.want)
		}
	}
}
