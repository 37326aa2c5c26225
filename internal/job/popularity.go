package job

import (
	"fmt"
	"strings"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
)

// Popularity is how much products are looked at and bought over a sliding window of
// Params.PopularityWindow, each Params.PopularityStep, against the window before it. A
// row is published when it differs from the one a step before, so that a product that
// nobody looks at costs nothing: its newest row is the present one, and the row at
// an instant is the newest up to it.
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
	rows := stream.Map(scores, "rows", func(s score) Popular { return s.Popular })
	stream.ToTable(rows, "popularity", "What a product was used over the window that ends at until; see docs/jobs.md", "product_id", "until")
	now := stream.KeyBy(scores, "all products", func(score) bool { return true })
	stream.ToTable(topList(now, "top", p.PopularityTop), "popularity_top", "The most popular products now, by rank", "rank")
	return j
}

// Popular is a row of the table popularity.
type Popular struct {
	Product   string        `state:"product_id"`
	Until     event.Instant `state:"until"` // end of the window, exclusive
	Revision  uint32        `state:"revision"`
	Retracted bool          `state:"retracted"` // it is as the row before
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

func (u *Uses) add(o Uses) {
	u.Views += o.Views
	u.Additions += o.Additions
	u.Purchases += o.Purchases
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

// score is a row, and what its product's score is now.
type score struct {
	Popular
	Now int64
}

// rank orders a top list: by score, then product.
func rank(a, b Ranked) int {
	if a.Score != b.Score {
		return int(b.Score - a.Score)
	}
	return strings.Compare(a.Product, b.Product)
}
