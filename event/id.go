package event

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// ID identifies an event by its content: it is derived from the idempotency
// key, so that every delivery of the same event has the same ID. The layout is
// a version 8 UUID (RFC 9562, section 5.8) over SHA-256, which leaves 122 bits
// of the digest.
type ID [16]byte

// NewID returns the ID of the idempotency key of a source. The same key from
// two sources names two events.
func NewID(source string, key []byte) ID {
	var buf [256]byte
	b := append(buf[:0], source...)
	b = append(b, 0)
	b = append(b, key...)
	sum := sha256.Sum256(b)
	id := ID(sum[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// IsZero reports whether the ID was never set.
func (id ID) IsZero() bool { return id == ID{} }

// String returns the canonical 36-character form.
func (id ID) String() string {
	var b [36]byte
	id.encode(&b)
	return string(b[:])
}

// AppendTo appends the canonical 36-character form to dst.
func (id ID) AppendTo(dst []byte) []byte {
	var b [36]byte
	id.encode(&b)
	return append(dst, b[:]...)
}

func (id ID) encode(b *[36]byte) {
	hex.Encode(b[0:8], id[0:4])
	b[8] = '-'
	hex.Encode(b[9:13], id[4:6])
	b[13] = '-'
	hex.Encode(b[14:18], id[6:8])
	b[18] = '-'
	hex.Encode(b[19:23], id[8:10])
	b[23] = '-'
	hex.Encode(b[24:36], id[10:16])
}

// ParseID reads the form that [ID.String] writes.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id, fmt.Errorf("cannot read event id %q: want 36 characters like 0190163d-8694-8000-8000-000000000000", s)
	}
	compact := make([]byte, 0, 32)
	for i := range len(s) {
		if s[i] != '-' {
			compact = append(compact, s[i])
		}
	}
	if n, err := hex.Decode(id[:], compact); err != nil || n != len(id) {
		return ID{}, fmt.Errorf("cannot read event id %q: not hexadecimal", s)
	}
	return id, nil
}
