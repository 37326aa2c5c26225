package duckdb

import (
	"fmt"
	"testing"

	"github.com/millrace/millrace/internal/store/olap"
)

func TestTimePattern(t *testing.T) {
	for _, c := range [][3]string{
		{"YYYY-MM-DD HH24:MI:SS.US", "%Y-%m-%d %H:%M:%S.%f", ""},
		{`yyyy-mm-dd"T"HH24:MI:SS.MS"Z"`, "%Y-%m-%dT%H:%M:%S.%gZ", ""},
		{"FMMonth DD, YYYY", "%B %d, %Y", ""},
		{"IYYY-IW 100%", "%G-%V 100%%", ""},
		{"YYYY-Q", "", "Q"},
		{`YYYY"T`, "", `"T`},
	} {
		if got, unknown := timePattern(c[0]); got != c[1] || unknown != c[2] {
			t.Errorf("%q is %q and %q unknown, want %q, %q", c[0], got, unknown, c[1], c[2])
		}
	}
}

// TestTimeFunctions: the bounds of a range as BI tools write them.
func TestTimeFunctions(t *testing.T) {
	s := openTest(t, t.TempDir(), nil)
	session := &olap.Session{User: "ann", Database: "millrace"}
	ask := func(sql string, session *olap.Session) (string, error) {
		result, err := s.Query(t.Context(), olap.Query{SQL: sql, Untrusted: true, Session: session})
		if err != nil {
			return "", err
		}
		rows, err := result.All()
		return fmt.Sprint(rows), err
	}
	for _, c := range [][2]string{
		{"SELECT TO_TIMESTAMP('2026-01-31 10:20:30.5', 'YYYY-MM-DD HH24:MI:SS.US')", "[[2026-01-31 10:20:30.5 +0000 UTC]]"},
		{"SELECT to_date('2026-01-31', 'YYYY-MM-DD') = DATE '2026-01-31', to_char ( TIMESTAMP '2026-01-31' , 'YYYY-MM' )", "[[true 2026-01]]"},
		{"SELECT count(*) FROM events /* to_char */ WHERE event_time >= to_timestamp(\n'2026-01-31', 'YYYY-MM-DD') -- 'x'", "[[0]]"},
		{"SELECT to_char(to_timestamp('31/01/2026', 'DD/MM/YYYY'), 'DD.MM.YYYY')", "[[31.01.2026]]"},
		{"SELECT epoch(to_timestamp(1)), 'to_date(''a'', ''YYYY'')' AS t", "[[1 to_date('a', 'YYYY')]]"},
	} {
		if got, err := ask(c[0], session); got != c[1] || err != nil {
			t.Errorf("%s\n got %s, %v\nwant %s", c[0], got, err, c[1])
		}
	}
	if _, err := ask("SELECT to_char(now(), 'Q')", session); err == nil {
		t.Error("a pattern that is not known was taken")
	}
	if _, err := ask("SELECT to_date('2026-01-31', 'YYYY-MM-DD')", nil); err == nil {
		t.Error("the dialect of PostgreSQL is taken without its protocol")
	}
}
