// Package cloudevents adapts CloudEvents 1.0. A record's payload is one event as
// it was received: in structured mode the JSON document, in binary mode the data,
// while the attributes are in the envelope's headers: {"headers":{"ce-id":…}}
// with the names and values of HTTP, {"headers":{"ce_id":…}} with those of Kafka.
//
// Sources: the specification (cloudevents/spec), "CloudEvents", "JSON Event
// Format", "HTTP Protocol Binding" and "Kafka Protocol Binding", version 1.0.2.
//
// # What becomes of an event
//
//   - ID: source and id, as the specification has it. Check is a digest of the
//     other attributes and of the data.
//   - Time: time, else the receive time.
//   - Type: of the parts of type (com.example.order.completed.v2), less a version at
//     the end, the longest run up to the last part that is an event of the
//     e-commerce spec (order_completed); else type as received.
//   - Data: the members of an object that a native event has, customer_id,
//     anonymous_id, order_id, session_id, channel, country, currency, amount and
//     items, are taken where they fit. In events of the e-commerce spec they are
//     checked. The kind of an item is its own; else that of the event's type: sale
//     of order_completed, cancellation (with negative quantity) of order_refunded
//     and order_cancelled, else view.
//   - Properties: the data as received if it is an object; else {"data":…} or
//     {"data_base64":…}. Context: the attributes, extensions among them.
package cloudevents
