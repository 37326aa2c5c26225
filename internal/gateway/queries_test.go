package gateway_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/query/saved"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/record/sqlite"
)

// askers are who asks by SQL, and how.
type askers struct {
	*query.Access
	*query.Service
}

// letterbox is a target that takes reports.
type letterbox struct{}

func (letterbox) TakesReports()                                        {}
func (letterbox) Send(context.Context, *alert.Message) (string, error) { return "", nil }

type nothing struct{}

func (nothing) Float64() float64 { return 0 }

// withQueries gives a platform under test saved queries, which ann and bob keep, and the desk that sends their results.
func withQueries(t *testing.T, desk **alert.Desk) func(*gateway.Config) {
	return func(cfg *gateway.Config) {
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		records, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "records.db")})
		must(err)
		t.Cleanup(func() { _ = records.Close() })
		fake, silent := clock.NewFake(receivedAt), slog.New(slog.DiscardHandler)
		*desk, err = alert.Open(t.Context(), alert.Config{
			Store: records, Targets: map[string]alert.Channel{"sales": letterbox{}}, Clock: fake, Random: nothing{}, Logger: silent,
			Interval: time.Hour, Attempts: 3, RetryMin: time.Second, RetryMax: time.Minute, Timeout: time.Minute, Retention: time.Hour,
		})
		must(err)
		var users []*query.User
		for _, name := range []string{"ann", "bob"} {
			verifier, err := query.HashPassword("pass of "+name, rand.Reader)
			must(err)
			u, err := query.NewUser(name, &query.Role{Name: name, Reader: &olap.Reader{Name: name, Tables: []string{"order_lines"}}}, verifier)
			must(err)
			users = append(users, u)
		}
		access := query.NewAccess(users, nil)
		cfg.Queries = askers{access, query.New(query.Config{Store: cfg.Store, Now: time.Now, Logger: silent})}
		cfg.Saved, err = saved.Open(saved.Config{
			Asker: cfg.Queries, Users: access, Records: records, Poster: *desk, Clock: fake, Logger: silent, Limits: saved.Limits{Rows: 2},
		})
		must(err)
		cfg.Trail = newTrail(t, receivedAt)
	}
}

// as sends JSON as a user.
func (p *platform) as(user, method, path string, body any) (int, string) {
	p.t.Helper()
	text, err := json.Marshal(body)
	p.must(err)
	credentials := base64.StdEncoding.EncodeToString([]byte(user + ":pass of " + user))
	status, answer, _ := p.do(method, path, string(text), "Content-Type", "application/json", "Authorization", "Basic "+credentials)
	return status, answer
}

const byCountry = `version: 1
id: by-country
title: Revenue by country
sql: SELECT country, sum(amount) AS revenue FROM order_lines WHERE kind = 'sale' AND event_time >= $from AND ($country IS NULL OR country = $country) GROUP BY ALL ORDER BY 1
parameters:
  - {name: from, type: date, default: 2010-12-01}
  - {name: country, type: text, optional: true}
schedule: {cron: "0 8 * * 1", zone: Europe/London, to: [sales], format: csv}
`

// TestSavedQueries: a query is saved by its owner, run by everybody, with arguments, in any
// format, sent, changed, and removed; nothing of it is lost from the trail.
func TestSavedQueries(t *testing.T) {
	var desk *alert.Desk
	p := start(t, withQueries(t, &desk))
	p.write(0, december()...)
	type m map[string]any
	const path = "/api/v1/queries/by-country"
	status, body := p.as("ann", "PUT", path, m{"yaml": byCountry, "reason": "for Mondays"})
	var first gateway.QueryAnswer
	p.must(json.Unmarshal([]byte(body), &first))
	if status != 200 || first.Definition.Owner != "ann" || first.Number != 1 || first.By != "ann" {
		t.Fatalf("saved: %d %s", status, body)
	}

	status, body = p.as("bob", "POST", path+"/run", m{"arguments": m{"country": "GB"}})
	if status != 200 || !strings.Contains(body, `["GB","35.973"]`) || strings.Contains(body, `"FR"`) {
		t.Errorf("bob runs it: %d %s", status, body)
	}
	if _, body = p.as("bob", "POST", path+"/run", m{"arguments": m{"country": "GB' OR true --"}}); !strings.Contains(body, `"rows":[]`) {
		t.Errorf("an argument became a part of the statement: %s", body)
	}
	for _, c := range []struct {
		arguments m
		want      string
	}{
		{m{"countri": "GB"}, `did you mean \"country\"?`},
		{m{"from": "yesterday-ish"}, `cannot take \"yesterday-ish\" for \"from\"; want a date`},
	} {
		if status, body = p.as("bob", "POST", path+"/run", m{"arguments": c.arguments}); status != 400 {
			t.Errorf("%v: %d", c.arguments, status)
		}
		contains(t, body, c.want, `"location":"body.arguments"`)
	}

	// What is sent has as many rows as are allowed, and says that there are more.
	status, body = p.as("ann", "POST", path+"/send", m{"reason": "they asked"})
	if status != 200 || !strings.Contains(body, `"outcome":"sent"`) || !strings.Contains(body, `"truncated":true`) {
		t.Errorf("sent: %d %s", status, body)
	}
	if out := desk.Outbox(); len(out) != 1 || out[0].Result.CSV != "country,revenue\r\nDE,50.000\r\nFR,5.100\r\n" || !out[0].Result.Truncated {
		t.Errorf("the outbox has %+v", out)
	}
	if status, body = p.as("bob", "POST", path+"/send", m{}); status != 403 {
		t.Errorf("bob sends it: %d %s", status, body)
	}
	var runs gateway.QueryRuns
	p.get(path+"/runs", &runs)
	if len(runs.Runs) != 1 || runs.Runs[0].By != "ann" || !slices.Equal(runs.Runs[0].Targets, []string{"sales"}) || runs.Next == nil || runs.Next.Weekday() != time.Monday {
		t.Errorf("runs are %+v", runs)
	}

	if status, body = p.as("ann", "PUT", path, m{"yaml": byCountry, "if_version": "0000"}); status != 409 || !strings.Contains(body, first.Version) {
		t.Errorf("another version: %d %s", status, body)
	}
	if status, body = p.as("bob", "PUT", path, m{"yaml": byCountry}); status != 403 || !strings.Contains(body, "that of ann") {
		t.Errorf("bob saves it: %d %s", status, body)
	}
	if status, body = p.as("bob", "DELETE", path, nil); status != 403 {
		t.Errorf("bob removes it: %d %s", status, body)
	}
	if status, body = p.as("ann", "DELETE", path+"?reason=done", nil); status != 200 {
		t.Errorf("ann removes it: %d %s", status, body)
	}
	contains(t, p.problem("GET", path, "", 404), "There is no such saved query")
	wantTrail(t, p, "/api/v1/audit-trail", "removed query by-country by ann", "send query by-country by ann", "created query by-country by ann")
}

// TestSavedQueriesRefuse: what cannot be saved is told with its place and what to do.
func TestSavedQueriesRefuse(t *testing.T) {
	var desk *alert.Desk
	p := start(t, withQueries(t, &desk))
	type m map[string]any
	for _, c := range []struct {
		from, to string
		status   int
		want     string
	}{
		{"id: by-country", "id: other", 422, `its id is \"other\", but the address says \"by-country\"`},
		{"type: date", "type: dat", 422, `did you mean \"date\"?`},
		{"[sales]", "[sale]", 422, `did you mean \"sales\"?`},
		{"FROM order_lines", "FROM order_line", 422, "line 1, column"},
		{"FROM order_lines", "FROM events", 422, "events"}, // which ann may not read
		{"SELECT country,", "DELETE country,", 422, "line 1, column 8"},
		{"$country IS NULL", "$land IS NULL", 422, "$land is no declared parameter"},
		{"0 8 * * 1", "0 8 * * 9", 422, "0 8 * * 9"},
	} {
		status, body := p.as("ann", "PUT", "/api/v1/queries/by-country", m{"yaml": strings.Replace(byCountry, c.from, c.to, 1)})
		if status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %s\nwant %d %s", c.to, status, body, c.status, c.want)
		}
	}
	if status, body := p.as("ann", "PUT", "/api/v1/queries/q", m{}); status != 400 || !strings.Contains(body, "either definition or yaml") {
		t.Errorf("nothing: %d %s", status, body)
	}
	if status, _ := p.as("eve", "PUT", "/api/v1/queries/by-country", m{"yaml": byCountry}); status != 401 {
		t.Errorf("a user that is not there: %d", status)
	}
	contains(t, p.problem("PUT", "/api/v1/queries/by-country", `{"yaml":"a: b"}`, 401, "Content-Type", "application/json"), "olap.sql.users")
	if status, body := p.as("ann", "POST", "/api/v1/queries/by-contry/run", m{}); status != 404 {
		t.Errorf("a query that is not there: %d %s", status, body)
	}
	var all gateway.QueriesAnswer
	p.get("/api/v1/queries", &all)
	if len(all.Queries) != 0 || !slices.Equal(all.Targets, []string{"sales"}) {
		t.Errorf("what was refused is kept: %+v", all)
	}
	p = start(t)
	contains(t, p.problem("GET", "/api/v1/queries", "", 404), "api target")
}
