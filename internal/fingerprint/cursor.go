package fingerprint

import (
	"fmt"
	"hash/crc32"
	"io"
)

// cursor reads a run's records in order through ReadAt, so that a merge gets the system's readahead and does not count
// the whole run into the process's memory. It checks each shard's checksum, so that a merge cannot give rotten bytes a
// fresh one.
type cursor struct {
	file   io.ReaderAt
	metas  []shardMeta
	shard  int
	left   uint32 // records of the shard not yet read
	off    int64
	crc    uint32
	chunk  []byte
	pos    int
	filter bool // check filters as well
	rec    record
}

func newCursor(file io.ReaderAt, metas []shardMeta, filter bool) *cursor {
	return &cursor{file: file, metas: metas, off: runHeaderSize, left: metas[0].count, filter: filter}
}

// next moves to the next record, rec; false at the end. Errors begin with an offset.
func (c *cursor) next() (bool, error) {
	for c.pos == len(c.chunk) {
		if c.left == 0 {
			if c.shard == len(c.metas) {
				return false, nil
			}
			if err := c.endShard(); err != nil {
				return false, err
			}
			continue
		}
		if err := c.read(int(min(c.left, chunkItems)) * recordSize); err != nil {
			return false, err
		}
		c.left -= uint32(len(c.chunk) / recordSize)
		c.crc = crc32.Update(c.crc, castagnoli, c.chunk)
	}
	c.rec = getRecord(c.chunk[c.pos:])
	c.pos += recordSize
	return true, nil
}

func (c *cursor) read(n int) error {
	if cap(c.chunk) < n {
		c.chunk = make([]byte, max(n, chunkItems*recordSize))
	}
	c.chunk, c.pos = c.chunk[:n], 0
	if _, err := c.file.ReadAt(c.chunk, c.off); err != nil {
		c.chunk = c.chunk[:0]
		return fmt.Errorf("offset %d: cannot read %d bytes: %w", c.off, n, err)
	}
	c.off += int64(n)
	return nil
}

func (c *cursor) endShard() error {
	m := &c.metas[c.shard]
	if c.crc != m.recordsCRC {
		return fmt.Errorf("offset %d: checksum of the %d records of shard %d %08x, want %08x: %w",
			c.off-int64(m.count)*recordSize, m.count, c.shard, c.crc, m.recordsCRC, ErrCorrupt)
	}
	if c.filter && m.filterLen > 0 {
		if err := c.read(int(m.filterLen)); err != nil {
			return err
		}
		if got := checksum(c.chunk); got != m.filterCRC {
			return fmt.Errorf("offset %d: checksum of the filter of shard %d %08x, want %08x: %w",
				c.off-int64(m.filterLen), c.shard, got, m.filterCRC, ErrCorrupt)
		}
		c.pos = len(c.chunk)
	} else {
		c.off += int64(m.filterLen)
	}
	c.shard++
	c.crc = 0
	if c.shard < len(c.metas) {
		c.left = c.metas[c.shard].count
	}
	return nil
}

// verifyRun reads all of a run and checks its checksums and its order. Errors begin with an offset.
func verifyRun(file io.ReaderAt, meta runMeta, metas []shardMeta) error {
	c := newCursor(file, metas, true)
	shift := 64
	for n := len(metas); n > 1; n >>= 1 {
		shift--
	}
	var prev record
	for i := uint64(0); ; i++ {
		more, err := c.next()
		if err != nil || !more {
			return err
		}
		r := &c.rec
		if i > 0 && prev.compare(r) >= 0 || int(r.hi>>shift) != c.shard || r.seen < meta.minSeen || r.seen > meta.maxSeen {
			return fmt.Errorf("offset %d: record %d of shard %d is out of order or out of the run's range: %w",
				c.off-int64(len(c.chunk)-c.pos)-recordSize, i, c.shard, ErrCorrupt)
		}
		prev = *r
	}
}
