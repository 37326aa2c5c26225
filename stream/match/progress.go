package match

import (
	"encoding/binary"
	"errors"

	"github.com/millrace/millrace/stream/codec"
	"github.com/millrace/millrace/stream/pattern"
)

// runner is what the state of a pattern is read and written with.
type runner[E any] struct {
	matcher *pattern.Matcher[E]
	events  *codec.Codec[E]
}

// progress is how far the events of a key are in the pattern. It is bytes until it is
// needed, since only a runner can read them.
type progress[E any] struct {
	raw   []byte
	by    *runner[E] // nil while it is bytes
	state pattern.State[E]

	// Hashes of the matches that went out at a time: those of equal events are numbered.
	at  int64
	ids []uint64
}

var errProgress = errors.New("the state of a pattern is damaged")

// AppendBinary implements [encoding.BinaryAppender].
func (p *progress[E]) AppendBinary(b []byte) ([]byte, error) {
	if p.by == nil {
		return append(b, p.raw...), nil
	}
	b = binary.AppendVarint(b, p.at)
	b = binary.AppendUvarint(b, uint64(len(p.ids)))
	for _, id := range p.ids {
		b = binary.LittleEndian.AppendUint64(b, id)
	}
	return p.by.matcher.AppendState(b, &p.state, func(dst []byte, e E) []byte { return p.by.events.Append(dst, &e) }), nil
}

// UnmarshalBinary implements [encoding.BinaryUnmarshaler].
func (p *progress[E]) UnmarshalBinary(b []byte) error {
	*p = progress[E]{raw: append([]byte(nil), b...)}
	return nil
}

// load reads the bytes.
func (p *progress[E]) load(by *runner[E]) error {
	if p.by != nil {
		return nil
	}
	b := p.raw
	*p = progress[E]{by: by}
	if len(b) == 0 {
		return nil
	}
	at, n := binary.Varint(b)
	if n <= 0 {
		return errProgress
	}
	b = b[n:]
	count, n := binary.Uvarint(b)
	if n <= 0 || count > uint64(len(b)-n)/8 {
		return errProgress
	}
	b = b[n:]
	p.at = at
	for range count {
		p.ids = append(p.ids, binary.LittleEndian.Uint64(b))
		b = b[8:]
	}
	return by.matcher.DecodeState(b, &p.state, func(b []byte) (e E, err error) {
		err = by.events.Decode(b, &e)
		return e, err
	})
}
