package filesource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/millrace/millrace/internal/source/transcode/parquet"
)

// access returns a file as one whose bytes can be read in any order, which
// archives and Parquet need: itself if it can be, else a copy on disk, which
// c.close removes.
func (s *Source) access(ctx context.Context, in *Input, c *content) (io.ReaderAt, int64, error) {
	if file, ok := in.Reader.(io.ReaderAt); ok && in.Size >= 0 {
		c.raw = &counter{}
		return &countedAt{file, c.raw}, in.Size, nil
	}
	file, err := os.CreateTemp(s.cfg.TempDir, "file-")
	if err != nil {
		return nil, 0, fmt.Errorf("cannot make a copy of file %q: %w", in.Name, err)
	}
	c.close = func() error { return errors.Join(file.Close(), os.Remove(file.Name())) }
	size, err := s.copy(ctx, file, c.Reader, in.Name)
	if err != nil {
		return nil, 0, err
	}
	return file, size, nil
}

// copyBytes is how much is written to disk at once.
const copyBytes = 1 << 20

// copy writes a file to disk, within the limits and while there is room.
func (s *Source) copy(ctx context.Context, to io.Writer, from io.Reader, name string) (int64, error) {
	for size := int64(0); ; {
		if space := s.cfg.Log.Space; space != nil {
			if err := space.Wait(ctx); err != nil {
				return size, err
			}
		}
		if err := ctx.Err(); err != nil {
			return size, err
		}
		n, err := io.CopyN(to, from, copyBytes)
		size += n
		switch {
		case size > s.cfg.Limits.Bytes:
			return size, &FileError{Name: name, Message: fmt.Sprintf("it is longer than %d bytes (limits.file_bytes); split it", s.cfg.Limits.Bytes)}
		case errors.Is(err, io.EOF):
			return size, nil
		case err != nil:
			return size, readError(name, err)
		}
	}
}

// countedAt counts what is read, for those who watch the progress.
type countedAt struct {
	io.ReaderAt
	raw *counter
}

func (c *countedAt) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, at)
	c.raw.n += int64(n)
	return n, err
}

// openRows replaces a Parquet file by its rows.
func (s *Source) openRows(ctx context.Context, in *Input, c *content) error {
	file, size, err := s.access(ctx, in, c)
	if err != nil {
		return err
	}
	rows, err := parquet.Open(file, size, parquet.Limits{RowBytes: s.cfg.LineBytes})
	if err != nil {
		return broken(in.Name, "Parquet", err)
	}
	closeFile := c.close
	c.close = func() error { return errors.Join(rows.Close(), closeFile()) }
	c.Reader, c.rows = &guarded{rows, in.Name, "Parquet"}, true
	return c.decode(in.Name, &s.cfg.Limits)
}
