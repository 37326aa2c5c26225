package filesource

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/internal/source/resume"
)

// memory is what is known of files that stay in their folder after they were
// taken: a fingerprint of each, as it was. Files that are no longer listed are
// forgotten, so that it is as large as the folder, which is bounded.
//
// It is kept in shards, each a value of its own, so that a file more does not
// write all of it anew.
type memory struct {
	cursors resume.Cursors
	prefix  string
	loaded  bool
	shards  [memoryShards]map[fileKey]struct{}
	last    string // name that was taken, where names grow
}

const memoryShards = 64

type fileKey [16]byte

func newMemory(cursors resume.Cursors, source string) *memory {
	return &memory{cursors: cursors, prefix: "folder/" + source + "/"}
}

// keyOf is a fingerprint of a file's name and looks.
func keyOf(e *Entry) fileKey {
	b := append([]byte(e.Name), 0)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Size)) //nolint:gosec // bits
	if !e.Modified.IsZero() {
		b = binary.BigEndian.AppendUint64(b, uint64(e.Modified.UnixNano())) //nolint:gosec // bits
	}
	return xxh3.Hash128(append(b, e.Version...)).Bytes()
}

func (m *memory) shardKey(i int) string { return fmt.Sprintf("%staken/%02d", m.prefix, i) }

func (m *memory) load() error {
	if m.loaded {
		return nil
	}
	for i := range m.shards {
		value, _, err := m.cursors.Get(m.shardKey(i))
		if err != nil {
			return fmt.Errorf("cannot read which files have been taken: %w", err)
		}
		m.shards[i] = make(map[fileKey]struct{}, len(value)/len(fileKey{}))
		for ; len(value) >= len(fileKey{}); value = value[len(fileKey{}):] {
			m.shards[i][fileKey(value)] = struct{}{}
		}
	}
	last, _, err := m.cursors.Get(m.prefix + "last")
	if err != nil {
		return fmt.Errorf("cannot read which file was taken last: %w", err)
	}
	m.last, m.loaded = string(last), true
	return nil
}

func (m *memory) save(i int) error {
	var value bytes.Buffer
	for k := range m.shards[i] {
		value.Write(k[:])
	}
	if err := m.cursors.Put(m.shardKey(i), value.Bytes()); err != nil {
		return fmt.Errorf("cannot keep which files have been taken: %w", err)
	}
	return nil
}

// has reports whether a file has been taken.
func (m *memory) has(e *Entry) bool {
	k := keyOf(e)
	_, ok := m.shards[k[0]%memoryShards][k]
	return ok
}

func (m *memory) add(e *Entry) error {
	k := keyOf(e)
	i := int(k[0] % memoryShards)
	m.shards[i][k] = struct{}{}
	return m.save(i)
}

// prune forgets files that are not listed. A listing that begins behind the last
// name says nothing of those before it.
func (m *memory) prune(listed []Entry, partial bool) error {
	if partial {
		return nil
	}
	present := make(map[fileKey]struct{}, len(listed))
	for i := range listed {
		present[keyOf(&listed[i])] = struct{}{}
	}
	for i := range m.shards {
		before := len(m.shards[i])
		for k := range m.shards[i] {
			if _, ok := present[k]; !ok {
				delete(m.shards[i], k)
			}
		}
		if len(m.shards[i]) != before {
			if err := m.save(i); err != nil {
				return err
			}
		}
	}
	return nil
}

// setLastName keeps the name of the newest file that was taken, where names grow.
func (m *memory) setLastName(name string) error {
	m.last = max(m.last, name)
	if err := m.cursors.Put(m.prefix+"last", []byte(m.last)); err != nil {
		return fmt.Errorf("cannot keep which file was taken last: %w", err)
	}
	return nil
}
