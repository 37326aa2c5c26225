package enrich

import "github.com/millrace/millrace/event"

const lookupLogic = "1"

// Segment gives events the segment of their customer, by a table of customers with one
// value.
func Segment(t *Table) *Enrichment {
	e := newStep("segment", lookupLogic, func() apply {
		return func(b *event.Batch, rows []int32, f *facts, n *tally) {
			for _, i := range rows {
				id := b.CustomerID[i]
				if id == "" {
					n.of[Empty]++
					continue
				}
				values := f.table.at(id, b.Time[i])
				if values == nil || values[0] == "" {
					n.miss(b, i, "customer_id", id, "is not in the table "+t.name)
					continue
				}
				n.of[Changed]++
				b.Segment.Set(int(i), values[0])
			}
		}
	}, "segment")
	e.table = t
	return e
}

// Product gives items without name or category those of the catalogue at the time of the
// event: a table of products with name and category. What the sender said stays.
func Product(t *Table) *Enrichment {
	e := newStep("product", lookupLogic, func() apply {
		return func(b *event.Batch, rows []int32, f *facts, n *tally) {
			for _, i := range rows {
				fillItems(b, i, f.table, n, t.name)
			}
		}
	}, "item.name", "item.category")
	e.table = t
	return e
}

// fillItems fills what the items of an event lack. Of several outcomes the worst counts.
func fillItems(b *event.Batch, i int32, s *snapshot, n *tally, table string) {
	it := &b.Items
	outcome := Empty
	from, to := b.ItemRange(int(i))
	for k := from; k < to; k++ {
		lacks := it.Name[k] == "" || it.Category.Codes[k] == 0
		switch {
		case it.ProductID[k] == "" || it.Kind.Get(k) == event.KindFee || it.Kind.Get(k) == event.KindAdjustment:
			continue
		case !lacks:
			outcome = worse(outcome, Kept)
			continue
		}
		values := s.at(it.ProductID[k], b.Time[i])
		if values == nil {
			if outcome != Missed {
				n.miss(b, i, "item.product_id", it.ProductID[k], "is not in the table "+table+" at the time of the event")
			}
			outcome = Missed
			continue
		}
		if it.Name[k] == "" {
			it.Name[k] = values[0]
		}
		if it.Category.Codes[k] == 0 {
			it.Category.Set(k, values[1])
		}
		outcome = worse(outcome, Changed)
	}
	if outcome != Missed {
		n.of[outcome]++
	}
}

// worse is the outcome of an event by those of its items: missed, changed, kept, empty.
func worse(a, b Outcome) Outcome {
	for _, o := range [...]Outcome{Missed, Changed, Kept} {
		if a == o || b == o {
			return o
		}
	}
	return Empty
}
