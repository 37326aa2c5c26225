package mapped_test

import (
	"testing"

	"github.com/millrace/millrace/adapter/adaptertest"
	"github.com/millrace/millrace/adapter/mapped"
	"github.com/millrace/millrace/adapter/native"
)

// asNative maps native events as far as a mapping can.
const asNative = `name: as-native
format: json
version: 1
identity: [/id]
fields:
  type: {path: /type, required: true}
  event_time: {path: /time}
  customer_id: {path: /customer_id}
  anonymous_id: {path: /anonymous_id}
  order_id: {path: /order_id}
  session_id: {path: /session_id}
  channel: {path: /channel}
  country: {path: /country}
  currency: {path: /currency}
  amount: {path: /amount}
properties: {gift: /properties/gift}
items:
  each: /items
  product_id: {path: /product_id}
  name: {path: /name}
  category: {path: /category}
  quantity: {path: /quantity}
  price: {path: /price}
  kind:
    default: view
    rules: [{path: /kind, in: [sale], kind: sale}, {path: /kind, in: [cancellation], kind: cancellation}]
`

// What a mapping costs beside an adapter in code, on the same documents.
func BenchmarkBesideNative(b *testing.B) {
	a, err := mapped.Load([]byte(asNative), "as-native.yaml")
	if err != nil {
		b.Fatal(err)
	}
	const dir = "../native/testdata"
	b.Run("mapped", func(b *testing.B) { adaptertest.Suite{Adapter: a, Dir: dir}.Benchmark(b) })
	b.Run("native", func(b *testing.B) { adaptertest.Suite{Adapter: native.New(), Dir: dir}.Benchmark(b) })
}
