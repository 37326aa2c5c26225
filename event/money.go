package event

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
)

// Micros is an amount of money in millionths of the currency unit. The currency
// (ISO 4217) stands beside it, in [Batch.Currency].
type Micros int64

// MicrosPerUnit is how many micros make one unit of a currency.
const MicrosPerUnit = 1_000_000

var (
	// ErrNotNumber says that a text is not a plain decimal number.
	ErrNotNumber = errors.New("not a decimal number")
	// ErrPrecision says that a number has more than six decimals, which would
	// be lost.
	ErrPrecision = errors.New("more than six decimals")
	// ErrOverflow says that a number does not fit.
	ErrOverflow = errors.New("number out of range")
)

// ParseMicros reads a plain decimal number ("-12.345") exactly: no rounding, no
// exponent, no thousands separator. A seventh decimal that is not zero is
// [ErrPrecision]. It takes strings and byte slices and does not allocate.
func ParseMicros[T string | []byte](s T) (Micros, error) {
	i, neg := 0, false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		i = 1
	}
	var v uint64
	digits, decimals, point := 0, 0, false
	for ; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '.' && !point:
			point = true
			continue
		case c < '0' || c > '9':
			return 0, ErrNotNumber
		}
		digits++
		if point {
			if decimals == 6 {
				if c != '0' {
					return 0, ErrPrecision
				}
				continue
			}
			decimals++
		}
		hi, lo := bits.Mul64(v, 10)
		if hi != 0 || lo > math.MaxInt64-9 {
			return 0, ErrOverflow
		}
		v = lo + uint64(c-'0')
	}
	if digits == 0 {
		return 0, ErrNotNumber
	}
	for ; decimals < 6; decimals++ {
		if v > math.MaxInt64/10 {
			return 0, ErrOverflow
		}
		v *= 10
	}
	if neg {
		return -Micros(v), nil
	}
	return Micros(v), nil
}

// Mul multiplies a price by a whole number of pieces. It is false when the
// product does not fit.
func (m Micros) Mul(n int64) (Micros, bool) {
	if m == 0 || n == 0 {
		return 0, true
	}
	p := int64(m) * n
	if p/n != int64(m) || (n == -1 && int64(m) == math.MinInt64) {
		return 0, false
	}
	return Micros(p), true
}

// String writes the amount in currency units with at least three decimals and
// no more than it needs: "9769872.054", "12.500", "0.000001".
func (m Micros) String() string { return string(m.AppendTo(nil)) }

// AppendTo appends what [Micros.String] returns.
func (m Micros) AppendTo(dst []byte) []byte {
	u := uint64(m)
	if m < 0 {
		dst = append(dst, '-')
		u = -u
	}
	dst = strconv.AppendUint(dst, u/MicrosPerUnit, 10)
	frac := u % MicrosPerUnit
	dst = append(dst, '.')
	start := len(dst)
	for div := uint64(MicrosPerUnit / 10); div > 0; div /= 10 {
		dst = append(dst, byte('0'+frac/div%10))
	}
	end := len(dst)
	for end > start+3 && dst[end-1] == '0' {
		end--
	}
	return dst[:end]
}

// MarshalText makes JSON carry money as an exact decimal string.
func (m Micros) MarshalText() ([]byte, error) { return m.AppendTo(nil), nil }

// UnmarshalText reads what MarshalText writes.
func (m *Micros) UnmarshalText(b []byte) error {
	v, err := ParseMicros(b)
	if err != nil {
		return fmt.Errorf("cannot read amount %q: %w", b, err)
	}
	*m = v
	return nil
}
