package iceberg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	iceio "github.com/apache/iceberg-go/io"

	"github.com/millrace/millrace/internal/store/lake"
)

const fileScheme = "file://"

// files are the files of a lake. They are in its folder, and, when the warehouse is in a
// bucket, there, too: the folder then has a copy of what was written or read here, because
// the analytics store reads local files. A file never changes once it has been committed.
type files struct {
	dir     string // the folder
	root    string // what the folder is called in metadata
	objects *bucket
}

// local is the path of a file of a table.
func (f *files) local(uri string) string {
	if f.objects == nil {
		return strings.TrimPrefix(strings.TrimPrefix(uri, fileScheme), "file:") // as Hadoop writes it
	}
	if rest, ok := strings.CutPrefix(uri, f.root); ok {
		return filepath.Join(f.dir, filepath.FromSlash(rest))
	}
	return uri // of another engine, elsewhere
}

// uri is what metadata calls a file.
func (f *files) uri(path string) string {
	if f.objects == nil {
		return fileScheme + path
	}
	if rest, ok := strings.CutPrefix(path, f.dir); ok {
		return f.root + filepath.ToSlash(rest)
	}
	return path
}

// io is what the library reads and writes by.
func (f *files) io(ctx context.Context) (iceio.IO, error) { return &fileIO{ctx: ctx, files: f}, nil }

// publish makes files that were written locally visible to other engines.
func (f *files) publish(ctx context.Context, paths []string) error {
	if f.objects == nil {
		return nil
	}
	for _, path := range paths {
		if err := f.objects.put(ctx, f.uri(path), path); err != nil {
			return err
		}
	}
	return nil
}

// fetch makes a file readable at its path.
func (f *files) fetch(ctx context.Context, path string) error {
	if _, err := os.Stat(path); f.objects == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	uri := f.uri(path)
	if !strings.HasPrefix(uri, f.root) {
		return fmt.Errorf("the file %q is outside of the warehouse %s: another engine put it there", path, f.root)
	}
	return f.objects.get(ctx, uri, path)
}

// Fetch implements [lake.Files].
func (s *Store) Fetch(ctx context.Context, list []lake.File) error {
	for _, f := range list {
		if err := s.files.fetch(ctx, f.Path); err != nil {
			return fmt.Errorf("cannot read a file of the lake: %w", err)
		}
		if err := s.Fetch(ctx, f.Deletes); err != nil {
			return err
		}
	}
	return nil
}

// Remove implements [lake.Files]. The copy goes last: a file that only the bucket has would
// be found again, too.
func (s *Store) Remove(ctx context.Context, orphans []lake.Orphan) error {
	for _, o := range orphans {
		if s.files.objects != nil {
			if err := s.files.objects.remove(ctx, s.files.uri(o.Path)); err != nil {
				return err
			}
		}
		if err := os.Remove(o.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot remove a file of the lake: %w", err)
		}
	}
	return nil
}

// written lists the files below a location that were written before a time.
func (f *files) written(ctx context.Context, location string, before time.Time) ([]lake.Orphan, error) {
	var found []lake.Orphan
	err := filepath.WalkDir(f.local(location), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // all of it is in the bucket only
		}
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil && info.ModTime().Before(before) {
			found = append(found, lake.Orphan{Path: path, Bytes: info.Size()})
		}
		return err
	})
	if err != nil || f.objects == nil {
		return found, err
	}
	remote, err := f.objects.list(ctx, location+"/", before)
	for _, one := range remote {
		path := f.local(one.Path)
		if !slices.ContainsFunc(found, func(o lake.Orphan) bool { return o.Path == path }) {
			found = append(found, lake.Orphan{Path: path, Bytes: one.Bytes})
		}
	}
	return found, err
}

// fileIO is the file system of the library, for one call: files are on the disk, and in
// the bucket, when they are closed. The library's own leaves that to the system, and the
// catalogue would name metadata that a loss of power took away.
type fileIO struct {
	ctx context.Context
	*files
}

var _ iceio.WriteFileIO = (*fileIO)(nil)

// Open implements [iceio.IO].
func (f *fileIO) Open(name string) (iceio.File, error) {
	path := f.local(name)
	if err := f.fetch(f.ctx, path); err != nil {
		return nil, err
	}
	return os.Open(path)
}

// Remove implements [iceio.IO]. The library removes what it wrote for a commit that failed:
// such files are cleaned up with other orphans, when nobody can be reading them.
func (f *fileIO) Remove(string) error { return nil }

// Create implements [iceio.WriteFileIO].
func (f *fileIO) Create(name string) (iceio.FileWriter, error) {
	path := f.local(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	w, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &durableFile{File: w, io: f}, nil
}

// WriteFile implements [iceio.WriteFileIO].
func (f *fileIO) WriteFile(name string, content []byte) error {
	w, err := f.Create(name)
	if err != nil {
		return err
	}
	_, err = w.Write(content)
	return errors.Join(err, w.Close())
}

// durableFile is a file that lasts once it is closed.
type durableFile struct {
	*os.File
	io *fileIO
}

func (f *durableFile) Close() error {
	if err := errors.Join(f.Sync(), f.File.Close(), syncPath(filepath.Dir(f.Name()))); err != nil {
		return err
	}
	return f.io.publish(f.io.ctx, []string{f.Name()})
}

// syncPath makes a file or folder durable.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
