package cluster

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
)

// Local is the store that a task's changelog is replayed into. It begins empty and
// need not survive its process. One goroutine at a time uses it.
type Local interface {
	state.Backend
	state.Writer
	Close() error
}

type memory struct{ *state.Memory }

func (memory) Close() error { return nil }

func inMemory(stream.Place) (Local, error) { return memory{state.NewMemory()}, nil }

// Keys of a task: what the engine keeps, and what we do.
const (
	engineKeys = 'e'
	ownKeys    = 'o'
)

var (
	progressKey = []byte{ownKeys, 'p'}
	barrierKey  = []byte{ownKeys, 'b'}
)

// heardKey is where the newest announcement of a sender is.
func heardKey(from stream.Place) []byte {
	return appendPlace([]byte{ownKeys, 'h'}, from)
}

func appendPlace(dst []byte, p stream.Place) []byte {
	kind := byte('p')
	if p.Shard {
		kind = 's'
	}
	return binary.BigEndian.AppendUint32(append(dst, kind), uint32(p.Number))
}

var errPlace = errors.New("the name of a task is damaged")

const placeBytes = 5

func cutPlace(b []byte) (p stream.Place, rest []byte, err error) {
	if len(b) < placeBytes || b[0] != 'p' && b[0] != 's' {
		return p, nil, errPlace
	}
	return stream.Place{Shard: b[0] == 's', Number: int32(binary.BigEndian.Uint32(b[1:]))}, b[placeBytes:], nil
}

// engineState is the engine's part of a store.
type engineState struct{ state.Backend }

func engineKey(key []byte) []byte { return append([]byte{engineKeys}, key...) }

func (s engineState) Get(key []byte) ([]byte, bool, error) { return s.Backend.Get(engineKey(key)) }

func (s engineState) Scan(lo, hi []byte, fn func(key, value []byte) error) error {
	return s.Backend.Scan(engineKey(lo), engineKey(hi), func(key, value []byte) error { return fn(key[1:], value) })
}

// changes are those of one transaction, one per key: what goes to the changelog, and,
// once that is committed, to the local store. A range that is deleted becomes its
// keys, as a compacted topic knows nothing else.
type changes struct {
	local state.Backend // as of the newest commit
	list  []change
	index map[string]int
}

type change struct {
	key   []byte
	value []byte // nil when the key is deleted
}

func newChanges(local state.Backend) *changes {
	return &changes{local: local, index: make(map[string]int)}
}

func (c *changes) reset() {
	clear(c.list)
	c.list = c.list[:0]
	clear(c.index)
}

// set takes the slices over.
func (c *changes) set(key, value []byte) {
	if i, ok := c.index[string(key)]; ok {
		c.list[i].value = value
		return
	}
	c.index[string(key)] = len(c.list)
	c.list = append(c.list, change{key, value})
}

// Set implements [state.Writer] for the engine.
func (c *changes) Set(key, value []byte) error {
	// A value without bytes is not a deletion.
	c.set(engineKey(key), append(make([]byte, 0, len(value)), value...))
	return nil
}

// Delete implements [state.Writer] for the engine.
func (c *changes) Delete(key []byte) error {
	c.set(engineKey(key), nil)
	return nil
}

// DeleteRange implements [state.Writer] for the engine.
func (c *changes) DeleteRange(lo, hi []byte) error {
	from, to := engineKey(lo), engineKey(hi)
	for i := range c.list {
		if k := c.list[i].key; bytes.Compare(k, from) >= 0 && bytes.Compare(k, to) < 0 {
			c.list[i].value = nil
		}
	}
	return c.local.Scan(from, to, func(key, _ []byte) error {
		c.set(slices.Clone(key), nil)
		return nil
	})
}

// apply brings a store to the moment of the changes.
func (c *changes) apply(to state.Writer) error {
	for _, change := range c.list {
		if err := put(to, change.key, change.value); err != nil {
			return err
		}
	}
	return nil
}

func put(to state.Writer, key, value []byte) error {
	if value == nil {
		return to.Delete(key)
	}
	return to.Set(key, value)
}
