package filesource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"
)

// localFolder is a folder of this machine. Nothing outside of it is read,
// whatever links lie in it.
type localFolder struct {
	dir string
}

// The folders that files are moved to.
const (
	doneDir   = "done"
	failedDir = "failed"
)

// openLocalFolder makes the folder and those for what has been taken.
func openLocalFolder(dir string) (*localFolder, error) {
	for _, name := range []string{doneDir, failedDir} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			return nil, err
		}
	}
	return &localFolder{dir}, nil
}

// List implements [Folder]. Links, folders and pipes are no files.
func (l *localFolder) List(_ context.Context, after string, visit func(Entry) error) error {
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() <= after || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue // gone meanwhile
		}
		if err := visit(Entry{Name: e.Name(), Size: info.Size(), Modified: info.ModTime()}); err != nil {
			return err
		}
	}
	return nil
}

// Open implements [Folder].
func (l *localFolder) Open(_ context.Context, e Entry, offset int64) (io.ReadCloser, error) {
	root, err := os.OpenRoot(l.dir)
	if err != nil {
		return nil, err
	}
	f, err := root.Open(e.Name)
	err = errors.Join(err, root.Close())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEntry, err)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !looksLike(info, &e):
		err = errChanged
	case offset > 0:
		_, err = f.Seek(offset, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrEntry, err), f.Close())
	}
	return f, nil
}

// looksLike reports whether a file is the one that was listed.
func looksLike(info fs.FileInfo, e *Entry) bool {
	return info.Mode().IsRegular() && info.Size() == e.Size && info.ModTime().Equal(e.Modified)
}

// Dispose implements [Folder]: a file is moved beside its report. The report is
// written first, so that a file in done/ or failed/ always has one; a second
// file of the same name gets a number.
func (l *localFolder) Dispose(_ context.Context, o *Outcome) (gone bool, err error) {
	name, to := o.Entry.Name, failedDir
	if info, err := os.Lstat(filepath.Join(l.dir, name)); err == nil && !looksLike(info, &o.Entry) {
		return false, fmt.Errorf("cannot move %q away: %w: %w", name, ErrEntry, errChanged)
	}
	if o.Taken {
		to = doneDir
	}
	dir := filepath.Join(l.dir, to)
	target := shortened(name)
	for n := 2; exists(filepath.Join(dir, target)); n++ {
		target = numbered(shortened(name), n)
	}
	if !o.Marker {
		if err := writeSynced(filepath.Join(dir, target+".report.json"), o.Report); err != nil {
			return false, fmt.Errorf("cannot write the report of %q: %w", name, err)
		}
	}
	if err := os.Rename(filepath.Join(l.dir, name), filepath.Join(dir, target)); err != nil {
		if errors.Is(err, fs.ErrNotExist) { // taken away by its owner
			return true, nil
		}
		if errors.Is(err, fs.ErrPermission) { // the others can be moved, perhaps
			err = fmt.Errorf("%w: %w", ErrEntry, err)
		}
		return false, fmt.Errorf("cannot move %q away: %w", name, err)
	}
	return true, errors.Join(syncDir(dir), syncDir(l.dir))
}

// Close implements [Folder].
func (*localFolder) Close() error { return nil }

// maxMovedName leaves room for a number and the report's extension in a name, of
// which file systems allow 255 bytes.
const maxMovedName = 220

// shortened is a name that leaves this room. A digest tells it from others that
// begin and end alike.
func shortened(name string) string {
	if len(name) <= maxMovedName {
		return name
	}
	const digestBytes, extensionBytes = 18, 16
	extension := filepath.Ext(name)
	if len(extension) > extensionBytes {
		extension = ""
	}
	stem := strings.ToValidUTF8(name[:maxMovedName-digestBytes-extensionBytes], "")
	return fmt.Sprintf("%s~%016x%s", stem, xxh3.HashString(name), extension)
}

// numbered puts a number before the extensions: orders.csv.gz, 2 → orders-2.csv.gz.
func numbered(name string, n int) string {
	stem, extension, dot := strings.Cut(name, ".")
	if dot {
		extension = "." + extension
	}
	return stem + "-" + strconv.Itoa(n) + extension
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// writeSynced writes a file that is whole, or not there, after a crash.
func writeSynced(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".report-*.tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
