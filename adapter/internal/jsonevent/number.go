package jsonevent

import (
	"errors"
	"strings"

	"github.com/millrace/millrace/event"
)

// decimal reads a number of JSON exactly: like [event.ParseMicros], with an
// exponent. plain is the number without exponent when it has too many decimals.
func (r *Reader) decimal(text string) (m event.Micros, plain []byte, err error) {
	e := strings.IndexAny(text, "eE")
	if e < 0 {
		if m, err = event.ParseMicros(text); errors.Is(err, event.ErrPrecision) {
			r.number = append(r.number[:0], text...)
		}
		return m, r.number, err
	}
	exponent, ok := smallInteger(text[e+1:])
	if !ok {
		return 0, nil, event.ErrNotNumber
	}
	r.number, ok = shift(r.number[:0], text[:e], exponent)
	if !ok {
		return 0, nil, event.ErrNotNumber
	}
	m, err = event.ParseMicros(r.number)
	return m, r.number, err
}

// maxExponent is beyond what can matter: an int64 has 19 digits, of which six
// are decimals, and a payload's mantissa is cut likewise.
const maxExponent = 400

// smallInteger reads an exponent; a larger one counts as the largest.
func smallInteger(s string) (n int, ok bool) {
	neg := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = min(n*10+int(s[i]-'0'), maxExponent)
	}
	if neg {
		n = -n
	}
	return n, s != ""
}

// shift appends the mantissa with its point moved.
func shift(dst []byte, mantissa string, exponent int) ([]byte, bool) {
	if mantissa != "" && (mantissa[0] == '-' || mantissa[0] == '+') {
		dst = append(dst, mantissa[0])
		mantissa = mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := len(whole) + len(fraction)
	if digits == 0 {
		return dst, false
	}
	point := len(whole) + exponent
	dst = append(dst, '0')
	for k := min(point, 0); k < max(digits, point); k++ {
		if k == point {
			dst = append(dst, '.')
		}
		switch {
		case k < 0 || k >= digits:
			dst = append(dst, '0')
		case k < len(whole):
			dst = append(dst, whole[k])
		default:
			dst = append(dst, fraction[k-len(whole)])
		}
	}
	return dst, true
}

// roundNoise rounds a number with more than six decimals to six, half to even,
// if it has as many digits as only arithmetic with binary floats gives: 0.1 + 0.2
// is written 0.30000000000000004. It is false for a number that somebody may
// have meant.
func roundNoise(plain []byte) (event.Micros, bool) {
	const floatDigits = 15
	text := string(plain)
	point := strings.IndexByte(text, '.')
	digits := strings.TrimLeft(strings.Replace(text, ".", "", 1), "+-0")
	if point < 0 || len(digits) < floatDigits || len(text) <= point+7 {
		return 0, false
	}
	kept, cut := text[:point+7], text[point+7:]
	m, err := event.ParseMicros(kept)
	if err != nil {
		return 0, false
	}
	half := "5" + strings.Repeat("0", len(cut)-1)
	if cut > half || cut == half && m%2 != 0 {
		step := event.Micros(1)
		if text[0] == '-' {
			step = -1
		}
		return Add(m, step)
	}
	return m, true
}
