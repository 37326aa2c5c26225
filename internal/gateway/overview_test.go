package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/gateway"
)

func micros(t *testing.T, text string) event.Micros {
	t.Helper()
	m, err := event.ParseMicros(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestOverviewOfAShopsFirstDays(t *testing.T) {
	p := start(t)
	p.write(0, december()...)
	var o gateway.OverviewAnswer
	p.get("/api/v1/overview", &o)
	// 15.30 + 20.34 + 5.10 + 18 - 3.39 + 0.333 + 1.001
	want := gateway.KPIs{
		Revenue: micros(t, "56.684"), Orders: 3, AverageOrderValue: micros(t, "18.894667"), Units: 14,
		CancellationRate: 0.25, Customers: 3,
	}
	if o.KPIs != want {
		t.Errorf("KPIs are %+v, want %+v", o.KPIs, want)
	}
	if o.Currency != "GBP" || o.Grain != "hour" || o.Previous != nil {
		t.Errorf("currency %q, grain %q, previous %v", o.Currency, o.Grain, o.Previous)
	}
	if got := o.From.Format(time.RFC3339) + " " + o.To.Format(time.RFC3339); got != "2010-12-01T08:00:00Z 2010-12-03T12:00:00Z" {
		t.Errorf("range is %s", got)
	}
	if o.DataFrom.Format(time.RFC3339) != "2010-12-01T08:26:00Z" || o.DataTo.Format(time.RFC3339) != "2010-12-03T11:30:00Z" {
		t.Errorf("data reaches from %s to %s", o.DataFrom, o.DataTo)
	}
	if len(o.Series) != 52 || o.Series[0].Revenue != micros(t, "35.64") || o.Series[1].Orders != 1 || o.Series[2] != (gateway.Point{Time: o.Series[2].Time}) {
		t.Errorf("series of %d points begins with %+v", len(o.Series), o.Series[:3])
	}
	products := []gateway.ProductRow{
		{ProductID: "85123A", Name: "Product 85123A", Revenue: micros(t, "20.4"), Units: 8, Orders: 2},
		{ProductID: "71053", Name: "Product 71053", Revenue: micros(t, "16.95"), Units: 5, Orders: 1},
		{ProductID: "22423", Name: "Product 22423", Revenue: micros(t, "0.333"), Units: 1, Orders: 1},
	}
	if !reflect.DeepEqual(o.Products, products) {
		t.Errorf("products are %+v", o.Products)
	}
	countries := []gateway.CountryRow{{Country: "GB", Revenue: micros(t, "33.584"), Orders: 2}, {Country: "FR", Revenue: micros(t, "23.1"), Orders: 1}}
	if !reflect.DeepEqual(o.Countries, countries) {
		t.Errorf("countries are %+v", o.Countries)
	}
	if l := o.Platform.Ledger; !l.Balanced || l.Received != 12 || l.Accepted != 9 || l.Corrected != 2 {
		t.Errorf("ledger is %+v", l)
	}
}

// Every number of the overview is what its definition's query gives.
func TestEveryNumberIsWhatItsDefinitionSays(t *testing.T) {
	p := start(t)
	p.write(0, december()...)
	for _, query := range []string{"", "?from=2010-12-01T09:00:00Z&to=2010-12-03T11:00:00Z"} {
		var o gateway.OverviewAnswer
		p.get("/api/v1/overview"+query, &o)
		raw, err := json.Marshal(o.KPIs)
		p.must(err)
		var kpis map[string]any
		p.must(json.Unmarshal(raw, &kpis))
		var d gateway.DefinitionsAnswer
		p.get("/api/v1/definitions"+query, &d)
		if len(d.Definitions) != len(kpis) {
			t.Fatalf("%d definitions of %d numbers", len(d.Definitions), len(kpis))
		}
		for _, def := range d.Definitions {
			got := p.sql(def.SQL)[0][0]
			if want := kpis[def.Name]; !near(got, want) {
				t.Errorf("%s is %v, its definition gives %v: %s", def.Name, want, got, def.SQL)
			}
			if rows := p.sql(def.RowsSQL); len(rows) == 0 {
				t.Errorf("no rows behind %s: %s", def.Name, def.RowsSQL)
			}
		}
	}
}

// near compares numbers that are numbers or strings.
func near(a, b any) bool {
	var x, y float64
	_, errX := fmt.Sscan(fmt.Sprint(a), &x)
	_, errY := fmt.Sscan(fmt.Sprint(b), &y)
	return errX == nil && errY == nil && x-y < 1e-5 && y-x < 1e-5
}

func (p *platform) sql(query string) [][]any {
	p.t.Helper()
	body, err := json.Marshal(gateway.SQLRequest{Query: query})
	p.must(err)
	status, text, _ := p.do("POST", "/api/v1/sql", string(body), "Content-Type", "application/json")
	if status != 200 {
		p.t.Fatalf("%s: %d %s", query, status, text)
	}
	var answer gateway.SQLAnswer
	p.must(json.Unmarshal([]byte(text), &answer))
	return answer.Rows
}

func TestRangesGrainsAndComparison(t *testing.T) {
	p := start(t)
	p.write(0, december()...)
	for _, c := range []struct {
		query, grain string
		points       int
		revenue      string
		previous     string
	}{
		{"grain=day", "day", 3, "56.684", ""},
		{"grain=week", "week", 1, "56.684", ""},
		{"grain=month", "month", 1, "56.684", ""},
		{"from=2010-12-03T00:00:00Z&compare=true", "hour", 12, "-2.056", "0.000"},
		{"from=2010-12-02T00:00:00Z&to=2010-12-04T00:00:00Z&compare=true", "hour", 48, "-2.056", "58.740"},
		{"from=2010-11-01T00:00:00Z&to=2011-01-01T00:00:00Z", "day", 61, "56.684", ""},
		{"from=2010-01-01T00:00:00Z&to=2011-01-01T00:00:00Z", "week", 53, "56.684", ""},
		{"from=2005-01-01T00:00:00Z&to=2011-01-01T00:00:00Z", "month", 72, "56.684", ""},
		{"from=2012-01-01T00:00:00Z", "hour", 1, "0.000", ""},
		{"from=2010-12-01T10:00:00%2B01:00&to=2010-12-01T11:00:00%2B01:00", "hour", 1, "23.100", ""},
	} {
		var o gateway.OverviewAnswer
		p.get("/api/v1/overview?"+c.query, &o)
		if o.Grain != c.grain || len(o.Series) != c.points || o.KPIs.Revenue.String() != c.revenue {
			t.Errorf("%s: %d points of one %s, revenue %s", c.query, len(o.Series), o.Grain, o.KPIs.Revenue)
		}
		previous := ""
		if o.Previous != nil {
			previous = o.Previous.Revenue.String()
		}
		if previous != c.previous {
			t.Errorf("%s: previous is %q, want %q", c.query, previous, c.previous)
		}
		sum := event.Micros(0)
		for _, point := range o.Series {
			sum += point.Revenue
		}
		if sum != o.KPIs.Revenue {
			t.Errorf("%s: the series adds up to %s, revenue is %s", c.query, sum, o.KPIs.Revenue)
		}
	}
	contains(t, p.problem("GET", "/api/v1/overview?from=2010-12-02T00:00:00Z&to=2010-12-01T00:00:00Z", "", 400), "from must be before to", "query.to")
	contains(t, p.problem("GET", "/api/v1/overview?from=1990-12-02T00:00:00Z&grain=hour", "", 400), "coarser grain")
	contains(t, p.problem("GET", "/api/v1/overview?grain=year", "", 422), "query.grain")
	contains(t, p.problem("GET", "/api/v1/overview?from=yesterday", "", 422), "query.from")
	contains(t, p.problem("GET", "/api/v1/overview?form=2010-12-02T00:00:00Z", "", 422), "unknown query parameter", "query.form")
}

func TestAnEmptyPlatformHasAnOverview(t *testing.T) {
	p := start(t)
	_, body, _ := p.do("GET", "/api/v1/overview", "")
	contains(t, body, `"from":null`, `"series":[]`, `"products":[]`, `"countries":[]`, `"revenue":"0.000"`, `"previous":null`, `"event_time":null`)
	var d gateway.DefinitionsAnswer
	p.get("/api/v1/definitions", &d)
	for _, def := range d.Definitions {
		p.sql(def.SQL)
	}
}

// The same question about the same data is computed once.
func TestOverviewIsComputedOncePerStateOfTheData(t *testing.T) {
	p := start(t)
	p.write(0, december()...)
	query := "/api/v1/overview?" + url.Values{"grain": {"day"}}.Encode()
	var first, second, third gateway.OverviewAnswer
	p.get(query, &first)
	n := p.store.queries.Load()
	p.get(query, &second)
	if p.store.queries.Load() != n {
		t.Error("the same overview was computed again")
	}
	if !second.AsOf.After(first.AsOf) || !reflect.DeepEqual(first.Series, second.Series) {
		t.Errorf("as of %s, then %s", first.AsOf, second.AsOf)
	}
	p.write(1, sold{at: "2010-12-04 10:00", order: "1", customer: "1", product: "1", kind: "sale", quantity: 1, price: "1", country: "GB"})
	p.get(query, &third)
	if third.KPIs.Orders != first.KPIs.Orders+1 || len(third.Series) != 4 {
		t.Errorf("new data is not in the overview: %+v", third.KPIs)
	}
}

func TestAFailingStoreIsNotTheClientsFault(t *testing.T) {
	p := start(t)
	failure := fmt.Errorf("disk on fire")
	p.store.fail.Store(&failure)
	contains(t, p.problem("GET", "/api/v1/overview", "", 500), "disk on fire")
	if !strings.Contains(p.log.String(), "disk on fire") {
		t.Error("the failure is not in the log")
	}
}
