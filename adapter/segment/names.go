package segment

import (
	"strings"
	"unicode"
)

// The types that mean money.
const (
	typeOrderCompleted = "order_completed"
	typeOrderRefunded  = "order_refunded"
	typeOrderCancelled = "order_cancelled"
)

// calls are the types of messages.
var calls = map[string]bool{"track": true, "identify": true, "page": true, "screen": true, "group": true, "alias": true}

// canonical maps names of events, in snake case, to those of the e-commerce
// spec: names of its first version, and common spellings.
var canonical = map[string]string{
	"viewed_product_category": "product_list_viewed",
	"viewed_product_list":     "product_list_viewed",
	"filtered_product_list":   "product_list_filtered",
	"searched_products":       "products_searched",
	"product_searched":        "products_searched",
	"viewed_promotion":        "promotion_viewed",
	"clicked_promotion":       "promotion_clicked",
	"viewed_product":          "product_viewed",
	"clicked_product":         "product_clicked",
	"added_product":           "product_added",
	"removed_product":         "product_removed",
	"viewed_cart":             "cart_viewed",
	"started_checkout":        "checkout_started",
	"started_order":           "checkout_started",
	"viewed_checkout_step":    "checkout_step_viewed",
	"completed_checkout_step": "checkout_step_completed",
	"entered_payment_info":    "payment_info_entered",
	"completed_order":         typeOrderCompleted,
	"updated_order":           "order_updated",
	"refunded_order":          typeOrderRefunded,
	"cancelled_order":         typeOrderCancelled,
	"canceled_order":          typeOrderCancelled,
	"order_canceled":          typeOrderCancelled,
}

// commerce are the events of the e-commerce spec, whose properties are checked.
var commerce = func() map[string]bool {
	set := make(map[string]bool)
	for name := range strings.FieldsSeq(`
		products_searched product_list_viewed product_list_filtered promotion_viewed promotion_clicked
		product_clicked product_viewed product_added product_removed cart_viewed
		checkout_started checkout_step_viewed checkout_step_completed payment_info_entered
		order_completed order_updated order_refunded order_cancelled
		coupon_entered coupon_applied coupon_denied coupon_removed
		product_added_to_wishlist product_removed_from_wishlist wishlist_product_added_to_cart
		product_shared cart_shared product_reviewed`) {
		set[name] = true
	}
	return set
}()

// eventType turns the name of a track call into a type.
func eventType(name string) string {
	snake := snakeCase(name)
	if c, ok := canonical[snake]; ok {
		return c
	}
	return snake
}

// maxTypeBytes bounds a type: it is a dictionary value and a metric's label.
const maxTypeBytes = 128

// snakeCase writes "Order Completed", "orderCompleted" and "order-completed" as
// order_completed. Letters of all alphabets are kept.
func snakeCase(name string) string {
	var out strings.Builder
	runes := []rune(name)
	gap := false
	for i, r := range runes {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			gap = true
			continue
		}
		hump := i > 0 && unicode.IsUpper(r) &&
			(unicode.IsLower(runes[i-1]) || unicode.IsDigit(runes[i-1]) ||
				unicode.IsUpper(runes[i-1]) && i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if (gap || hump) && out.Len() > 0 {
			out.WriteByte('_')
		}
		gap = false
		if out.Len() >= maxTypeBytes {
			break
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return strings.TrimSuffix(out.String(), "_")
}
