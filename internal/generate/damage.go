package generate

import (
	"bytes"
	"math/bits"
	"strconv"
)

func trailingZeros(x uint64) int { return bits.TrailingZeros64(x) }

func appendInt(dst []byte, n int) []byte { return strconv.AppendInt(dst, int64(n), 10) }

func appendOrder(dst []byte, n uint64) []byte { return strconv.AppendUint(append(dst, 'o'), n, 10) }

// damage delivers a broken copy of the event that was just written, under an id
// of its own: a client with a defect sends it besides. What is true about the
// shop stays in the good event.
func (s *Shop) damage(e Event, open int64) {
	r := &s.dirt
	e.Delivery, e.Damage, e.Late = Broken, Damage(r.between(1, damageCount-1)), false
	e.Arrival += r.between(1000, 200_000)
	// {"id":"0123456789abcdef","type":"…","time":"2026-01-01T00:00:00.000000Z",…
	const idFrom, idTo = len(`{"id":"`), len(`{"id":"0123456789abcdef`)
	s.events++
	b := append(s.scratch[:0], s.w.buf[:idFrom]...)
	b = appendHex(b, mix(s.salt+s.events*golden), 16)
	rest := s.w.buf[idTo:]
	typeTo := bytes.Index(rest, []byte(`,"time":"`))
	switch e.Damage {
	case NoJSON:
		b = append(b, rest[:r.between(3, int64(len(rest)-1))]...)
	case NoType:
		b = append(b, `","type":""`...)
		b = append(b, rest[typeTo:]...)
	case WrongType:
		b = append(b, `","order_id":4711`...)
		b = append(b, withoutOrder(rest[1:])...)
	case BadTime:
		b = append(b, rest[:typeTo]...)
		b = append(b, `,"time":"yesterday"`...)
		b = append(b, rest[typeTo+len(`,"time":"2026-01-01T00:00:00.000000Z"`):]...)
	case BadNumber:
		b = append(b, `","amount":"12,50"`...)
		b = append(b, withoutAmount(rest[1:])...)
	case UnknownField:
		b = append(b, `","costumer_id":"c1"`...)
		b = append(b, rest[1:]...)
	}
	s.scratch = b
	s.outbox.put(e, b, [2]int32{}, open)
}

// withoutOrder and withoutAmount leave out the known field, as a key must not
// stand twice.

func withoutOrder(b []byte) []byte { return without(b, `,"order_id":`) }

func withoutAmount(b []byte) []byte { return without(b, `,"amount":`) }

func without(b []byte, key string) []byte {
	from := bytes.Index(b, []byte(key))
	if from < 0 || from > bytes.Index(b, []byte(`,"properties":`)) {
		return b
	}
	to := from + len(key)
	for b[to] != ',' {
		to++
	}
	return append(bytes.Clone(b[:from]), b[to:]...)
}

func appendInt64(dst []byte, n uint64) []byte { return strconv.AppendUint(dst, n, 10) }
