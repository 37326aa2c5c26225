package lineage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/lineage"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse"
)

// starGraph is the lineage of the star over the tables of events and a job's.
func starGraph(t *testing.T) *lineage.Graph {
	t.Helper()
	parse := parser(t)
	columns := map[string][]string{"stock_changes": {"product_id", "location_id", "happened_at", "time", "on_hand_change", "available_change"}}
	d := &lineage.Declared{Topic: "millrace.raw"}
	for _, one := range olap.Tables() {
		dt := lineage.DeclaredTable{Name: one.Name}
		for _, c := range one.Columns {
			columns[one.Name] = append(columns[one.Name], c.Name)
			dt.Columns = append(dt.Columns, lineage.TableColumn{Column: lineage.Column{Name: c.Name}})
		}
		d.Tables = append(d.Tables, dt)
	}
	star := warehouse.Definitions(warehouse.Star())
	for _, def := range star {
		for _, c := range def.Columns {
			columns[def.Name] = append(columns[def.Name], c.Name)
		}
	}
	for _, def := range star {
		one := lineage.DeclaredStatement{Kind: lineage.Table, Name: def.Name, Statement: &lineage.Statement{}}
		if def.SQL != "" {
			var err error
			if one.Statement, err = lineage.ParseStatement(parse(def.SQL), func(table string) ([]string, bool) { c, ok := columns[table]; return c, ok }); err != nil {
				t.Fatalf("%s: %v\n%s", def.Name, err, def.SQL)
			}
			var names []string
			for _, c := range one.Statement.Columns {
				names = append(names, c.Name)
			}
			if !slices.Equal(names, columns[def.Name]) {
				t.Errorf("the definition of %s has the columns %v, the table %v", def.Name, names, columns[def.Name])
			}
		}
		d.Statements = append(d.Statements, one)
	}
	d.Statements = append(d.Statements, lineage.DeclaredStatement{Kind: lineage.Metric, Name: "margin", Statement: &lineage.Statement{
		Columns: []lineage.Selected{{Name: "margin", Uses: []lineage.Use{{Table: "warehouse.fact_order_line", Column: "cost", Subtype: lineage.Aggregation}}}},
		Tables:  []string{"warehouse.fact_order_line"},
	}})
	d.Dashboards = []lineage.DeclaredDashboard{{Name: "sales", Charts: []lineage.DeclaredChart{{Name: "trend", Metrics: []string{"margin"}}, {Name: "note"}}}}
	return lineage.Build(d)
}

// TestTheStarComesFromEvents follows every column of the star to what it is made of, and one
// of an event through the star and a metric to a chart.
func TestTheStarComesFromEvents(t *testing.T) {
	g := starGraph(t)
	made := 0
	for _, n := range g.Nodes() {
		if !strings.HasPrefix(n.ID, "table:warehouse.") || n.Name == "warehouse.dim_date" || n.Name == "warehouse.dim_time" {
			continue
		}
		for _, c := range n.Columns {
			direct := false
			for _, e := range g.Trace(lineage.Ref{Node: n.ID, Column: c.Name}, lineage.Upstream, 1).Edges {
				direct = direct || e.To.Column == c.Name && e.Subtype != lineage.Join && e.Subtype != lineage.Filter
			}
			if !direct && n.Name+"."+c.Name != "warehouse.fact_session.events" { // which counts them
				t.Errorf("%s.%s is made of nothing", n.Name, c.Name)
			}
			made++
		}
	}
	if made < 200 {
		t.Errorf("%d columns of the star are followed", made)
	}
	for _, c := range []struct{ column, from, how string }{
		{"warehouse.fact_order_line.amount", "table:order_lines/amount", "TRANSFORMATION"},
		{"warehouse.fact_order_line.cost", "table:warehouse.dim_product/cost", "TRANSFORMATION"},
		{"warehouse.fact_order_line.product_key", "table:warehouse.dim_product/product_key", "TRANSFORMATION"},
		{"warehouse.fact_order_line.fx_rate", "table:events/properties", "TRANSFORMATION"},
		{"warehouse.dim_product.list_price", "table:events/properties", "TRANSFORMATION"},
		{"warehouse.dim_product.name", "table:order_lines/product_name", "TRANSFORMATION"},
		{"warehouse.dim_category.level_2", "table:order_lines/category", "TRANSFORMATION"},
		{"warehouse.fact_session.orders", "table:events/type", "AGGREGATION"},
		{"warehouse.fact_payment.authorized_at", "table:events/event_time", "AGGREGATION"},
		{"warehouse.fact_inventory_snapshot.on_hand", "table:stock_changes/on_hand_change", "AGGREGATION"},
	} {
		ref, err := g.Resolve(c.column)
		if err != nil {
			t.Fatal(err)
		}
		want := lineage.Edge{From: lineage.Ref{}, To: ref, Subtype: lineage.Subtype(c.how)}
		want.From.Node, want.From.Column, _ = strings.Cut(c.from, "/")
		edges := g.Trace(ref, lineage.Upstream, 1).Edges
		if !slices.ContainsFunc(edges, func(e lineage.Edge) bool { return e.From == want.From && e.To == ref && e.Subtype == want.Subtype }) {
			t.Errorf("%s does not come from %s by %s:\n%s", c.column, c.from, c.how, show(edges))
		}
	}
	var way string
	for _, e := range g.Path(lineage.Ref{Node: "pass:events", Column: "properties"}, lineage.Ref{Node: "dashboard:sales", Column: "trend"}) {
		way += fmt.Sprintf("%s > ", e.From)
	}
	same(t, "the way of a cost to a chart", way, "pass:events/properties > table:events/properties > table:warehouse.fact_order_line/cost > metric:margin/margin > ")
}
