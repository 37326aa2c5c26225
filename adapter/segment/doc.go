// Package segment adapts messages of the Segment HTTP API: track, identify,
// page, screen, group and alias. A record's payload is one message as it was
// received; its envelope holds what a batch says for all its messages
// ({"context": …, "integrations": …}).
//
// Sources: Segment's documentation, "HTTP Tracking API Source", "Spec: Common
// Fields" and "Spec: V2 Ecommerce Events".
//
// # What becomes of a message
//
//   - ID: the messageId; without one, all content of the message. Check is a
//     digest of the content, without what delivery changes (sentAt, receivedAt,
//     writeKey, _metadata), so that one messageId with two contents is noticed.
//   - Time: originalTimestamp, else timestamp, plus the record's clock skew; the
//     receive time when there is neither.
//   - Type: for track the event's name in snake case, with the names of the
//     e-commerce spec, old ones included, in their canonical form
//     (order_completed); for others the message's type.
//   - Items: of properties.products, or the product that the properties describe
//     themselves. Those of order_completed are sales. Those of order_refunded and
//     order_cancelled are cancellations with negative quantity; a shop that sends
//     both for one order is counted twice. All others are views, order_updated
//     included: it repeats what order_completed said.
//   - Amount: revenue (without shipping and tax); else total less shipping and
//     tax, where they are given; else value; else the sum of the items. It is
//     negative for order_refunded and order_cancelled.
//   - Properties and Context: the JSON as received; of identify and group, the
//     traits.
//
// The properties that have a meaning here (those above, order_id, session_id and
// currency) are checked in events of the e-commerce spec. In a shop's own events
// they are taken where they fit, and otherwise left alone.
//
// Numbers are read exactly from their text. A number with more than six
// decimals and at least 15 digits is the noise of binary floats
// (25.490000000000002): it is rounded, which is recorded as a change.
package segment
