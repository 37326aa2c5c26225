package state

import (
	"encoding/binary"
	"fmt"
)

// open reads how many keys the backend has.
func (t *table[V]) open(stat []byte) error {
	if t.f.ignore {
		return nil
	}
	b, found, err := t.f.space.backend.Get(stat)
	if err != nil || !found {
		return err
	}
	return t.opened(b)
}

func (t *table[V]) opened(stat []byte) error {
	n, width := binary.Uvarint(stat)
	if width <= 0 || n > 1<<62 {
		return fmt.Errorf("its number of entries is damaged")
	}
	t.count, t.flushed = int64(n), int64(n)
	return nil
}

// flushTo writes the changed entries, and their number to the key stat.
func (t *table[V]) flushTo(w Writer, stat []byte) error {
	var value, key []byte
	for _, i := range t.dirty {
		h := t.head(i)
		h.flags = h.flags&^dirty | inFlight
		t.inFlight = append(t.inFlight, i)
		key = append(append(key[:0], t.prefix...), t.keyOf(i)...)
		var err error
		switch {
		case h.flags&deleted == 0:
			value, err = t.write(w, i, key, value[:0])
		case h.flags&stored != 0:
			h.flags &^= stored
			err = w.Delete(key)
		}
		if err == nil && t.f.writing != nil {
			err = t.f.writing(w, key[len(t.prefix):], t.value(i), h.flags)
		}
		if err != nil {
			return err
		}
	}
	t.dirty = t.dirty[:0]
	if t.count != t.flushed {
		t.flushed = t.count
		return w.Set(stat, binary.AppendUvarint(nil, uint64(t.count)))
	}
	return nil
}

func (t *table[V]) write(w Writer, i uint32, key, buf []byte) ([]byte, error) {
	h := t.head(i)
	h.flags |= stored
	written := int64(noBucket)
	if t.f.extras {
		written = t.extras.at(i).written
	}
	buf = t.f.encode(buf, t.value(i), written)
	t.reweighEncoded(i, len(buf))
	if err := w.Set(key, buf); err != nil {
		return buf, err
	}
	if t.f.ttl == 0 || h.flags&indexed != 0 {
		return buf, nil
	}
	h.flags |= indexed
	return buf, w.Set(t.f.expiryKey(written, key[len(t.prefix):]), nil)
}

func (t *table[V]) reweighEncoded(i uint32, length int) {
	if t.f.extras {
		t.reweigh(i, t.f.weight(length))
	}
}

// committed ends the flight of the newest flush.
func (t *table[V]) committed() {
	for _, i := range t.inFlight {
		h := t.head(i)
		h.flags &^= inFlight
		if h.flags&(deleted|dirty) == deleted {
			t.forget(i)
		}
	}
	t.inFlight = t.inFlight[:0]
	t.shrink()
	t.settle()
}

// settle tells the budget what changed.
func (t *table[V]) settle() {
	t.f.space.opt.Budget.add(t.charge - t.charged)
	t.charged = t.charge
}
