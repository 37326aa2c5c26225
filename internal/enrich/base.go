package enrich

import (
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/fx"
)

const baseLogic = "1"

// Base gives events their amount in the shop's currency, by the rates of the day they
// happened on.
func Base(rates *fx.Rates, currency string) *Enrichment {
	return newStep("base", baseLogic+"."+currency+"."+rates.Version(), func() apply {
		x := &exchange{rates: rates, to: currency}
		return x.apply
	}, "amount_base")
}

// exchange is the memory of one Apply at a time.
type exchange struct {
	rates  *fx.Rates
	to     string
	byCode []quote // of the batch's currencies
}

// quote is the conversion from a currency on the day that was asked for last.
type quote struct {
	day  int64
	rate fx.Conversion
	ok   bool
	used bool
}

const microsPerDay = 24 * 60 * 60 * 1_000_000

func (x *exchange) apply(b *event.Batch, rows []int32, _ *facts, n *tally) {
	if size := len(b.Currency.Values); cap(x.byCode) < size {
		x.byCode = make([]quote, size, 2*size)
	} else {
		x.byCode = x.byCode[:size]
		clear(x.byCode)
	}
	for _, i := range rows {
		code, amount := b.Currency.Codes[i], b.Amount[i]
		if code == 0 || amount == 0 {
			n.of[Empty]++
			continue
		}
		currency := b.Currency.Values[code]
		if currency == x.to {
			n.of[Kept]++
			b.AmountBase[i] = amount
			continue
		}
		converted, ok := x.convert(&x.byCode[code], currency, amount, b.Time[i])
		if !ok {
			n.miss(b, i, "amount", currency, "has no rate to "+x.to+" on the event's day")
			continue
		}
		n.of[Changed]++
		b.AmountBase[i] = converted
	}
}

func (x *exchange) convert(q *quote, currency string, amount event.Micros, at int64) (event.Micros, bool) {
	if at <= 0 {
		return 0, false
	}
	if day := at / microsPerDay; !q.used || day != q.day {
		q.day, q.used = day, true
		q.rate, q.ok = x.rates.Conversion(currency, x.to, at)
	}
	if !q.ok {
		return 0, false
	}
	return q.rate.Apply(amount, 6)
}
