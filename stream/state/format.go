package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/millrace/millrace/stream/codec"
)

// TableOptions are the choices of one table. The zero value is a table without any.
type TableOptions struct {
	// Version is the meaning of the contents. Stored contents of the same version are migrated by field name.
	Version int
	// DiscardOlder empties the table when the stored version is lower; without it that is an error.
	DiscardOlder bool
	// TTL removes an entry that was not written for so long, by the watermark, to within an eighth of it. 0 keeps
	// entries for ever.
	TTL time.Duration
}

// format is what all entries of a named table have in common; the panes of one share it.
type format[V any] struct {
	space    *Space
	d        *descriptor
	codec    *codec.Codec[V]
	decoders []*codec.Decoder[V] // by schema number
	schema   byte                // number of the program's own

	ttl, width int64 // µs; 0 without TTL
	now        int64 // bucket of the watermark
	extras     bool
	tail       int // bytes at the end of all keys that say nothing
	ordered    bool
	ignore     bool   // what the backend has is of an older version, until the flush that deletes it is committed
	discard    bool   // delete what an older version stored, at the next flush
	expired    []byte // end of the part of the expiry index that is over, until the flush

	loaded  func(v *V)                                      // an entry came in
	writing func(w Writer, key []byte, v *V, f flags) error // an entry is being flushed
}

// noBucket is the bucket of what was written before the watermark was known.
const noBucket = math.MinInt64

// bucketsPerTTL is how coarse expiry is. More buckets are more writes of the index.
const bucketsPerTTL = 8

// maxSchemas bounds how often the schema of a table can change within one version.
const maxSchemas = 0x7f

func openFormat[V any](s *Space, name string, kind Kind, keys []codec.Schema, opt TableOptions) (*format[V], error) {
	c, err := codec.For[V]()
	if err == nil {
		f := &format[V]{space: s, codec: c, now: noBucket, extras: !c.Flat() || opt.TTL > 0}
		if last := keys[len(keys)-1]; last.Root().Kind == codec.String {
			f.tail = len(codec.KeyStringEnd)
		}
		if f.d, err = s.describe(name, kind, opt.Version); err == nil {
			if err = f.open(keys, opt); err == nil {
				return f, nil
			}
		}
	}
	return nil, s.wrap(name, "cannot open", err)
}

func (f *format[V]) open(keys []codec.Schema, opt TableOptions) error {
	d := f.d
	version := uint64(max(0, opt.Version))
	switch {
	case d.version > version:
		return fmt.Errorf("it was stored by version %d, this is version %d: run the newer program, or give the table a version above %[1]d and DiscardOlder", d.version, version)
	case d.version < version && !opt.DiscardOlder:
		return fmt.Errorf("it was stored by version %d, this is version %d: keep the version to migrate its fields by name, or set DiscardOlder to begin empty", d.version, version)
	case d.version < version:
		f.discard, f.ignore = true, true
		d.version, d.keys, d.values, d.changed = version, nil, nil, true
	}
	if d.keys == nil {
		d.keys, d.changed = keys, true
	}
	for i := range keys {
		if len(d.keys) != len(keys) || !d.keys[i].Equal(keys[i]) {
			return fmt.Errorf("its key is stored as %s and is now %s: keys cannot be migrated; give the table another name, or a new version and DiscardOlder", d.keys[i], keys[i])
		}
	}
	if opt.TTL < 0 || opt.TTL > 0 && opt.TTL < bucketsPerTTL*time.Microsecond {
		return fmt.Errorf("a TTL of %s: want 0, or at least %dµs", opt.TTL, bucketsPerTTL)
	}
	f.ttl = opt.TTL.Microseconds()
	f.space.expires = f.space.expires || f.ttl > 0
	f.width = f.ttl / bucketsPerTTL
	if f.ttl > 0 && f.space.started {
		f.now = floorDiv(f.space.watermark, f.width)
	}
	return f.migrate()
}

// migrate finds a decoder for each schema that entries may be stored with.
func (f *format[V]) migrate() error {
	own, d := f.codec.Schema(), f.d
	number := -1
	for i, s := range d.values {
		if s.Equal(own) {
			number = i
		}
		decoder, err := f.codec.Migrate(s)
		if err != nil {
			return err
		}
		f.decoders = append(f.decoders, decoder)
	}
	if number < 0 {
		if len(d.values) == maxSchemas {
			return fmt.Errorf("its schema has changed %d times: give it a new version", maxSchemas)
		}
		decoder, err := f.codec.Migrate(own)
		if err != nil {
			return err
		}
		number = len(d.values)
		d.values, d.changed = append(d.values, own), true
		f.decoders = append(f.decoders, decoder)
	}
	f.schema = byte(number)
	return nil
}

// hasBucket marks the schema number of an entry that a bucket follows.
const hasBucket = 0x80

// encode appends the stored form of an entry.
func (f *format[V]) encode(dst []byte, v *V, written int64) []byte {
	if f.ttl == 0 {
		return f.codec.Append(append(dst, f.schema), v)
	}
	return f.codec.Append(binary.AppendVarint(append(dst, f.schema|hasBucket), written), v)
}

var errEntry = errors.New("the entry is damaged")

// decode reads the stored form of an entry.
func (f *format[V]) decode(b []byte, v *V) (written int64, err error) {
	schema, written, b, err := cutEntry(b)
	if err != nil {
		return 0, err
	}
	if schema >= len(f.decoders) {
		return 0, fmt.Errorf("%w: it has schema number %d of %d", errEntry, schema, len(f.decoders))
	}
	return written, f.decoders[schema].Decode(b, v)
}

// cutEntry splits an entry into the number of its schema, its bucket, and the bytes of its value.
func cutEntry(b []byte) (schema int, written int64, value []byte, err error) {
	if len(b) == 0 {
		return 0, 0, nil, errEntry
	}
	schema, written, value = int(b[0]&^hasBucket), noBucket, b[1:]
	if b[0]&hasBucket != 0 {
		var n int
		if written, n = binary.Varint(value); n <= 0 {
			return 0, 0, nil, errEntry
		}
		value = value[n:]
	}
	return schema, written, value, nil
}

// weight estimates the memory that a value points to by its encoded length.
func (f *format[V]) weight(encoded int) int64 {
	if f.codec.Flat() {
		return 0
	}
	return 32 + 2*int64(encoded)
}

func (f *format[V]) fail(doing string, err error) {
	f.space.fail(f.space.wrap(f.d.name, doing, err))
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
