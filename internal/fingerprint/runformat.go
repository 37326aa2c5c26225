package fingerprint

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// A run file, version 1, little-endian:
//
//	header     64 bytes, see runHeader.encode
//	shards     for each of 2^shardBits key prefixes: records sorted by key, zeros to a multiple of 64 bytes, and the
//	           blocks of their filter (see filterKey)
//	directory  for each shard 16 bytes, see shardMeta.encode; its checksum is in the header
//
// A shard is the unit of checksums and filters: it bounds the memory that writing a run of any size takes.
const (
	runMagic       = "MRFPRUN\n"
	runVersion     = 1
	runHeaderSize  = 64
	shardMetaSize  = 16
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
	count      uint32
	recordsCRC uint32
	blocks     uint32 // of the filter; 0: none
	tailCRC    uint32 // of the zeros and the filter
}

func (m *shardMeta) put(b []byte) {
	binary.LittleEndian.PutUint32(b, m.count)
	binary.LittleEndian.PutUint32(b[4:], m.recordsCRC)
	binary.LittleEndian.PutUint32(b[8:], m.blocks)
	binary.LittleEndian.PutUint32(b[12:], m.tailCRC)
}

func getShardMeta(b []byte) shardMeta {
	return shardMeta{
		count:      binary.LittleEndian.Uint32(b),
		recordsCRC: binary.LittleEndian.Uint32(b[4:]),
		blocks:     binary.LittleEndian.Uint32(b[8:]),
		tailCRC:    binary.LittleEndian.Uint32(b[12:]),
	}
}

func (m *shardMeta) recordBytes() uint64 { return uint64(m.count) * recordSize }

// tailBytes is the size of the zeros and the filter.
func (m *shardMeta) tailBytes() uint64 {
	return -m.recordBytes()%blockSize + uint64(m.blocks)*blockSize
}

func (m *shardMeta) bytes() uint64 { return m.recordBytes() + m.tailBytes() }

// probe returns the probe of a shard that begins at off.
func (m *shardMeta) probe(off uint64) probe {
	return probe{
		records: off, recordsEnd: off + m.recordBytes(),
		filter: off + m.bytes() - uint64(m.blocks)*blockSize, blocks: m.blocks,
	}
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
		if end > h.directory {
			return nil, fmt.Errorf("offset %d: shard %d of %d bytes does not fit: %w",
				h.directory+uint64(i)*shardMetaSize, i, metas[i].bytes(), ErrCorrupt)
		}
	}
	if end != h.directory || count != h.count {
		return nil, fmt.Errorf("offset %d: shards hold %d records in %d bytes, want %d in %d: %w",
			h.directory, count, end-runHeaderSize, h.count, h.directory-runHeaderSize, ErrCorrupt)
	}
	return metas, nil
}
