package filesource

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// reply is what the sender of a file is answered, while it is being written. It
// appears under its name when it is whole. Equal files have equal replies of one
// name, so a file that is sent again, or taken again after a crash, is answered
// once.
type reply struct {
	dir    string
	file   *os.File // nil: placed or dropped
	buffer *bufio.Writer
}

const unplaced = ".reply-*.tmp"

// removeUnplaced makes the folder of replies, and removes what a process left
// there that was killed.
func removeUnplaced(dir string) error {
	if dir == "" {
		return nil
	}
	err := os.MkdirAll(dir, 0o755)
	left, globError := filepath.Glob(filepath.Join(dir, unplaced))
	err = errors.Join(err, globError)
	for _, name := range left {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}

func newReply(dir string) (*reply, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, unplaced)
	if err != nil {
		return nil, err
	}
	return &reply{dir: dir, file: f, buffer: bufio.NewWriter(f)}, nil
}

func (r *reply) Write(p []byte) (int, error) { return r.buffer.Write(p) }

// place gives the reply its name, or the next free one if another reply has it,
// and returns it.
func (r *reply) place(name string) (string, error) {
	err := errors.Join(r.buffer.Flush(), r.file.Chmod(0o644), r.file.Sync())
	if err != nil {
		return "", err
	}
	target := name
	for n := 2; ; n++ {
		same, err := sameContent(r.file.Name(), filepath.Join(r.dir, target))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			temporary := r.file.Name()
			err := r.file.Close()
			r.file = nil
			if err == nil {
				err = os.Rename(temporary, filepath.Join(r.dir, target))
			}
			return target, errors.Join(err, syncDir(r.dir))
		case err != nil:
			return "", err
		case same:
			return target, r.drop()
		}
		target = numbered(name, n)
	}
}

// drop removes a reply that has no place.
func (r *reply) drop() error {
	if r.file == nil {
		return nil
	}
	err := errors.Join(r.file.Close(), os.Remove(r.file.Name()))
	r.file = nil
	return err
}

// sameContent compares two files.
func sameContent(a, b string) (same bool, err error) {
	var files [2]*os.File
	for i, name := range []string{a, b} {
		f, err := os.Open(name)
		if err != nil {
			return false, err
		}
		defer f.Close()
		files[i] = f
	}
	var x, y [32 << 10]byte
	for {
		n, errX := io.ReadFull(files[0], x[:])
		m, errY := io.ReadFull(files[1], y[:])
		if !bytes.Equal(x[:n], y[:m]) {
			return false, nil
		}
		switch {
		case atEnd(errX) && atEnd(errY):
			return true, nil
		case errX != nil || errY != nil:
			return false, errors.Join(errX, errY)
		}
	}
}

func atEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
