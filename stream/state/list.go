package state

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/millrace/millrace/stream/codec"
)

// List is a table with a list of elements per key: appended at the end, trimmed at the front. It is stored in chunks, so
// that an append rewrites one chunk and not the list.
type List[K, E any] struct {
	heads  *Value[K, listHead]
	chunks *table[chunk[E]]
	stat   []byte
	key    []byte
}

// listHead says which chunks a list has: First up to but not End.
type listHead struct {
	First, End uint64
	Len        uint64
}

type chunk[E any] struct{ Items []E }

const (
	chunksSuffix = "#chunks"
	chunkItems   = 64
)

// OpenList opens the lists of a name. They have no TTL: trim them.
func OpenList[K, E any](s *Space, name string, opt TableOptions) (*List[K, E], error) {
	if opt.TTL != 0 {
		return nil, s.wrap(name, "cannot open", fmt.Errorf("lists have no TTL: trim them"))
	}
	heads, err := openValue[K, listHead](s, name, KindList, opt, func(*format[listHead]) {})
	if err != nil {
		return nil, err
	}
	number, err := codec.KeyFor[uint64]()
	if err != nil {
		return nil, s.wrap(name, "cannot open", err)
	}
	f, err := openFormat[chunk[E]](s, name+chunksSuffix, kindChunks, []codec.Schema{heads.keys.Schema(), number.Schema()}, opt)
	if err != nil {
		return nil, err
	}
	l := &List[K, E]{
		heads: heads, chunks: newTable(f, place(nil, s.prefix, placeEntry, f.d.id)), stat: place(nil, s.prefix, placeStat, f.d.id),
	}
	if err := l.chunks.open(l.stat); err != nil {
		return nil, s.wrap(name, "cannot open", err)
	}
	s.members = append(s.members, l)
	return l, nil
}

// chunkKey returns the key of a chunk, valid until the next call.
func (l *List[K, E]) chunkKey(k K, number uint64) []byte {
	l.key = l.heads.keys.AppendKey(l.key[:0], k)
	l.key = binary.BigEndian.AppendUint64(l.key, number)
	return l.key
}

// Append adds an element at the end of a key's list.
func (l *List[K, E]) Append(k K, e E) {
	head, _ := l.heads.Upsert(k)
	if head.End == head.First {
		head.End++
	}
	head.Len++
	i, _ := l.chunks.upsert(l.chunkKey(k, head.End-1))
	if len(l.chunks.value(i).Items) == chunkItems {
		head.End++
		i, _ = l.chunks.upsert(l.chunkKey(k, head.End-1))
	}
	c := l.chunks.value(i)
	c.Items = append(c.Items, e)
}

// Len returns the number of elements of a key's list.
func (l *List[K, E]) Len(k K) int {
	if head := l.heads.Get(k); head != nil {
		return int(head.Len)
	}
	return 0
}

// Each calls fn for the elements of a key's list from the front, until it returns false. fn must not change e, nor the
// list.
func (l *List[K, E]) Each(k K, fn func(e *E) bool) {
	head := l.heads.Get(k)
	if head == nil {
		return
	}
	for number, end := head.First, head.End; number < end; number++ {
		i := l.chunks.get(l.chunkKey(k, number))
		if i == noEntry {
			l.lost(number)
			return
		}
		items := l.chunks.value(i).Items
		for n := range items {
			if !fn(&items[n]) {
				return
			}
		}
	}
}

func (l *List[K, E]) lost(number uint64) {
	l.heads.t.f.fail("cannot read", fmt.Errorf("chunk %d of a list is not there", number))
}

// Trim removes elements from the front of a key's list as long as drop says so, and returns how many.
func (l *List[K, E]) Trim(k K, drop func(e *E) bool) (removed int) {
	head := l.heads.Get(k)
	if head == nil {
		return 0
	}
	first, end, length := head.First, head.End, head.Len
	for ; first < end; first++ {
		i := l.chunks.get(l.chunkKey(k, first))
		if i == noEntry {
			l.lost(first)
			return removed
		}
		c := l.chunks.value(i)
		n := 0
		for n < len(c.Items) && drop(&c.Items[n]) {
			n++
		}
		removed += n
		if n < len(c.Items) {
			if n > 0 {
				c.Items = slices.Delete(c.Items, 0, n)
				l.chunks.change(i)
			}
			break
		}
		l.chunks.removeEntry(i)
	}
	switch {
	case removed == 0:
	case uint64(removed) == length:
		l.heads.Delete(k)
	default:
		head, _ := l.heads.Upsert(k)
		head.First, head.Len = first, length-uint64(removed)
	}
	return removed
}

// Delete removes a key's list and reports whether there was one.
func (l *List[K, E]) Delete(k K) bool { return l.Trim(k, func(*E) bool { return true }) > 0 }

// Keys calls fn for all keys that have a list, in their order, with its length. fn must not use the table.
func (l *List[K, E]) Keys(fn func(k K, length int) error) error {
	return l.heads.Scan(func(k K, head *listHead) error { return fn(k, int(head.Len)) })
}

// Stats returns the figures of the lists' chunks. Those of their heads are a table of the same name.
func (l *List[K, E]) Stats() Stats { return l.chunks.stats() }

func (l *List[K, E]) flush(w Writer) error {
	if err := l.chunks.f.flushShared(w); err != nil {
		return err
	}
	return l.chunks.flushTo(w, l.stat)
}

func (l *List[K, E]) committed() {
	l.chunks.f.ignore = l.chunks.f.discard
	l.chunks.committed()
}

func (l *List[K, E]) advance() error          { return nil }
func (l *List[K, E]) evict(bytes int64) int64 { return l.chunks.evict(bytes) }
func (l *List[K, E]) stats() Stats            { return l.chunks.stats() }
func (l *List[K, E]) warm() error             { return l.chunks.warm() }
