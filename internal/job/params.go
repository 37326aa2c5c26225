package job

import (
	"cmp"
	"time"

	"github.com/millrace/millrace/event"
)

// Params are what a shop may set of its jobs. A zero field takes the default that
// its comment names.
type Params struct {
	// Lateness is how far behind the watermark an event may come and still count: 10
	// minutes. It should be that of the sources.
	Lateness time.Duration
	// Refresh is the processing time between two early results of a window: 1 second.
	Refresh time.Duration

	// VisitGap is the silence that ends a visit: 30 minutes.
	VisitGap time.Duration
	// VisitLimit cuts longer visits, such as those of robots: 24 hours.
	VisitLimit time.Duration

	// CartTimeout is the time without an event of a cart after which it is abandoned:
	// 1 hour.
	CartTimeout time.Duration
	// CartMemory is how long after its last event an abandoned cart can be recovered
	// by an order: 7 days.
	CartMemory time.Duration

	// PopularityWindow is the length of the sliding window of popularity, a multiple of
	// PopularityStep: 1 hour.
	PopularityWindow time.Duration
	// PopularityStep is what it slides by: 1 minute.
	PopularityStep time.Duration
	// PopularityTop is the length of the top list: 20.
	PopularityTop int
	// Weights are what an event adds to a product's score: 1 for a view, 3 for an
	// addition to a cart, 10 for a purchase.
	Weights Weights

	// ProfileMemory is how long a customer without orders is remembered: 3 years.
	ProfileMemory time.Duration
	// Bands are the bounds of the scores of customers.
	Bands Bands

	Fraud  FraudParams
	Prices PriceParams
	Stock  StockParams
	Volume VolumeParams
}

// Weights of the events that make a product popular.
type Weights struct{ View, Addition, Purchase int64 }

// Bands are the bounds of scores from 1 to 5. Four bounds divide five bands.
type Bands struct {
	// Recency is the time since the last order, ascending: up to the first bound scores
	// 5, beyond the last one 1. Default: 30, 60, 90 and 180 days.
	Recency [4]time.Duration
	// Frequency is the number of orders, ascending: at least the last bound scores 5,
	// below the first one 1. Default: 2, 3, 5, 10.
	Frequency [4]int64
	// Value is the amount of all orders, likewise. Default: 50, 200, 500, 1,500.
	Value [4]event.Micros
}

// retain is what timelines keep elements for. They take what is above the watermark less that,
// and an event that is exactly as late as is allowed counts.
func (p Params) retain() time.Duration { return p.Lateness + time.Microsecond }

const day = 24 * time.Hour

// withDefaults fills zero fields.
func (p Params) withDefaults() Params {
	p.Lateness = cmp.Or(p.Lateness, 10*time.Minute)
	p.Refresh = cmp.Or(p.Refresh, time.Second)
	p.VisitGap = cmp.Or(p.VisitGap, 30*time.Minute)
	p.VisitLimit = cmp.Or(p.VisitLimit, day)
	p.CartTimeout = cmp.Or(p.CartTimeout, time.Hour)
	p.CartMemory = cmp.Or(p.CartMemory, 7*day)
	p.PopularityWindow = cmp.Or(p.PopularityWindow, time.Hour)
	p.PopularityStep = cmp.Or(p.PopularityStep, time.Minute)
	p.PopularityTop = cmp.Or(p.PopularityTop, 20)
	p.Weights = cmp.Or(p.Weights, Weights{View: 1, Addition: 3, Purchase: 10})
	p.ProfileMemory = cmp.Or(p.ProfileMemory, 3*365*day)
	p.Bands.Recency = cmp.Or(p.Bands.Recency, [4]time.Duration{30 * day, 60 * day, 90 * day, 180 * day})
	p.Bands.Frequency = cmp.Or(p.Bands.Frequency, [4]int64{2, 3, 5, 10})
	p.Bands.Value = cmp.Or(p.Bands.Value, [4]event.Micros{50e6, 200e6, 500e6, 1500e6})
	return p
}
