package transcode

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/hamba/avro/v2"

	"github.com/millrace/millrace/adapter/jsontext"
)

// avroReader reads one record. Its first error stays.
type avroReader struct {
	in    []byte // what is left
	out   []byte
	start int // of this record's JSON in out
	limit int
	depth int
	err   error
}

// Append implements [Codec].
func (c *avroCodec) Append(dst, record []byte, limit int) ([]byte, error) {
	r := avroReader{in: record, out: dst, start: len(dst), limit: limit}
	r.value(c.root)
	if r.err == nil && len(r.in) > 0 {
		r.fail("%d bytes follow the record", len(r.in))
	}
	if r.err != nil {
		return dst, r.err
	}
	return r.out, nil
}

func (r *avroReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", ErrUndecodable, fmt.Sprintf(format, args...))
		r.in = nil
	}
}

// value writes one value. Every value adds to the output, so that its limit also
// bounds items that take no bytes of the input.
func (r *avroReader) value(n *avroNode) {
	if r.err != nil {
		return
	}
	if len(r.out)-r.start > r.limit {
		r.err = ErrTooLarge
		return
	}
	switch n.kind {
	case avroNull:
		r.out = append(r.out, "null"...)
	case avroBoolean:
		r.boolean()
	case avroInt:
		r.integer(n)
	case avroFloat:
		r.float(float64(math.Float32frombits(binary.LittleEndian.Uint32(r.take(4)))), 32)
	case avroDouble:
		r.float(math.Float64frombits(binary.LittleEndian.Uint64(r.take(8))), 64)
	case avroBytes:
		r.binary(n, r.bytes())
	case avroFixed:
		r.binary(n, r.take(n.size))
	case avroString:
		r.text()
	case avroEnum:
		if i := r.long(); i >= 0 && i < int64(len(n.names)) {
			r.out = append(r.out, n.names[i]...)
		} else {
			r.fail("an enum has %d symbols, not number %d", len(n.names), i)
		}
	default:
		r.composite(n)
	}
}

// composite writes a value that contains others.
func (r *avroReader) composite(n *avroNode) {
	if r.depth++; r.depth > maxDepth {
		r.fail("it is nested deeper than %d levels", maxDepth)
		return
	}
	switch n.kind {
	case avroRecord:
		for i, f := range n.fields {
			r.out = append(r.out, n.names[i]...)
			r.value(f)
		}
		if len(n.fields) == 0 {
			r.out = append(r.out, '{')
		}
		r.out = append(r.out, '}')
	case avroUnion:
		if i := r.long(); i >= 0 && i < int64(len(n.branches)) {
			r.value(n.branches[i])
		} else {
			r.fail("a union has %d types, not number %d", len(n.branches), i)
		}
	case avroArray:
		r.blocks('[', func() { r.value(n.items) })
		r.out = append(r.out, ']')
	case avroMap:
		r.blocks('{', func() {
			r.text()
			r.out = append(r.out, ':')
			r.value(n.items)
		})
		r.out = append(r.out, '}')
	}
	r.depth--
}

// blocks reads the items of an array or a map.
func (r *avroReader) blocks(open byte, item func()) {
	r.out = append(r.out, open)
	first := true
	for r.err == nil {
		count := r.long()
		if count == 0 {
			return
		}
		if count < 0 { // its size in bytes follows
			r.long()
			count = -count
		}
		if count < 0 {
			r.fail("a block has %d items", count)
		}
		for ; count > 0 && r.err == nil; count-- {
			if !first {
				r.out = append(r.out, ',')
			}
			first = false
			item()
		}
	}
}

var zeros [8]byte

// take returns the next n bytes; after an error zeros, at most 8.
func (r *avroReader) take(n int) []byte {
	if n > len(r.in) {
		r.fail("it ends early")
		return zeros[:min(n, len(zeros))]
	}
	b := r.in[:n]
	r.in = r.in[n:]
	return b
}

// long reads a zigzag number of variable length.
func (r *avroReader) long() int64 {
	v, n := binary.Varint(r.in)
	if n <= 0 {
		r.fail("it ends early, or a number is too long")
		return 0
	}
	r.in = r.in[n:]
	return v
}

func (r *avroReader) bytes() []byte {
	n := r.long()
	if n < 0 || n > int64(len(r.in)) {
		r.fail("a text or bytes of %d bytes, %d are left", n, len(r.in))
		return nil
	}
	return r.take(int(n))
}

func (r *avroReader) text() {
	b := r.bytes()
	if !utf8.Valid(b) {
		r.fail("a text is not UTF-8")
		return
	}
	r.out = jsontext.AppendString(r.out, b)
}

func (r *avroReader) boolean() {
	switch b := r.take(1)[0]; {
	case b > 1:
		r.fail("a boolean is %d", b)
	default:
		r.out = strconv.AppendBool(r.out, b == 1)
	}
}

// float writes a number. JSON has none for what is not finite.
func (r *avroReader) float(v float64, bits int) {
	switch {
	case math.IsNaN(v):
		r.out = append(r.out, `"NaN"`...)
	case math.IsInf(v, 1):
		r.out = append(r.out, `"Infinity"`...)
	case math.IsInf(v, -1):
		r.out = append(r.out, `"-Infinity"`...)
	default:
		format := byte('f')
		if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
			format = 'e'
		}
		r.out = strconv.AppendFloat(r.out, v, format, -1, bits)
	}
}

func (r *avroReader) integer(n *avroNode) {
	v := r.long()
	if n.narrow && (v < math.MinInt32 || v > math.MaxInt32) {
		r.fail("%d is no int", v)
		return
	}
	if n.logical != "" {
		r.out = appendTime(r.out, n.logical, v)
		return
	}
	r.out = strconv.AppendInt(r.out, v, 10)
}

func (r *avroReader) binary(n *avroNode, b []byte) {
	switch {
	case r.err != nil:
	case n.logical == avro.Decimal:
		r.decimal(b, n.scale)
	case n.logical == avro.Duration && len(b) == 12:
		r.out = append(r.out, `{"months":`...)
		r.out = strconv.AppendUint(r.out, uint64(binary.LittleEndian.Uint32(b)), 10)
		r.out = append(r.out, `,"days":`...)
		r.out = strconv.AppendUint(r.out, uint64(binary.LittleEndian.Uint32(b[4:])), 10)
		r.out = append(r.out, `,"millis":`...)
		r.out = strconv.AppendUint(r.out, uint64(binary.LittleEndian.Uint32(b[8:])), 10)
		r.out = append(r.out, '}')
	default:
		if base64.StdEncoding.EncodedLen(len(b)) > r.limit {
			r.err = ErrTooLarge
			return
		}
		r.out = append(r.out, '"')
		r.out = base64.StdEncoding.AppendEncode(r.out, b)
		r.out = append(r.out, '"')
	}
}
