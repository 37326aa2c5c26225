package fingerprint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
)

// withCRC gives hostile bytes a right checksum.
func withCRC(b []byte) []byte {
	b = bytes.Clone(b)
	if n := len(b) - crcSize; n >= 0 {
		binary.LittleEndian.PutUint32(b[n:], checksum(b[:n]))
	}
	return b
}

func FuzzDelta(f *testing.F) {
	f.Add(encodeDelta(nil, 7, 1000, nil))
	f.Add(encodeDelta(nil, 1, 1000, []record{{hi: 1, lo: 2, seen: 999, check: 4}, {hi: 5, lo: 6, seen: 1000}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		b = withCRC(b)
		d, err := decodeDelta(b)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		var records []record
		for off := 0; off < len(d.records); off += recordSize {
			records = append(records, getRecord(d.records[off:]))
		}
		if again := encodeDelta(nil, d.seq, d.clock, records); !bytes.Equal(again, b) {
			t.Fatalf("decoded and encoded:\n%x\n%x", b, again)
		}
	})
}

func FuzzManifest(f *testing.F) {
	f.Add((&manifest{}).encode(nil))
	f.Add((&manifest{seq: 9, sealed: 7, next: 5, clock: 1000, runs: []runMeta{
		{id: 3, count: 10, level: 1, minSeen: 5, maxSeen: 900, headerCRC: 77}, {id: 4, count: 1, maxSeen: 1000},
	}}).encode(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		b = withCRC(b)
		m, err := decodeManifest(b)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		if again := m.encode(nil); !bytes.Equal(again, b) {
			t.Fatalf("decoded and encoded:\n%x\n%x", b, again)
		}
	})
}

// TestEveryByteOfDeltaAndManifestIsChecked flips each byte and cuts at each length.
func TestEveryByteOfDeltaAndManifestIsChecked(t *testing.T) {
	d := encodeDelta(nil, 1, 1000, []record{{hi: 1, lo: 2, seen: 999, check: 4}, {hi: 5, lo: 6, seen: 1000}})
	m := (&manifest{seq: 9, sealed: 7, next: 5, clock: 1000, runs: []runMeta{{id: 4, count: 1, maxSeen: 1000}}}).encode(nil)
	for name, c := range map[string]struct {
		good   []byte
		decode func([]byte) error
	}{
		"delta":    {d, func(b []byte) error { _, err := decodeDelta(b); return err }},
		"manifest": {m, func(b []byte) error { _, err := decodeManifest(b); return err }},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.decode(c.good); err != nil {
				t.Fatal(err)
			}
			for i := range c.good {
				bad := bytes.Clone(c.good)
				bad[i] ^= 4
				if err := c.decode(bad); !errors.Is(err, ErrCorrupt) {
					t.Errorf("byte %d flipped: %v", i, err)
				}
				if err := c.decode(c.good[:i]); !errors.Is(err, ErrCorrupt) {
					t.Errorf("cut at %d: %v", i, err)
				}
			}
		})
	}
}
