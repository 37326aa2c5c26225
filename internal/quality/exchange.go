package quality

import (
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/fx"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/yamldoc"
)

// exchange converts the amounts of an event to one currency, all of them or none.
type exchange struct {
	rates    *fx.Rates
	to       string
	ofEvent  []*field
	ofItems  []*field
	decimals int
}

func (x *exchange) run(a *applier, c *correction, index int32, sel []int32) {
	b := a.batch
	target := b.Currency.Code(x.to)
	for _, e := range sel {
		code := b.Currency.Codes[e]
		if code == target || code == 0 {
			continue
		}
		from := b.Currency.Values[code]
		if !x.convert(a, c, index, e, strings.ToUpper(strings.TrimSpace(from))) {
			a.fail(c, index, e)
			continue
		}
		a.change(c, index, e, from, x.to, undo{code: code})
		b.Currency.Codes[e] = target
	}
}

// convert changes the amounts of event e. It is false, and changes nothing, when there is
// no rate or an amount does not fit.
func (x *exchange) convert(a *applier, c *correction, index, e int32, from string) bool {
	b := a.batch
	if from == x.to {
		return true // written otherwise
	}
	if b.Time[e] == 0 {
		return false
	}
	conversion, ok := x.rates.Conversion(from, x.to, b.Time[e])
	if !ok {
		return false
	}
	first, last := b.ItemRange(int(e))
	for _, write := range []bool{false, true} {
		for _, f := range x.ofEvent {
			ok = ok && x.amount(a, c, index, f, e, conversion, write)
		}
		for k := first; k < last; k++ {
			for _, f := range x.ofItems {
				ok = ok && x.amount(a, c, index, f, int32(k), conversion, write)
			}
		}
		if !ok {
			return false
		}
	}
	return true
}

func (x *exchange) amount(a *applier, c *correction, index int32, f *field, p int32, conversion fx.Conversion, write bool) bool {
	before := f.money(a.batch)[p]
	after, ok := conversion.Apply(before, x.decimals)
	if ok && write && after != before {
		a.setNumber(c, index, f, p, int64(after))
	}
	return ok
}

const maxDecimals = 6

func (s *source) compileExchange(at string, spec *exchangeSpec, c *correction) {
	if c.field.name != "currency" {
		s.Fail(at, "an exchange is a correction of currency, and changes the amounts with it")
		return
	}
	x := &exchange{to: spec.To, decimals: maxDecimals}
	if s.Has(at + ".decimals") {
		if x.decimals = spec.Decimals; x.decimals > maxDecimals {
			s.Fail(at+".decimals", "cannot keep %d decimals; money has at most %d", spec.Decimals, maxDecimals)
		}
	}
	names := spec.Fields
	if !s.Has(at + ".fields") {
		names = []string{"amount", "item.price", "item.amount"}
	}
	for i, name := range names {
		f := s.field(s.item(at+".fields", i), name, func(f *field) bool { return f.kind == kindMoney }, "is no amount of money")
		switch {
		case f == nil:
		case slices.Contains(x.ofItems, f) || slices.Contains(x.ofEvent, f):
			s.Fail(s.item(at+".fields", i), "%s stands twice", name)
		case f.item:
			x.ofItems = append(x.ofItems, f)
			s.set.items = true
		default:
			x.ofEvent = append(x.ofEvent, f)
		}
	}
	var err error
	if x.rates, err = s.rates(); err != nil {
		s.Fail(at, "%v", err)
		return
	}
	if !x.rates.Knows(x.to) {
		s.Fail(at+".to", "there is no rate for %q; %s", yamldoc.Clip(x.to), spell.Suggest(x.to, x.rates.Currencies()))
	}
	s.set.fx = x.rates
	c.exchange, c.pure = x, false
	c.says = fmt.Sprintf("exchange to %s by the rates of the European Central Bank", x.to)
	c.failed = fault{event.Enriching, "cannot be exchanged to " + x.to + ": no rate of the event's day, or an amount that does not fit"}
}
