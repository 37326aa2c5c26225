package olaptest

import (
	"fmt"

	"github.com/millrace/millrace/event"
)

const (
	micros2010 = 1_291_191_960_000_000 // 2010-12-01T08:26:00Z
	microsRecv = 1_795_255_200_000_000 // 2026-11-21T10:00:00Z
)

// Shop returns a hand-written batch that has every kind of row: an accepted
// order of two lines, one corrected, a duplicate, two quarantined, a rejected.
func Shop() *event.Batch {
	b := &event.Batch{Partition: 3}
	add := func(offset int64, payload string, v event.Verdict) int {
		i := b.Add(offset, microsRecv+offset, 100+offset, []byte(payload))
		b.ID[i] = event.ID{0: 0x80 + byte(offset), 7: 7, 8: 0x99, 15: byte(offset)}
		b.Verdict[i] = v
		b.Source.Set(i, "shop")
		b.Stream.Set(i, "online_retail.csv")
		return i
	}
	i := add(10, `{"order":"536365"}`, event.Accepted)
	fillOrder(b, i)
	item(b, "85123A", "WHITE HANGING HEART T-LIGHT HOLDER", event.KindSale, 6, 2_550_000)
	item(b, "POST", "", event.KindFee, -1, 18_000_000)

	i = add(11, `{"order":"536544"}`, event.Accepted)
	fillOrder(b, i)
	b.OrderID[i], b.CustomerID[i] = "536544", ""
	b.CustomerID[i] = "guest:536544"
	b.AddChange(i, "fill-customer", "customer_id", "", "guest:536544")
	b.Marks[i] |= event.Late | event.Warned

	add(12, `{"order":"536365"}`, event.Duplicate)

	i = add(13, "price 0\xff\x00", event.Quarantined)
	b.Type.Set(i, "order_line")
	j := add(14, "not JSON", event.Quarantined)
	// Problems come in any order of events.
	b.AddProblem(j, event.Undecodable, "decode", "", "", "not a JSON object")
	b.AddProblem(i, event.OutOfRange, "price-positive", "unit_price", "0", "price must be above 0")
	b.AddProblem(i, event.Missing, "customer", "customer_id", "", "customer is missing")
	b.OrderID[i], b.CustomerID[i], b.Amount[i] = "536414", "guest:536414", -11_062_060_000

	i = add(15, "{", event.Rejected)
	b.AddProblem(i, event.Undecodable, "door", "", "", "line 15 is not JSON")
	return b
}

// Stock returns a batch of one accepted count of stock, of two products at offset 0 of
// partition 4.
func Stock() *event.Batch {
	b := &event.Batch{Partition: 4}
	i := b.Add(0, microsRecv, 1, []byte(`{"type":"stock_adjusted"}`))
	b.ID[i], b.Verdict[i], b.Time[i] = event.ID{0: 0x90, 7: 7, 8: 0x99}, event.Accepted, micros2010
	b.Source.Set(i, "shop")
	b.Type.Set(i, "stock_adjusted")
	b.Properties[i] = `{"location_id":"wh-1","reason":"count"}`
	item(b, "85123A", "", event.KindView, -2, 0)
	item(b, "71053", "WHITE METAL LANTERN", event.KindView, 3, 3_390_000)
	return b
}

func fillOrder(b *event.Batch, i int) {
	b.Time[i] = micros2010
	b.Type.Set(i, "order_line")
	b.Channel.Set(i, "web")
	b.Country.Set(i, "GB")
	b.Currency.Set(i, "GBP")
	b.Versions.Set(i, "onlineretail@1 shop.yaml@3")
	b.CustomerID[i], b.OrderID[i] = "17850", "536365"
	b.Amount[i] = 15_300_000
	b.AmountBase[i] = 18_053_097
	b.Device.Set(i, "mobile")
	b.Browser.Set(i, "Safari 17")
	b.OS.Set(i, "iOS")
	b.Segment.Set(i, "gold")
	b.CampaignSource[i], b.CampaignMedium[i], b.CampaignName[i] = "newsletter", "email", "christmas"
}

func item(b *event.Batch, id, name, kind string, quantity int64, price event.Micros) {
	k := b.AddItem()
	it := &b.Items
	it.ProductID[k], it.Name[k] = id, name
	it.Kind.Set(k, kind)
	it.Quantity[k], it.Price[k] = quantity, price
	it.Amount[k], _ = price.Mul(quantity)
}

// Sales returns n accepted one-line orders of one partition, from an offset on.
// Order o is worth (o+1) thousandths.
func Sales(partition int32, from int64, n int) *event.Batch {
	return sales(partition, from, n, event.KindSale)
}

// SalesWithViews returns the orders of [Sales], each with a product of the same worth that
// was only looked at.
func SalesWithViews(partition int32, from int64, n int) *event.Batch {
	return sales(partition, from, n, event.KindSale, event.KindView)
}

func sales(partition int32, from int64, n int, kinds ...string) *event.Batch {
	b := &event.Batch{Partition: partition}
	for o := from; o < from+int64(n); o++ {
		i := b.Add(o, microsRecv+o, o, []byte("{}"))
		fillOrder(b, i)
		b.ID[i] = event.NewID("sales", fmt.Appendf(nil, "%d/%d", partition, o))
		b.Source.Set(i, "sales")
		b.Stream.Set(i, "http")
		b.Verdict[i] = event.Accepted
		b.OrderID[i] = fmt.Sprint("order-number-", o)
		b.Amount[i] = event.Micros(o+1) * 1000
		for _, kind := range kinds {
			item(b, fmt.Sprint("p", o%100), "a product with a long name", kind, 1, b.Amount[i])
		}
	}
	return b
}
