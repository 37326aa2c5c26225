package state

import (
	"bytes"
	"errors"
	"slices"
)

func (f *format[V]) expiryKey(bucket int64, key []byte) []byte {
	return append(appendOrdered(place(nil, f.space.prefix, placeExpiry, f.d.id), bucket), key...)
}

// advance moves the table to the bucket of the watermark and removes what is too old. Buckets are not below noBucket:
// entries that were written before the watermark was known count as written when it became known.
func (t *table[V]) advance() error {
	if t.f.ttl == 0 {
		return nil
	}
	before := t.f.now
	t.f.now = floorDiv(t.f.space.watermark, t.f.width)
	if before == t.f.now {
		return nil
	}
	// A bucket is over when its last microsecond is TTL old; those that were over at the last change are gone.
	limit := t.f.now - bucketsPerTTL
	for _, list := range [][]uint32{t.dirty, t.inFlight} {
		for _, i := range slices.Clone(list) {
			t.expire(i, limit)
		}
	}
	return t.expireStored(limit)
}

func (t *table[V]) expire(i uint32, limit int64) {
	h := t.head(i)
	written := t.extras.at(i).written
	switch {
	case h.flags&deleted != 0 || written >= limit:
	case written == noBucket:
		t.change(i)
	default:
		t.counts.expired++
		t.removeEntry(i)
	}
}

const expireBatch = 4096

// expireStored removes by the index of what was written when; the flush will delete that part of the index.
func (t *table[V]) expireStored(limit int64) error {
	lo := place(nil, t.f.space.prefix, placeExpiry, t.f.d.id)
	hi := appendOrdered(slices.Clone(lo), limit)
	start := len(lo) + 8
	if t.f.ignore {
		return nil
	}
	t.f.expired = hi
	for {
		var keys [][]byte
		err := t.f.space.backend.Scan(lo, hi, func(key, _ []byte) error {
			if len(keys) == expireBatch {
				return errEnough
			}
			keys = append(keys, bytes.Clone(key))
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			return t.f.space.wrap(t.f.d.name, "cannot expire entries of", err)
		}
		for _, key := range keys {
			if err := t.expireKey(key[start:], limit); err != nil {
				return t.f.space.wrap(t.f.d.name, "cannot expire entries of", err)
			}
		}
		if len(keys) < expireBatch {
			return nil
		}
		lo = append(keys[len(keys)-1], 0)
	}
}

// expireKey looks at an entry that was written in an old bucket, and perhaps again since. What is not in memory stays
// out of it but for the mark that it is deleted.
func (t *table[V]) expireKey(key []byte, limit int64) error {
	hash := t.hash(key)
	if i := t.find(key, hash); i != noEntry {
		t.expire(i, limit)
		return nil
	}
	t.buf = append(append(t.buf[:0], t.prefix...), key...)
	b, found, err := t.f.space.backend.Get(t.buf)
	if err != nil || !found {
		return err
	}
	_, written, _, err := cutEntry(b)
	if err != nil || written >= limit {
		return err
	}
	if written == noBucket {
		if i := t.admit(key, hash, b); i != noEntry {
			t.expire(i, limit)
		}
		return nil
	}
	i := t.insert(key, hash)
	t.head(i).flags |= stored
	t.extras.at(i).written = written
	t.live++
	t.expire(i, limit)
	return nil
}
