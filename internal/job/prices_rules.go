package job

import (
	"slices"
	"strings"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
)

// priceState is what is known of a product's price.
type priceState struct {
	Band   band           `state:"band"`
	Before []event.Micros `state:"before"` // the newest prices that were right, oldest first
	Error  PriceError     `state:"error"`  // the newest one; without Since there was none
	Last   string         `state:"last"`   // order that was counted last
}

// band is which prices are meant.
type band struct {
	Low, High, Expected event.Micros
	Basis               string // empty: nothing is known
}

func (b *band) holds(price event.Micros) bool { return price >= b.Low && price <= b.High }

// priceRules follows the price of a product.
type priceRules struct{ PriceParams }

type priceTurn = stream.Turn[string, priceState, priceResult]

func (r *priceRules) apply(t *priceTurn, v pricing) {
	if v.Order == "" {
		r.change(t, &v)
	} else {
		r.sale(t, &v)
	}
}

// change ends a wrong price, and begins one when the new one is wrong.
func (r *priceRules) change(t *priceTurn, v *pricing) {
	s := t.State
	s.Band = r.bandOf(s, v)
	open := s.Error.Since != 0 && s.Error.Until == 0
	wrong := s.Band.Basis != "" && !s.Band.holds(v.Price)
	if open && (!wrong || v.Price != s.Error.Price) {
		s.Error.Until = event.Instant(t.Time)
		r.publish(t)
		open = false
	}
	switch {
	case wrong && !open:
		s.Error = PriceError{
			Product: strings.Clone(t.Key), Since: event.Instant(t.Time), Direction: TooHigh, Price: v.Price,
			Low: s.Band.Low, High: s.Band.High, Expected: s.Band.Expected, Basis: s.Band.Basis,
		}
		s.Last = ""
		if v.Price < s.Band.Low {
			s.Error.Direction = TooLow
		}
		r.publish(t)
	case !wrong:
		s.Before = append(slices.Clone(s.Before), v.Price)
		s.Before = s.Before[max(0, len(s.Before)-r.History):]
	}
}

// bandOf finds the prices that are meant: those that the change names, else some percent of
// its list price, else of the median of what was right before.
func (r *priceRules) bandOf(s *priceState, v *pricing) band {
	around := func(expected event.Micros, basis string) band {
		return band{expected * event.Micros(r.Low) / 100, expected * event.Micros(r.High) / 100, expected, basis}
	}
	typical := median(s.Before)
	switch {
	case v.High > 0 && v.List > 0:
		return band{v.Low, v.High, v.List, "band"}
	case v.High > 0 && len(s.Before) > 0:
		return band{v.Low, v.High, typical, "band"}
	case v.High > 0:
		return band{v.Low, v.High, v.Low + (v.High-v.Low)/2, "band"}
	case v.List > 0:
		return around(v.List, "list")
	case len(s.Before) >= 3:
		return around(typical, "median")
	}
	return band{}
}

// median is the lower one of the two in the middle.
func median[N event.Micros | int64 | uint32](of []N) N {
	if len(of) == 0 {
		return 0
	}
	var room [64]N // so that the usual few cost no memory
	sorted := append(room[:0], of...)
	slices.Sort(sorted)
	return sorted[(len(sorted)-1)/2]
}

// sale counts a line that was sold beyond the band while the price was wrong, or shortly
// after.
func (r *priceRules) sale(t *priceTurn, v *pricing) {
	e := &t.State.Error
	if e.Since == 0 || e.Until != 0 && t.Time > int64(e.Until)+stream.Micros(r.Grace) {
		return
	}
	if v.Price >= e.Low && v.Price <= e.High || (v.Price < e.Low) != (e.Direction == TooLow) {
		return
	}
	lost := (e.Expected - v.Price) * event.Micros(v.Quantity)
	e.Pieces += v.Quantity
	e.Lost += lost
	if v.Order != t.State.Last {
		e.Orders++
		t.State.Last = strings.Clone(v.Order)
	}
	t.Emit(saleID(v.Order, v.Line), priceResult{Sale: &PriceErrorSale{
		Product: t.Key, Order: v.Order, Line: v.Line, Since: e.Since, Time: event.Instant(t.Time),
		Price: v.Price, Expected: e.Expected, Pieces: v.Quantity, Lost: lost,
	}})
	r.publish(t)
}

// publish publishes the newest error as it is now.
func (r *priceRules) publish(t *priceTurn) {
	e := t.State.Error
	t.Emit(uint64(e.Since), priceResult{Error: &e})
}
