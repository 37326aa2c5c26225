package sftpfolder

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/pkg/sftp"

	filesource "github.com/millrace/millrace/internal/source/file"
)

var _ filesource.Folder = (*Folder)(nil)

// maxDepth bounds the folders in folders that are looked into.
const maxDepth = 16

// List implements filesource.Folder. Links are no files, and are not followed.
func (f *Folder) List(ctx context.Context, after string, visit func(filesource.Entry) error) error {
	client, err := f.connected(ctx)
	if err != nil {
		return err
	}
	return f.list(ctx, client, "", 0, func(e filesource.Entry) error {
		if e.Name <= after {
			return nil
		}
		return visit(e)
	})
}

func (f *Folder) list(ctx context.Context, client *sftp.Client, dir string, depth int, visit func(filesource.Entry) error) error {
	infos, err := client.ReadDirContext(ctx, path.Join(f.cfg.Path, dir))
	if err != nil {
		return fmt.Errorf("cannot list the folder %q: %w", path.Join(f.cfg.Path, dir), err)
	}
	for _, info := range infos {
		name := path.Join(dir, info.Name())
		if strings.ContainsRune(info.Name(), '/') {
			continue // the server makes a path of a name
		}
		switch {
		case info.Mode().IsRegular():
			err = visit(filesource.Entry{Name: name, Size: info.Size(), Modified: info.ModTime()})
		case info.IsDir() && f.cfg.Recursive && depth < maxDepth && !strings.HasPrefix(info.Name(), ".") && !f.ours(name):
			err = f.list(ctx, client, name, depth+1, visit)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ours reports whether a folder is one that files are moved to.
func (f *Folder) ours(name string) bool {
	full := path.Join(f.cfg.Path, name)
	return full == f.target(f.cfg.DoneDir) || full == f.target(f.cfg.FailedDir)
}

func (f *Folder) target(dir string) string {
	if path.IsAbs(dir) {
		return path.Clean(dir)
	}
	return path.Join(f.cfg.Path, dir)
}

// readAhead is read at once, by requests beside each other: one after the other
// would wait for the network in between.
const readAhead = 1 << 20

// file is a file being read.
type file struct {
	*bufio.Reader
	io.Closer
}

// Open implements filesource.Folder.
func (f *Folder) Open(ctx context.Context, e filesource.Entry, offset int64) (io.ReadCloser, error) {
	client, err := f.connected(ctx)
	if err != nil {
		return nil, err
	}
	name := path.Join(f.cfg.Path, e.Name)
	// A file that has been replaced by a link since it was listed is not read.
	info, err := client.Lstat(name)
	if err != nil {
		return nil, f.entryError(err)
	}
	if err := unchanged(info, &e); err != nil {
		return nil, err
	}
	r, err := client.Open(name)
	if err != nil {
		return nil, f.entryError(err)
	}
	if _, err := r.Seek(offset, io.SeekStart); err != nil {
		return nil, errors.Join(f.entryError(err), r.Close())
	}
	return file{bufio.NewReaderSize(io.LimitReader(r, e.Size-offset), readAhead), r}, nil
}

// unchanged refuses a file that is not the one that was listed.
func unchanged(info fs.FileInfo, e *filesource.Entry) error {
	if !info.Mode().IsRegular() || info.Size() != e.Size || !info.ModTime().Equal(e.Modified) {
		return fmt.Errorf("%w: it has changed since it was looked at", filesource.ErrEntry)
	}
	return nil
}

// entryError tells what the server says of a file from a broken connection.
func (f *Folder) entryError(err error) error {
	var status *sftp.StatusError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission), errors.As(err, &status) && status.FxCode() == sftp.ErrSSHFxFailure:
		return fmt.Errorf("%w: %w", filesource.ErrEntry, err)
	}
	return err
}

// Dispose implements filesource.Folder. A file that has failed is never deleted.
func (f *Folder) Dispose(ctx context.Context, o *filesource.Outcome) (gone bool, err error) {
	if f.cfg.After == Keep || f.cfg.After == Delete && !o.Taken {
		return false, nil
	}
	client, err := f.connected(ctx)
	if err != nil {
		return false, err
	}
	name := path.Join(f.cfg.Path, o.Entry.Name)
	// What has replaced the file since it was listed has not been read.
	info, err := client.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil // it had been disposed of, and the answer was lost
	}
	if err == nil {
		err = unchanged(info, &o.Entry)
	}
	if err != nil {
		return false, f.disposeError("dispose of", name, err)
	}
	if f.cfg.After == Delete {
		err = client.Remove(name)
		if errors.Is(err, fs.ErrNotExist) {
			err = nil // it had been deleted, and the answer was lost
		}
		return err == nil, f.disposeError("delete", name, err)
	}
	dir := f.target(f.cfg.FailedDir)
	if o.Taken {
		dir = f.target(f.cfg.DoneDir)
	}
	target := path.Join(dir, o.Entry.Name)
	if err := client.MkdirAll(path.Dir(target)); err != nil {
		return false, f.disposeError("make the folder for", name, err)
	}
	err = move(client, name, target)
	return err == nil, f.disposeError("move", name, err)
}

func (f *Folder) disposeError(what, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("cannot %s %q: %w", what, name, f.entryError(err))
}

// maxNumber bounds the files of one name that have been moved.
const maxNumber = 10_000

// move renames a file; where there is one of that name, a number is put behind
// it.
func move(client *sftp.Client, from, to string) error {
	target := to
	for n := 2; ; n++ {
		_, err := client.Lstat(target)
		if errors.Is(err, os.ErrNotExist) {
			break
		}
		if err != nil {
			return err
		}
		if n > maxNumber {
			return fmt.Errorf("there are %d files named %q already", maxNumber, to)
		}
		target = fmt.Sprintf("%s.%d", to, n)
	}
	err := client.Rename(from, target)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it had been moved, and the answer was lost
	}
	return err
}
