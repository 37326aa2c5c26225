package job

import (
	"fmt"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
)

// Popularity is how much products are looked at and bought over a sliding window of
// Params.PopularityWindow, against the window before it. The window slides by
// Params.PopularityStep. A product has one row, its newest; it is published again when
// the window has slid, or a late event has come, and it is not as before.
func Popularity(p Params) *stream.Job {
	p = p.withDefaults()
	j := stream.NewJob("popularity", 1).Describe("Views, additions to carts and purchases per product over a sliding hour, weighted, with the trend " +
		"against the hour before; and the list of the most popular products now.")
	if p.PopularityWindow%p.PopularityStep != 0 {
		j.Fail(fmt.Errorf("the window of popularity, %v, is no multiple of its step, %v", p.PopularityWindow, p.PopularityStep))
	}
	uses := stream.Events(j, "uses", readUse, stream.Types(typeProductViewed, typeProductAdded, typeOrder, typeOrderLine))
	byProduct := stream.KeyBy(uses, "by product", func(u use) string { return u.Product })
	scores := slidingUses(byProduct, "sliding", p)
	stream.ToTable(scores, "popularity", "How much products are used now; see docs/jobs.md", "product_id")
	all := stream.KeyBy(scores, "all products", func(Popular) bool { return true })
	stream.ToTable(topList(all, "top", p.PopularityTop), "popularity_top", "The most popular products now, by rank", "rank")
	return j
}

// Popular is a row of the table popularity.
type Popular struct {
	Product   string        `state:"product_id"`
	Until     event.Instant `state:"until"`     // end of the window when it was published; it is the same since
	Revision  uint32        `state:"revision"`  // begins at 1 again behind a retracted one
	Retracted bool          `state:"retracted"` // it is in neither window
	Uses      Uses          `state:"uses"`
	Score     int64         `state:"score"`
	Before    int64         `state:"score_before"` // of the window before
	Trend     int64         `state:"trend"`        // score less the one before
}

// Uses are counts of what was done with a product.
type Uses struct {
	Views     int64 `state:"views"`
	Additions int64 `state:"additions"`
	Purchases int64 `state:"purchases"` // lines of orders, however many pieces
}

// add adds uses, sign times.
func (u *Uses) add(o Uses, sign int64) {
	u.Views += sign * o.Views
	u.Additions += sign * o.Additions
	u.Purchases += sign * o.Purchases
}

func (w Weights) score(u Uses) int64 {
	return u.Views*w.View + u.Additions*w.Addition + u.Purchases*w.Purchase
}

// use is what an event does with a product.
type use struct {
	Product string
	Uses
}

func readUse(b *event.Batch, i int, emit func(use)) {
	var one Uses
	kind := b.Type.Get(i)
	switch kind {
	case typeProductViewed:
		one.Views = 1
	case typeProductAdded:
		one.Additions = 1
	default:
		one.Purchases = 1
	}
	from, to := b.ItemRange(i)
	for k := from; k < to; k++ {
		if one.Purchases > 0 && b.Items.Kind.Get(k) != event.KindSale {
			continue
		}
		if product := b.Items.ProductID[k]; product != "" {
			emit(use{product, one})
		}
	}
}
