// Package edi reads interchanges of ANSI ASC X12 and UN/EDIFACT (ISO 9735): it
// finds the delimiters in the envelope, cuts files into messages, checks
// envelopes and messages by declared maps, maps messages to events, and answers
// with functional acknowledgements (997, CONTRL).
//
// The way of a file: a [Framer] walks over its segments and cuts it into
// messages, each with its [Envelope]; a [Decoder] splits a message into segments
// and elements (without copying), follows the [Message] map of its type, notes
// every [Fault] with its place, and puts what the map names into an event.
//
// X12 says transaction set where EDIFACT says message; this package says message
// for both, and set in what it tells users of X12.
package edi
