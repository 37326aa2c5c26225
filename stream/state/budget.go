package state

import "sync/atomic"

// Budget bounds the memory of many spaces together. It is safe for concurrent use.
//
// A table over the budget makes room in itself before it takes an entry more; and each space gives up its share of what
// is too much when a flush has been committed. What is dirty stays, so the budget can be exceeded by that for a time.
type Budget struct {
	limit int64
	used  atomic.Int64
}

// NewBudget returns a budget of so many bytes; 0 is no limit.
func NewBudget(bytes int64) *Budget { return &Budget{limit: bytes} }

// Used returns the bytes in use, to within 64 KiB per table.
func (b *Budget) Used() int64 { return b.used.Load() }

// Limit returns the bound; 0 is none.
func (b *Budget) Limit() int64 { return b.limit }

// over returns by how much the budget is exceeded.
func (b *Budget) over() int64 {
	if b == nil || b.limit == 0 {
		return 0
	}
	return max(0, b.used.Load()-b.limit)
}

func (b *Budget) add(bytes int64) {
	if b != nil {
		b.used.Add(bytes)
	}
}
