package fingerprint

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// A run file, version 1, little-endian:
//
//	header     64 bytes, see runHeader.encode
//	shards     for each of 2^shardBits key prefixes: records sorted by key, then the fingerprints of their filter, a
//	           binary fuse filter of 8 bits over the keys' high words (see probe)
//	directory  for each shard 32 bytes, see shardMeta.encode; its checksum is in the header
//
// A shard is the unit of checksums and filters: it bounds the memory that writing a run of any size takes, and keeps
// the filter's three probes within a few pages.
const (
	runMagic       = "MRFPRUN\n"
	runVersion     = 1
	runHeaderSize  = 64
	shardMetaSize  = 32
	shardTarget    = 1 << 16 // records of a shard, on average
	maxShardBits   = 20
	filterMaxItems = 8 * shardTarget // a shard so skewed has no filter: only chosen keys get there
)

type runHeader struct {
	shardBits        uint32
	count            uint64
	directory        uint64 // offset
	size             uint64 // of the file
	minSeen, maxSeen uint32
	directoryCRC     uint32
}

// shardBitsFor returns the number of prefix bits for a run of at most n records.
func shardBitsFor(n uint64) uint32 {
	if n <= shardTarget {
		return 0
	}
	return min(uint32(bits.Len64((n-1)/shardTarget)), maxShardBits)
}

func (h *runHeader) encode() (b [runHeaderSize]byte) {
	copy(b[:], runMagic)
	binary.LittleEndian.PutUint32(b[8:], runVersion)
	binary.LittleEndian.PutUint32(b[12:], h.shardBits)
	binary.LittleEndian.PutUint64(b[16:], h.count)
	binary.LittleEndian.PutUint64(b[24:], h.directory)
	binary.LittleEndian.PutUint64(b[32:], h.size)
	binary.LittleEndian.PutUint32(b[40:], h.minSeen)
	binary.LittleEndian.PutUint32(b[44:], h.maxSeen)
	binary.LittleEndian.PutUint32(b[48:], h.directoryCRC)
	binary.LittleEndian.PutUint32(b[60:], checksum(b[:60]))
	return b
}

// crc returns the header's checksum, which stands for the contents of the whole file.
func headerCRC(b []byte) uint32 { return binary.LittleEndian.Uint32(b[60:]) }

// decodeRunHeader reads the header of a file of size bytes. Errors begin with an offset.
func decodeRunHeader(b []byte, size int64) (runHeader, error) {
	if len(b) < runHeaderSize {
		return runHeader{}, fmt.Errorf("offset %d: ends early, a header has %d bytes: %w", len(b), runHeaderSize, ErrCorrupt)
	}
	if string(b[:8]) != runMagic {
		return runHeader{}, fmt.Errorf("offset 0: magic %q, want %q: %w", b[:8], runMagic, ErrCorrupt)
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v != runVersion {
		return runHeader{}, fmt.Errorf("offset 8: version %d, this program reads %d: %w", v, runVersion, ErrCorrupt)
	}
	if got, want := checksum(b[:60]), headerCRC(b); got != want {
		return runHeader{}, fmt.Errorf("offset 60: header checksum %08x, want %08x: %w", got, want, ErrCorrupt)
	}
	h := runHeader{
		shardBits:    binary.LittleEndian.Uint32(b[12:]),
		count:        binary.LittleEndian.Uint64(b[16:]),
		directory:    binary.LittleEndian.Uint64(b[24:]),
		size:         binary.LittleEndian.Uint64(b[32:]),
		minSeen:      binary.LittleEndian.Uint32(b[40:]),
		maxSeen:      binary.LittleEndian.Uint32(b[44:]),
		directoryCRC: binary.LittleEndian.Uint32(b[48:]),
	}
	if h.size != uint64(size) {
		return runHeader{}, fmt.Errorf("offset 32: the file has %d bytes, its header says %d: %w", size, h.size, ErrCorrupt)
	}
	if h.shardBits > maxShardBits {
		return runHeader{}, fmt.Errorf("offset 12: %d shard bits, at most %d: %w", h.shardBits, maxShardBits, ErrCorrupt)
	}
	if h.directory < runHeaderSize || h.directory > h.size || h.size-h.directory != shardMetaSize<<h.shardBits {
		return runHeader{}, fmt.Errorf("offset 24: directory at %d of %d bytes does not hold %d shards: %w",
			h.directory, h.size, 1<<h.shardBits, ErrCorrupt)
	}
	return h, nil
}

// shardMeta describes a shard; where it is follows from those before it.
type shardMeta struct {
	count         uint32
	recordsCRC    uint32
	filterLen     uint32 // 0: no filter
	filterCRC     uint32
	seed          uint64
	segment       uint32 // length
	segmentsTotal uint32 // length of all segments but the last two
}

func (m *shardMeta) put(b []byte) {
	binary.LittleEndian.PutUint32(b, m.count)
	binary.LittleEndian.PutUint32(b[4:], m.recordsCRC)
	binary.LittleEndian.PutUint32(b[8:], m.filterLen)
	binary.LittleEndian.PutUint32(b[12:], m.filterCRC)
	binary.LittleEndian.PutUint64(b[16:], m.seed)
	binary.LittleEndian.PutUint32(b[24:], m.segment)
	binary.LittleEndian.PutUint32(b[28:], m.segmentsTotal)
}

func getShardMeta(b []byte) shardMeta {
	return shardMeta{
		count:         binary.LittleEndian.Uint32(b),
		recordsCRC:    binary.LittleEndian.Uint32(b[4:]),
		filterLen:     binary.LittleEndian.Uint32(b[8:]),
		filterCRC:     binary.LittleEndian.Uint32(b[12:]),
		seed:          binary.LittleEndian.Uint64(b[16:]),
		segment:       binary.LittleEndian.Uint32(b[24:]),
		segmentsTotal: binary.LittleEndian.Uint32(b[28:]),
	}
}

func (m *shardMeta) bytes() uint64 { return uint64(m.count)*recordSize + uint64(m.filterLen) }

// valid reports whether every probe of the filter falls within filterLen.
func (m *shardMeta) valid() bool {
	if m.filterLen == 0 {
		return true
	}
	return m.segment > 0 && m.segment&(m.segment-1) == 0 && m.segmentsTotal%m.segment == 0 &&
		uint64(m.segmentsTotal)+2*uint64(m.segment) == uint64(m.filterLen)
}

// decodeDirectory reads and checks the directory of a run with header h. Errors begin with an offset.
func decodeDirectory(h runHeader, b []byte) ([]shardMeta, error) {
	if got := checksum(b); got != h.directoryCRC {
		return nil, fmt.Errorf("offset %d: directory checksum %08x, want %08x: %w", h.directory, got, h.directoryCRC, ErrCorrupt)
	}
	metas := make([]shardMeta, 1<<h.shardBits)
	end, count := uint64(runHeaderSize), uint64(0)
	for i := range metas {
		metas[i] = getShardMeta(b[i*shardMetaSize:])
		end += metas[i].bytes()
		count += uint64(metas[i].count)
		if !metas[i].valid() || end > h.directory {
			return nil, fmt.Errorf("offset %d: shard %d of %d bytes has an impossible filter or does not fit: %w",
				h.directory+uint64(i)*shardMetaSize, i, metas[i].bytes(), ErrCorrupt)
		}
	}
	if end != h.directory || count != h.count {
		return nil, fmt.Errorf("offset %d: shards hold %d records in %d bytes, want %d in %d: %w",
			h.directory, count, end-runHeaderSize, h.count, h.directory-runHeaderSize, ErrCorrupt)
	}
	return metas, nil
}
