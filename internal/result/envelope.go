package result

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/millrace/millrace/stream"
)

// Envelope is a result as it waits for its delivery.
type Envelope struct {
	Job    string
	Kind   stream.SinkKind
	Sink   string
	Schema uint64 // fingerprint of the row's schema
	Time   int64  // event time, µs
	Cause  stream.Cause
	Row    []byte // of a topic: what JSON.AppendMessage wrote
}

// ErrEnvelope says that bytes are no stored result.
var ErrEnvelope = errors.New("stored result is corrupt")

const envelopeVersion = 1

// Append appends the stored form of an output.
func Append(dst []byte, o *stream.Output) []byte {
	dst = append(dst, envelopeVersion)
	for _, s := range [...]string{o.Job, string(o.Sink.Kind), o.Sink.Name} {
		dst = binary.AppendUvarint(dst, uint64(len(s)))
		dst = append(dst, s...)
	}
	dst = binary.LittleEndian.AppendUint64(dst, o.Sink.Fingerprint)
	dst = binary.AppendVarint(dst, o.Time)
	dst = binary.AppendVarint(dst, int64(o.Cause.Partition))
	dst = binary.AppendVarint(dst, o.Cause.Offset)
	return append(dst, o.Row...)
}

// Parse reads the stored form. Row is a part of b.
func Parse(b []byte) (e Envelope, err error) {
	if len(b) == 0 || b[0] != envelopeVersion {
		return e, fmt.Errorf("%w: version %.1x, this binary reads %d", ErrEnvelope, b, envelopeVersion)
	}
	b = b[1:]
	var texts [3]string
	for i := range texts {
		n, w := binary.Uvarint(b)
		if w <= 0 || n > uint64(len(b)-w) {
			return e, ErrEnvelope
		}
		texts[i], b = string(b[w:w+int(n)]), b[w+int(n):]
	}
	if len(b) < 8 {
		return e, ErrEnvelope
	}
	e.Job, e.Kind, e.Sink, e.Schema = texts[0], stream.SinkKind(texts[1]), texts[2], binary.LittleEndian.Uint64(b)
	b = b[8:]
	var numbers [3]int64
	for i := range numbers {
		v, w := binary.Varint(b)
		if w <= 0 {
			return e, ErrEnvelope
		}
		numbers[i], b = v, b[w:]
	}
	e.Time, e.Cause, e.Row = numbers[0], stream.Cause{Partition: int32(numbers[1]), Offset: numbers[2]}, b
	return e, nil
}
