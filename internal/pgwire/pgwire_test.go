package pgwire

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func asPg(err error, e **pgconn.PgError) bool { return errors.As(err, e) }

// everyType has a value of each type that the store returns.
const everyType = `SELECT true AS b, 7::SMALLINT AS i2, -7::INTEGER AS i4, 7000000000 AS i8, 12345678901234567890.5::DECIMAL(30,3) AS n,
  170141183460469231731687303715884105727::HUGEINT AS h, 1.5::FLOAT AS f4, -0.1::DOUBLE AS f8, 'zoë "x"' AS t,
  'e8400e29-b41d-41d4-a716-446655440000'::UUID AS u, TIMESTAMP '2026-01-31 13:45:00.25' AS ts, DATE '2026-01-31' AS d,
  TIME '13:45:01.5' AS tm, INTERVAL '14 months 3 days 4 hours' AS iv, 'a\x00b'::BLOB AS by, NULL::VARCHAR AS nil,
  [1,2,NULL]::BIGINT[] AS li, ['a','b c','',NULL,'"\'] AS lt, {'a': 1.5, 'b': [1]} AS s, TIMESTAMPTZ '2026-01-31 13:45:00+00' AS tz,
  [1.5,2.25]::DECIMAL(10,2)[] AS ln`

// wantText is what PostgreSQL 16 writes for it.
var wantText = []string{
	"t", "7", "-7", "7000000000", "12345678901234567890.500", "170141183460469231731687303715884105727", "1.5", "-0.1", `zoë "x"`,
	"e8400e29-b41d-41d4-a716-446655440000", "2026-01-31 13:45:00.25", "2026-01-31", "13:45:01.5", "1 year 2 mons 3 days 04:00:00", `\x610062`, "<nil>",
	"{1,2,NULL}", `{a,"b c","",NULL,"\"\\"}`, `{"a":1.5,"b":[1]}`, "2026-01-31 13:45:00+00", "{1.50,2.25}",
}

func TestTextValues(t *testing.T) {
	conn := start(t, options{}).connect("")
	results, err := conn.PgConn().Exec(t.Context(), everyType).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, raw := range results[0].Rows[0] {
		got := string(raw)
		if raw == nil {
			got = "<nil>"
		}
		if got != wantText[i] {
			t.Errorf("%s is %q, want %q", results[0].FieldDescriptions[i].Name, got, wantText[i])
		}
	}
}

// TestBinaryValues: read in binary form by pgx and written as text by it, a value is the
// same as the server's text.
func TestBinaryValues(t *testing.T) {
	conn := start(t, options{}).connect("")
	read := func(format int16) [][]byte {
		r := conn.PgConn().ExecParams(t.Context(), everyType, nil, nil, nil, []int16{format}).Read()
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		types := conn.TypeMap()
		out := make([][]byte, len(r.Rows[0]))
		for i, raw := range r.Rows[0] {
			field := r.FieldDescriptions[i]
			if field.Format != format {
				t.Errorf("%s came in format %d, want %d", field.Name, field.Format, format)
			}
			if raw == nil {
				continue
			}
			kind, ok := types.TypeForOID(field.DataTypeOID)
			if !ok {
				t.Fatalf("%s has an unknown type %d", field.Name, field.DataTypeOID)
			}
			v, err := kind.Codec.DecodeValue(types, field.DataTypeOID, format, raw)
			if err != nil {
				t.Fatalf("%s: %v", field.Name, err)
			}
			if out[i], err = types.Encode(field.DataTypeOID, formatText, v, nil); err != nil {
				t.Fatalf("%s: %v", field.Name, err)
			}
		}
		return out
	}
	asText, asBinary := read(formatText), read(formatBinary)
	for i := range asText {
		if string(asText[i]) != string(asBinary[i]) {
			t.Errorf("column %d is %q in text and %q in binary form", i, asText[i], asBinary[i])
		}
	}
}

func TestParameters(t *testing.T) {
	conn := start(t, options{}).connect("")
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol} {
		var n int
		err := conn.QueryRow(t.Context(), "SELECT count(*) FROM events WHERE amount > $1 AND event_time < $2 AND NOT late = $3", mode, 0.5, time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), true).Scan(&n)
		if err != nil || n == 0 {
			t.Errorf("%v: %d events, %v", mode, n, err)
		}
	}
	var sum string
	if err := conn.QueryRow(t.Context(), "SELECT ($1::DECIMAL(18,6) * 2)::VARCHAR || $2 || CAST($3 AS VARCHAR)", "1.25", "x", nil).Scan(&sum); err == nil {
		t.Errorf("NULL in a concatenation gave %q", sum)
	}
	var count int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM range(10) t(i) WHERE i = ANY($1::BIGINT[])", []int64{1, 3, 70}).Scan(&count); err != nil || count != 2 {
		t.Errorf("a list as parameter: %d, %v", count, err)
	}
	if _, err := conn.Exec(t.Context(), "SELECT $1::BIGINT", pgx.QueryExecModeExec, "x"); err == nil {
		t.Error("a text for a number was taken")
	}
}

func TestPortalsOfSomeRows(t *testing.T) {
	conn := start(t, options{}).connect("")
	f := conn.PgConn().Frontend()
	f.SendParse(parse("", "SELECT i FROM range(5000) t(i) ORDER BY i"))
	f.SendBind(bind("p", ""))
	var got []int
	for range 3 {
		f.SendExecute(execute("p", 2000))
		f.Send(flush())
		if err := f.Flush(); err != nil {
			t.Fatal(err)
		}
		n, _ := rowsUntilPause(t, f)
		got = append(got, n)
	}
	if got[0] != 2000 || got[1] != 2000 || got[2] != 1000 {
		t.Errorf("the portal gave %v rows, want 2000, 2000, 1000", got)
	}
	f.SendSync(syncNow())
	if err := f.Flush(); err != nil {
		t.Fatal(err)
	}
	f.SendExecute(execute("p", 1)) // Sync ended it
	f.SendSync(syncNow())
	if err := f.Flush(); err != nil {
		t.Fatal(err)
	}
	if _, failed := rowsUntilPause(t, f); failed != "" {
		t.Errorf("Sync answered %s", failed)
	}
	if _, failed := rowsUntilPause(t, f); failed != codeNoCursor {
		t.Errorf("a portal behind Sync: %q, want %s", failed, codeNoCursor)
	}
}

func TestErrorsNameThePlace(t *testing.T) {
	conn := start(t, options{}).connect("")
	_, err := conn.Exec(t.Context(), "SELECT 1;\n SELECT é FROM evnts")
	if e := wants(t, err, "42P01"); e.Position != 26 || !strings.Contains(e.Message, "events") {
		t.Errorf("position %d: %s", e.Position, e.Message)
	}
	for sql, code := range map[string]string{
		"SELEC 1":                               "42601",
		"SELECT nothing FROM events":            "42703",
		"SELECT nothing(1)":                     "42883",
		"SELECT CAST('x' AS INTEGER)":           "22P02",
		"DELETE FROM events":                    "42501",
		"DROP TABLE events":                     "42501",
		"COPY events TO '/tmp/x'":               "42501",
		"SELECT * FROM read_csv('/etc/passwd')": "42501",
		"ATTACH '/tmp/x.db'":                    "42501",
		"SELECT * FROM _millrace.state":         "42P01",
		"SHOW nonsense":                         "42704",
		"EXECUTE x":                             "42501",
	} {
		_, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
		wants(t, err, code)
		_, err = conn.Prepare(t.Context(), "", sql)
		if sql != "SELECT CAST('x' AS INTEGER)" && sql != "SHOW nonsense" {
			wants(t, err, code)
		}
	}
	var one int
	if err := conn.QueryRow(t.Context(), "SELECT 1").Scan(&one); err != nil || one != 1 {
		t.Errorf("after the errors: %d, %v", one, err)
	}
}

func TestTransactions(t *testing.T) {
	conn := start(t, options{}).connect("")
	tx, err := conn.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.QueryRow(t.Context(), "SELECT 1").Scan(&n); err != nil || conn.PgConn().TxStatus() != 'T' {
		t.Fatalf("%v, status %c", err, conn.PgConn().TxStatus())
	}
	_, err = tx.Exec(t.Context(), "SELECT nothing")
	wants(t, err, "42703")
	_, err = tx.Exec(t.Context(), "SELECT 1")
	wants(t, err, "25P02")
	if conn.PgConn().TxStatus() != 'E' {
		t.Errorf("status %c, want E", conn.PgConn().TxStatus())
	}
	if err := tx.Commit(t.Context()); !errors.Is(err, pgx.ErrTxCommitRollback) {
		t.Errorf("COMMIT of a failed transaction: %v", err)
	}
	if err := conn.QueryRow(t.Context(), "SELECT 1").Scan(&n); err != nil {
		t.Error(err)
	}
}

func TestSettings(t *testing.T) {
	conn := start(t, options{}).connect("&application_name=test&statement_timeout=5s")
	show := func(sql string) string {
		t.Helper()
		var v string
		if err := conn.QueryRow(t.Context(), sql).Scan(&v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	for sql, want := range map[string]string{
		"SHOW application_name": "test", "SHOW TIME ZONE": "UTC", "show transaction isolation level": "repeatable read",
		"SHOW statement_timeout": "5s", "SHOW standard_conforming_strings": "on",
	} {
		if got := show(sql); got != want {
			t.Errorf("%s is %q, want %q", sql, got, want)
		}
	}
	for _, sql := range []string{
		"SET extra_float_digits = 3", "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SET NAMES 'UTF8'", "RESET ALL", "DISCARD ALL",
		"SET TIME ZONE 'Europe/Berlin'", "SET my.own TO 'x', 'y'", "SAVEPOINT a", "DEALLOCATE ALL", "BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY", "END", "START TRANSACTION", "ABORT",
		"", " ; -- nothing\n",
	} {
		if _, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
		if _, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeExec); err != nil {
			t.Errorf("%s, extended: %v", sql, err)
		}
	}
	_, err := conn.Exec(t.Context(), "SET client_encoding = 'LATIN1'")
	wants(t, err, codeBadValue)
	if _, err := conn.Exec(t.Context(), "SET statement_timeout = 20"); err != nil {
		t.Fatal(err)
	}
	_, err = conn.Exec(t.Context(), endless)
	wants(t, err, codeCancelled)
}

// endless is a query that runs for hours unless it is stopped.
const endless = "SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000) c WHERE a.range + b.range * c.range = 7"

func TestCancel(t *testing.T) {
	i := start(t, options{})
	conn := i.connect("")
	failed := make(chan error, 1)
	go func() {
		_, err := conn.Exec(t.Context(), endless)
		failed <- err
	}()
	for {
		if err := conn.PgConn().CancelRequest(t.Context()); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-failed:
			wants(t, err, codeCancelled)
			var n int
			if err := conn.QueryRow(t.Context(), "SELECT 1").Scan(&n); err != nil {
				t.Error(err)
			}
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}
