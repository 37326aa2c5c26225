package pgwire

import (
	"math/big"

	"github.com/millrace/millrace/internal/store/olap"
)

func parseBig(digits string) (*big.Int, bool) { return new(big.Int).SetString(digits, 10) }

// decimalOf returns n / 10^scale. n has at most 127 bits.
func decimalOf(n *big.Int, scale int) olap.Decimal {
	low := new(big.Int).And(n, new(big.Int).SetUint64(^uint64(0)))
	return olap.Decimal{Hi: new(big.Int).Rsh(n, 64).Int64(), Lo: low.Uint64(), Scale: uint8(scale)}
}
