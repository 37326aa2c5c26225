package mapped_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/adaptertest"
	"github.com/millrace/millrace/adapter/mapped"
	"github.com/millrace/millrace/event"
)

func builtin(t testing.TB, name string) mapped.Format {
	t.Helper()
	all, err := mapped.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if a.Name() == name {
			return a
		}
	}
	t.Fatalf("there is no mapping %s", name)
	return nil
}

func TestSuiteOfSenders(t *testing.T) {
	for _, name := range []string{"shopify", "woocommerce", "stripe"} {
		t.Run(name, func(t *testing.T) {
			s := adaptertest.Suite{Adapter: builtin(t, name), Dir: "testdata/" + name}
			switch name {
			case "shopify":
				s.Unfilled = []string{"item.category"} // the shop of the golden files has none
			case "stripe":
				s.Unfilled = []string{"context"} // what a door knows is not in the golden files
			}
			adaptertest.Run(t, s)
		})
	}
}

func decode(t testing.TB, a adapter.Adapter, payload, envelope string) *event.Batch {
	t.Helper()
	b := &event.Batch{}
	r := adapter.Record{Payload: []byte(payload), Envelope: envelope, Source: "shop", Received: 1}
	a.NewDecoder(nil).Decode(b, b.Add(0, 1, 0, r.Payload), &r)
	return b
}

// The objects that the senders publish as examples, whole.
func TestSendersPublishedObjects(t *testing.T) {
	for _, c := range []struct{ adapter, file, topic, want string }{
		{"shopify", "shopify-order", "orders/create", "order_completed order=450789469 customer=207119551 USD 398.000 items=3 problems=0"},
		{"shopify", "shopify-order", "orders/paid", "order_paid order=450789469 customer=207119551 USD 398.000 items=3 problems=0"},
		{"shopify", "shopify-order", "orders/cancelled", "order_cancelled order=450789469 customer=207119551 USD -398.000 items=3 problems=0"},
		{"shopify", "shopify-refund", "refunds/create", "order_refunded order=450789469 customer= USD -398.000 items=2 problems=0"},
		{"shopify", "shopify-checkout", "checkouts/create", "checkout_started order= customer=207119551 USD 398.000 items=2 problems=0"},
		{"shopify", "shopify-cart", "carts/update", "cart_updated order= customer= 1.000 items=1 problems=0"},
		{"shopify", "shopify-product", "products/update", "product_updated order= customer= 0.000 items=1 problems=0"},
		{"shopify", "shopify-customer", "customers/create", "identify order= customer=207119551 0.000 items=0 problems=0"},
		{"shopify", "shopify-inventory-level", "inventory_levels/update", "stock_level_reported order= customer= 0.000 items=1 problems=0"},
		{"shopify", "shopify-fulfillment", "fulfillments/create", "shipment_created order=450789469 customer= 0.000 items=1 problems=0"},
		{"stripe", "stripe-charge", "charge.succeeded", "payment_authorized order= customer= USD 1.000 items=0 problems=0"},
		{"stripe", "stripe-payment-intent", "payment_intent.created", "payment_attempted order= customer= USD 10.990 items=0 problems=0"},
		{"stripe", "stripe-dispute", "charge.dispute.created", "payment_disputed order= customer= USD -10.000 items=0 problems=0"},
		{"stripe", "stripe-refund", "refund.created", "payment_refunded order= customer= USD -1.000 items=0 problems=0"},
		{"stripe", "stripe-checkout-session", "checkout.session.completed", "checkout_completed order= customer= 0.000 items=0 problems=0"},
	} {
		object, err := os.ReadFile("testdata/senders/" + c.file + ".json")
		if err != nil {
			t.Fatal(err)
		}
		payload, envelope := string(object), `{"topic":"`+c.topic+`"}`
		if c.adapter == "stripe" {
			payload, envelope = fmt.Sprintf(`{"id":"evt_1","type":%q,"created":1795255567,"data":{"object":%s}}`, c.topic, object), ""
		}
		b := decode(t, builtin(t, c.adapter), payload, envelope)
		currency := b.Currency.Get(0)
		if currency != "" {
			currency += " "
		}
		got := fmt.Sprintf("%s order=%s customer=%s %s%s items=%d problems=%d",
			b.Type.Get(0), b.OrderID[0], b.CustomerID[0], currency, b.Amount[0], b.Items.Len(), len(b.Problems))
		if got != c.want {
			t.Errorf("%s as %s is\n%s, want\n%s %+v", c.file, c.topic, got, c.want, b.Problems)
		}
	}
}

// Both of Shopify's ids make a delivery the same; neither alone would do.
func TestShopifyDuplicates(t *testing.T) {
	const order = `{"id":1,"updated_at":"2026-11-21T10:00:00Z"}`
	id := func(envelope, payload string) event.ID {
		return decode(t, builtin(t, "shopify"), payload, envelope).ID[0]
	}
	first := id(`{"event_id":"e-1","id":"w-1","topic":"orders/create"}`, order)
	for _, c := range []struct {
		name, envelope, payload string
		same                    bool
	}{
		{"the same delivery again", `{"event_id":"e-1","id":"w-1","topic":"orders/create"}`, order, true},
		{"another subscription of the topic", `{"event_id":"e-1","id":"w-2","topic":"orders/create"}`, order, true},
		{"another subscription, which wants fewer fields", `{"event_id":"e-1","id":"w-2","topic":"orders/create"}`, `{"id":1}`, true},
		{"another topic of the same action", `{"event_id":"e-1","id":"w-3","topic":"orders/paid"}`, order, false},
		{"another order of the same action", `{"event_id":"e-1","id":"w-4","topic":"orders/create"}`, `{"id":2}`, false},
		{"another action on the order", `{"event_id":"e-2","id":"w-5","topic":"orders/create"}`, order, false},
		{"no event id, the same delivery id", `{"id":"w-1","topic":"orders/create"}`, order, false},
	} {
		if got := id(c.envelope, c.payload) == first; got != c.same {
			t.Errorf("%s: the same event is %t, want %t", c.name, got, c.same)
		}
	}
	old := id(`{"id":"w-9","topic":"orders/create"}`, order)
	if old != id(`{"id":"w-9","topic":"orders/create"}`, `{"id":1}`) {
		t.Error("without an event id the id of the delivery does not make it the same")
	}
	stock := `{"inventory_item_id":%d,"location_id":1,"available":%d}`
	envelope := `{"event_id":"e-9","id":"w-10","topic":"inventory_levels/update"}`
	if id(envelope, fmt.Sprintf(stock, 1, 5)) == id(envelope, fmt.Sprintf(stock, 2, 5)) {
		t.Error("two items of one stock movement are one event")
	}
}

// An order of WooCommerce is taken back once.
func TestWooCommerceTakesBackOnce(t *testing.T) {
	id := func(topic, delivery, status, modified string) event.ID {
		payload := fmt.Sprintf(`{"id":7,"status":%q,"date_modified_gmt":%q}`, status, modified)
		return decode(t, builtin(t, "woocommerce"), payload, fmt.Sprintf(`{"id":%q,"topic":%q}`, delivery, topic)).ID[0]
	}
	cancelled := id("order.updated", "d-1", "cancelled", "2026-11-21T10:00:00")
	if cancelled != id("order.updated", "d-2", "refunded", "2026-11-21T11:00:00") {
		t.Error("an order that was cancelled and refunded is taken back twice")
	}
	if id("order.updated", "d-3", "processing", "2026-11-21T10:00:00") == id("order.updated", "d-4", "processing", "2026-11-21T11:00:00") {
		t.Error("two changes of an order are one event")
	}
	if id("order.updated", "d-5", "processing", "2026-11-21T10:00:00") != id("order.updated", "d-6", "processing", "2026-11-21T10:00:00") {
		t.Error("what two webhooks of a topic deliver are two events")
	}
}

func FuzzSenders(f *testing.F) {
	all, err := mapped.Builtin()
	if err != nil {
		f.Fatal(err)
	}
	for _, a := range all {
		for _, payload := range adaptertest.Seeds(f, a, "testdata/"+a.Name()) {
			f.Add(payload, `{"event_id":"e","id":"d","topic":"orders/create"}`)
		}
	}
	f.Fuzz(func(t *testing.T, payload []byte, envelope string) {
		for _, a := range all {
			r := adapter.Record{Payload: payload, Source: "fuzz", Envelope: envelope}
			if err := adaptertest.CheckIdentity(a, &r); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func BenchmarkShopify(b *testing.B) {
	adaptertest.Suite{Adapter: builtin(b, "shopify"), Dir: "testdata/shopify"}.Benchmark(b)
}

func BenchmarkStripe(b *testing.B) {
	adaptertest.Suite{Adapter: builtin(b, "stripe"), Dir: "testdata/stripe"}.Benchmark(b)
}
