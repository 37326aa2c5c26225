package ga4

import "github.com/millrace/millrace/adapter/internal/commerce"

// purchases are the names of a completed order: GA4's, and Firebase's old one.
const (
	purchase    = "purchase"
	oldPurchase = "ecommerce_purchase"
)

// recommended maps GA4's recommended and automatic events to the types that
// other formats use for the same.
var recommended = map[string]string{
	purchase:            commerce.OrderCompleted,
	oldPurchase:         commerce.OrderCompleted,
	"refund":            commerce.OrderRefunded,
	"purchase_refund":   commerce.OrderRefunded,
	"add_to_cart":       "product_added",
	"remove_from_cart":  "product_removed",
	"view_cart":         "cart_viewed",
	"view_item":         "product_viewed",
	"view_item_list":    "product_list_viewed",
	"select_item":       "product_clicked",
	"begin_checkout":    "checkout_started",
	"add_shipping_info": "checkout_step_completed",
	"add_payment_info":  "payment_info_entered",
	"add_to_wishlist":   "product_added_to_wishlist",
	"view_promotion":    "promotion_viewed",
	"select_promotion":  "promotion_clicked",
	"search":            "products_searched",
	"page_view":         "page",
	"screen_view":       "screen",
	"sign_up":           "account_created",
}

// eventType turns the name of an event into a type.
func eventType(name string) string {
	if t, ok := recommended[name]; ok {
		return t
	}
	return commerce.EventType(name)
}
