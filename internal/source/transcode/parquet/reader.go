package parquet

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// Limits bound what a file may take of memory. Zero values stand for the
// defaults.
type Limits struct {
	FooterBytes   int // 16 MiB
	PageBytes     int // of one page, uncompressed; 64 MiB
	RowGroupBytes int // of the largest page and the dictionary of all columns; 512 MiB
	RowBytes      int // of one row as JSON; 1 MiB
}

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		v   *int
		def int
	}{{&l.FooterBytes, 16 << 20}, {&l.PageBytes, 64 << 20}, {&l.RowGroupBytes, 512 << 20}, {&l.RowBytes, 1 << 20}} {
		if *d.v <= 0 {
			*d.v = d.def
		}
	}
	return l
}

// ErrFile is wrapped by what is wrong with a file itself; the other errors are
// those of reading it.
var ErrFile = errors.New("its Parquet data cannot be read")

// Magic is how a Parquet file begins and ends.
const Magic = "PAR1"

// Reader gives the rows of a file as JSON objects, one a line. Close must
// follow.
type Reader struct {
	source  *source
	limits  Limits
	file    *parquet.File
	root    *node
	leaves  []leaf
	group   int // the next row group
	columns []*column
	rows    int64 // left in this row group

	row  []byte // what is left of the row being given out
	from int
	cut  bool // the row was too long

	body     bytes.Buffer // of the page being checked
	unpacked []byte
}

// source remembers an error of reading, which the library may wrap or hide.
type source struct {
	io.ReaderAt
	size int64
	err  error
}

func (s *source) ReadAt(p []byte, at int64) (int, error) {
	n, err := s.ReaderAt.ReadAt(p, at)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// Open reads a file's footer.
func Open(file io.ReaderAt, size int64, limits Limits) (*Reader, error) {
	r := &Reader{source: &source{ReaderAt: file, size: size}, limits: limits.withDefaults()}
	err := r.guarded(r.open)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// guarded runs what reads the file. The library panics on some broken files;
// everything is read on the caller's goroutine, so that a panic can be caught.
func (r *Reader) guarded(read func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
		switch {
		case r.source.err != nil:
			err = r.source.err
		case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, ErrFile):
			err = fmt.Errorf("%w: %w", ErrFile, err)
		}
	}()
	return read()
}

func (r *Reader) open() (err error) {
	if err := r.checkFooter(); err != nil {
		return err
	}
	if r.file, err = parquet.OpenFile(r.source, r.source.size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true)); err != nil {
		return fmt.Errorf("%w: %w", ErrFile, err)
	}
	r.root, r.leaves, err = newSchema(r.file.Metadata().Schema)
	return err
}

// Rows is how many rows the file says that it has.
func (r *Reader) Rows() int64 { return r.file.NumRows() }

// Read implements [io.Reader].
func (r *Reader) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if r.from == len(r.row) {
			if err := r.guarded(r.next); err != nil {
				if n > 0 && errors.Is(err, io.EOF) {
					return n, nil
				}
				return n, err
			}
		}
		k := copy(p[n:], r.row[r.from:])
		n, r.from = n+k, r.from+k
	}
	return n, nil
}

// next makes the text of the next row.
func (r *Reader) next() error {
	for r.rows == 0 {
		if err := r.nextGroup(); err != nil {
			return err
		}
	}
	r.rows--
	r.row, r.from, r.cut = r.row[:0], 0, false
	if cap(r.row) > 2*r.limits.RowBytes {
		r.row = nil
	}
	if err := r.appendObject(r.root); err != nil {
		r.row = r.row[:0]
		return fmt.Errorf("row group %d: %w", r.group-1, noEOF(err))
	}
	if r.cut {
		r.row = append(r.row, bytes.Repeat([]byte{' '}, max(0, r.limits.RowBytes+1-len(r.row)))...)
	}
	r.row = append(r.row, '\n')
	return nil
}

// noEOF is for ends that come too early.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// nextGroup opens the columns of the next row group.
func (r *Reader) nextGroup() error {
	if err := r.closeGroup(); err != nil {
		return err
	}
	groups := r.file.RowGroups()
	if r.group == len(groups) {
		return io.EOF
	}
	if err := r.checkGroup(r.group); err != nil {
		return fmt.Errorf("row group %d: %w", r.group, noEOF(err))
	}
	chunks := groups[r.group].ColumnChunks()
	r.rows = groups[r.group].NumRows()
	r.group++
	if len(chunks) != len(r.leaves) || r.rows < 0 {
		return fmt.Errorf("row group %d has %d columns and %d rows, the schema has %d columns", r.group-1, len(chunks), r.rows, len(r.leaves))
	}
	for _, chunk := range chunks {
		r.columns = append(r.columns, &column{pages: chunk.Pages()})
	}
	return nil
}

// closeGroup closes the columns, which must be at their end.
func (r *Reader) closeGroup() (err error) {
	for i, c := range r.columns {
		if v, peekErr := c.peek(); r.rows == 0 && (v != nil || peekErr != nil) {
			err = errors.Join(err, fmt.Errorf("row group %d: %w: column %d goes on", r.group-1, errRows, i))
		}
		err = errors.Join(err, c.close())
	}
	r.columns = r.columns[:0]
	return err
}

// Close frees what is in memory. It does not close the file.
func (r *Reader) Close() error {
	var err error
	for _, c := range r.columns {
		err = errors.Join(err, c.close())
	}
	r.columns = nil
	return err
}
