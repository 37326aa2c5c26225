package commerce

import "testing"

func TestEventType(t *testing.T) {
	for name, want := range map[string]string{
		"Order Completed":           "order_completed",
		"order completed":           "order_completed",
		"orderCompleted":            "order_completed",
		"Completed Order":           "order_completed",
		"ORDER COMPLETED":           "order_completed",
		"Order Canceled":            "order_cancelled",
		"Viewed Product":            "product_viewed",
		"Product Added to Wishlist": "product_added_to_wishlist",
		"  Door--Bell / Rung! ":     "door_bell_rung",
		"HTTPServer Started2Times":  "http_server_started2_times",
		"Größe Gewählt":             "größe_gewählt",
		"注文 完了":                     "注文_完了",
		"":                          "",
		"!!!":                       "",
	} {
		if got := EventType(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}
