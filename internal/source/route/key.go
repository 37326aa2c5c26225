// Package route gives every record that goes into the log a key.
package route

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/adapter"
)

// Append appends the route key of a record. What the adapter cannot read is
// still logged: the pass quarantines it. Its key, like that of a refused record,
// is a digest of its bytes, so that a delivery and its repetition share one
// partition. A key that is too long for the log is digested itself.
func Append(dst []byte, d adapter.Decoder, r *adapter.Record) []byte {
	digested := r.Payload
	if r.Reject == "" {
		if key, err := d.RouteKey(dst, r); err == nil && len(key) > len(dst) {
			if len(key)-len(dst) <= maxKey {
				return key
			}
			digested = key[len(dst):]
		}
	}
	sum := xxh3.Hash128(digested)
	dst = binary.BigEndian.AppendUint64(dst, sum.Hi)
	return binary.BigEndian.AppendUint64(dst, sum.Lo)
}

// maxKey bounds a key: with a long one not even the sample of a record would fit into
// the log.
const maxKey = 4 << 10

// SampleBytes is how much of a refused record is logged.
const SampleBytes = 1 << 10

// The reasons for which doors refuse a record.
const (
	TooLarge     = "too_large"
	InvalidJSON  = "invalid_json"
	NotAnObject  = "not_an_object"
	Unterminated = "unterminated"
	Empty        = "empty"
	// A record of a binary format that its schema does not fit, and one whose
	// schema the registry does not have.
	Undecodable   = "undecodable"
	SchemaUnknown = "schema_unknown"

	// TooManyEvents is that of an event beyond what its protocol allows in one
	// request, NoEvents that of a request whose protocol does not let it be told.
	TooManyEvents = "too_many_events"
	NoEvents      = "no_events"

	// TopicNotTaken is that of a webhook whose topic is not among those that the
	// source is configured to take.
	TopicNotTaken = "topic_not_taken"

	// A record whose headers and key are longer than [MaxEnvelope].
	EnvelopeTooLarge = "envelope_too_large"
)
