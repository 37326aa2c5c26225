package contract

import (
	"math"
	"math/big"
	"strings"

	"github.com/millrace/millrace/event"
)

// number is a number of a schema, exactly as it is written, with what makes comparing
// it to most numbers of documents cheap.
type number struct {
	text   string
	micros event.Micros
	plain  bool // micros is its value
}

func newNumber(text string) *number {
	m, err := event.ParseMicros(text)
	return &number{text: text, micros: m, plain: err == nil}
}

// compare returns the order of a document's number and n. It does not allocate.
func (n *number) compare(text string) int {
	if n.plain {
		if m, err := event.ParseMicros(text); err == nil {
			switch {
			case m < n.micros:
				return -1
			case m > n.micros:
				return 1
			}
			return 0
		}
	}
	return compareDecimals(readDecimal(text), readDecimal(n.text))
}

// maxExponent bounds what is divided exactly: a larger exponent takes memory.
const maxExponent = 2048

// divides reports whether a document's number is a whole multiple of n.
func (n *number) divides(text string) bool {
	if n.plain {
		if m, err := event.ParseMicros(text); err == nil {
			return m%n.micros == 0
		}
	}
	d := readDecimal(text)
	if d.exponent > maxExponent || d.exponent < -maxExponent || len(d.first)+len(d.second) > maxExponent {
		return false
	}
	value, ok := new(big.Rat).SetString(text)
	step, fine := new(big.Rat).SetString(n.text)
	return ok && fine && value.Quo(value, step).IsInt()
}

// decimal is a number without zeros at its ends: 0.digits × 10^exponent. The digits are
// those of first, then those of second, as a decimal point may stand between them.
type decimal struct {
	negative      bool
	first, second string
	exponent      int64
}

func (d decimal) zero() bool { return d.first == "" && d.second == "" }

// readDecimal reads a number of JSON.
func readDecimal(text string) decimal {
	var d decimal
	if text, d.negative = strings.CutPrefix(text, "-"); text == "" {
		return d
	}
	power := int64(0)
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		power, text = readExponent(text[at+1:]), text[:at]
	}
	whole, fraction, _ := strings.Cut(text, ".")
	whole = strings.TrimLeft(whole, "0")
	fraction = strings.TrimRight(fraction, "0")
	d.exponent = power + int64(len(whole))
	if whole == "" {
		significant := strings.TrimLeft(fraction, "0")
		d.exponent = power - int64(len(fraction)-len(significant))
		fraction = significant
	}
	if fraction == "" {
		whole = strings.TrimRight(whole, "0")
	}
	d.first, d.second = whole, fraction
	if d.zero() {
		return decimal{}
	}
	return d
}

// readExponent reads an exponent; one that is beyond all reason is as far as it goes.
func readExponent(text string) int64 {
	negative := strings.HasPrefix(text, "-")
	var n int64
	for _, c := range strings.TrimLeft(text, "+-") {
		if n = n*10 + int64(c-'0'); n > math.MaxInt32 {
			n = math.MaxInt32
		}
	}
	if negative {
		return -n
	}
	return n
}

// whole reports whether the number has no fraction.
func (d decimal) whole() bool {
	return d.zero() || d.exponent >= int64(len(d.first)+len(d.second))
}

func (d decimal) digit(i int) byte {
	switch {
	case i < len(d.first):
		return d.first[i]
	case i < len(d.first)+len(d.second):
		return d.second[i-len(d.first)]
	}
	return '0'
}

func compareDecimals(a, b decimal) int {
	if a.zero() || b.zero() || a.negative != b.negative {
		return a.sign() - b.sign()
	}
	order := 0
	switch {
	case a.exponent != b.exponent:
		order = 1
		if a.exponent < b.exponent {
			order = -1
		}
	default:
		for i := 0; order == 0 && i < max(len(a.first)+len(a.second), len(b.first)+len(b.second)); i++ {
			order = int(a.digit(i)) - int(b.digit(i))
		}
	}
	if a.negative {
		return -order
	}
	return order
}

func (d decimal) sign() int {
	switch {
	case d.zero():
		return 0
	case d.negative:
		return -1
	}
	return 1
}

// appendTo appends a form that equal numbers share.
func (d decimal) appendTo(dst []byte) []byte {
	if d.zero() {
		return append(dst, '0')
	}
	if d.negative {
		dst = append(dst, '-')
	}
	dst = append(append(dst, d.first...), d.second...)
	dst = append(dst, 'e')
	return big.NewInt(d.exponent).Append(dst, 10)
}
