package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/lineage"
	"github.com/millrace/millrace/internal/quality/check"
)

// declaredShop is the lineage of a small shop.
type declaredShop struct{}

func (declaredShop) Lineage(context.Context) (*lineage.Graph, error) {
	return lineage.Build(&lineage.Declared{
		Topic: "millrace.raw",
		Sources: []lineage.DeclaredSource{{
			Name: "shop", Adapter: "onlineretail", AdapterVersion: "1",
			Fills: []adapter.Fill{{Field: "item.amount", From: []string{"Price", "Quantity"}, Derived: true}},
		}},
		Tables: []lineage.DeclaredTable{{Name: "order_lines", Columns: []lineage.TableColumn{{Column: lineage.Column{Name: "amount", Type: "DECIMAL(18,6)"}, Item: true}}}},
		Statements: []lineage.DeclaredStatement{{Kind: lineage.Metric, Name: "revenue", Statement: &lineage.Statement{
			Columns: []lineage.Selected{{Name: "revenue", Uses: []lineage.Use{{Table: "order_lines", Column: "amount", Subtype: lineage.Aggregation}}}},
			Tables:  []string{"order_lines"},
		}}},
	}), nil
}

func (declaredShop) Statement(_ context.Context, sql string) (*lineage.Statement, error) {
	if !strings.HasPrefix(sql, "SELECT") {
		return nil, fmt.Errorf("%w: it selects nothing", lineage.ErrStatement)
	}
	return &lineage.Statement{
		Columns: []lineage.Selected{{Name: "n", Uses: []lineage.Use{{Table: "events", Column: "amount", Subtype: lineage.Aggregation}}}},
		Rows:    []lineage.Use{{Table: "events", Column: "source", Subtype: lineage.Filter}}, Tables: []string{"events"},
	}, nil
}

func TestLineageWithBadges(t *testing.T) {
	p := start(t, func(c *gateway.Config) { c.Lineage = declaredShop{} })
	p.write(0, december()...)
	answer := ask[gateway.LineageAnswer](t, p, "/api/v1/lineage")
	badges := make(map[string]string)
	for _, n := range answer.Nodes {
		if n.Badge != nil {
			badges[n.ID] = fmt.Sprintf("%d %s %s", *n.Badge.Count, n.Badge.Unit, n.Badge.State)
		}
	}
	var lines int64
	rows, err := p.rows("SELECT count(*) FROM order_lines")
	p.must(err)
	lines = rows
	if badges["table:order_lines"] != fmt.Sprintf("%d rows ok", lines) || !strings.HasPrefix(badges["source:shop"], "12 events") || badges["topic:millrace.raw"] != "12 events ok" {
		t.Errorf("the badges are %v", badges)
	}
	if len(answer.Nodes) != 5 || len(answer.Edges) != 4 {
		t.Errorf("there are %d nodes and %d edges, want 5 and 4", len(answer.Nodes), len(answer.Edges))
	}
	up := ask[gateway.LineageAnswer](t, p, "/api/v1/lineage?level=column&direction=up&focus=revenue.revenue")
	if len(up.Edges) != 4 || up.Edges[0].From != "pass:events/item.amount" || up.Edges[3].Type != "DIRECT" {
		t.Errorf("upstream of revenue: %+v", up.Edges)
	}
	only := ask[gateway.LineageAnswer](t, p, "/api/v1/lineage?kind=metric,table&q=amount")
	if len(only.Nodes) != 1 || only.Nodes[0].ID != "table:order_lines" {
		t.Errorf("tables and metrics with an amount: %+v", only.Nodes)
	}
	contains(t, p.problem("GET", "/api/v1/lineage?focus=order_lines.amunt", "", 404), `did you mean \"amount\"`)
}

// lastResults are checks with how they ended last.
type lastResults struct {
	*fixedChecks
	last map[string]check.Result
}

func (l lastResults) Last(name string) *check.Result {
	r, ok := l.last[name]
	if !ok {
		return nil
	}
	return &r
}

// A dataset whose checks fail shows it, by the severity of the worst.
func TestBadgesTellFailingChecks(t *testing.T) {
	checks := newFixedChecks(t)
	var err error
	checks.set, err = check.Load([]check.File{{Name: "c.yaml", Text: []byte(`
version: 1
checks:
  - {name: a, owner: sales, on: {table: order_lines, source: shop}, kind: volume, min: 5, every: 10m}
  - {name: b, owner: sales, severity: warn, on: {table: order_lines}, kind: volume, min: 5, every: 10m}
`)}})
	if err != nil {
		t.Fatal(err)
	}
	result := func(name string, status check.Status, severity check.Severity) check.Result {
		return check.Result{Name: name, Status: status, Severity: severity, Actual: "3", Expected: "at least 5", Message: "too slow"}
	}
	for _, c := range []struct {
		a, b          check.Result
		table, source string
	}{
		{result("a", check.Passed, check.Error), result("b", check.Passed, check.Warning), "ok []", "warn"},
		{result("a", check.Failed, check.Error), result("b", check.Failed, check.Warning),
			"bad [the check a fails: 3; expected: at least 5 the check b fails: 3; expected: at least 5]", "bad"},
		{result("a", check.Passed, check.Error), result("b", check.Failed, check.Warning), "warn [the check b fails: 3; expected: at least 5]", "warn"},
		{result("a", check.Unknown, check.Error), result("b", check.Failed, check.Info), "warn [the check a could not be run: too slow]", "warn"},
	} {
		p := start(t, func(cfg *gateway.Config) {
			cfg.Lineage, cfg.Checks = declaredShop{}, lastResults{checks, map[string]check.Result{"a": c.a, "b": c.b}}
		})
		p.write(0, december()...)
		for _, n := range ask[gateway.LineageAnswer](t, p, "/api/v1/lineage").Nodes {
			switch n.ID {
			case "table:order_lines":
				if got := fmt.Sprint(n.Badge.State, " ", n.Badge.Messages); got != c.table {
					t.Errorf("order_lines: %s, want %s", got, c.table)
				}
			case "source:shop":
				if n.Badge.State != c.source {
					t.Errorf("the source: %+v, want %s", n.Badge, c.source)
				}
			}
		}
	}
}

func TestImpactAndPath(t *testing.T) {
	p := start(t, func(c *gateway.Config) { c.Lineage = declaredShop{} })
	impact := ask[gateway.ImpactAnswer](t, p, "/api/v1/lineage/impact?column=source:shop/Price")
	var got []string
	for _, x := range impact.Things {
		got = append(got, x.ID)
	}
	if strings.Join(got, " ") != "topic:millrace.raw pass:events table:order_lines metric:revenue" {
		t.Errorf("the impact is %v", got)
	}
	path := ask[gateway.PathAnswer](t, p, "/api/v1/lineage/path?from=source:shop/Price&to=metric:revenue")
	if len(path.Edges) != 3 || path.Edges[2].To != "metric:revenue/revenue" {
		t.Errorf("the path is %+v", path.Edges)
	}
	none := ask[gateway.PathAnswer](t, p, "/api/v1/lineage/path?to=source:shop/Price&from=metric:revenue")
	if len(none.Edges) != 0 {
		t.Errorf("a path against the stream: %+v", none.Edges)
	}
	contains(t, p.problem("GET", "/api/v1/lineage/impact?column=nothing", "", 404), "query.column")
	status, text, _ := p.do("POST", "/api/v1/lineage/sql", `{"sql":"SELECT sum(amount) n FROM events"}`, "Content-Type", "application/json")
	var s gateway.StatementLineage
	if err := json.Unmarshal([]byte(text), &s); err != nil || status != 200 || s.Columns[0].Uses[0].Subtype != "AGGREGATION" || s.Rows[0].Type != "INDIRECT" {
		t.Errorf("the statement's lineage: %d %s", status, text)
	}
	contains(t, p.problem("POST", "/api/v1/lineage/sql", `{"sql":"DROP TABLE x"}`, 400, "Content-Type", "application/json"), "it selects nothing")
}

// rows is the number that a statement gives.
func (p *platform) rows(sql string) (int64, error) {
	status, text, _ := p.do("POST", "/api/v1/sql", `{"query":"`+sql+`"}`, "Content-Type", "application/json")
	var answer struct {
		Rows [][]any `json:"rows"`
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil || status != 200 || len(answer.Rows) != 1 {
		return 0, fmt.Errorf("%s: %d %s", sql, status, text)
	}
	var n int64
	_, err := fmt.Sscan(fmt.Sprint(answer.Rows[0][0]), &n)
	return n, err
}
