package gateway_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/dashboard"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/record/sqlite"
)

// withDashboards gives a platform under test its catalogue and dashboards.
func withDashboards(t *testing.T) func(*gateway.Config) {
	return func(cfg *gateway.Config) {
		withMetrics(t)(cfg)
		records, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "records.db")})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = records.Close() })
		cfg.Dashboards, err = dashboard.Open(context.WithoutCancel(t.Context()), dashboard.Config{
			Catalogue: cfg.Catalogue, Store: cfg.Store, Records: records, Random: rand.Reader, Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(cfg.Dashboards.Close)
	}
}

// change sends JSON and expects 200.
func (p *platform) change(method, path, request string, out any) {
	p.t.Helper()
	status, body, _ := p.do(method, path, request, "Content-Type", "application/json")
	if status != 200 {
		p.t.Fatalf("%s %s: %d %s", method, path, status, body)
	}
	p.must(json.Unmarshal([]byte(body), out))
}

func TestDashboardIsAnsweredOnceForUnchangedPositions(t *testing.T) {
	p := start(t, withDashboards(t))
	p.write(0, december()...)
	var list gateway.DashboardsAnswer
	p.get("/api/v1/dashboards", &list)
	if len(list.Dashboards) != 10 || list.Dashboards[0].ID != "executive" {
		t.Fatalf("dashboards are %+v", list.Dashboards)
	}
	const whole = `{"from":"2010-12-01T00:00:00Z","to":"2010-12-04T00:00:00Z"}`
	for _, d := range list.Dashboards {
		var r gateway.DashboardResult
		p.change("POST", "/api/v1/dashboards/"+d.ID+"/query", whole, &r)
		for _, c := range r.Charts {
			if c.Problem != nil {
				t.Errorf("%s, chart %s: %s", d.ID, c.ID, c.Problem.Detail)
			}
		}
	}
	before := p.store.queries.Load()
	var r gateway.DashboardResult
	p.change("POST", "/api/v1/dashboards/executive/query", whole, &r)
	if n := p.store.queries.Load() - before; n != 0 {
		t.Errorf("asking again cost %d queries", n)
	}
	if r.Charts[0].ID != "revenue" || r.Charts[0].Answer == nil || r.Charts[0].Course == nil || len(r.Charts[0].Course.Rows) == 0 {
		t.Errorf("the first chart is %+v", r.Charts[0])
	}
}

func TestDashboardsAreChanged(t *testing.T) {
	p := start(t, withDashboards(t))
	const wrong = `{"yaml":"version: 1\nid: mine\ntitle: Mine\nrows:\n  - charts:\n      - {id: a, kind: number, metrics: [revenu]}\n"}`
	if status, body, _ := p.do("PUT", "/api/v1/dashboards/mine", wrong, "Content-Type", "application/json"); status != 422 || !strings.Contains(body, `mine.yaml:6:`) || !strings.Contains(body, `revenue`) {
		t.Errorf("%d %s", status, body)
	}
	const own = `"definition":{"version":1,"id":"sales","title":"Ours","rows":[{"charts":[{"id":"a","kind":"number","metrics":["revenue"]}]}]}`
	var d gateway.DashboardAnswer
	p.change("PUT", "/api/v1/dashboards/sales", `{`+own+`}`, &d)
	if d.Origin != "saved" || d.Definition.Title != "Ours" {
		t.Errorf("saved is %+v", d)
	}
	if status, body, _ := p.do("PUT", "/api/v1/dashboards/sales", `{"if_version":"0",`+own+`}`, "Content-Type", "application/json"); status != 409 {
		t.Errorf("an old version: %d %s", status, body)
	}
	var removed gateway.DashboardRemoved
	p.change("DELETE", "/api/v1/dashboards/sales", "", &removed)
	if removed.Restored == nil || removed.Restored.Origin != "platform" {
		t.Errorf("restored is %+v", removed.Restored)
	}
}

func TestShareReachesItsDashboardOnly(t *testing.T) {
	p := start(t, withDashboards(t))
	p.write(0, december()...)
	var made gateway.ShareMade
	p.change("POST", "/api/v1/shares", `{"dashboard":"sales","filters":[{"dimension":"country","values":["GB"]}]}`, &made)
	base := "/api/v1/shared/" + made.Token
	var shared gateway.SharedAnswer
	p.get(base, &shared)
	if shared.Definition.ID != "sales" {
		t.Errorf("shared is %s", shared.Definition.ID)
	}
	var r gateway.DashboardResult
	p.change("POST", base+"/query", `{"range":"all","charts":["table"],"filters":[{"dimension":"country","values":["FR"]}]}`, &r)
	if a := r.Charts[0].Answer; a == nil || len(a.Rows) != 0 || a.Statement != "" {
		t.Errorf("another country's rows, or the statement, are shown: %+v", r.Charts[0])
	}
	for _, kind := range []string{"deploy", "incident"} {
		var a gateway.Annotation
		p.change("POST", "/api/v1/annotations", `{"time":"2010-12-02T10:00:00Z","kind":"`+kind+`","text":"something","by":"ann"}`, &a)
	}
	var notes gateway.AnnotationsAnswer
	if p.get(base+"/annotations?from=2010-12-01T00:00:00Z&to=2010-12-04T00:00:00Z", &notes); len(notes.Annotations) != 1 || notes.Annotations[0].Kind != "deploy" || notes.Annotations[0].By != "" {
		t.Errorf("readers of a link see %+v", notes.Annotations)
	}
	for _, path := range []string{"/api/v1/shared/" + made.ID, "/api/v1/shared/" + strings.Repeat("A", 43), base + "/charts/table/csv"} {
		if status, body, _ := p.do("GET", path, ""); status != 404 {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, body, _ := p.do("POST", base+"/query", `{"definition":{}}`, "Content-Type", "application/json"); status != 422 {
		t.Errorf("a definition of one's own: %d %s", status, body)
	}
	var gone gateway.Share
	p.change("DELETE", "/api/v1/shares/"+made.ID, "", &gone)
	if status, _, _ := p.do("GET", base, ""); status != 404 {
		t.Errorf("a removed link answers %d", status)
	}
}
