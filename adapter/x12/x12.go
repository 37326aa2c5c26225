// Package x12 is the adapter for interchanges of ANSI ASC X12: purchase orders
// (850), their acknowledgements (855), ship notices (856), invoices (810), stock
// (846) and functional acknowledgements (997). A record is a transaction set.
//
// The maps folder declares the sets: their segments and elements, and what of an
// event they become.
package x12

import (
	"embed"

	"github.com/millrace/millrace/adapter/internal/edi"
)

//go:embed maps
var maps embed.FS

// New returns the adapter.
func New() *edi.Adapter { return edi.New(edi.X12, maps, "maps") }
