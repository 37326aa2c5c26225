package disk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

var (
	// ErrLocked is wrapped when another process uses the folder.
	ErrLocked = errors.New("in use")
	// ErrFormat is wrapped when the folder was written in another format.
	ErrFormat = errors.New("another format")
	// ErrForeign is wrapped when the folder holds files that are not Millrace's.
	ErrForeign = errors.New("not a data folder")
)

const (
	lockName    = "LOCK"
	versionName = "VERSION"
)

// Folder is a data folder that this process holds alone.
type Folder struct {
	path string
	lock *os.File
}

// OpenFolder creates the folder at path when it is absent, locks it, and checks
// that it was written in this format. The lock ends with Close or with the
// process, however that ends.
func OpenFolder(path string, format int) (*Folder, error) {
	if err := os.MkdirAll(path, 0o750); err != nil {
		return nil, fmt.Errorf("cannot create the data folder: %w", err)
	}
	if err := checkForeign(path); err != nil {
		return nil, err
	}
	lock, err := lockFile(path)
	if err != nil {
		return nil, err
	}
	f := &Folder{path: path, lock: lock}
	if err := f.checkFormat(format); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Path is the folder's path, as it was opened.
func (f *Folder) Path() string { return f.path }

// Close lets other processes use the folder. The LOCK file stays: removing it
// would let two processes lock two files of the same name.
func (f *Folder) Close() error {
	if err := f.lock.Close(); err != nil {
		return fmt.Errorf("cannot unlock the data folder %s: %w", f.path, err)
	}
	return nil
}

// checkForeign refuses a folder that has files but no VERSION or LOCK: it is
// somebody's home, not ours.
func checkForeign(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return fmt.Errorf("cannot read the data folder: %w", err)
	}
	for _, e := range entries {
		if e.Name() == versionName || e.Name() == lockName {
			return nil
		}
	}
	if len(entries) > 0 && entries[0].Name() != "lost+found" {
		return fmt.Errorf("%w: %s holds other files (%s) and no %s; choose an empty or new folder with data_dir",
			ErrForeign, path, entries[0].Name(), versionName)
	}
	return nil
}

func lockFile(path string) (*os.File, error) {
	name := filepath.Join(path, lockName)
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("cannot lock the data folder: %w", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		defer func() { _ = file.Close() }() // nothing was written through it
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("data folder %s is %w by %s; stop that process or choose another data_dir", path, ErrLocked, owner(name))
		}
		return nil, fmt.Errorf("cannot lock %s: %w", name, err)
	}
	if err := writeOwner(file); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot write %s: %w", name, err), file.Close())
	}
	return file, nil
}

// writeOwner notes our process for those who find the folder locked.
func writeOwner(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

func owner(name string) string {
	text, err := os.ReadFile(name)
	pid := strings.TrimSpace(string(text))
	if _, convErr := strconv.Atoi(pid); err != nil || convErr != nil {
		return "another process"
	}
	return "process " + pid
}

func (f *Folder) checkFormat(format int) error {
	name := filepath.Join(f.path, versionName)
	text, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return writeSynced(f.path, name, []byte(strconv.Itoa(format)+"\n"))
	}
	if err != nil {
		return fmt.Errorf("cannot read the data folder's format: %w", err)
	}
	found, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return fmt.Errorf("%w: %s does not hold a format number but %q", ErrFormat, name, strings.TrimSpace(string(text)))
	}
	if found != format {
		return fmt.Errorf("%w: data folder %s was written by format %d, this binary reads %d; use the version of Millrace that wrote it, or another data_dir",
			ErrFormat, f.path, found, format)
	}
	return nil
}

// writeSynced writes a file that is either whole after a crash or absent.
func writeSynced(dir, name string, data []byte) error {
	temporary := name + ".tmp"
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", name, err)
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("cannot write %s: %w", name, err)
	}
	if err := os.Rename(temporary, name); err != nil {
		return fmt.Errorf("cannot write %s: %w", name, err)
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("cannot sync %s: %w", dir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("cannot sync %s: %w", dir, err)
	}
	return nil
}
