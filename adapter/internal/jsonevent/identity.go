package jsonevent

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/jsontext"
)

// The first byte of an idempotency key.
const (
	keyOfBytes   = 0 // the payload as it is
	keyOfID      = 1 // the sender's id
	keyOfContent = 2 // the members that are content
)

// Identity is what makes events of a format the same.
type Identity struct {
	ID       string                // the key of the sender's id
	Volatile func(key string) bool // keys that are about the delivery, not the event
}

// AppendKey appends the idempotency key of a record, whose id is that of the
// last member of this name, as JSON.parse has it.
func (i *Identity) AppendKey(dst []byte, r *adapter.Record, in *Reader) []byte {
	c, id := &in.Cursor, ""
	c.Reset(jsontext.View(r.Payload))
	for c.Object(); c.More(); {
		if key, v := in.Unquote(c.Key()), c.Value(); key == i.ID {
			id = ""
			if v.Kind == jsontext.String {
				id = in.Unquote(v)
			}
		}
	}
	if c.End() != nil {
		id = ""
	}
	return i.AppendKeyOf(dst, r, id)
}

// AppendKeyOf appends the key of a record whose id is known, empty if it has
// none. An event without an id is its content.
func (i *Identity) AppendKeyOf(dst []byte, r *adapter.Record, id string) []byte {
	if id != "" {
		return append(append(dst, keyOfID), id...)
	}
	return appendContentKey(dst, r.Payload, r.Number(), i.Volatile)
}

// appendContentKey appends the key of an event without id: its members but
// those that delivery changes, as they stand, and its number among equal ones.
// A payload that is no object is identified by its bytes.
func appendContentKey(dst, payload []byte, number uint32, volatile func(key string) bool) []byte {
	start := len(dst)
	dst = append(dst, keyOfContent)
	var c jsontext.Cursor
	c.Reset(jsontext.View(payload))
	for c.Object(); c.More(); {
		key, value := c.Key(), c.Value()
		if !volatile(key.Raw) {
			dst = appendSized(dst, key.Raw)
			dst = append(dst, byte(value.Kind))
			dst = appendSized(dst, value.Raw)
		}
	}
	if c.End() != nil {
		dst = append(append(dst[:start], keyOfBytes), payload...)
	}
	return binary.BigEndian.AppendUint32(dst, number)
}

func appendSized(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Digest sums up an event's content, in whatever order its members are. The
// zero value is empty.
type Digest struct {
	sum uint64
	buf []byte
}

// Reset empties the digest.
func (d *Digest) Reset() { d.sum = 0 }

// Add adds a member.
func (d *Digest) Add(key, raw string) {
	d.buf = append(append(append(d.buf[:0], key...), 0), raw...)
	h := uint64(crc32.Checksum(d.buf, castagnoli)) ^ uint64(len(d.buf))<<32
	// The finalizer of SplitMix64, so that a sum of CRCs does not cancel out.
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	d.sum += h ^ h>>31
}

// Sum returns the digest, never 0.
func (d *Digest) Sum() uint32 { return max(uint32(d.sum>>32)^uint32(d.sum), 1) }
