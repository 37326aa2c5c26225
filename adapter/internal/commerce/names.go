package commerce

import (
	"strings"
	"unicode"
)

// The types that mean money. OrderLine is a line of an order that comes alone.
const (
	OrderCompleted = "order_completed"
	OrderRefunded  = "order_refunded"
	OrderCancelled = "order_cancelled"
	OrderLine      = "order_line"
)

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
	"completed_order":         OrderCompleted,
	"updated_order":           "order_updated",
	"refunded_order":          OrderRefunded,
	"cancelled_order":         OrderCancelled,
	"canceled_order":          OrderCancelled,
	"order_canceled":          OrderCancelled,
}

// spec are the events of the e-commerce spec.
var spec = func() map[string]bool {
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

// InSpec reports whether a type is one of Segment's e-commerce spec (v2), whose
// properties have a meaning and are checked.
func InSpec(eventType string) bool { return spec[eventType] }

// EventType turns the name of an event into a type: snake case, in the spelling
// of the e-commerce spec where it is one of its events.
func EventType(name string) string {
	snake := SnakeCase(name)
	if c, ok := canonical[snake]; ok {
		return c
	}
	return snake
}

// MaxTypeBytes bounds a type: it is a dictionary value and a metric's label.
const MaxTypeBytes = 128

// SnakeCase writes "Order Completed", "orderCompleted" and "order-completed" as
// order_completed. Letters of all alphabets are kept.
func SnakeCase(name string) string {
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
		if out.Len() >= MaxTypeBytes {
			break
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return strings.TrimSuffix(out.String(), "_")
}

// maxTypes bounds the memory of a decoder: senders may make up names.
const maxTypes = 4096

// Types remembers what names turn into. The zero value is ready; it serves one
// goroutine.
type Types struct{ known map[string]string }

// Of returns what a name turns into, by the function that is the same for all
// calls.
func (t *Types) Of(name string, turn func(string) string) string {
	if known, ok := t.known[name]; ok {
		return known
	}
	if t.known == nil {
		t.known = make(map[string]string)
	}
	turned := turn(name)
	if len(t.known) < maxTypes {
		t.known[strings.Clone(name)] = turned
	}
	return turned
}
