package reload

import (
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// File is a file of definitions that was read.
type File struct {
	Name    string
	Text    []byte
	BuiltIn bool // it came with the platform
}

// Embedded returns the platform's own files of a kind, those of the folder defaults. Their
// names begin with the kind.
func Embedded(all embed.FS, kind string) []File {
	entries, err := all.ReadDir("defaults")
	if err != nil {
		panic("BUG: no " + kind + " are embedded: " + err.Error())
	}
	var files []File
	for _, e := range entries {
		text, err := all.ReadFile("defaults/" + e.Name())
		if err != nil {
			panic("BUG: " + kind + " cannot be read: " + err.Error())
		}
		files = append(files, File{Name: kind + "/" + e.Name(), Text: text, BuiltIn: true})
	}
	return files
}

// Read reads files of a kind, and those of folders, which a setting names; at most so many.
// The error joins everything that cannot be read.
func Read(paths []string, kind, setting string, most int) ([]File, error) {
	var files []File
	var errs []error
	for _, name := range Expand(paths) {
		text, err := os.ReadFile(filepath.Clean(name))
		if err != nil {
			errs = append(errs, fmt.Errorf("cannot read a %s file (%s): %w", kind, setting, err))
			continue
		}
		files = append(files, File{Name: name, Text: text})
	}
	if len(files) > most {
		errs = append(errs, fmt.Errorf("there are %d %s files; at most %d are taken", len(files), kind, most))
	}
	return files, errors.Join(errs...)
}
