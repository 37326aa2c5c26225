package e2e

import (
	"net/http"
	"slices"
	"testing"
)

const analyticsConfig = `
sources:
  - {name: ga4, adapter: ga4, write_keys: [ga4-key]}
  - {name: snowplow, adapter: snowplow, write_keys: [snowplow-key], snowplow: {app_ids: [shop-web]}}
  - {name: cloud, adapter: cloudevents, write_keys: [cloud-key]}
  - {name: pages, adapter: native, write_keys: [page-key]}
`

func TestClientsOfOtherAnalyticsPostUnchanged(t *testing.T) {
	p := up(t, configured(t, analyticsConfig)...)
	var told struct {
		Answers  map[string][]int
		Failures []string
	}
	p.decode(node(t, "analytics.mjs", p.url), &told)
	for what, want := range map[string][]int{
		"snowplow post": {200}, "snowplow get": {200, 200, 200}, "cloudevents batch": {202}, "cloudevents bytes": {202},
		"ga4 /mp/collect": {204, 204, 204, 401}, "ga4 /debug/mp/collect": {200},
	} {
		if got := told.Answers[what]; !slices.Equal(got, want) {
			t.Errorf("%s was answered %v, want %v", what, got, want)
		}
	}
	if len(told.Failures) > 0 {
		t.Errorf("requests failed: %v", told.Failures)
	}

	// Each of the tracker's requests came twice.
	p.wantLedger("snowplow", ledgerCounts{Received: 16, Accepted: 8, Duplicate: 8})
	p.wantTable("Snowplow's events", `SELECT type, coalesce(order_id, ''), customer_id, amount::DECIMAL(18,2)::VARCHAR FROM events
		WHERE source = 'snowplow' ORDER BY ALL`, `
		door_bell_rung |  | ada | 0.00
		order_completed | sp-1 | ada | 24.70
		order_completed | sp-2 | grace | 15.00
		order_line | sp-2 | grace | 0.00
		page |  | ada | 0.00
		page |  | grace | 0.00
		product_added |  | ada | 24.70
		product_viewed |  | ada | 24.70`)
	// The order of the events 2 and 3 came twice, in another mode and in one batch.
	p.wantLedger("cloud", ledgerCounts{Received: 7, Accepted: 5, Duplicate: 2})
	p.wantTable("CloudEvents", `SELECT type, order_id, json_extract_string(context, '$.subject'), json_extract_string(context, '$.comexampleextension'),
		json_extract_string(properties, '$.data_base64') FROM events WHERE source = 'cloud' ORDER BY ALL`, `
		order_completed | ce-1 | größe "x" 100% | é | -
		order_completed | ce-2 | größe "x" 100% | é | -
		order_completed | ce-3 | größe "x" 100% | é | -
		order_completed | ce-4 | größe "x" 100% | é | -
		photo.taken | - | größe "x" 100% | é | /wAB`)
	// The order came from the browser and from the server: once. Of the body without
	// events a sample is kept.
	p.wantLedger("ga4", ledgerCounts{Received: 4, Accepted: 2, Duplicate: 1, Rejected: 1})
	p.wantTable("order lines of all doors", `SELECT source, order_id, kind, product_id, quantity, amount::DECIMAL(18,2)::VARCHAR, currency
		FROM order_lines WHERE kind = 'sale' ORDER BY ALL`, `
		cloud | ce-1 | sale | lantern | 1 | 12.35 | GBP
		cloud | ce-2 | sale | lantern | 1 | 12.35 | GBP
		cloud | ce-3 | sale | lantern | 1 | 12.35 | GBP
		cloud | ce-4 | sale | lantern | 1 | 12.35 | GBP
		ga4 | ga-1 | sale | lantern | 2 | 24.70 | GBP
		snowplow | sp-1 | sale | lantern | 2 | 24.70 | GBP
		snowplow | sp-2 | sale | wick | 2 | 15.00 | GBP`)

	for _, at := range []string{"&path=/a", "&path=/a&id=1", "&path=/b&id=1"} {
		a := p.send(request{method: http.MethodGet, path: "/v1/pixel.gif?key=page-key&type=page&anonymous_id=anon" + at})
		if a.status != http.StatusOK || len(a.body) != 43 || http.DetectContentType([]byte(a.body)) != "image/gif" {
			t.Errorf("the pixel is %d, %d bytes", a.status, len(a.body))
		}
	}
	// One id with two contents is a contradiction.
	p.wantLedger("pages", ledgerCounts{Received: 3, Accepted: 2, Quarantined: 1})
	contains(t, "metrics", p.get("/metrics"), "millrace_http_unknown_senders_total 1")
}
