package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const suffix = ".spool"

// segment is one file of the spool. What is below durable is whole and synced.
type segment struct {
	path    string
	first   int64 // number of its first record
	durable int64 // bytes
}

func segmentPath(dir string, first int64) string {
	return filepath.Join(dir, fmt.Sprintf("%016x", first)+suffix)
}

// listSegments returns the segments of a folder in order, without their sizes.
func listSegments(dir string) ([]*segment, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot list the spool: %w", err)
	}
	var all []*segment
	for _, e := range entries {
		digits, ok := strings.CutSuffix(e.Name(), suffix)
		first, err := strconv.ParseInt(digits, 16, 64)
		if !ok || err != nil {
			continue
		}
		all = append(all, &segment{path: filepath.Join(dir, e.Name()), first: first})
	}
	slices.SortFunc(all, func(a, b *segment) int { return int(min(1, max(-1, a.first-b.first))) })
	return all, nil
}

// recover reads a segment that an earlier process left, cuts off what was torn,
// and calls visit for each record. It returns how many bytes were cut off.
func (s *segment) recover(visit func(*frame)) (torn int64, err error) {
	file, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if err != nil {
		return 0, fmt.Errorf("cannot open a segment of the spool: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return 0, fmt.Errorf("cannot read a segment of the spool: %w", err)
	}
	r := reader{file: file, size: info.Size()}
	if r.size < int64(len(magic)) {
		// The process was killed as it made the file.
		return r.size, os.Remove(s.path)
	}
	for {
		f, err := r.next()
		if errors.Is(err, io.EOF) || errors.Is(err, errTorn) {
			break
		}
		if err != nil {
			return 0, fmt.Errorf("cannot read %s: %w", s.path, err)
		}
		visit(f)
	}
	s.durable = r.at
	torn = info.Size() - s.durable
	if torn == 0 {
		return 0, nil
	}
	if err := file.Truncate(s.durable); err != nil {
		return torn, fmt.Errorf("cannot cut off the torn end of %s: %w", s.path, err)
	}
	return torn, syncFile(file)
}

// reader reads the frames of a file, up to a size that may grow.
type reader struct {
	file *os.File
	size int64
	at   int64 // of the next frame
	buf  []byte
	from int // of the next frame in buf
}

const readBytes = 256 << 10

// next returns the next frame, whose bytes are good until the call after it. It
// fails with io.EOF at the size, with errTorn where no frame is.
func (r *reader) next() (*frame, error) {
	if r.at == 0 {
		head := make([]byte, len(magic))
		if _, err := r.file.ReadAt(head, 0); err != nil || string(head) != magic {
			return nil, errors.Join(errors.New("it is no segment of a spool"), err)
		}
		r.at = int64(len(magic))
	}
	for {
		f, size, err := parseFrame(r.buf[r.from:])
		if err != nil {
			return nil, err
		}
		if size > 0 {
			r.from += size
			r.at += int64(size)
			return &f, nil
		}
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
}

// fill reads more behind what is in the buffer. Frames that were handed out may
// still be in use, so the buffer is a new one.
func (r *reader) fill() error {
	have := len(r.buf) - r.from
	begin := r.at + int64(have)
	want := min(int64(max(readBytes, 2*have)), r.size-begin)
	if want <= 0 {
		if have > 0 {
			return errTorn
		}
		return io.EOF
	}
	grown := make([]byte, have+int(want))
	copy(grown, r.buf[r.from:])
	if _, err := r.file.ReadAt(grown[have:], begin); err != nil {
		return fmt.Errorf("cannot read %s: %w", r.file.Name(), err)
	}
	r.buf, r.from = grown, 0
	return nil
}

func syncFile(file *os.File) error {
	if err := file.Sync(); err != nil {
		return fmt.Errorf("cannot sync %s: %w", file.Name(), err)
	}
	return nil
}

// syncDir makes the creation and removal of files in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("cannot open the spool's folder: %w", err)
	}
	return errors.Join(syncFile(d), d.Close())
}
