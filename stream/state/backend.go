package state

import (
	"bytes"
	"slices"
	"sync"
)

// Backend is the sorted store that tables are read from: what the newest commit has left.
type Backend interface {
	// Get returns the value of a key, which is valid until the next call.
	Get(key []byte) (value []byte, found bool, err error)
	// Scan calls fn for all keys in [lo, hi) in order. Keys and values are valid during fn, which may call Get.
	Scan(lo, hi []byte, fn func(key, value []byte) error) error
}

// Writer takes the changes of a flush. They take effect in the order of the calls, together with all else that is
// committed, or not at all. It keeps no slice.
type Writer interface {
	Set(key, value []byte) error
	Delete(key []byte) error
	DeleteRange(lo, hi []byte) error
}

// Memory is a Backend and a Writer in memory, for tests. The zero Memory is not usable. Several goroutines may read it at
// a time, while none writes.
type Memory struct {
	values map[string][]byte
	mu     sync.Mutex // for readers: the first of them sorts
	keys   []string   // in order, with some that have been deleted
	added  []string   // since the keys were put in order
}

// NewMemory returns an empty Memory.
func NewMemory() *Memory { return &Memory{values: map[string][]byte{}} }

// Len returns the number of keys.
func (m *Memory) Len() int { return len(m.values) }

// Get implements [Backend].
func (m *Memory) Get(key []byte) ([]byte, bool, error) {
	v, ok := m.values[string(key)]
	return v, ok, nil
}

// Scan implements [Backend]. It sees the keys of its begin.
func (m *Memory) Scan(lo, hi []byte, fn func(key, value []byte) error) error {
	for _, k := range m.between(lo, hi) {
		v, ok := m.values[k]
		if !ok {
			continue
		}
		if err := fn([]byte(k), v); err != nil {
			return err
		}
	}
	return nil
}

func (m *Memory) between(lo, hi []byte) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.order()
	first, _ := slices.BinarySearch(m.keys, string(lo))
	end, _ := slices.BinarySearch(m.keys, string(hi))
	return m.keys[first:max(first, end)]
}

// order puts the keys in order. A test may delete ranges by the thousand: sorting all keys for each takes its time.
func (m *Memory) order() {
	if len(m.added) == 0 {
		return
	}
	slices.Sort(m.added)
	merged := make([]string, 0, len(m.values))
	take := func(from *[]string) {
		k := (*from)[0]
		*from = (*from)[1:]
		if _, ok := m.values[k]; ok && (len(merged) == 0 || merged[len(merged)-1] != k) {
			merged = append(merged, k)
		}
	}
	for len(m.keys) > 0 || len(m.added) > 0 {
		if len(m.added) == 0 || len(m.keys) > 0 && m.keys[0] <= m.added[0] {
			take(&m.keys)
		} else {
			take(&m.added)
		}
	}
	m.keys, m.added = merged, nil
}

// Set implements [Writer].
func (m *Memory) Set(key, value []byte) error {
	if _, ok := m.values[string(key)]; !ok {
		m.added = append(m.added, string(key))
	}
	m.values[string(key)] = bytes.Clone(value)
	return nil
}

// Delete implements [Writer].
func (m *Memory) Delete(key []byte) error {
	delete(m.values, string(key))
	return nil
}

// DeleteRange implements [Writer].
func (m *Memory) DeleteRange(lo, hi []byte) error {
	for _, k := range m.between(lo, hi) {
		delete(m.values, k)
	}
	return nil
}

// successor returns the least key behind all that begin with prefix, which must not be all 0xff.
func successor(prefix []byte) []byte {
	end := bytes.Clone(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	panic("BUG: no key is behind the prefix")
}
