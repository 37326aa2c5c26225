package olap

import (
	"math/big"
	"math/bits"
	"strconv"

	"github.com/millrace/millrace/event"
)

// MoneyScale is the number of decimals of money columns.
const MoneyScale = 6

// Decimal is an exact decimal number of up to 38 digits: (Hi × 2⁶⁴ + Lo) divided
// by 10^Scale, with Hi carrying the sign (two's complement).
type Decimal struct {
	Hi    int64
	Lo    uint64
	Scale uint8
}

// DecimalOf returns v / 10^scale.
func DecimalOf(v int64, scale uint8) Decimal {
	return Decimal{Hi: v >> 63, Lo: uint64(v), Scale: scale}
}

// Micros returns the number as money. It is false when the number has more
// decimals than money has or does not fit.
func (d Decimal) Micros() (event.Micros, bool) {
	if d.Hi != int64(d.Lo)>>63 {
		return 0, false
	}
	v := event.Micros(d.Lo)
	for s := d.Scale; s < MoneyScale; s++ {
		var ok bool
		if v, ok = v.Mul(10); !ok {
			return 0, false
		}
	}
	for s := d.Scale; s > MoneyScale; s-- {
		if v%10 != 0 {
			return 0, false
		}
		v /= 10
	}
	return v, true
}

// Float returns the nearest float64, for charts.
func (d Decimal) Float() float64 {
	f, _ := strconv.ParseFloat(d.String(), 64)
	return f
}

// String writes the number exactly, with all its decimals. Money, which has six,
// is written as [event.Micros] writes it: at least three, and no more than needed.
func (d Decimal) String() string { return string(d.AppendTo(nil)) }

// MarshalText makes JSON carry the number as an exact string.
func (d Decimal) MarshalText() ([]byte, error) { return d.AppendTo(nil), nil }

// AppendTo appends what [Decimal.String] returns.
func (d Decimal) AppendTo(dst []byte) []byte {
	hi, lo := uint64(d.Hi), d.Lo
	if d.Hi < 0 {
		dst = append(dst, '-')
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, borrow)
	}
	var buf [40]byte
	digits := appendUint128(buf[:0], hi, lo)
	scale := int(d.Scale)
	if scale == 0 {
		return append(dst, digits...)
	}
	whole := len(digits) - scale
	if whole <= 0 {
		dst = append(dst, '0', '.')
		for range -whole {
			dst = append(dst, '0')
		}
		dst = append(dst, digits...)
	} else {
		dst = append(dst, digits[:whole]...)
		dst = append(dst, '.')
		dst = append(dst, digits[whole:]...)
	}
	if scale == MoneyScale {
		for range MoneyScale - 3 {
			if dst[len(dst)-1] != '0' {
				break
			}
			dst = dst[:len(dst)-1]
		}
	}
	return dst
}

func appendUint128(dst []byte, hi, lo uint64) []byte {
	if hi == 0 {
		return strconv.AppendUint(dst, lo, 10)
	}
	v := new(big.Int).SetUint64(hi)
	v.Lsh(v, 64).Or(v, new(big.Int).SetUint64(lo))
	return v.Append(dst, 10)
}
