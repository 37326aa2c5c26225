package metric

import (
	"math/big"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// decimals is the precision of ratios and formulas: they are rounded half away from zero to
// so many decimals.
const decimals = 6

// exact reads a number of the store; nil for NULL and what is no number.
func exact(v any) *big.Rat {
	switch v := v.(type) {
	case int64:
		return new(big.Rat).SetInt64(v)
	case uint64:
		return new(big.Rat).SetUint64(v)
	case *big.Int:
		return new(big.Rat).SetInt(v)
	case float64: // of whole numbers, by the database's own division
		return new(big.Rat).SetFloat64(v)
	case olap.Decimal:
		r, ok := new(big.Rat).SetString(v.String())
		if !ok {
			panic("BUG: no number: " + v.String())
		}
		return r
	}
	return nil
}

// Number writes an exact number as a decimal: without decimals when it is whole, else with
// at most six, and at least three when it is money.
func number(r *big.Rat, format string) string {
	text := r.FloatString(decimals) // rounds half away from zero
	if r.IsInt() && format != Formats[0] {
		return r.Num().String()
	}
	keep := 0
	if format == Formats[0] {
		keep = 3
	}
	dot := strings.IndexByte(text, '.')
	end := len(text)
	for end > dot+1+keep && text[end-1] == '0' {
		end--
	}
	if text = strings.TrimSuffix(text[:end], "."); text == "-0" {
		return "0"
	}
	return text
}

// Formats are how numbers are shown.
var Formats = []string{"money", "count", "percent", "number", "days"}
