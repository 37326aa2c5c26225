package disk_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/runtime/disk"
)

func refused(t *testing.T, path string, sentinel error, want string) {
	t.Helper()
	f, err := disk.OpenFolder(path, 1)
	if err == nil {
		_ = f.Close()
	}
	if !errors.Is(err, sentinel) || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func open(t *testing.T, path string) *disk.Folder {
	t.Helper()
	f, err := disk.OpenFolder(path, 1)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFolderIsHeldByOneAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "data")
	f := open(t, path)
	refused(t, path, disk.ErrLocked, fmt.Sprintf("data folder %s is in use by process %d; stop that process", path, os.Getpid()))
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path).Close(); err != nil {
		t.Error(err)
	}
}

func TestFolderOfAnotherFormat(t *testing.T) {
	path := t.TempDir()
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(path, "VERSION"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("3\n")
	refused(t, path, disk.ErrFormat, fmt.Sprintf("data folder %s was written by format 3, this binary reads 1", path))
	write("three")
	refused(t, path, disk.ErrFormat, `does not hold a format number but "three"`)
	write("1\n")
	if err := open(t, path).Close(); err != nil {
		t.Error("a refused folder stayed locked:", err)
	}
}

func TestForeignFolder(t *testing.T) {
	path := t.TempDir()
	if err := os.WriteFile(filepath.Join(path, "thesis.tex"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, path, disk.ErrForeign, "holds other files (thesis.tex)")
	if _, err := os.Stat(filepath.Join(path, "LOCK")); err == nil {
		t.Error("left a LOCK in a foreign folder")
	}
}
