package state

import (
	"github.com/millrace/millrace/stream/codec"
)

// Map is a table with a map of fields per key. Each field is an entry of its own, so a large map costs what is used of
// it.
type Map[K, F, V any] struct {
	keys   *codec.KeyCodec[K]
	fields *codec.KeyCodec[F]
	t      *table[V]
	stat   []byte
	key    []byte
}

// OpenMap opens the maps of a name.
func OpenMap[K, F, V any](s *Space, name string, opt TableOptions) (*Map[K, F, V], error) {
	keys, err := codec.KeyFor[K]()
	if err != nil {
		return nil, s.wrap(name, "cannot open", err)
	}
	fields, err := codec.KeyFor[F]()
	if err != nil {
		return nil, s.wrap(name, "cannot open", err)
	}
	f, err := openFormat[V](s, name, KindMap, []codec.Schema{keys.Schema(), fields.Schema()}, opt)
	if err != nil {
		return nil, err
	}
	f.ordered = true
	m := &Map[K, F, V]{
		keys: keys, fields: fields,
		t: newTable(f, place(nil, s.prefix, placeEntry, f.d.id)), stat: place(nil, s.prefix, placeStat, f.d.id),
	}
	if err := m.t.open(m.stat); err != nil {
		return nil, s.wrap(name, "cannot open", err)
	}
	s.members = append(s.members, m)
	return m, nil
}

func (m *Map[K, F, V]) encode(k K, f F) []byte {
	m.key = m.fields.AppendKey(m.keys.AppendKey(m.key[:0], k), f)
	return m.key
}

// Get returns the value of a field, nil when there is none. It is valid until the next call of the table, and must not
// be changed: use Upsert for that.
func (m *Map[K, F, V]) Get(k K, f F) *V {
	if i := m.t.get(m.encode(k, f)); i != noEntry {
		return m.t.value(i)
	}
	return nil
}

// Upsert returns the value of a field to be changed, and whether there was one; else it is a new zero value. The pointer
// is valid until the next call of the table.
func (m *Map[K, F, V]) Upsert(k K, f F) (value *V, existed bool) {
	i, existed := m.t.upsert(m.encode(k, f))
	return m.t.value(i), existed
}

// Set gives a field its value.
func (m *Map[K, F, V]) Set(k K, f F, value V) {
	to, _ := m.Upsert(k, f)
	*to = value
}

// Delete takes a field away and reports whether there was one.
func (m *Map[K, F, V]) Delete(k K, f F) bool { return m.t.remove(m.encode(k, f)) }

// Fields calls fn for the fields of a key in their order. fn must not use the table, nor keep value.
func (m *Map[K, F, V]) Fields(k K, fn func(f F, value *V) error) error {
	prefix := m.keys.AppendKey(nil, k)
	return m.t.scan(prefix, func(key []byte, value *V) error {
		f, err := m.fields.DecodeKey(key[len(prefix):])
		if err != nil {
			return m.t.f.space.wrap(m.t.f.d.name, "cannot read a field of", err)
		}
		return fn(f, value)
	})
}

// DeleteAll takes all fields of a key away and returns how many there were.
func (m *Map[K, F, V]) DeleteAll(k K) (int, error) {
	var all []F
	err := m.Fields(k, func(f F, _ *V) error {
		all = append(all, f)
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, f := range all {
		m.Delete(k, f)
	}
	return len(all), nil
}

// Len returns the number of fields of all keys together.
func (m *Map[K, F, V]) Len() int { return int(m.t.count) }

// Scan calls fn for all fields in the order of key, then field. fn must not use the table, nor keep value.
func (m *Map[K, F, V]) Scan(fn func(k K, f F, value *V) error) error {
	return m.t.scan(nil, func(key []byte, value *V) error {
		k, rest, err := m.keys.CutKey(key)
		if err != nil {
			return m.t.f.space.wrap(m.t.f.d.name, "cannot read a key of", err)
		}
		f, err := m.fields.DecodeKey(rest)
		if err != nil {
			return m.t.f.space.wrap(m.t.f.d.name, "cannot read a field of", err)
		}
		return fn(k, f, value)
	})
}

// Stats returns the figures of the table.
func (m *Map[K, F, V]) Stats() Stats { return m.t.stats() }

func (m *Map[K, F, V]) flush(w Writer) error {
	if err := m.t.f.flushShared(w); err != nil {
		return err
	}
	return m.t.flushTo(w, m.stat)
}

func (m *Map[K, F, V]) committed() {
	m.t.f.ignore = m.t.f.discard
	m.t.committed()
}

func (m *Map[K, F, V]) advance() error          { return m.t.advance() }
func (m *Map[K, F, V]) evict(bytes int64) int64 { return m.t.evict(bytes) }
func (m *Map[K, F, V]) stats() Stats            { return m.t.stats() }
func (m *Map[K, F, V]) warm() error             { return m.t.warm() }
