package job

import (
	"cmp"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
)

// PriceParams are what a shop may set of the job price_errors. A zero field takes the
// default that its comment names.
type PriceParams struct {
	// Low and High are the band of a price that names none, in percent of its list price, else
	// of the median of the product's prices before: 50 and 130.
	Low, High int64
	// History is how many prices the median is taken of, at most; with fewer than 3 there is
	// none: 9.
	History int
	// Grace is how long after its correction a wrong price still holds for orders that were
	// begun before: 1 hour.
	Grace time.Duration
	// Memory is how far behind the watermark a price or an order may come and still be put in
	// its place, those that were marked late among them: 7 hours.
	Memory time.Duration
	// ProductMemory is how long a product's price is known without a change or a sale: 2 years.
	ProductMemory time.Duration
}

func (p PriceParams) withDefaults() PriceParams {
	p.Low, p.High = cmp.Or(p.Low, 50), cmp.Or(p.High, 130)
	p.History = max(cmp.Or(p.History, 9), 3)
	p.Grace, p.Memory = cmp.Or(p.Grace, time.Hour), cmp.Or(p.Memory, 7*time.Hour)
	p.ProductMemory = cmp.Or(p.ProductMemory, 2*365*day)
	return p
}

// PriceError is the time from a wrong price to the next right one. It is published
// when it begins, with each sale at it, and when it is corrected.
type PriceError struct {
	Product   string        `state:"product_id"`
	Since     event.Instant `state:"since"`
	Until     event.Instant `state:"until"` // 0: it is not corrected yet
	Direction string        `state:"direction"`
	Price     event.Micros  `state:"price"`
	Low       event.Micros  `state:"band_low"`
	High      event.Micros  `state:"band_high"`
	Expected  event.Micros  `state:"expected_price"`
	Basis     string        `state:"basis"` // of the band: band, list or median
	Orders    int64         `state:"orders"`
	Pieces    int64         `state:"pieces"`
	Lost      event.Micros  `state:"value_lost"`
	Revision  uint32        `state:"revision"` // from 1
	Retracted bool          `state:"retracted"`
}

// The directions of wrong prices.
const (
	TooLow  = "too_low"
	TooHigh = "too_high"
)

// PriceErrorSale is a line of an order at a wrong price.
type PriceErrorSale struct {
	Product   string        `state:"product_id"`
	Order     string        `state:"order_id"`
	Line      int32         `state:"line"`  // of the order, from 0
	Since     event.Instant `state:"since"` // of the price error
	Time      event.Instant `state:"time"`
	Price     event.Micros  `state:"price"` // of one piece, in the base currency
	Expected  event.Micros  `state:"expected_price"`
	Pieces    int64         `state:"pieces"`
	Lost      event.Micros  `state:"value_lost"` // below zero: gained
	Revision  uint32        `state:"revision"`   // from 1
	Retracted bool          `state:"retracted"`
}

// priceResult is one of the two.
type priceResult struct {
	Error *PriceError     `state:"error"`
	Sale  *PriceErrorSale `state:"sale"`
}

// PriceErrors finds prices beyond the band of their product, and what was sold at them.
func PriceErrors(params Params) *stream.Job {
	p := params.Prices.withDefaults()
	j := stream.NewJob("price_errors", 1).Describe(
		"Finds prices beyond the band that is meant for their product, and the orders at them, with the value lost, until they are corrected.")
	types := stream.Types(typePriceChanged, typeOrder)
	onTime := stream.Events(j, "prices", readPrice, types)
	late := stream.Events(j, "late prices", readPrice, types, stream.Late())
	byProduct := stream.KeyBy(stream.Merge("all prices", onTime, late), "by product", func(m pricing) string { return m.product })
	rules := priceRules{p}
	results := stream.Timeline(byProduct, "products", stream.Machine[string, priceState, pricing, priceResult]{
		Apply: rules.apply, Retain: p.Memory, Settle: 7 * day, TTL: p.ProductMemory,
	}).Results

	errors := stream.FlatMap(results, "errors", func(r stream.Revised[string, priceResult], emit func(PriceError)) {
		if e := r.Value.Error; e != nil {
			row := *e
			row.Revision, row.Retracted = r.Revision, r.Retracted
			emit(row)
		}
	})
	sales := stream.FlatMap(results, "sales", func(r stream.Revised[string, priceResult], emit func(PriceErrorSale)) {
		if s := r.Value.Sale; s != nil {
			row := *s
			row.Revision, row.Retracted = r.Revision, r.Retracted
			emit(row)
		}
	})
	stream.ToTable(errors, "price_errors", "One row per wrong price: from when to when, and what was sold at it.", "product_id", "since")
	stream.ToTable(sales, "price_error_sales", "One row per line of an order at a wrong price.", "order_id", "line", "product_id")
	stream.ToTopic(errors, "price-alerts", "Wrong prices, as they begin, sell and end.", "product_id", "since")
	stream.ToFeed(errors, "price_alerts", "Wrong prices, as they begin, sell and end.", "product_id", "since")
	return j
}

const typePriceChanged = "price_changed"

// pricing is a change of a product's price, or a sale of it.
type pricing struct {
	product  string       `state:"-"`
	Price    event.Micros `state:"price"` // of one piece, in the base currency
	Low      event.Micros `state:"low"`
	High     event.Micros `state:"high"`
	List     event.Micros `state:"list"`
	Order    string       `state:"order"` // of a sale; empty: a change
	Line     int32        `state:"line"`
	Quantity int64        `state:"quantity"`
}

// readPrice reads the products of a change of prices or of an order. The prices of an order
// are turned into the base currency by its fx_rate.
func readPrice(b *event.Batch, i int, emit func(pricing)) {
	var common pricing
	rate := 1.0
	for m := membersOf(b.Properties[i]); m.next(); {
		switch m.key {
		case "band_low":
			common.Low = m.money()
		case "band_high":
			common.High = m.money()
		case "list_price":
			common.List = m.money()
		case "fx_rate":
			rate = m.float()
		}
	}
	isOrder := b.Type.Get(i) == typeOrder
	if isOrder {
		common = pricing{Order: b.OrderID[i]}
	}
	from, to := b.ItemRange(i)
	for k := from; k < to; k++ {
		v := common
		v.product, v.Price, v.Quantity, v.Line = b.Items.ProductID[k], b.Items.Price[k], b.Items.Quantity[k], int32(k-from)
		if v.product == "" || isOrder && (v.Order == "" || v.Quantity <= 0 || b.Items.Kind.Get(k) != event.KindSale) {
			continue
		}
		if isOrder {
			v.Price = toBase(v.Price, rate)
		}
		emit(v)
	}
}

// toBase turns an amount into the base currency, to the cent.
func toBase(amount event.Micros, rate float64) event.Micros {
	const cent = event.MicrosPerUnit / 100
	if rate <= 0 || rate == 1 {
		return amount
	}
	return event.Micros(float64(amount)/rate/cent+0.5) * cent
}

// saleID names the result of a line among those of its product.
func saleID(order string, line int32) uint64 {
	return xxh3.HashString(order) ^ uint64(line)<<1 | 1<<63
}
