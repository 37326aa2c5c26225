package gateway_test

import (
	"encoding/json"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

// withMetrics gives a platform under test its catalogue.
func withMetrics(t *testing.T) func(*gateway.Config) {
	return func(cfg *gateway.Config) {
		s, err := metric.Open(metric.Config{Store: cfg.Store, Engine: "duckdb", Timeout: time.Minute, Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		cfg.Catalogue = s
	}
}

// ask asks for metrics.
func (p *platform) ask(request string, out *gateway.MetricsResult) {
	p.t.Helper()
	status, body, _ := p.do("POST", "/api/v1/metrics/query", request, "Content-Type", "application/json")
	if status != 200 {
		p.t.Fatalf("%d %s", status, body)
	}
	*out = gateway.MetricsResult{}
	p.must(json.Unmarshal([]byte(body), out))
}

func TestMetricsQuery(t *testing.T) {
	p := start(t, withMetrics(t))
	p.write(0, december()...)
	var r gateway.MetricsResult
	p.ask(`{"metrics":["turnover","average_order_value"],"dimensions":["country"],"grain":"day","from":"2010-12-01T00:00:00Z","to":"2010-12-04T00:00:00Z",
		"filters":[{"dimension":"country","values":["GB"]}],"compare":"previous"}`, &r)
	if len(r.Rows) != 2 || *r.Rows[0].Dimensions["country"] != "GB" || r.Rows[0].Previous == nil {
		t.Fatalf("rows are %+v", r.Rows)
	}
	if r.Currency != "GBP" || !r.Exact || !maps.Equal(r.Positions, p.positions) || len(r.Open) != 3 || r.Metrics[0].Name != "revenue" {
		t.Errorf("currency %q, exact %t, positions %v, open %v, metrics %v", r.Currency, r.Exact, r.Positions, r.Open, r.Metrics)
	}
	query, err := json.Marshal(gateway.SQLRequest{Query: r.Open[0].Query})
	p.must(err)
	status, body, _ := p.do("POST", "/api/v1/sql", string(query), "Content-Type", "application/json")
	if status != 200 || !strings.Contains(body, *r.Rows[0].Values["revenue"]) {
		t.Errorf("%s\n%d %s", r.Open[0].Query, status, body)
	}

	// The overview and the catalogue say the same.
	var o gateway.OverviewAnswer
	p.get("/api/v1/overview", &o)
	p.ask(`{"metrics":["revenue","orders","average_order_value","units","customers","cancellation_rate"]}`, &r)
	v := r.Rows[0].Values
	if *v["revenue"] != o.KPIs.Revenue.String() || *v["average_order_value"] != o.KPIs.AverageOrderValue.String() || *v["cancellation_rate"] != "0.25" {
		t.Errorf("the catalogue says %s and %s, the overview %+v", *v["revenue"], *v["average_order_value"], o.KPIs)
	}
}

func TestMetricsAreRefused(t *testing.T) {
	p := start(t, withMetrics(t))
	for request, want := range map[string]string{
		`{"metrics":["revenu"]}`:                                                `Did you mean \"revenue\"?`,
		`{"metrics":["revenue"],"dimensions":["contry"]}`:                       `did you mean \"country\"?`,
		`{"metrics":["revenue"],"filters":[{"dimension":"x' OR 1=1"}]}`:         `body.filters[0].dimension`,
		`{"metrics":["revenue"],"as_of":"2011-01-01T00:00:00Z","positions":{}}`: `either as_of or positions`,
		`{"metrics":["revenue"],"colour":"red"}`:                                `unexpected property`,
	} {
		status, body, _ := p.do("POST", "/api/v1/metrics/query", request, "Content-Type", "application/json")
		if status != 400 && status != 422 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s, want %s", request, status, body, want)
		}
	}
	var list gateway.MetricsAnswer
	p.get("/api/v1/metrics?q=basket", &list)
	if len(list.Metrics) == 0 || len(list.Metrics[0].Dimensions) == 0 {
		t.Errorf("metrics with a basket are %+v", list.Metrics)
	}
	if status, body, _ := p.do("GET", "/api/v1/metrics/nothing", ""); status != 404 || !strings.Contains(body, "/api/v1/metrics lists them") {
		t.Errorf("%d %s", status, body)
	}
}
