// Package ga4 adapts events of the GA4 Measurement Protocol. A record's payload
// is one element of a request's events as it was received; its envelope holds
// what the request says for all of them, and what the door knew: client_id or
// app_instance_id, user_id, timestamp_micros, user_properties, user_location,
// device, consent …, measurement_id or firebase_app_id, and minute, the minutes
// since 1970 at which the request came.
//
// In files and topics, where there is no request, the members of the body stand
// in the event itself: {"client_id":…,"name":…,"params":{…}}. Where both have
// one, the event's own counts.
//
// Sources: Google's documentation, "Measurement Protocol (Google Analytics 4)"
// and "Recommended events".
//
// # What becomes of an event
//
//   - ID: of a purchase its transaction_id, as in GA4, so that an order told by
//     the browser and by the server, or again by a reloaded page, counts once. It
//     is also its route key: who tells the order need not be the same.
//     Of others there is none in the protocol: it is the client, the user, the
//     timestamp and the content. Without a timestamp the minute of receipt takes
//     its place. Equal events of one request are numbered by the door.
//   - Check, of a purchase, is a digest of what it says of money.
//   - Time: timestamp_micros of the event, else of the request; else the receive
//     time.
//   - Type: the spelling of the e-commerce spec for GA4's recommended events
//     (purchase is order_completed); else the name in snake case.
//   - Amount: value, which by GA4's definition is without shipping and tax; else
//     the sum of the items.
//   - Items: of params.items. Those of purchase are sales; those of refund are
//     cancellations with negative quantity; all others are views.
//   - Properties: the params as received. Context: the envelope.
//
// [Validate] says what GA4's validation server says of a request.
package ga4
