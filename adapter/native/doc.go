// Package native adapts Millrace's own event, one JSON object:
//
//	{
//	  "id": "…",                       optional; without it the content is the identity
//	  "type": "order_completed",       required
//	  "time": "2026-11-21T10:06:00Z",  optional, RFC 3339; the receive time without it
//	  "customer_id": "…", "anonymous_id": "…", "order_id": "…", "session_id": "…",
//	  "channel": "web", "country": "GB", "currency": "GBP",
//	  "amount": "12.50",               optional; the sum of the items without it
//	  "items": [{"product_id": "…", "name": "…", "category": "…", "quantity": 1, "price": "12.50", "kind": "sale"}],
//	  "properties": {…}, "context": {…}
//	}
//
// Amounts and quantities are JSON numbers or text, read exactly. The kind of an
// item is sale, cancellation, adjustment, fee or view (the default). A key that
// is not one of these is a problem that names the nearest right one; so is a
// key that stands twice. The time of the sender's clock is corrected by the
// record's skew.
package native
