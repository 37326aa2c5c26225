package fingerprint

import (
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/FastFilter/xorfilter"
)

// errStopped ends a background job of an index that is being closed.
var errStopped = errors.New("fingerprint index is closing")

const (
	runSuffix  = ".run"
	tempSuffix = ".tmp"
	chunkItems = 4096 // records per read or write, 96 KiB
)

func runPath(dir string, id uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%016x%s", id, runSuffix))
}

// runWriter writes records, added in ascending order of keys, to a new run file. It holds a chunk of records and the
// filter of one shard in memory. After an error of any method the caller calls abort.
type runWriter struct {
	path  string
	file  *os.File
	sync  bool
	stop  *atomic.Bool
	h     runHeader
	shard int
	metas []shardMeta
	crc   uint32
	chunk []byte
	words []uint64 // distinct high words of the shard's keys, for the filter
	off   uint64
	build xorfilter.BinaryFuseBuilder
}

// newRunWriter starts a run of at most limit records.
func newRunWriter(path string, limit uint64, sync bool, stop *atomic.Bool) (*runWriter, error) {
	file, err := os.Create(path + tempSuffix)
	if err != nil {
		return nil, fmt.Errorf("cannot create fingerprint run: %w", err)
	}
	w := &runWriter{path: path, file: file, sync: sync, stop: stop, off: runHeaderSize}
	w.h = runHeader{shardBits: shardBitsFor(limit), minSeen: ^uint32(0)}
	w.metas = make([]shardMeta, 1<<w.h.shardBits)
	w.chunk = make([]byte, 0, chunkItems*recordSize)
	if _, err := file.Write(make([]byte, runHeaderSize)); err != nil {
		w.abort()
		return nil, w.failed(err)
	}
	return w, nil
}

func (w *runWriter) failed(err error) error {
	return fmt.Errorf("cannot write fingerprint run %q: %w", w.path, err)
}

func (w *runWriter) add(r record) error {
	shard := int(r.hi >> (64 - w.h.shardBits))
	for w.shard < shard {
		if err := w.endShard(); err != nil {
			return err
		}
	}
	if len(w.chunk) == cap(w.chunk) {
		if err := w.flush(); err != nil {
			return err
		}
	}
	n := len(w.chunk)
	w.chunk = w.chunk[:n+recordSize]
	r.put(w.chunk[n:])
	w.h.count++
	w.h.minSeen = min(w.h.minSeen, r.seen)
	w.h.maxSeen = max(w.h.maxSeen, r.seen)
	w.metas[w.shard].count++
	if k := len(w.words); k <= filterMaxItems && (k == 0 || w.words[k-1] != r.hi) {
		w.words = append(w.words, r.hi)
	}
	return nil
}

// flush writes the chunk.
func (w *runWriter) flush() error {
	if w.stop.Load() {
		return errStopped
	}
	w.crc = crc32.Update(w.crc, castagnoli, w.chunk)
	err := w.write(w.chunk)
	w.chunk = w.chunk[:0]
	return err
}

func (w *runWriter) write(b []byte) error {
	n, err := w.file.Write(b)
	w.off += uint64(n)
	if err != nil {
		return w.failed(err)
	}
	return nil
}

// endShard completes the shard with its filter. Without one every lookup searches the shard's records.
func (w *runWriter) endShard() error {
	if err := w.flush(); err != nil {
		return err
	}
	m := &w.metas[w.shard]
	m.recordsCRC = w.crc
	if len(w.words) > 0 && len(w.words) <= filterMaxItems {
		f, err := xorfilter.BuildBinaryFuse[uint8](&w.build, w.words)
		if err == nil {
			m.filterLen, m.filterCRC = uint32(len(f.Fingerprints)), checksum(f.Fingerprints)
			m.seed, m.segment, m.segmentsTotal = f.Seed, f.SegmentLength, f.SegmentCountLength
			if err := w.write(f.Fingerprints); err != nil {
				return err
			}
		}
	}
	w.words, w.crc = w.words[:0], 0
	w.shard++
	return nil
}

// finish makes the run durable under its name, and describes it but for id and level. A run without records is removed,
// and its count is 0.
func (w *runWriter) finish() (runMeta, error) {
	if w.h.count == 0 {
		w.abort()
		return runMeta{}, nil
	}
	for w.shard < len(w.metas) {
		if err := w.endShard(); err != nil {
			return runMeta{}, err
		}
	}
	dir := make([]byte, len(w.metas)*shardMetaSize)
	for i := range w.metas {
		w.metas[i].put(dir[i*shardMetaSize:])
	}
	w.h.directory, w.h.directoryCRC = w.off, checksum(dir)
	if err := w.write(dir); err != nil {
		return runMeta{}, err
	}
	w.h.size = w.off
	head := w.h.encode()
	if _, err := w.file.WriteAt(head[:], 0); err != nil {
		return runMeta{}, w.failed(err)
	}
	meta := runMeta{count: w.h.count, minSeen: w.h.minSeen, maxSeen: w.h.maxSeen, headerCRC: headerCRC(head[:])}
	return meta, w.publish()
}

func (w *runWriter) publish() error {
	if w.sync {
		if err := w.file.Sync(); err != nil {
			return w.failed(err)
		}
	}
	if err := w.file.Close(); err != nil {
		return w.failed(err)
	}
	if err := os.Rename(w.path+tempSuffix, w.path); err != nil {
		return w.failed(err)
	}
	if !w.sync {
		return nil
	}
	return syncDir(filepath.Dir(w.path))
}

// abort removes what was written. The file may be closed already; the error that led here is the one that counts.
func (w *runWriter) abort() {
	_ = w.file.Close()
	_ = os.Remove(w.path + tempSuffix)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("cannot sync directory of fingerprint runs: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("cannot sync directory %q of fingerprint runs: %w", dir, err)
	}
	return nil
}
