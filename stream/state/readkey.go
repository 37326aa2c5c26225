package state

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/millrace/millrace/stream/codec"
)

// ErrKey is wrapped by the error about a key that is not of a table's type.
var ErrKey = errors.New("key is not of the table's type")

// ReadKey returns up to limit committed entries that a table has of a key, which is
// JSON: of panes those of all panes, of a map those of all fields.
func ReadKey(backend Backend, prefix []byte, table string, key []byte, limit int) ([]Entry, error) {
	r, err := newReader(backend, prefix, table)
	if err != nil {
		return nil, fmt.Errorf("cannot read table %q: %w", table, err)
	}
	encoded, err := codec.ParseKeyJSON(nil, r.d.keys[0], key)
	if err != nil {
		return nil, fmt.Errorf("cannot read table %q: %w: %w", table, ErrKey, err)
	}
	entries, err := r.entriesOf(encoded, limit)
	if err != nil {
		return nil, fmt.Errorf("cannot read table %q: %w", table, err)
	}
	return entries, nil
}

func (r *reader) entriesOf(key []byte, limit int) ([]Entry, error) {
	switch r.d.kind {
	case KindMap:
		return r.scan(key, limit)
	case KindPanes:
		return r.inPanes(key, limit)
	}
	return r.get(nil, key)
}

// get returns the entry of a key, if there is one.
func (r *reader) get(entries []Entry, key []byte) ([]Entry, error) {
	b, found, err := r.backend.Get(append(r.place(placeEntry, r.d), key...))
	if err != nil || !found {
		return entries, err
	}
	e, err := r.entry(key, bytes.Clone(b))
	return append(entries, e), err
}

func (r *reader) entry(key, b []byte) (e Entry, err error) {
	e.Cursor = key
	if e.Key, err = r.showKey(key); err == nil {
		e.Value, err = r.show(key, b)
	}
	return e, err
}

// scan returns the entries whose keys begin with one.
func (r *reader) scan(key []byte, limit int) (entries []Entry, err error) {
	lo := append(r.place(placeEntry, r.d), key...)
	skip := len(lo) - len(key)
	err = r.backend.Scan(lo, successor(lo), func(k, b []byte) error {
		if len(entries) >= limit {
			return errEnough
		}
		e, err := r.entry(bytes.Clone(k[skip:]), b)
		entries = append(entries, e)
		return err
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return entries, err
}

// inPanes returns the newest entries of a key, a pane each, in the order of the
// panes.
func (r *reader) inPanes(key []byte, limit int) ([]Entry, error) {
	var starts [][]byte
	lo := r.place(placeStat, r.d)
	err := r.backend.Scan(lo, successor(lo), func(k, _ []byte) error {
		starts = append(starts, bytes.Clone(k[len(lo):]))
		return nil
	})
	var entries []Entry
	for _, start := range slices.Backward(starts) {
		if err != nil || len(entries) >= limit {
			break
		}
		entries, err = r.get(entries, slices.Concat(start, key))
	}
	slices.Reverse(entries)
	return entries, err
}
