package gateway_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/store/olap"
)

// everyType is a row of every kind of value, then one of NULLs.
const everyType = `SELECT * FROM (VALUES
  (true, 7, 9007199254740993, 18446744073709551615::UBIGINT, 1.5::DOUBLE, 'a,"b"' || chr(10) || 'ü', DATE '2010-12-01',
   TIMESTAMP '2010-12-01 08:26:00', 1234.5::DECIMAL(18,6), 170141183460469231731687303715884105727::HUGEINT,
   '80000000-0000-8000-8000-000000000001'::UUID, [1, 2], {'k': 1.25::DECIMAL(4,2)}, 'x'::BLOB),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL))
AS t(b, i, l, u, f, s, d, ts, m, h, id, list, struct, bytes)`

func (p *platform) query(query, accept string, limit int) (int, string, http.Header) {
	p.t.Helper()
	body, err := json.Marshal(gateway.SQLRequest{Query: query, Limit: limit})
	p.must(err)
	return p.do("POST", "/api/v1/sql", string(body), "Content-Type", "application/json", "Accept", accept)
}

func TestSQLAsJSON(t *testing.T) {
	p := start(t)
	_, body, _ := p.query(everyType, "application/json", 0)
	contains(t, body,
		`{"name":"m","type":"DECIMAL(18,6)"}`, `{"name":"id","type":"UUID"}`,
		`[true,7,9007199254740993,18446744073709551615,1.5,"a,\"b\"\nü","2010-12-01","2010-12-01T08:26:00Z","1234.500",`+
			`"170141183460469231731687303715884105727","80000000-0000-8000-8000-000000000001",[1,2],{"k":"1.25"},"eA=="]`,
		`[null,null,null,null,null,null,null,null,null,null,null,null,null,null]`,
		`"row_count":2,"truncated":false`)
	if !json.Valid([]byte(body)) {
		t.Errorf("not JSON: %s", body)
	}
	_, body, _ = p.query("SELECT 'nan'::DOUBLE, '-inf'::DOUBLE", "", 0)
	contains(t, body, `["NaN","-Inf"]`)
	_, body, _ = p.query("SELECT 1 WHERE false", "", 0)
	contains(t, body, `"rows":[]`, `"row_count":0`)
}

func TestSQLAsCSV(t *testing.T) {
	p := start(t)
	_, body, h := p.query(everyType, "text/csv", 0)
	want := "b,i,l,u,f,s,d,ts,m,h,id,list,struct,bytes\r\n" +
		"true,7,9007199254740993,18446744073709551615,1.5,\"a,\"\"b\"\"\r\nü\",2010-12-01,2010-12-01T08:26:00Z,1234.500," +
		"170141183460469231731687303715884105727,80000000-0000-8000-8000-000000000001,\"[1,2]\",\"{\"\"k\"\":\"\"1.25\"\"}\",eA==\r\n" +
		",,,,,,,,,,,,,\r\n"
	if body != want {
		t.Errorf("CSV is\n%q, want\n%q", body, want)
	}
	if h.Get("Content-Type") != "text/csv" || h.Get(gateway.TruncatedTrailer) != "false" {
		t.Errorf("headers are %v", h)
	}
}

func TestSQLAsArrow(t *testing.T) {
	p := start(t)
	_, body, h := p.query("SELECT i, (i * 1.5)::DECIMAL(18,6) AS m, TIMESTAMP '2010-12-01 00:00:00' AS at, sum(i) OVER () AS total FROM range(5000) t(i) ORDER BY i", "application/vnd.apache.arrow.stream", 0)
	if h.Get(gateway.TruncatedTrailer) != "false" {
		t.Errorf("headers are %v", h)
	}
	reader, err := ipc.NewReader(bytes.NewReader([]byte(body)))
	p.must(err)
	defer reader.Release()
	rows := int64(0)
	for reader.Next() {
		batch := reader.RecordBatch()
		money := batch.Column(1).(*array.Decimal128)
		if got := money.Value(1).ToString(6); rows == 0 && got != "1.500000" {
			t.Errorf("the second amount is %s", got)
		}
		if at := batch.Column(2).(*array.Timestamp).Value(0).ToTime(arrow.Microsecond); !at.Equal(time.Date(2010, 12, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("time is %s", at)
		}
		if got := batch.Column(3).(*array.Decimal128).Value(0).ToString(0); got != "12497500" {
			t.Errorf("the sum is %s", got)
		}
		rows += batch.NumRows()
	}
	p.must(reader.Err())
	if rows != 5000 {
		t.Errorf("%d rows", rows)
	}
	_, body, _ = p.query(everyType, "application/vnd.apache.arrow.stream", 0)
	every, err := ipc.NewReader(bytes.NewReader([]byte(body)))
	p.must(err)
	defer every.Release()
	if !every.Next() || every.RecordBatch().NumRows() != 2 {
		t.Errorf("no batch of every type: %v", every.Err())
	}
}

func TestSQLIsBounded(t *testing.T) {
	p := start(t, func(c *gateway.Config) {
		c.Limits.SQL = olap.Limits{Rows: 100, Timeout: 2 * time.Second}
		c.Limits.SQLBytes = 1000
	})
	_, body, _ := p.query("FROM range(1000)", "", 0)
	contains(t, body, `"row_count":100,"truncated":true`)
	_, body, _ = p.query("FROM range(1000)", "", 7)
	contains(t, body, `"row_count":7,"truncated":true`)
	_, body, h := p.query("FROM range(1000)", "text/csv", 1000)
	if h.Get(gateway.TruncatedTrailer) != "true" || strings.Count(body, "\n") != 101 {
		t.Errorf("%d lines, trailer %q", strings.Count(body, "\n"), h.Get(gateway.TruncatedTrailer))
	}
	contains(t, p.badSQL("SELECT count(*) FROM range(100000000) a, range(100000) b", 408), "olap.sql.timeout")
	contains(t, p.badSQL("SELECT '"+strings.Repeat("x", 1000)+"'", 413), "olap.sql.max_query_bytes")
}

func (p *platform) badSQL(query string, want int) string {
	p.t.Helper()
	body, err := json.Marshal(gateway.SQLRequest{Query: query})
	p.must(err)
	return p.problem("POST", "/api/v1/sql", string(body), want, "Content-Type", "application/json")
}

func TestWhatIsWrongWithAStatement(t *testing.T) {
	p := start(t)
	contains(t, p.badSQL("SELECT * FROM\n  evnts", 400), `"location":"line 2, column 3"`, "evnts")
	contains(t, p.badSQL("SELEC 1", 400), `"location":"line 1, column 1"`)
	contains(t, p.badSQL("DELETE FROM events", 403), "Only statements that read")
	contains(t, p.badSQL("SELECT * FROM read_csv('/etc/passwd')", 403))
	contains(t, p.badSQL("", 422), "body.query")
	contains(t, p.problem("POST", "/api/v1/sql", `{"query":"SELECT 1","lmit":1}`, 422, "Content-Type", "application/json"), "body.lmit")
	contains(t, p.problem("POST", "/api/v1/sql", `{"query":`, 400, "Content-Type", "application/json"))
	contains(t, p.problem("POST", "/api/v1/sql", `{"query":"SELECT 1"}`, 406, "Content-Type", "application/json", "Accept", "image/png"), "text/csv")
	if status, _, _ := p.do("POST", "/api/v1/sql", "SELECT 1", "Content-Type", "text/plain"); status != 415 {
		t.Errorf("plain text: status %d", status)
	}
}

// The rows of a statement that fails in the middle must not look complete.
func TestAnAnswerThatFailsInTheMiddleIsCutOff(t *testing.T) {
	p := start(t)
	body := `{"query":"SELECT CASE WHEN i < 150000 THEN i ELSE error('late') END FROM range(200000) t(i)","limit":100000000}`
	r, err := http.NewRequestWithContext(t.Context(), "POST", p.server.URL+"/api/v1/sql", strings.NewReader(body))
	p.must(err)
	r.Header.Set("Content-Type", "application/json")
	answer, err := p.server.Client().Do(r)
	if err != nil {
		return // cut off before it began
	}
	defer answer.Body.Close()
	var got gateway.SQLAnswer
	if err := json.NewDecoder(answer.Body).Decode(&got); err == nil && answer.StatusCode == 200 && !got.Truncated {
		t.Errorf("a part was given for the whole: %d rows", got.RowCount)
	}
}
