package lineage_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/lineage"
	"github.com/millrace/millrace/stream"
)

// shop is a small shop: a file, a correction and a rule, a table, a job, a metric and a
// sink.
func shop() *lineage.Declared {
	return &lineage.Declared{
		Topic: "millrace.raw",
		Sources: []lineage.DeclaredSource{{
			Name: "shop", Adapter: "file", AdapterVersion: "1", RulesVersion: "ab12",
			Fills: []adapter.Fill{
				{Field: "order_id", From: []string{"Order"}}, {Field: "customer_id", From: []string{"Customer"}},
				{Field: "item.price", From: []string{"Price"}}, {Field: "item.amount", From: []string{"Price", "Pieces"}, Derived: true},
				{Field: "properties.note", From: []string{"Note"}},
			},
			Rules: []lineage.RuleUse{
				{Name: "fill_customer", Field: "customer_id", Reads: []string{"order_id"}, Correction: true},
				{Name: "price_positive", Field: "item.price"},
			},
		}},
		Tables: []lineage.DeclaredTable{{Name: "order_lines", Columns: []lineage.TableColumn{
			{Column: lineage.Column{Name: "customer_id"}}, {Column: lineage.Column{Name: "unit_price"}, Item: true},
			{Column: lineage.Column{Name: "amount"}, Item: true},
		}}},
		Jobs: []lineage.DeclaredJob{{
			Name: "top", Version: "1",
			Origins: []stream.Origin{
				{Fields: []string{"order_id"}, By: stream.Decided},
				{Output: "best", Column: "customer", Fields: []string{"customer_id"}, By: stream.Copied},
				{Output: "best", Column: "spent", Fields: []string{"item.amount"}, By: stream.Aggregated},
			},
			Outputs: []lineage.DeclaredOutput{{Kind: stream.Table, Name: "best", Columns: []lineage.Column{{Name: "customer"}, {Name: "spent"}}}},
		}},
		Statements: []lineage.DeclaredStatement{{Kind: lineage.Metric, Name: "revenue", Statement: &lineage.Statement{
			Columns: []lineage.Selected{{Name: "revenue", Uses: []lineage.Use{{Table: "order_lines", Column: "amount", Subtype: lineage.Aggregation}}}},
			Tables:  []string{"order_lines"},
		}}},
		Sinks: []lineage.DeclaredSink{{Name: "crm", Table: "best"}},
	}
}

func show(edges []lineage.Edge) string {
	var b strings.Builder
	for _, e := range edges {
		fmt.Fprintf(&b, "%s -> %s %s %s\n", e.From, e.To, e.Subtype, e.How)
	}
	return b.String()
}

func same(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n%s\nwant\n%s", what, got, want)
	}
}

func TestWhereAColumnComesFrom(t *testing.T) {
	g := lineage.Build(shop())
	spent, err := g.Resolve("best.spent")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "upstream of best.spent", show(g.Trace(spent, lineage.Upstream, 0).Edges), `pass:events/item.amount -> table:best/spent AGGREGATION job top
pass:events/order_id -> table:best FILTER job top
source:shop/Order -> pass:events/order_id IDENTITY adapter file
source:shop/Pieces -> pass:events/item.amount TRANSFORMATION adapter file
source:shop/Price -> pass:events/item.amount TRANSFORMATION adapter file
`)
	same(t, "one step up", show(g.Trace(spent, lineage.Upstream, 1).Edges), `pass:events/item.amount -> table:best/spent AGGREGATION job top
pass:events/order_id -> table:best FILTER job top
`)
}

func TestWhatBreaksIfAColumnChanges(t *testing.T) {
	g := lineage.Build(shop())
	things := func(column string) (out string) {
		ref, err := g.Resolve(column)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range g.Impact(ref) {
			out += fmt.Sprintf("%d %s %s direct=%v\n", x.Distance, x.Node.ID, strings.Join(x.Columns, ","), x.Direct)
		}
		return out
	}
	same(t, "the impact of the price", things("source:shop/Price"), `1 topic:millrace.raw  direct=true
1 pass:events item.amount,item.price direct=true
2 rules:shop price_positive direct=false
2 job:top  direct=true
2 table:best spent direct=true
2 table:order_lines amount,unit_price direct=true
3 metric:revenue revenue direct=true
3 sink:crm spent direct=true
`)
	// The order decides which rows "best" has, and through a correction who the customer is.
	same(t, "the impact of the order", things("source:shop/Order"), `1 topic:millrace.raw  direct=true
1 pass:events customer_id,order_id direct=true
2 rules:shop fill_customer direct=true
2 job:top  direct=true
2 table:best customer direct=true
3 table:order_lines customer_id direct=true
3 sink:crm customer,spent direct=true
`)
	same(t, "the impact of a metric", things("metric:revenue"), "")
}

func TestPathsAndNeighbours(t *testing.T) {
	g := lineage.Build(shop())
	ref := func(text string) lineage.Ref {
		r, err := g.Resolve(text)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	same(t, "the path of the order's number to the CRM", show(g.Path(ref("source:shop/Order"), ref("sink:crm/customer"))),
		`source:shop/Order -> pass:events/order_id IDENTITY adapter file
pass:events/order_id -> pass:events/customer_id TRANSFORMATION correction fill_customer of shop
pass:events/customer_id -> table:best/customer IDENTITY job top
table:best/customer -> sink:crm/customer IDENTITY sink crm
`)
	if p := g.Path(ref("metric:revenue"), ref("source:shop")); p != nil {
		t.Errorf("a path against the stream: %s", show(p))
	}
	near := g.Neighbours("table:best", 1, lineage.Upstream, lineage.Downstream)
	if len(near) != 3 || !near["job:top"] || !near["sink:crm"] {
		t.Errorf("the neighbours of best are %v", near)
	}
}

func TestNamesAreResolvedOrTheNearestIsTold(t *testing.T) {
	g := lineage.Build(shop())
	for text, want := range map[string]string{
		"order_lines": "table:order_lines", "order_lines.amount": "table:order_lines/amount", "table:best/spent": "table:best/spent",
		"revenue": "metric:revenue", "pass:events/item.price": "pass:events/item.price", "millrace.raw": "topic:millrace.raw",
	} {
		if ref, err := g.Resolve(text); err != nil || ref.String() != want {
			t.Errorf("%s is %s (%v), want %s", text, ref, err, want)
		}
	}
	for text, hint := range map[string]string{
		"order_lines.amunt": `"amount"`, "order_line": `"order_lines"`, "table:bst": `"table:best"`, "table:best/spend": `"spent"`,
	} {
		_, err := g.Resolve(text)
		var unknown *lineage.UnknownError
		if !errors.As(err, &unknown) || !strings.Contains(unknown.Hint, hint) {
			t.Errorf("%s: %v, want a hint at %s", text, err, hint)
		}
	}
}

// TestTheOrderOfDeclarationsDoesNotMatter builds the graph of the same things in other
// orders.
func TestTheOrderOfDeclarationsDoesNotMatter(t *testing.T) {
	plain := lineage.Build(shop())
	random := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		d := shop()
		random.Shuffle(len(d.Sources[0].Fills), func(i, j int) {
			d.Sources[0].Fills[i], d.Sources[0].Fills[j] = d.Sources[0].Fills[j], d.Sources[0].Fills[i]
		})
		slices.Reverse(d.Jobs[0].Origins)
		g := lineage.Build(d)
		same(t, "column edges", show(g.ColumnEdges()), show(plain.ColumnEdges()))
		same(t, "dataset edges", show(g.DatasetEdges()), show(plain.DatasetEdges()))
	}
}

func TestRulesAreReadWithoutKnowingTheirKinds(t *testing.T) {
	uses, err := lineage.ReadRules([]byte(`version: 1
corrections:
  - {name: fill, field: customer_id, when: missing, fill: "guest:{order_id}"}
  - {name: later, field: currency, when: 'country == "GB" and amount > 0', convert: {to: EUR, at: "{event_time}"}}
rules:
  - {name: sign, field: item.quantity, when: 'item.kind == "sale"', check: {expr: 'item.quantity > 0 or lower(channel) == "till"'}, message: "{none}"}
  - {name: needed, field: order_id, check: {required: true}}
`))
	if err != nil {
		t.Fatal(err)
	}
	var got string
	for _, u := range uses {
		got += fmt.Sprintf("%s %s correction=%v reads %s\n", u.Name, u.Field, u.Correction, strings.Join(u.Reads, " "))
	}
	same(t, "what rules read", got, `fill customer_id correction=true reads order_id
later currency correction=true reads amount country event_time
sign item.quantity correction=false reads channel item.kind
needed order_id correction=false reads 
`)
}

func FuzzReadRules(f *testing.F) {
	f.Add([]byte("rules:\n  - {name: a, field: b, when: 'x == 1', check: {expr: 'y > z'}}\n"))
	f.Add([]byte("corrections: [{name: a, fill: '{b}{c}'}]"))
	f.Add([]byte("rules: [1, [2], {3: 4}]"))
	f.Fuzz(func(_ *testing.T, text []byte) { _, _ = lineage.ReadRules(text) })
}

// What a sink delivers is one node: a topic, a table or a feed, and none without a name.
func TestSinksDeliverWhatIsThere(t *testing.T) {
	g := lineage.Build(&lineage.Declared{
		Topic: "raw",
		Jobs: []lineage.DeclaredJob{{Name: "j", Outputs: []lineage.DeclaredOutput{
			{Kind: stream.Table, Name: "best", Columns: []lineage.Column{{Name: "product"}}}, {Kind: stream.Feed, Name: "live", Columns: []lineage.Column{{Name: "product"}}},
		}}},
		Sinks: []lineage.DeclaredSink{{Name: "crm", Table: "best"}, {Name: "wall", Table: "live"}, {Name: "bus", Topic: "orders"}},
	})
	from := make(map[string]string)
	for _, e := range g.DatasetEdges() {
		from[e.To.Node] += e.From.Node
	}
	for sink, want := range map[string]string{"sink:crm": "table:best", "sink:wall": "feed:live", "sink:bus": "topic:orders"} {
		if from[sink] != want {
			t.Errorf("%s delivers %q, want %s", sink, from[sink], want)
		}
	}
	for _, n := range g.Nodes() {
		if n.Name == "" {
			t.Errorf("there is a node without a name: %s", n.ID)
		}
	}
}
