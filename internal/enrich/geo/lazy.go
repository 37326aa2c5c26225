package geo

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
)

// Builtin are the embedded ranges, unpacked when the first address is looked up.
type Builtin struct{}

// Country is [Ranges.Country].
func (Builtin) Country(a netip.Addr) string {
	r, err := Embedded()
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return r.Country(a)
}

// Version is a digest of the embedded file.
func (Builtin) Version() string {
	sum := sha256.Sum256(packed)
	return hex.EncodeToString(sum[:3])
}
