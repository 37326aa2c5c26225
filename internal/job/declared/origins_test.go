package declared_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/job/declared"
	"github.com/millrace/millrace/stream"
)

func origins(j *stream.Job) string {
	var b strings.Builder
	for _, o := range j.Origins() {
		fmt.Fprintf(&b, "%s %s %s\n", o.Column, o.By, strings.Join(o.Fields, " "))
	}
	return b.String()
}

// TestOriginsOfTheExamples derives what results are made of from the files alone.
func TestOriginsOfTheExamples(t *testing.T) {
	for file, want := range map[string]string{
		"campaign_conversion": ` decided anonymous_id channel context.campaign.name customer_id event_time order_id
buyers aggregated type
campaign computed context.campaign.name
conversion aggregated type
orders aggregated type
revenue aggregated properties.amount_base type
visits aggregated 
window_end computed event_time
window_start computed event_time
`,
		"card_testing": ` decided amount event_time properties.device_id type
another_card computed properties.card
device copied properties.device_id
ended_at computed event_time
first_tried computed amount
match_id computed event_time
order_id copied order_id
paid copied amount
started_at computed event_time
tries computed 
`,
		"large_orders": ` decided properties.amount_base type
amount copied properties.amount_base
country copied country
customer_id copied customer_id
order_id copied order_id
ordered_at copied event_time
`,
		"category_views": ` decided event_time item.category type
category copied item.category
dearest aggregated item.price
products aggregated item.product_id
views aggregated 
views_per_visitor aggregated anonymous_id customer_id order_id
visitors aggregated anonymous_id customer_id order_id
window_end computed event_time
window_start computed event_time
`,
	} {
		text, err := os.ReadFile("../../../examples/jobs/" + file + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		j, err := declared.Load(text, file, declared.Params{})
		if err != nil {
			t.Fatal(err)
		}
		if got := origins(j); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", file, got, want)
		}
	}
}
