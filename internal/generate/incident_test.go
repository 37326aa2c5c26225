package generate

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

type shopEvent struct {
	ID         string `json:"id"`
	Type       string `json:"type"`
	Time       time.Time
	CustomerID string  `json:"customer_id"`
	OrderID    string  `json:"order_id"`
	SessionID  string  `json:"session_id"`
	Amount     float64 `json:"amount"`
	Currency   string  `json:"currency"`
	Items      []struct {
		ProductID string  `json:"product_id"`
		Quantity  int64   `json:"quantity"`
		Price     float64 `json:"price"`
	} `json:"items"`
	Properties struct {
		CartID   string  `json:"cart_id"`
		Location string  `json:"location_id"`
		Reason   string  `json:"reason"`
		Low      float64 `json:"band_low"`
		High     float64 `json:"band_high"`
		Cost     float64 `json:"cost"`
		Payment  string  `json:"payment_id"`
		Total    float64 `json:"total"`
		Rate     float64 `json:"fx_rate"`
	} `json:"properties"`
	Context struct{ Source string } `json:"context"`
}

// ofTypes are the good events of some types, in the order in which they happened.
func ofTypes(t testing.TB, l *life, types ...Type) (out []shopEvent) {
	t.Helper()
	for _, r := range l.goods() {
		if slices.Contains(types, r.Type) {
			out = append(out, decode[shopEvent](t, r))
		}
	}
	return out
}

// Who adds up the movements of stock finds less than nothing where a label says
// so, and nowhere else.
func TestStockIsOversoldWhereLabelsSaySo(t *testing.T) {
	l := busy()
	type place struct{ product, location string }
	available := map[place]int64{}
	oversold := map[string]bool{} // orders
	for _, e := range ofTypes(t, l, StockReceived, StockReserved, StockReleased, StockSold, StockAdjusted) {
		for _, it := range e.Items {
			at := place{it.ProductID, e.Properties.Location}
			switch {
			case e.Type == "stock_reserved" || e.Type == "stock_sold" && e.Properties.Reason == "till":
				available[at] -= it.Quantity
			case e.Type != "stock_sold":
				available[at] += it.Quantity
			}
			if e.Type == "stock_reserved" && available[at] < 0 {
				oversold[e.OrderID] = true
			}
			if e.Type == "stock_sold" && available[at] < 0 && e.Properties.Reason == "till" {
				t.Fatalf("%s sells what it has not: %+v", e.Properties.Location, e)
			}
		}
	}
	labels := l.of(Oversell)
	if len(labels) < 20 {
		t.Errorf("%d labels are too few to test", len(labels))
	}
	for _, label := range labels {
		if !oversold[label.OrderIDs[0]] {
			t.Errorf("order %s of %s at %s was not oversold", label.OrderIDs[0], label.ProductIDs, label.LocationID)
		}
	}
	for _, label := range append(labels, l.unfinished...) {
		for _, id := range label.OrderIDs {
			delete(oversold, id)
		}
	}
	// A reservation that comes after the end of the run has no receipt yet, and a
	// receipt that comes late is missing in what was delivered.
	if len(oversold) > 1 {
		t.Errorf("orders oversold without a label: %v", oversold)
	}
}

func TestPricesLeaveTheirBandWhereLabelsSaySo(t *testing.T) {
	l := busy()
	wrong := map[string]float64{}
	for _, e := range ofTypes(t, l, PriceChanged) {
		if price := e.Items[0].Price; price < e.Properties.Low || price > e.Properties.High {
			wrong[e.ID] = price
		}
	}
	sold := map[string]float64{} // product's price in the base currency by order and product
	for _, e := range ofTypes(t, l, OrderCompleted) {
		for _, it := range e.Items {
			sold[e.OrderID+" "+it.ProductID] = it.Price / e.Properties.Rate
		}
	}
	labels, orders := l.of(PriceError), 0
	for _, label := range labels {
		mistyped, ok := wrong[label.EventIDs[0]]
		if !ok {
			t.Errorf("%s: the price did not leave its band", label.ID)
		}
		delete(wrong, label.EventIDs[0])
		for _, id := range label.OrderIDs {
			orders++
			if price := sold[id+" "+label.ProductIDs[0]]; math.Abs(price-mistyped) > 0.02 {
				t.Errorf("%s: order %s has %s at %v, mistyped was %v", label.ID, id, label.ProductIDs[0], price, mistyped)
			}
		}
	}
	for _, label := range l.unfinished {
		for _, id := range label.EventIDs {
			delete(wrong, id)
		}
	}
	if len(wrong) > 0 || len(labels) < 20 || orders < len(labels) {
		t.Errorf("%d labels, %d orders at wrong prices, prices out of band without a label: %v", len(labels), orders, wrong)
	}
}

// Carts that are abandoned, and only they, are labelled.
func TestCartsAreAbandonedWhereLabelsSaySo(t *testing.T) {
	l := busy()
	content := map[string]map[string]int64{} // cart → product → pieces
	last := map[string]time.Time{}
	for _, e := range ofTypes(t, l, ProductAdded, ProductRemoved) {
		cart := e.Properties.CartID
		if content[cart] == nil {
			content[cart] = map[string]int64{}
		}
		if last[cart] = e.Time; e.Type == "product_added" {
			content[cart][e.Items[0].ProductID] += e.Items[0].Quantity
		} else if content[cart][e.Items[0].ProductID] -= e.Items[0].Quantity; content[cart][e.Items[0].ProductID] == 0 {
			delete(content[cart], e.Items[0].ProductID)
		}
	}
	for _, e := range ofTypes(t, l, OrderCompleted) {
		delete(content, e.Properties.CartID)
	}
	labels := l.of(CartAbandoned)
	if len(labels) < 1000 {
		t.Errorf("%d labels are too few to test", len(labels))
	}
	for _, label := range labels {
		got, left := label.ProductIDs, content[label.CartID]
		if len(got) != len(left) || slices.ContainsFunc(got, func(p string) bool { return left[p] == 0 }) {
			t.Errorf("cart %s was left with %v, the label says %v", label.CartID, left, got)
		}
		delete(content, label.CartID)
	}
	for _, label := range l.unfinished {
		delete(content, label.CartID)
	}
	// Visitors whose sessions go on at the end of the run, or whose clock is wrong.
	end := l.records[len(l.records)-1].Arrival
	for cart, left := range content {
		if len(left) > 0 && end-last[cart].UnixMicro() > 7*hour && end-last[cart].UnixMicro() < 20*hour {
			t.Errorf("cart %s was left at %v with %v, without a label", cart, last[cart], left)
		}
	}
}

// During an anomaly a source has no new sessions, or twice as many.
func TestSourcesAreQuietOrBusyWhereLabelsSaySo(t *testing.T) {
	l := lives(t, scenario(t, "calm", func(c *Config) {
		c.Rate, c.Steady, c.Pause = 12, true, 1
		c.Often[VolumeAnomaly] = 10
	}), 450_000)
	starts := map[string][]int64{}
	for _, r := range l.goods() {
		if r.Type == Page || r.Type == Screen || r.Type == OrderCompleted && strings.Contains(r.body, `"till_id"`) {
			source := decode[shopEvent](t, r).Context.Source
			starts[source] = append(starts[source], r.At)
		}
	}
	labels := l.of(VolumeAnomaly)
	if len(labels) < 5 {
		t.Fatalf("%d anomalies are too few to test", len(labels))
	}
	whole := float64(l.records[len(l.records)-1].At - l.records[0].At)
	for _, label := range labels {
		got := float64(within(starts[label.Source], label.from, label.to))
		usual := float64(len(starts[label.Source])) * float64(label.to-label.from) / whole
		if *label.Factor == 0 && got > 0.02*usual+1 {
			t.Errorf("%s is quiet from %v to %v, and has %v sessions; usual are %v", label.Source, label.From, label.To, got, usual)
		}
		if *label.Factor == 2 && usual > 100 && (got < 1.5*usual || got > 2.8*usual) {
			t.Errorf("%s is busy from %v to %v, and has %v sessions; usual are %v", label.Source, label.From, label.To, got, usual)
		}
	}
}

func within(times []int64, from, to int64) (n int) {
	for _, at := range times {
		if at >= from && at < to {
			n++
		}
	}
	return n
}

// A flash sale draws visitors to its products, at prices within their band.
func TestFlashSaleSellsItsProducts(t *testing.T) {
	l := lives(t, scenario(t, "flash-sale", func(c *Config) { c.Rate, c.Steady = 15, true }), 300_000)
	labels := l.of(FlashSale)
	if len(labels) < 2 {
		t.Fatalf("%d flash sales are too few to test", len(labels))
	}
	added := ofTypes(t, l, ProductAdded)
	for _, label := range labels {
		during, of := 0, 0
		for _, e := range added {
			if at := e.Time.UnixMicro(); at < label.from+minute || at >= label.to {
				continue
			}
			if during++; slices.Contains(label.ProductIDs, e.Items[0].ProductID) {
				of++
			}
		}
		if of*100 < during*45 {
			t.Errorf("%s: %d of %d products that are added are of the sale", label.ID, of, during)
		}
	}
}

// Orders, payments and refunds fit together.
func TestOrdersAddUp(t *testing.T) {
	l := busy()
	authorized := map[string]float64{}
	for _, e := range ofTypes(t, l, PaymentAuthorized) {
		authorized[e.Properties.Payment] = e.Amount
	}
	unpaid := 0
	for _, e := range ofTypes(t, l, OrderCompleted, OrderRefunded) {
		sum := 0.0
		for _, it := range e.Items {
			sum += it.Price * float64(it.Quantity)
		}
		if diff := sum - e.Amount; diff > 0.001 || diff < -0.001 {
			t.Errorf("%s %s: amount %v, lines %v", e.Type, e.OrderID, e.Amount, sum)
		}
		if id := e.Properties.Payment; id != "" && e.Type == "order_completed" {
			if paid, ok := authorized[id]; !ok {
				unpaid++ // its payment comes late
			} else if diff := paid - e.Properties.Total; diff > 0.001 || diff < -0.001 {
				t.Errorf("order %s: total %v, paid %v", e.OrderID, e.Properties.Total, paid)
			}
		}
	}
	if unpaid > 15 {
		t.Errorf("%d orders without an authorized payment", unpaid)
	}
}
