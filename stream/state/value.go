package state

import (
	"slices"

	"github.com/millrace/millrace/stream/codec"
)

// Value is a table with one value per key. K is a string, an integer, a bool, a [16]byte, or a struct of those; V is
// what package codec can store.
type Value[K, V any] struct {
	keys  *codec.KeyCodec[K]
	t     *table[V]
	stat  []byte // where the number of entries is stored
	key   []byte
	ahead *ahead // of UpsertAll; nil until it is used
}

// OpenValue opens the table of a name.
func OpenValue[K, V any](s *Space, name string, opt TableOptions) (*Value[K, V], error) {
	return openValue[K, V](s, name, KindValue, opt, func(*format[V]) {})
}

func openValue[K, V any](s *Space, name string, kind Kind, opt TableOptions, adapt func(*format[V])) (*Value[K, V], error) {
	keys, err := codec.KeyFor[K]()
	if err != nil {
		return nil, s.wrap(name, "cannot open", err)
	}
	f, err := openFormat[V](s, name, kind, []codec.Schema{keys.Schema()}, opt)
	if err != nil {
		return nil, err
	}
	adapt(f)
	v := newValue(keys, f, nil)
	if err := v.t.open(v.stat); err != nil {
		return nil, s.wrap(name, "cannot open", err)
	}
	s.members = append(s.members, v)
	return v, nil
}

// newValue makes the table of a pane, or the only one of a format.
func newValue[K, V any](keys *codec.KeyCodec[K], f *format[V], pane []byte) *Value[K, V] {
	prefix := append(place(nil, f.space.prefix, placeEntry, f.d.id), pane...)
	stat := append(place(nil, f.space.prefix, placeStat, f.d.id), pane...)
	return &Value[K, V]{keys: keys, t: newTable(f, prefix), stat: stat}
}

// Get returns the value of a key, nil when there is none. It is valid until the next call of the table, and must not be
// changed: use Upsert for that.
func (v *Value[K, V]) Get(k K) *V {
	v.key = v.keys.AppendKey(v.key[:0], k)
	if i := v.t.get(v.key); i != noEntry {
		return v.t.value(i)
	}
	return nil
}

// Upsert returns the value of a key to be changed, and whether there was one; else it is a new zero value. The pointer
// is valid until the next call of the table.
func (v *Value[K, V]) Upsert(k K) (value *V, existed bool) {
	v.key = v.keys.AppendKey(v.key[:0], k)
	i, existed := v.t.upsert(v.key)
	return v.t.value(i), existed
}

// Set gives a key its value.
func (v *Value[K, V]) Set(k K, value V) {
	to, _ := v.Upsert(k)
	*to = value
}

// Delete takes a key's value away and reports whether there was one.
func (v *Value[K, V]) Delete(k K) bool {
	v.key = v.keys.AppendKey(v.key[:0], k)
	return v.t.remove(v.key)
}

// Len returns the number of keys that have a value, in memory or not.
func (v *Value[K, V]) Len() int { return int(v.t.count) }

// Scan calls fn for all entries in the order of their keys. fn must not use the table, nor keep value.
func (v *Value[K, V]) Scan(fn func(k K, value *V) error) error {
	return v.t.scan(nil, func(key []byte, value *V) error {
		k, err := v.keys.DecodeKey(key)
		if err != nil {
			return v.t.f.space.wrap(v.t.f.d.name, "cannot read a key of", err)
		}
		return fn(k, value)
	})
}

// Stats returns the figures of the table.
func (v *Value[K, V]) Stats() Stats { return v.t.stats() }

func (v *Value[K, V]) flush(w Writer) error {
	if err := v.t.f.flushShared(w); err != nil {
		return err
	}
	return v.t.flushTo(w, v.stat)
}

func (v *Value[K, V]) committed() {
	v.t.f.ignore = v.t.f.discard
	v.t.committed()
}

func (v *Value[K, V]) advance() error          { return v.t.advance() }
func (v *Value[K, V]) evict(bytes int64) int64 { return v.t.evict(bytes) }
func (v *Value[K, V]) stats() Stats            { return v.t.stats() }
func (v *Value[K, V]) warm() error             { return v.t.warm() }

// flushShared writes what belongs to no entry: it empties a table of an older version, and the part of the expiry index
// that is over.
func (f *format[V]) flushShared(w Writer) error {
	if f.discard {
		for _, p := range []byte{placeEntry, placeStat, placeExpiry, placeTimer} {
			lo := place(nil, f.space.prefix, p, f.d.id)
			if err := w.DeleteRange(lo, successor(lo)); err != nil {
				return err
			}
		}
		f.discard = false
	}
	if f.expired == nil {
		return nil
	}
	lo := place(nil, f.space.prefix, placeExpiry, f.d.id)
	err := w.DeleteRange(lo, slices.Clone(f.expired))
	f.expired = nil
	return err
}
