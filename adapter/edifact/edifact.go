// Package edifact is the adapter for interchanges of UN/EDIFACT (ISO 9735): orders
// (ORDERS), their responses (ORDRSP), despatch advices (DESADV), invoices
// (INVOIC), stock (INVRPT) and syntax reports (CONTRL). A record is a message.
//
// The maps folder declares the messages: their segments and elements, and what of
// an event they become.
package edifact

import (
	"embed"

	"github.com/millrace/millrace/adapter/internal/edi"
)

//go:embed maps
var maps embed.FS

// New returns the adapter.
func New() *edi.Adapter { return edi.New(edi.EDIFACT, maps, "maps") }
