package fingerprint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// ErrCorrupt is wrapped by every error about bytes that do not mean what this package wrote: a run file, a manifest or
// a delta. The message names the file and the offset. The remedy is a backup of both the directory and the commit
// point, or an index built anew from the log.
var ErrCorrupt = errors.New("fingerprint data is corrupt")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// Formats, version 1, little-endian, each ending in the CRC32C of all before it:
//
//	delta     "MRFD" version:4 seq:8 clock:4 count:4            {record:24}*count crc:4
//	manifest  "MRFM" version:4 seq:8 sealed:8 next:8 clock:4 count:4 {run:32}*count crc:4
//	run       id:8 count:8 level:4 minSeen:4 maxSeen:4 headerCRC:4
const (
	deltaMagic     = "MRFD"
	manifestMagic  = "MRFM"
	codecVersion   = 1
	deltaHeader    = 24
	manifestHeader = 40
	manifestRun    = 32
	crcSize        = 4
)

type delta struct {
	seq     uint64
	clock   uint32
	records []byte
}

// encodeDelta overwrites b, which it may grow.
func encodeDelta(b []byte, seq uint64, clock uint32, records []record) []byte {
	b = append(b[:0], deltaMagic...)
	b = binary.LittleEndian.AppendUint32(b, codecVersion)
	b = binary.LittleEndian.AppendUint64(b, seq)
	b = binary.LittleEndian.AppendUint32(b, clock)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(records)))
	for i := range records {
		var buf [recordSize]byte
		records[i].put(buf[:])
		b = append(b, buf[:]...)
	}
	return binary.LittleEndian.AppendUint32(b, checksum(b))
}

func decodeDelta(b []byte) (delta, error) {
	if err := checkEnvelope("delta", deltaMagic, b, deltaHeader, recordSize); err != nil {
		return delta{}, err
	}
	d := delta{
		seq:     binary.LittleEndian.Uint64(b[8:]),
		clock:   binary.LittleEndian.Uint32(b[16:]),
		records: b[deltaHeader : len(b)-crcSize],
	}
	for off := 0; off < len(d.records); off += recordSize {
		if r := getRecord(d.records[off:]); r.seen > d.clock {
			return delta{}, fmt.Errorf("fingerprint delta %d, offset %d: entry seen at %d, after the delta's clock %d: %w",
				d.seq, deltaHeader+off, r.seen, d.clock, ErrCorrupt)
		}
	}
	return d, nil
}

// manifest is the list of live runs, oldest first, and what they and the deltas cover.
type manifest struct {
	seq    uint64 // last delta written when the manifest was made
	sealed uint64 // the runs hold the deltas through this one
	next   uint64 // id of the next run
	clock  uint32
	runs   []runMeta
}

// runMeta identifies a run and its contents.
type runMeta struct {
	id, count        uint64
	level            uint32
	minSeen, maxSeen uint32
	headerCRC        uint32 // covers, through the directory's checksum, the whole file
}

// encode overwrites b, which it may grow.
func (m *manifest) encode(b []byte) []byte {
	b = append(b[:0], manifestMagic...)
	b = binary.LittleEndian.AppendUint32(b, codecVersion)
	b = binary.LittleEndian.AppendUint64(b, m.seq)
	b = binary.LittleEndian.AppendUint64(b, m.sealed)
	b = binary.LittleEndian.AppendUint64(b, m.next)
	b = binary.LittleEndian.AppendUint32(b, m.clock)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m.runs)))
	for _, r := range m.runs {
		b = binary.LittleEndian.AppendUint64(b, r.id)
		b = binary.LittleEndian.AppendUint64(b, r.count)
		b = binary.LittleEndian.AppendUint32(b, r.level)
		b = binary.LittleEndian.AppendUint32(b, r.minSeen)
		b = binary.LittleEndian.AppendUint32(b, r.maxSeen)
		b = binary.LittleEndian.AppendUint32(b, r.headerCRC)
	}
	return binary.LittleEndian.AppendUint32(b, checksum(b))
}

func decodeManifest(b []byte) (manifest, error) {
	if err := checkEnvelope("manifest", manifestMagic, b, manifestHeader, manifestRun); err != nil {
		return manifest{}, err
	}
	m := manifest{
		seq:    binary.LittleEndian.Uint64(b[8:]),
		sealed: binary.LittleEndian.Uint64(b[16:]),
		next:   binary.LittleEndian.Uint64(b[24:]),
		clock:  binary.LittleEndian.Uint32(b[32:]),
	}
	if m.sealed > m.seq {
		return manifest{}, fmt.Errorf("fingerprint manifest, offset 16: runs cover delta %d, but only %d were written: %w",
			m.sealed, m.seq, ErrCorrupt)
	}
	seen := make(map[uint64]bool)
	for off := manifestHeader; off < len(b)-crcSize; off += manifestRun {
		e := b[off:]
		r := runMeta{
			id:        binary.LittleEndian.Uint64(e),
			count:     binary.LittleEndian.Uint64(e[8:]),
			level:     binary.LittleEndian.Uint32(e[16:]),
			minSeen:   binary.LittleEndian.Uint32(e[20:]),
			maxSeen:   binary.LittleEndian.Uint32(e[24:]),
			headerCRC: binary.LittleEndian.Uint32(e[28:]),
		}
		if seen[r.id] || r.id >= m.next || r.maxSeen > m.clock {
			return manifest{}, fmt.Errorf("fingerprint manifest, offset %d: run %d (next %d, seen until %d, clock %d) is twice or beyond: %w",
				off, r.id, m.next, r.maxSeen, m.clock, ErrCorrupt)
		}
		seen[r.id] = true
		m.runs = append(m.runs, r)
	}
	return m, nil
}

// checkEnvelope checks what deltas and manifests have in common. The count is the last field of the header.
func checkEnvelope(what, magic string, b []byte, header, item int) error {
	if len(b) < header+crcSize {
		return fmt.Errorf("fingerprint %s, offset %d: ends early, a header has %d bytes: %w", what, len(b), header+crcSize, ErrCorrupt)
	}
	if string(b[:4]) != magic {
		return fmt.Errorf("fingerprint %s, offset 0: magic %q, want %q: %w", what, b[:4], magic, ErrCorrupt)
	}
	if v := binary.LittleEndian.Uint32(b[4:]); v != codecVersion {
		return fmt.Errorf("fingerprint %s, offset 4: version %d, this program reads %d: %w", what, v, codecVersion, ErrCorrupt)
	}
	count := uint64(binary.LittleEndian.Uint32(b[header-4:]))
	if want := uint64(header+crcSize) + count*uint64(item); uint64(len(b)) != want {
		return fmt.Errorf("fingerprint %s, offset %d: %d bytes, want %d for %d items: %w", what, header-4, len(b), want, count, ErrCorrupt)
	}
	body := len(b) - crcSize
	if got, want := checksum(b[:body]), binary.LittleEndian.Uint32(b[body:]); got != want {
		return fmt.Errorf("fingerprint %s, offset %d: checksum %08x, want %08x: %w", what, body, got, want, ErrCorrupt)
	}
	return nil
}
