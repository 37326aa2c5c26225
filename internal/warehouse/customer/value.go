package customer

import "math"

// Horizon is how far ahead customers are valued.
type Horizon struct {
	Periods  int     // of equal length, at most [MaxPeriods]
	Length   float64 // of a period, in the unit of the histories
	Discount float64 // per period: 0.01 takes a hundredth off what comes a period later
}

// MaxPeriods bounds a horizon.
const MaxPeriods = 120

// Purchases returns how many purchases the customer is expected to make, and how many
// those are worth at present: each counts with what it is discounted to at the end of
// its period.
func (m BGNBD) Purchases(h History, over Horizon) (expected, discounted float64) {
	alive := m.Alive(h)
	before := 0.0
	for k := range over.Periods {
		upTo := m.purchases(h, float64(k+1)*over.Length) * alive
		discounted += (upTo - before) / math.Pow(1+over.Discount, float64(k+1))
		before = upTo
	}
	return before, discounted
}

// Value returns a customer's lifetime value over the horizon, in units of the currency.
func Value(buys BGNBD, spends GammaGamma, h History, s Spend, over Horizon) float64 {
	_, discounted := buys.Purchases(h, over)
	return discounted * spends.Expected(s)
}
