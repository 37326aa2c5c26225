package app

// Way is a way for events into the platform, as docs/sources.md lists it.
type Way struct {
	Name      string
	Setting   string // path in the configuration that switches it on
	Formats   string
	Position  string // where it goes on after a restart
	Guarantee string
	Rate      string   // as docs/benchmarks.md has it
	Tests     []string // files of the project
	Page      string   // under docs/
}

// What ways in promise.
const (
	once = "exactly once"
	byID = "at least once; again counts once, by "
)

// What they go on at.
const (
	sender = "the sender tries again"
	broker = "what is not acknowledged comes again"
)

// What is a format of JSON documents.
const documents = "`native`, `segment`, `cloudevents`, `debezium`, a JSON mapping"

// Ways are all ways in, in the order of the page.
func Ways() []Way {
	return append(append(doors(), files()...), connectors()...)
}

func doors() []Way {
	return []Way{
		{"HTTP: events", "sources[].write_keys", "`native` (JSON, arrays, lines), any JSON mapping", sender, byID + "`id` or content", "", []string{"e2e/doors_test.go"}, "doors.md#native"},
		{"HTTP: Segment", "sources[].write_keys", "`segment`", sender, byID + "`messageId`", "", []string{"e2e/doors_test.go"}, "doors.md#segment-api"},
		{"HTTP: GA4", "sources[].write_keys", "`ga4`", sender, byID + "content", "", []string{"e2e/doors_analytics_test.go", "e2e/source_http_test.go"}, "sources/ga4.md"},
		{"HTTP: Snowplow", "sources[].write_keys", "`snowplow`", sender, byID + "`eid`", "", []string{"e2e/doors_analytics_test.go", "e2e/source_http_test.go"}, "sources/snowplow.md"},
		{"HTTP: CloudEvents", "sources[].write_keys", "`cloudevents`", sender, byID + "`source` and `id`", "", []string{"e2e/doors_analytics_test.go", "e2e/source_http_test.go"}, "sources/cloudevents.md"},
		{"HTTP: pixel", "sources[].write_keys", "`native` in a query", sender, byID + "`id` or content", "", []string{"e2e/doors_analytics_test.go"}, "sources/pixel.md"},
		{"Webhooks: Shopify", "sources[].webhook", "`shopify`", sender, byID + "event and resource", "", []string{"e2e/webhook_test.go", "e2e/source_webhook_test.go"}, "sources/shopify.md"},
		{"Webhooks: WooCommerce", "sources[].webhook", "`woocommerce`", sender, byID + "delivery", "", []string{"e2e/webhook_test.go", "e2e/source_webhook_test.go"}, "sources/woocommerce.md"},
		{"Webhooks: Stripe", "sources[].webhook", "`stripe`", sender, byID + "event", "", []string{"e2e/webhook_test.go", "e2e/source_webhook_test.go"}, "sources/stripe.md"},
		{"Webhooks: others", "sources[].webhook", "a JSON mapping", sender, byID + "what the mapping names", "", []string{"e2e/webhook_test.go"}, "sources/webhook.md"},
	}
}
