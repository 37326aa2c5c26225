// Package mapped adapts any JSON or XML document. A mapping file (YAML, see
// [Load]) says by paths where an event's fields stand in it, and each document
// becomes one event.
//
// # Identity
//
// A document is identified by the first entry of the mapping's identity whose
// paths all have a value; else by what its door knows as its id
// ($envelope.id); else by its content and its number among the equal documents
// of its file. Content that differs between deliveries of one id is not
// noticed: senders of webhooks render a document anew for each.
//
// # How a document is read
//
// The paths of all entries of a mapping are one tree. A document is walked once
// along it; what no path leads to is skipped. Then the conditions decide which
// entry holds, and its fields are read from what was found. Where a key stands
// twice in an object, the last one counts.
//
// An XML document is first rewritten as JSON (see transcoder), which
// is what paths lead through and what is kept as the event's properties.
//
// # Documents that are not right
//
// Decoding never fails. What is wrong becomes a problem of the event, under the
// rules mapped.json, mapped.xml (decode), mapped.type, mapped.event (schema),
// mapped.required (missing), mapped.number, mapped.timestamp, mapped.currency
// (format), mapped.amount (out_of_range).
//
// # Memory
//
// Strings of the batch point into the record's payload and envelope, which must
// stay unchanged while the batch is in use. A well-formed JSON document does not
// allocate. XML allocates: its tokenizer is that of the standard library.
package mapped

//go:generate go test -run TestReferenceIsCurrent -reference .
