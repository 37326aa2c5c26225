// Package jsonscan validates JSON (RFC 8259) in one pass without building
// anything, finds the members and elements that a door needs, and says at which
// byte, line and column a document is broken.
//
// Doors use it because they must refuse broken input with its position, and
// split bodies into events that are logged byte for byte as they were received.
package jsonscan
