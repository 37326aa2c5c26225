package fingerprint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
)

// run is a sorted immutable file, mapped. Reads are safe from any goroutine until close.
type run struct {
	runMeta
	path    string
	size    int64
	data    []byte
	shift   uint32
	probes  []probe
	metas   []shardMeta
	merging bool // an input of the merge under way
}

// shardBytes is the size of a probe and a shardMeta, for about 48 Ki records on average.
const shardBytes = 72

// openRun maps the run that meta describes. With verify it reads all of the file and checks it first; without, only
// the header and the directory.
func openRun(dir string, meta runMeta, verify bool) (*run, error) {
	r := &run{runMeta: meta, path: runPath(dir, meta.id)}
	file, err := os.Open(r.path)
	if err != nil {
		return nil, fmt.Errorf("cannot open fingerprint run of the manifest: %w", err)
	}
	err = r.load(file, verify)
	err = errors.Join(err, file.Close())
	if err != nil {
		_ = r.close()
		return nil, fmt.Errorf("cannot open fingerprint run %q: %w", r.path, err)
	}
	return r, nil
}

func (r *run) load(file *os.File, verify bool) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	r.size = info.Size()
	head := make([]byte, runHeaderSize)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	h, err := decodeRunHeader(head[:n], r.size)
	if err != nil {
		return err
	}
	if crc := headerCRC(head); crc != r.headerCRC || h.count != r.count || h.minSeen != r.minSeen || h.maxSeen != r.maxSeen {
		return fmt.Errorf("offset 60: this is another run than the manifest's (checksum %08x, want %08x): %w", crc, r.headerCRC, ErrCorrupt)
	}
	dir := make([]byte, h.size-h.directory)
	if _, err := file.ReadAt(dir, int64(h.directory)); err != nil {
		return err
	}
	metas, err := decodeDirectory(h, dir)
	if err != nil {
		return err
	}
	if verify {
		if err := verifyRun(file, r.runMeta, metas); err != nil {
			return err
		}
	}
	return r.mmap(file, h, metas)
}

func (r *run) mmap(file *os.File, h runHeader, metas []shardMeta) error {
	data, err := mapFile(file, int(h.size))
	if err != nil {
		return fmt.Errorf("cannot map %d bytes: %w", h.size, err)
	}
	r.data = data
	r.shift = 64 - h.shardBits
	r.metas = metas
	r.probes = make([]probe, len(metas))
	off := uint64(runHeaderSize)
	for i := range metas {
		m := &metas[i]
		r.probes[i] = m.probe(off)
		off += m.bytes()
	}
	return nil
}

func (r *run) close() error {
	data := r.data
	r.data, r.probes, r.metas = nil, nil, nil
	if data == nil {
		return nil
	}
	if err := unmapFile(data); err != nil {
		return fmt.Errorf("cannot unmap fingerprint run %q: %w", r.path, err)
	}
	return nil
}

// find returns the key's record. hash is filterHash(hi, firstSeed).
func (r *run) find(hi, lo, hash uint64) (record, bool) {
	p := &r.probes[hi>>r.shift]
	if !p.mayContain(r.data, hi, hash) {
		return record{}, false
	}
	return r.search(p, hi, lo)
}

// search looks for the key among the shard's records.
func (r *run) search(p *probe, hi, lo uint64) (record, bool) {
	records := r.data[p.records:p.fingerprints]
	width := ^uint64(0) >> (64 - r.shift) // of a shard's prefix, less one
	i, ok := search(records, hi, lo, hi&^width, hi|width)
	if !ok {
		return record{}, false
	}
	return getRecord(records[i*recordSize:]), true
}

// search finds (hi, lo) in sorted records whose high words lie in [low, high]. Keys are uniform, so it interpolates,
// and reaches the key in three or four probes; after six, which only chosen keys cause, it halves.
func search(records []byte, hi, lo, low, high uint64) (int, bool) {
	a, b := 0, len(records)/recordSize
	for probe := 0; b-a > 6; probe++ {
		m := (a + b) / 2
		if probe < 6 {
			m = a + interpolate(hi-low, high-low, b-a)
		}
		at := records[m*recordSize:]
		mhi := binary.LittleEndian.Uint64(at)
		switch {
		case mhi < hi:
			a, low = m+1, mhi
		case mhi > hi:
			b, high = m, mhi
		default:
			mlo := binary.LittleEndian.Uint64(at[8:])
			if mlo == lo {
				return m, true
			}
			if mlo < lo {
				a = m + 1
			} else {
				b = m
			}
		}
	}
	for ; a < b; a++ {
		at := records[a*recordSize:]
		if binary.LittleEndian.Uint64(at) == hi && binary.LittleEndian.Uint64(at[8:]) == lo {
			return a, true
		}
	}
	return 0, false
}

// interpolate returns n*x/width, less than n. Unsorted bytes may have x > width.
func interpolate(x, width uint64, n int) int {
	if x >= width {
		return n - 1
	}
	p, q := bits.Mul64(x, uint64(n))
	quo, _ := bits.Div64(p, q, width) // p < width, because x < width and the product's high word is below both
	return min(int(quo), n-1)
}
