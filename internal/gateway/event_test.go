package gateway_test

import (
	"context"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/gateway"
)

// found searches and returns the orders found, in order.
func (p *platform) found(query string) []string {
	p.t.Helper()
	var answer gateway.EventsAnswer
	p.get("/api/v1/events?"+query, &answer)
	orders := []string{}
	for _, e := range answer.Events {
		orders = append(orders, e.OrderID+" "+e.Verdict)
	}
	return orders
}

func TestEventsAreFound(t *testing.T) {
	p := start(t)
	ids := p.write(2, december()...)
	for query, want := range map[string][]string{
		"order_id=C536379":                   {"C536379 accepted"},
		"q=C536":                             {"C536379 accepted"},
		"q=" + ids[4].String():               {"C536379 accepted"},
		"id=" + ids[9].String():              {"536414 quarantined"},
		"q=2:4":                              {"C536379 accepted"},
		"q=71053":                            {"C536379 accepted", "536365 accepted"},
		"product_id=POST":                    {"536366 accepted"},
		"customer_id=13047":                  {"A563185 accepted", "536400 accepted", " accepted"},
		"q=guest%3A":                         {"536414 quarantined", "536366 accepted", "536366 accepted"},
		"from=2010-12-03T00:00:00Z":          {"A563185 accepted", "536400 accepted", "C536379 accepted"},
		"q=it%27s":                           {},
		"source=other":                       {},
		"type=order_line&order_id=900":       {"900 accepted"},
		"to=2010-12-01T09:00:00Z&q=+536365+": {"536365 accepted", "536365 accepted"},
	} {
		if got := p.found(query); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: found %v, want %v", query, got, want)
		}
	}
	var answer gateway.EventsAnswer
	p.get("/api/v1/events?order_id=536366&product_id=POST", &answer)
	amount := micros(t, "18")
	at := time.Date(2010, 12, 1, 9, 10, 0, 0, time.UTC)
	want := gateway.EventRow{
		EventID: ids[3].String(), EventTime: &at, ReceivedAt: receivedAt.Add(3 * time.Microsecond), Source: "shop", Type: "order_line",
		CustomerID: "guest:536366", OrderID: "536366", Country: "FR", Currency: "GBP", Amount: &amount,
		Verdict: "accepted", Corrected: true, Partition: 2, Offset: 3, Stream: "orders.csv", Line: 5,
	}
	if len(answer.Events) != 1 || !reflect.DeepEqual(answer.Events[0], want) {
		t.Errorf("found %+v, want %+v", answer.Events, want)
	}
	contains(t, p.problem("GET", "/api/v1/events?id=x", "", 400), "query.id")
	contains(t, p.problem("GET", "/api/v1/events?limit=0", "", 422), "query.limit")
	contains(t, p.problem("GET", "/api/v1/events?cursor=x", "", 400), "query.cursor")
}

// Pages neither miss nor repeat an event, also among equal times.
func TestPagesOfEvents(t *testing.T) {
	p := start(t)
	for partition := range int32(3) {
		var events []sold
		for i := range 20 {
			e := sold{order: fmt.Sprintf("%d-%d", partition, i), product: fmt.Sprint(partition), kind: "sale", quantity: 1, price: "1"}
			if i%5 != 0 { // the others have no time
				e.at = fmt.Sprintf("2010-12-01 0%d:00", i%3)
			}
			events = append(events, e)
		}
		p.write(partition, events...)
	}
	seen := make(map[string]bool)
	last := "9999"
	query := "limit=7"
	for pages := 1; ; pages++ {
		var answer gateway.EventsAnswer
		p.get("/api/v1/events?"+query, &answer)
		for _, e := range answer.Events {
			at := ""
			if e.EventTime != nil {
				at = e.EventTime.String()
			}
			if at > last || seen[e.EventID] {
				t.Errorf("event %s of %q comes after %q, or again", e.OrderID, at, last)
			}
			seen[e.EventID], last = true, at
		}
		if answer.NextCursor == nil {
			if pages != 9 || len(seen) != 60 {
				t.Errorf("%d events on %d pages", len(seen), pages)
			}
			return
		}
		query = "limit=7&cursor=" + url.QueryEscape(*answer.NextCursor)
	}
}

func steps(p *gateway.Passport) (names []string) {
	for _, s := range p.Timeline {
		names = append(names, s.Step)
	}
	return names
}

func TestPassportOfAnAcceptedEvent(t *testing.T) {
	p := start(t)
	ids := p.write(2, december()...)
	var pass, same gateway.Passport
	p.get("/api/v1/events/"+ids[0].String(), &pass)
	if pass.EventID != ids[0].String() || pass.Verdict != "accepted" || len(pass.Lines) != 1 || len(pass.Quarantine) != 0 {
		t.Errorf("passport is %+v", pass)
	}
	if pass.Event["order_id"] != "536365" || pass.Event["amount"] != "15.300" || pass.Event["event_time"] != "2010-12-01T08:26:00Z" || pass.Lines[0]["product_id"] != "85123A" {
		t.Errorf("rows are %v and %v", pass.Event, pass.Lines)
	}
	source := gateway.PassportSource{Name: "shop", Adapter: "onlineretail", AdapterVersion: "1", Stream: "orders.csv", Line: 2}
	if pass.Source != source || pass.Coordinates != (gateway.Coordinates{Topic: "millrace.raw", Partition: 2}) || pass.Versions != "onlineretail@1" {
		t.Errorf("source %+v, coordinates %+v, versions %q", pass.Source, pass.Coordinates, pass.Versions)
	}
	if pass.Raw.Payload != "536365,85123A,2.55" || !pass.Raw.Available || pass.Raw.Encoding != "utf-8" {
		t.Errorf("raw is %+v", pass.Raw)
	}
	if len(pass.Changes) != 1 || pass.Changes[0].After != "GB" {
		t.Errorf("changes are %+v", pass.Changes)
	}
	// The event came once more, with the same content.
	if len(pass.Duplicates) != 1 || pass.Duplicates[0].Offset != 10 {
		t.Errorf("duplicates are %+v", pass.Duplicates)
	}
	want := []string{"happened", "received", "logged", "decoded", "enriched", "accepted", "stored", "duplicate"}
	if got := steps(&pass); !reflect.DeepEqual(got, want) {
		t.Errorf("timeline is %v, want %v", got, want)
	}
	p.get("/api/v1/coordinates/2/0", &same)
	if !reflect.DeepEqual(pass, same) {
		t.Errorf("passports by id and by coordinates differ:\n%+v\n%+v", pass, same)
	}
}

// warning explains records as the platform does, with a warning.
type warning struct{ gateway.Explainer }

func (w warning) Explain(ctx context.Context, s *eventlog.Stored) (*gateway.Explanation, error) {
	e, err := w.Explainer.Explain(ctx, s)
	e.Problems = append(e.Problems, event.Problem{Rule: "cheap", Message: "below 3.00"})
	return e, err
}

func TestAPassportTellsWarnings(t *testing.T) {
	p := start(t, func(c *gateway.Config) { c.Explain = warning{c.Explain} })
	ids := p.write(0, december()...)
	var pass gateway.Passport
	p.get("/api/v1/events/"+ids[1].String(), &pass)
	i := slices.Index(steps(&pass), "warned")
	if i < 0 || pass.Timeline[i].Detail != "Rule cheap: below 3.00." || pass.Timeline[i+1].Step != "accepted" {
		t.Errorf("timeline is %+v", pass.Timeline)
	}
}

func TestPassportsOfWhatDidNotGetIn(t *testing.T) {
	p := start(t)
	ids := p.write(0, december()...)
	var quarantined, duplicate, rejected, pending gateway.Passport
	p.get("/api/v1/events/"+ids[9].String(), &quarantined)
	if quarantined.Verdict != "quarantined" || quarantined.Event != nil || quarantined.Quarantine[0]["rule"] != "price-positive" {
		t.Errorf("quarantined: %+v", quarantined)
	}
	p.get("/api/v1/coordinates/0/10", &duplicate)
	if duplicate.Verdict != "duplicate" || duplicate.EventID != ids[0].String() || duplicate.Coordinates.Offset != 10 || duplicate.Event == nil {
		t.Errorf("duplicate: %+v", duplicate)
	}
	p.records[[2]int64{0, 11}].Record.Reject = "line 13 is not JSON"
	p.get("/api/v1/coordinates/0/11", &rejected)
	if rejected.Verdict != "rejected" || rejected.EventID != "" {
		t.Errorf("rejected: %+v", rejected)
	}
	contains(t, rejected.Timeline[len(rejected.Timeline)-1].Detail, "line 13 is not JSON")
	p.records[[2]int64{0, 50}] = &eventlog.Stored{Offset: 50, Time: receivedAt, Record: adapter.Record{
		Payload: []byte{0xff, 0xfe}, Source: "shop", Adapter: "onlineretail", Stream: "http:/v1/events", Request: "r-1",
	}}
	p.get("/api/v1/coordinates/0/50", &pending)
	if pending.Verdict != "pending" || pending.Raw.Encoding != "base64" || pending.Raw.Payload != "//4=" || pending.Source.Request != "r-1" {
		t.Errorf("pending: %+v", pending)
	}
	contains(t, p.problem("GET", "/api/v1/coordinates/0/999", "", 404), "holds offsets 0 to 9")
	contains(t, p.problem("GET", "/api/v1/events/"+event.ID{1}.String(), "", 404), "No event has the id")
	contains(t, p.problem("GET", "/api/v1/events/536365", "", 400), "path.id")
	contains(t, p.problem("GET", "/api/v1/coordinates/x/1", "", 422), "path.partition")
}

// When the log has let go of a record, its rows still have a passport.
func TestPassportWithoutTheRawRecord(t *testing.T) {
	p := start(t)
	ids := p.write(0, december()...)
	delete(p.records, [2]int64{0, 2})
	var pass gateway.Passport
	p.get("/api/v1/events/"+ids[2].String(), &pass)
	if pass.Raw.Available || pass.Raw.Reason == "" || pass.Source.Stream != "orders.csv" || pass.Source.Line != 4 {
		t.Errorf("passport is %+v", pass)
	}
	want := []gateway.Change{{Kind: "correction", Rule: "fill-customer", Field: "customer_id", After: "guest:536366"}}
	if !reflect.DeepEqual(pass.Changes, want) {
		t.Errorf("changes are %+v", pass.Changes)
	}
	if got := steps(&pass); !reflect.DeepEqual(got, []string{"happened", "received", "logged", "corrected", "accepted", "stored"}) {
		t.Errorf("timeline is %v", got)
	}
}

func TestQuarantineByRule(t *testing.T) {
	p := start(t)
	p.write(0, december()...)
	var many []sold
	for i := range 8 {
		many = append(many, sold{at: "2010-12-05 10:00", order: fmt.Sprint(i), product: "1", quantity: -1, price: "2.50", verdict: event.Quarantined})
	}
	p.write(1, many...)
	var q gateway.QuarantineAnswer
	p.get("/api/v1/quarantine", &q)
	if q.Total != 9 || q.Amount.String() != "-20.000" || len(q.Groups) != 1 {
		t.Fatalf("quarantine is %+v", q)
	}
	g := q.Groups[0]
	if g.Rule != "price-positive" || g.Category != "out_of_range" || g.Field != "unit_price" || g.Count != 9 || len(g.Samples) != 5 || g.Amount.String() != "-20.000" {
		t.Errorf("group is %+v", g)
	}
	p.get("/api/v1/quarantine?to=2010-12-05T00:00:00Z&source=shop", &q)
	if q.Total != 1 || q.Groups[0].Samples[0].OrderID != "536414" || q.Groups[0].Samples[0].Value != "0" {
		t.Errorf("quarantine of the first days is %+v", q)
	}
	p.get("/api/v1/quarantine?source=other", &q)
	if q.Total != 0 || len(q.Groups) != 0 {
		t.Errorf("quarantine of another source is %+v", q)
	}
}
