// Package codec turns Go values into bytes and back, for state that outlives the program that wrote it.
//
// A [Codec] is compiled once per Go type. Its format is positional and compact; the names are in the [Schema], which is
// stored once beside the values. With the schema, [AppendJSON] shows a value without its Go type, and [Codec.Migrate]
// reads what an older program wrote:
//
//	users, err := codec.For[Profile]()
//	b = users.Append(b[:0], &profile)
//	err = users.Decode(b, &profile)
//	older, err := users.Migrate(storedSchema) // by field name, never by position
//	err = older.Decode(stored, &profile)
//
// # Types
//
// Booleans, integers, floats, strings, []byte, [time.Duration], event.Micros, event.Instant, [16]byte (event.ID), arrays, slices,
// maps, structs, pointers, and named forms of these. A type whose pointer implements [encoding.BinaryUnmarshaler] and
// [encoding.BinaryAppender] or [encoding.BinaryMarshaler] is stored as the bytes that it makes of itself. Channels,
// functions, interfaces, complex numbers, recursive types, and lists of values that take no bytes are refused, by the path
// of the field.
//
// A field is known by its name: that of the tag `state:"name"`, else the Go name in snake_case. `state:"-"` leaves a
// field out. An unexported field has to have a tag, so that no state is lost by accident.
//
// # Format
//
//	bool, int8, uint8            1 byte
//	other unsigned integers      uvarint
//	other signed integers        zigzag varint (also Duration, Micros, Instant)
//	float32, float64             IEEE 754 bits, little endian
//	string, []byte, opaque       uvarint length, bytes
//	[16]byte                     16 bytes
//	array, struct                their parts in order
//	slice                        uvarint length, elements
//	map                          uvarint length, then key and value, ascending by the bytes of the key
//	pointer                      0, or 1 and the value
//
// Equal values have equal bytes. An empty slice or map comes back as nil.
//
// # Keys
//
// A [KeyCodec] writes keys in an order-preserving form: bytes.Compare of two keys is the comparison of their fields, one
// after the other. A key ends where its last field ends, so keys can be put one behind the other without a clash.
//
//	bool                 0 or 1
//	unsigned integers    big endian, fixed width
//	signed integers      the same, with the sign bit flipped
//	string               bytes, 0x00 as 0x00 0xff; then 0x00 0x01
//	[16]byte             16 bytes
//	struct               its fields in order
//
// Codecs are immutable and safe for concurrent use.
package codec
