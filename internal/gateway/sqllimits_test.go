package gateway_test

import (
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/store/olap"
)

// desk asks the store on behalf of users, as the platform's own does.
type desk struct {
	*query.Access
	*query.Service
}

func basic(name, password string) []string {
	return []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))}
}

// withUsers has ann, who sees no payloads, and root, who sees everything; nobody sees events
// alone.
func withUsers(t *testing.T) func(c *gateway.Config) {
	t.Helper()
	analyst := &query.Role{
		Name: "analyst", Limits: olap.Limits{Rows: 50, Timeout: 10 * time.Second},
		Reader: &olap.Reader{Name: "analyst", Tables: []string{"events", "quarantine"}, Hidden: map[string][]string{"quarantine": {"payload", "message"}}, Running: 2},
	}
	var users []*query.User
	for name, role := range map[string]*query.Role{"ann": analyst, "root": {}} {
		verifier, err := query.HashPassword("secret", rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		u, err := query.NewUser(name, role, verifier)
		if err != nil {
			t.Fatal(err)
		}
		users = append(users, u)
	}
	nobody := &query.Role{Name: "nobody", Reader: &olap.Reader{Name: "nobody", Tables: []string{"events"}}}
	return func(c *gateway.Config) {
		c.Limits.SQL = olap.Limits{Rows: 1000, Bytes: 1 << 20, Timeout: time.Minute}
		c.Limits.SQLMemory, c.Limits.SQLAtOnce = 256<<20, 4
		service := query.New(query.Config{Store: c.Store, Limits: c.Limits.SQL, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
		c.Queries = desk{query.NewAccess(users, nobody), service}
	}
}

func TestWhoAsksIsToldTheLimits(t *testing.T) {
	p := start(t, withUsers(t))
	for _, c := range []struct {
		who  []string
		want string
	}{
		{basic("ann", "secret"), `"user":"ann","role":"analyst","rows":50,"result_bytes":1048576,"seconds":10,"query_bytes":262144,"memory_bytes":268435456,` +
			`"queries_at_once":2,"tables":["events","quarantine"],"unseen_tables":7,"hidden_columns":["quarantine.message","quarantine.payload"]`},
		{basic("root", "secret"), `"user":"root","rows":1000,"result_bytes":1048576,"seconds":60,"query_bytes":262144,"memory_bytes":268435456,"queries_at_once":3,"tables":[],"unseen_tables":0,"hidden_columns":[]`},
		{nil, `"role":"nobody","rows":1000,"result_bytes":1048576,"seconds":60,"query_bytes":262144,"memory_bytes":268435456,"queries_at_once":3,"tables":["events"],"unseen_tables":8,"hidden_columns":[]`},
	} {
		_, text, _ := p.do("GET", "/api/v1/sql/limits", "", c.who...)
		contains(t, text, c.want)
	}
	contains(t, p.problem("GET", "/api/v1/sql/limits", "", 401, basic("ann", "wrong")...), "name or the password is wrong")
	_, text, _ := start(t).do("GET", "/api/v1/sql/limits", "")
	contains(t, text, `"queries_at_once"`, `"tables":[]`)
}

// TestARoleIsNotShownMoreByOtherPages: a request that carries a user gets no more by a page
// that knows no roles than by SQL.
func TestARoleIsNotShownMoreByOtherPages(t *testing.T) {
	p := start(t, withUsers(t))
	for _, path := range []string{
		"/api/v1/events", "/api/v1/quarantine", "/api/v1/overview", "/api/v1/metrics", "/api/v1/ledger", "/api/v1/sql/slow",
	} {
		contains(t, p.problem("GET", path, "", 403, basic("ann", "secret")...), "The role analyst does not see everything", "/api/v1/sql/limits")
	}
	for _, path := range []string{"/api/v1/metrics/query", "/api/v1/explain", "/api/v1/lake/sql"} {
		p.problem("POST", path, "{}", 403, append(basic("ann", "secret"), "Content-Type", "application/json")...)
	}
	for _, who := range [][]string{nil, basic("root", "secret"), basic("write-key", ""), basic("ann", "wrong")} {
		if status, text, _ := p.do("GET", "/api/v1/quarantine", "", who...); status != 200 {
			t.Errorf("%v is answered with %d %s", who, status, text)
		}
	}
	ask := append(basic("ann", "secret"), "Content-Type", "application/json")
	if status, text, _ := p.do("POST", "/api/v1/sql", `{"query":"SELECT count(*) FROM events"}`, ask...); status != 200 {
		t.Errorf("SQL is answered with %d %s", status, text)
	}
	if status, _, _ := p.do("GET", "/healthz", "", basic("ann", "secret")...); status != 200 {
		t.Errorf("/healthz is answered with %d", status)
	}
}
