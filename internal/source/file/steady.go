package filesource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
)

// steady reads a file to the end that it had when it was listed: when the
// connection breaks it is opened again where reading stopped.
type steady struct {
	ctx     context.Context
	folder  Folder
	entry   Entry
	clock   clock.Clock
	current io.ReadCloser // nil while it is not open
	offset  int64
	failed  int // attempts in a row that gave nothing
}

const (
	// maxReopen bounds the attempts; beyond, the whole source is tried again.
	maxReopen  = 5
	reopenWait = 200 * time.Millisecond
)

func (s *steady) Read(p []byte) (int, error) {
	for {
		n, err := s.read(p)
		s.offset += int64(n)
		if n > 0 {
			s.failed = 0
		}
		switch {
		case n > 0 && err == nil:
			return n, nil
		case errors.Is(err, io.EOF) && s.offset == s.entry.Size:
			return n, io.EOF
		case errors.Is(err, io.EOF):
			err = fmt.Errorf("it ends after %d of %d bytes: %w", s.offset, s.entry.Size, io.ErrNoProgress)
		case err == nil:
			continue
		}
		if n > 0 {
			return n, s.drop()
		}
		if s.failed++; s.failed > maxReopen || s.ctx.Err() != nil || errors.Is(err, ErrEntry) {
			return 0, err
		}
		if err := errors.Join(s.drop(), s.clock.Sleep(s.ctx, reopenWait<<s.failed)); err != nil {
			return 0, err
		}
	}
}

func (s *steady) read(p []byte) (int, error) {
	if s.current == nil {
		r, err := s.folder.Open(s.ctx, s.entry, s.offset)
		if err != nil {
			return 0, err
		}
		s.current = r
	}
	return s.current.Read(p)
}

// drop gives up the open file; that closing a broken one fails does not matter.
func (s *steady) drop() error {
	if s.current != nil {
		_ = s.current.Close()
		s.current = nil
	}
	return nil
}

func (s *steady) Close() error { return s.drop() }
