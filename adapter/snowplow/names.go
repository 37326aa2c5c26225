package snowplow

import (
	"strings"

	"github.com/millrace/millrace/adapter/internal/commerce"
)

// The vendors whose schemas have a meaning here.
const (
	vendorEcommerce = "com.snowplowanalytics.snowplow.ecommerce"
	vendorSnowplow  = "com.snowplowanalytics.snowplow"
	vendorMobile    = "com.snowplowanalytics.mobile"
)

// actions maps the types of a snowplow_ecommerce_action, and names that older
// events have, to those that other formats use for the same.
var actions = map[string]string{
	"add_to_cart":      "product_added",
	"remove_from_cart": "product_removed",
	"product_view":     "product_viewed",
	"list_view":        "product_list_viewed",
	"list_click":       "product_clicked",
	"checkout_step":    "checkout_step_completed",
	"transaction":      commerce.OrderCompleted,
	"refund":           commerce.OrderRefunded,
	"promo_view":       "promotion_viewed",
	"promo_click":      "promotion_clicked",
	"site_search":      "products_searched",
	"screen_view":      "screen",
	"page_view":        "page",
}

// eventType turns the name of an action or of a schema into a type.
func eventType(name string) string {
	if t, ok := actions[name]; ok {
		return t
	}
	return commerce.EventType(name)
}

// parseSchema returns vendor and name of iglu:VENDOR/NAME/FORMAT/VERSION.
func parseSchema(uri string) (vendor, name string) {
	rest, ok := strings.CutPrefix(uri, "iglu:")
	if !ok {
		return "", ""
	}
	vendor, rest, _ = strings.Cut(rest, "/")
	name, _, _ = strings.Cut(rest, "/")
	return vendor, name
}

// channels maps platforms (p) to channels; others keep their name.
var channels = map[string]string{"mob": "app"}

func channelOf(platform string) string {
	if c, ok := channels[platform]; ok {
		return c
	}
	return platform
}
