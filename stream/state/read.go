package state

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/millrace/millrace/stream/codec"
)

// TableInfo describes a stored table.
type TableInfo struct {
	Name    string
	Kind    Kind
	Version int
	Entries int64  // of a list: keys
	Key     string // its type; of a map: key and field
	Value   string // the newest type of its values; of a list: of its elements
}

// Tables lists the tables stored below the prefix of a space, by name.
func Tables(backend Backend, prefix []byte) ([]TableInfo, error) {
	all, err := readDescriptors(backend, prefix)
	if err != nil {
		return nil, fmt.Errorf("cannot list the tables: %w", err)
	}
	var infos []TableInfo
	for _, d := range all {
		if d.kind == kindChunks {
			continue
		}
		r := reader{backend, prefix, d, all}
		info, err := r.info()
		if err != nil {
			return nil, fmt.Errorf("cannot list the tables: %q: %w", d.name, err)
		}
		infos = append(infos, info)
	}
	slices.SortFunc(infos, func(a, b TableInfo) int { return strings.Compare(a.Name, b.Name) })
	return infos, nil
}

// Read returns the committed entry of a key as JSON, by the stored schemas alone. The key is JSON too: a text, a number,
// or an object of fields; of panes a list [start, key]; of a map [key, field]. A list is shown with all its elements.
func Read(backend Backend, prefix []byte, table string, key []byte) (value []byte, found bool, err error) {
	r, err := newReader(backend, prefix, table)
	if err == nil {
		value, found, err = r.read(key)
	}
	if err != nil {
		return nil, false, fmt.Errorf("cannot read table %q: %w", table, err)
	}
	return value, found, nil
}

// Entry is a stored entry as JSON.
type Entry struct {
	Cursor []byte // of the entry, to go on behind it
	Key    json.RawMessage
	Value  json.RawMessage
}

// Browse returns up to limit committed entries of a table in the order of their keys, behind the cursor after; nil is
// the begin.
func Browse(backend Backend, prefix []byte, table string, after []byte, limit int) ([]Entry, error) {
	r, err := newReader(backend, prefix, table)
	if err != nil {
		return nil, fmt.Errorf("cannot browse table %q: %w", table, err)
	}
	entries, err := r.browse(after, limit)
	if err != nil {
		return nil, fmt.Errorf("cannot browse table %q: %w", table, err)
	}
	return entries, nil
}

// reader reads one stored table without its Go types.
type reader struct {
	backend Backend
	prefix  []byte
	d       *descriptor
	all     []*descriptor
}

// ErrNoTable is wrapped by the error about a table that is not stored.
var ErrNoTable = errors.New("no such table")

func newReader(backend Backend, prefix []byte, table string) (*reader, error) {
	all, err := readDescriptors(backend, prefix)
	if err != nil {
		return nil, err
	}
	for _, d := range all {
		if d.name == table && d.kind != kindChunks {
			return &reader{backend, prefix, d, all}, nil
		}
	}
	return nil, ErrNoTable
}

func (r *reader) place(p byte, d *descriptor) []byte { return place(nil, r.prefix, p, d.id) }

func (r *reader) chunks() (*descriptor, error) {
	for _, d := range r.all {
		if d.name == r.d.name+chunksSuffix {
			return d, nil
		}
	}
	return nil, fmt.Errorf("%w: its chunks are missing", errDescriptor)
}

func (r *reader) info() (TableInfo, error) {
	d := r.d
	info := TableInfo{Name: d.name, Kind: d.kind, Version: int(d.version)}
	for i, k := range d.keys {
		if i > 0 {
			info.Key += ", "
		}
		info.Key += k.String()
	}
	values := d.values
	if d.kind == KindList {
		chunks, err := r.chunks()
		if err != nil {
			return info, err
		}
		values = chunks.values
	}
	if len(values) > 0 {
		info.Value = values[len(values)-1].String()
		if root := values[len(values)-1].Root(); d.kind == KindList {
			info.Value = root.Fields[0].Type.Elem.String()
		}
	}
	lo := r.place(placeStat, d)
	err := r.backend.Scan(lo, successor(lo), func(_, value []byte) error {
		n, width := binary.Uvarint(value)
		if width <= 0 {
			return errEntry
		}
		info.Entries += int64(n)
		return nil
	})
	return info, err
}

func (r *reader) read(text []byte) (value []byte, found bool, err error) {
	key, err := r.parseKey(text)
	if err != nil {
		return nil, false, err
	}
	b, found, err := r.backend.Get(append(r.place(placeEntry, r.d), key...))
	if err != nil || !found {
		return nil, false, err
	}
	value, err = r.show(key, b)
	return value, true, err
}

// parseKey encodes a key given as JSON, as it stands behind the prefix of the entries.
func (r *reader) parseKey(text []byte) (key []byte, err error) {
	if r.d.kind != KindPanes && r.d.kind != KindMap {
		return codec.ParseKeyJSON(nil, r.d.keys[0], text)
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil || len(parts) != 2 {
		return nil, fmt.Errorf("want a key of a %s table as a list of two, not %s", r.d.kind, text)
	}
	if r.d.kind == KindPanes {
		start, err := strconv.ParseInt(string(parts[0]), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("want the start of a pane in µs, not %s", parts[0])
		}
		return codec.ParseKeyJSON(appendOrdered(nil, start), r.d.keys[0], parts[1])
	}
	if key, err = codec.ParseKeyJSON(nil, r.d.keys[0], parts[0]); err != nil {
		return nil, err
	}
	return codec.ParseKeyJSON(key, r.d.keys[1], parts[1])
}

// showKey is the inverse of parseKey.
func (r *reader) showKey(key []byte) (text []byte, err error) {
	switch r.d.kind {
	case KindPanes:
		if len(key) < 8 {
			return nil, errEntry
		}
		text = append(strconv.AppendInt([]byte{'['}, ordered(key), 10), ',')
		text, err = codec.AppendKeyJSON(text, r.d.keys[0], key[8:])
		return append(text, ']'), err
	case KindMap:
		text, field, err := codec.CutKeyJSON([]byte{'['}, r.d.keys[0], key)
		if err != nil {
			return nil, err
		}
		text, err = codec.AppendKeyJSON(append(text, ','), r.d.keys[1], field)
		return append(text, ']'), err
	}
	return codec.AppendKeyJSON(nil, r.d.keys[0], key)
}

func (r *reader) show(key, b []byte) ([]byte, error) {
	if r.d.kind == KindList {
		return r.showList(key)
	}
	return showEntry(r.d, b)
}

func showEntry(d *descriptor, b []byte) ([]byte, error) {
	schema, _, value, err := cutEntry(b)
	if err != nil {
		return nil, err
	}
	if schema >= len(d.values) {
		return nil, fmt.Errorf("%w: it has schema number %d of %d", errEntry, schema, len(d.values))
	}
	return codec.AppendJSON(nil, d.values[schema], value)
}

// showList joins the elements of a list's chunks.
func (r *reader) showList(key []byte) ([]byte, error) {
	d, err := r.chunks()
	if err != nil {
		return nil, err
	}
	lo := append(r.place(placeEntry, d), key...)
	elements := []json.RawMessage{}
	err = r.backend.Scan(lo, successor(lo), func(_, b []byte) error {
		text, err := showEntry(d, b)
		if err != nil {
			return err
		}
		var c struct{ Items []json.RawMessage }
		if err := json.Unmarshal(text, &c); err != nil {
			return fmt.Errorf("%w: %w", errEntry, err)
		}
		elements = append(elements, c.Items...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(elements)
}

func (r *reader) browse(after []byte, limit int) ([]Entry, error) {
	prefix := r.place(placeEntry, r.d)
	lo := slices.Concat(prefix, after)
	if after != nil {
		lo = append(lo, 0)
	}
	entries := []Entry{}
	err := r.backend.Scan(lo, successor(prefix), func(key, b []byte) error {
		if len(entries) >= limit {
			return errEnough
		}
		key = bytes.Clone(key[len(prefix):])
		e := Entry{Cursor: key}
		var err error
		if e.Key, err = r.showKey(key); err != nil {
			return err
		}
		e.Value, err = r.show(key, b)
		entries = append(entries, e)
		return err
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	return entries, nil
}
