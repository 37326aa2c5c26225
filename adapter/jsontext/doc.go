// Package jsontext walks JSON (RFC 8259) without building anything: values are
// substrings of the document, numbers keep their text (and so their exact
// value), and an error knows its byte, line and column.
//
// It exists because adapters keep parts of a payload as they were received
// (properties, context) and read money exactly, and because doors split bodies
// into events that are logged byte for byte and must tell a sender where its
// document is broken. A general parser copies the document and forgets where
// values stood.
//
// It is strict: no comments, no trailing commas, no NaN, valid UTF-8 only, and
// at most [MaxDepth] levels of nesting. Repeated keys are the caller's matter.
package jsontext
