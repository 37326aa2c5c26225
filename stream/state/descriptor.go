package state

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/millrace/millrace/stream/codec"
)

// Kind is what a table is.
type Kind uint8

// The kinds of tables. The numbers are stored.
const (
	KindValue Kind = iota + 1
	KindPanes
	KindList
	KindMap
	KindCounter
	KindTimers
	kindChunks // the chunks of a list
)

var kindNames = [...]string{"none", "value", "panes", "list", "map", "counter", "timers", "chunks"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// descriptor is what the backend knows of a table: enough to read it without the program.
type descriptor struct {
	id      uint16
	kind    Kind
	name    string
	version uint64
	keys    []codec.Schema // of the parts of a key: one, or two of a map
	values  []codec.Schema // that entries are stored with; an entry has the number of its own
	changed bool           // since it was read
}

const descriptorFormat = 1

func (d *descriptor) append(dst []byte) []byte {
	dst = append(dst, descriptorFormat, byte(d.kind))
	dst = binary.AppendUvarint(dst, d.version)
	dst = append(binary.AppendUvarint(dst, uint64(len(d.name))), d.name...)
	for _, schemas := range [][]codec.Schema{d.keys, d.values} {
		dst = append(dst, byte(len(schemas)))
		for _, s := range schemas {
			dst = s.AppendTo(dst)
		}
	}
	return dst
}

var errDescriptor = errors.New("the description of a table is damaged")

func parseDescriptor(id uint16, b []byte) (*descriptor, error) {
	if len(b) < 2 || b[0] != descriptorFormat {
		return nil, errDescriptor
	}
	d := &descriptor{id: id, kind: Kind(b[1])}
	var n int
	if d.version, n = binary.Uvarint(b[2:]); n <= 0 {
		return nil, errDescriptor
	}
	b = b[2+n:]
	length, n := binary.Uvarint(b)
	if n <= 0 || length > uint64(len(b)-n) {
		return nil, errDescriptor
	}
	d.name, b = string(b[n:n+int(length)]), b[n+int(length):]
	var err error
	if d.keys, b, err = parseSchemas(b); err != nil {
		return nil, err
	}
	d.values, _, err = parseSchemas(b)
	return d, err
}

func parseSchemas(b []byte) ([]codec.Schema, []byte, error) {
	if len(b) == 0 {
		return nil, nil, errDescriptor
	}
	n := int(b[0])
	b = b[1:]
	schemas := make([]codec.Schema, 0, n)
	for range n {
		s, rest, err := codec.ParseSchema(b)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %w", errDescriptor, err)
		}
		schemas, b = append(schemas, s), rest
	}
	return schemas, b, nil
}

// Below the prefix of a space:
//
//	d <id>                    descriptor of a table
//	s <id> [pane]             number of keys that have a value
//	e <id> [pane] <key>       entry: schema number, bucket of the last write when the table has a TTL, value
//	x <id> <bucket> <key>     that the entry was written in that bucket, then or later
//	t <id> <time> <key>       timer
//	w                         watermark
//
// Numbers are big endian, signed ones with the sign bit flipped, so that they stand in order.
const (
	placeDescriptor = 'd'
	placeStat       = 's'
	placeEntry      = 'e'
	placeExpiry     = 'x'
	placeTimer      = 't'
	placeWatermark  = 'w'
)

// place appends the prefix of one place of a table.
func place(dst, space []byte, place byte, id uint16) []byte {
	return binary.BigEndian.AppendUint16(append(append(dst, space...), place), id)
}

func appendOrdered(dst []byte, v int64) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(v)^1<<63)
}

func ordered(b []byte) int64 { return int64(binary.BigEndian.Uint64(b) ^ 1<<63) }
