package job

import (
	"cmp"
	"strings"

	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// The types of events that the jobs read; see docs/events.md. order_line is an order
// line that came alone, as from a file of order lines.
const (
	typeProductViewed  = "product_viewed"
	typeProductAdded   = "product_added"
	typeProductRemoved = "product_removed"
	typeCartViewed     = "cart_viewed"
	typeCheckout       = "checkout_started"
	typeCheckoutStep   = "checkout_step_completed"
	typePaymentInfo    = "payment_info_entered"
	typeOrder          = "order_completed"
	typeRefund         = "order_refunded"
	typeOrderLine      = "order_line"
)

// baseAmount returns the amount of an event in the shop's base currency, where the
// sender has converted it, else as it is.
func baseAmount(b *event.Batch, i int) event.Micros {
	m := membersOf(b.Properties[i])
	for m.next() {
		if m.key == "amount_base" && m.value.Kind == jsontext.Number {
			return m.money()
		}
	}
	return b.Amount[i]
}

// property returns a text of an event's properties, nothing when it has none.
func property(b *event.Batch, i int, key string) string {
	m := membersOf(b.Properties[i])
	for m.next() {
		if m.key == key {
			return m.text()
		}
	}
	return ""
}

// The kinds of devices.
const (
	desktop       = "desktop"
	mobile        = "mobile"
	tablet        = "tablet"
	app           = "app"
	browser       = "browser" // of a kind that the sender did not say
	till          = "till"
	otherDevice   = "other"
	unknownDevice = "unknown"
)

// deviceKind says what an event was sent by: context.device.type where the sender
// says it, else what context.userAgent suggests, else what the channel does.
func deviceKind(b *event.Batch, i int) string {
	kind := ""
	m := membersOf(b.Context[i])
	for m.next() {
		switch {
		case m.key == "device" && m.value.Kind == jsontext.Object:
			device := membersOf(m.value.Raw)
			for device.next() {
				if device.key == "type" {
					kind = cmp.Or(deviceType(device.text()), kind)
				}
			}
		case m.key == "userAgent" && kind == "":
			kind = deviceOfAgent(m.text())
		}
	}
	if kind != "" {
		return kind
	}
	switch b.Channel.Get(i) {
	case "web":
		return browser
	case "app":
		return app
	case "store":
		return till
	}
	return unknownDevice
}

func deviceType(name string) string {
	switch strings.ToLower(name) {
	case "":
		return ""
	case "ios", "android", "mobile", "phone", "smartphone":
		return mobile
	case "tablet", "ipad":
		return tablet
	case "desktop", "pc", "laptop":
		return desktop
	}
	return otherDevice
}

// deviceOfAgent follows what browsers send: "Mobi" is in the user agent of phones, and
// Android without it is that of tablets.
func deviceOfAgent(agent string) string {
	has := func(part string) bool { return strings.Contains(agent, part) }
	switch {
	case agent == "":
		return ""
	case has("iPad"), has("Tablet"), has("Android") && !has("Mobi"):
		return tablet
	case has("Mobi"), has("iPhone"):
		return mobile
	}
	return desktop
}
