package adaptertest

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
)

// fills compares what an adapter says that it fills with what it has filled in the golden
// files. Members of properties and context are not looked at one by one.
func (s Suite) fills(t *testing.T, inputs []string) {
	declared, ok := s.Adapter.(adapter.Declared)
	if !ok {
		t.Skip("the adapter declares no fields")
	}
	said := make(map[string]bool)
	for _, f := range declared.Fills() {
		if f.Field == "" {
			t.Errorf("a field without a name is declared: %+v", f)
		}
		name, _, _ := strings.Cut(f.Field, ".")
		if name == "item" {
			name = f.Field
		}
		said[name] = true
	}
	done := make(map[string]bool)
	for _, path := range inputs {
		b := decodeAll(s.Adapter.NewDecoder(nil), load(t, s.Adapter, path))
		for i := range b.Len() {
			filled(b, i, done)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(done)) {
		if !said[name] {
			t.Errorf("the adapter fills %s and does not declare it", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(said)) {
		if !done[name] && !s.unfilled(name) {
			t.Errorf("the adapter declares %s, which no golden file has filled", name)
		}
	}
}

// unfilled reports whether the suite knows that no golden file fills a field.
func (s Suite) unfilled(name string) bool { return slices.Contains(s.Unfilled, name) }

// filled notes the fields that an event has.
func filled(b *event.Batch, i int, done map[string]bool) {
	has := map[string]bool{
		"event_time": b.Time[i] != 0, "type": b.Type.Get(i) != "", "customer_id": b.CustomerID[i] != "",
		"anonymous_id": b.AnonymousID[i] != "", "order_id": b.OrderID[i] != "", "session_id": b.SessionID[i] != "",
		"channel": b.Channel.Get(i) != "", "country": b.Country.Get(i) != "", "currency": b.Currency.Get(i) != "",
		"amount": b.Amount[i] != 0, "properties": b.Properties[i] != "", "context": b.Context[i] != "",
	}
	from, to := b.ItemRange(i)
	it := &b.Items
	for k := from; k < to; k++ {
		has["item.product_id"] = has["item.product_id"] || it.ProductID[k] != ""
		has["item.name"] = has["item.name"] || it.Name[k] != ""
		has["item.category"] = has["item.category"] || it.Category.Get(k) != ""
		has["item.kind"] = has["item.kind"] || it.Kind.Get(k) != ""
		has["item.quantity"] = has["item.quantity"] || it.Quantity[k] != 0
		has["item.price"] = has["item.price"] || it.Price[k] != 0
		has["item.amount"] = has["item.amount"] || it.Amount[k] != 0
	}
	for name, is := range has {
		if is {
			done[name] = true
		}
	}
}
