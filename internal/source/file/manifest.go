package filesource

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // what senders' manifests hold; against damage, not against forgery
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/millrace/millrace/internal/source/resume"
)

// maxManifestBytes bounds a manifest.
const maxManifestBytes = 4 << 20

// expectation is what a manifest says of a file. Nil and empty: nothing.
type expectation struct {
	Name   string `json:"name"`
	Size   *int64 `json:"size"`
	Rows   *int64 `json:"rows"`
	SHA256 string `json:"sha256"`
	MD5    string `json:"md5"`
}

// manifests are the files of a folder that say that others are complete.
//
// A pattern with a star is that of one marker per file: *.done stands for
// orders.csv.done or orders.done. A plain name is that of one for all files in
// its folder, such as _SUCCESS; when it lists files, it is for these.
type manifests struct {
	pattern string // "": none
	cursors resume.Cursors
	source  string

	listed map[string]Entry     // the data files of the newest look, by name
	found  map[string]*manifest // by name
}

// manifest is one that lies in the folder.
type manifest struct {
	entry Entry
	files map[string]expectation // nil: it lists none
	taken map[string]bool        // of files
	err   error                  // why it cannot be read
}

func (m *manifests) perFile() bool { return strings.Contains(m.pattern, "*") }

// is reports whether a file is a manifest by its name.
func (m *manifests) is(name string) bool {
	if m.pattern == "" {
		return false
	}
	base := path.Base(name)
	if !m.perFile() {
		return base == m.pattern
	}
	before, after, _ := strings.Cut(m.pattern, "*")
	return len(base) > len(before)+len(after) && strings.HasPrefix(base, before) && strings.HasSuffix(base, after)
}

// of returns the manifest of a file, if it is there.
func (m *manifests) of(name string) *manifest {
	dir, base := path.Split(name)
	if !m.perFile() {
		return m.found[dir+m.pattern]
	}
	before, after, _ := strings.Cut(m.pattern, "*")
	if found := m.found[dir+before+base+after]; found != nil {
		return found
	}
	stem, _, _ := strings.Cut(base, ".")
	return m.found[dir+before+stem+after]
}

// look reads the manifests that are new or have changed, and returns what is wrong
// with them.
func (m *manifests) look(ctx context.Context, folder Folder, listed []Entry) (wrong []error, err error) {
	if m.pattern == "" {
		return nil, nil
	}
	found := make(map[string]*manifest)
	m.listed = make(map[string]Entry, len(listed))
	for _, e := range listed {
		if !m.is(e.Name) {
			m.listed[e.Name] = e
			continue
		}
		if old := m.found[e.Name]; old != nil && old.entry.same(&e) {
			found[e.Name] = old
			continue
		}
		read, err := m.read(ctx, folder, e)
		switch {
		case errors.Is(err, ErrEntry): // it is being written
			continue
		case err != nil:
			return nil, err
		case read.err != nil:
			wrong = append(wrong, read.err)
		}
		found[e.Name] = read
	}
	m.found = found
	return wrong, nil
}

func (m *manifests) read(ctx context.Context, folder Folder, e Entry) (*manifest, error) {
	found := &manifest{entry: e, taken: make(map[string]bool)}
	if e.Size > maxManifestBytes {
		found.err = fmt.Errorf("the manifest %q has %d bytes; at most %d are possible", e.Name, e.Size, maxManifestBytes)
		return found, nil
	}
	r, err := folder.Open(ctx, e, 0)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(r, maxManifestBytes))
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("cannot read the manifest %q: %w", e.Name, err)
	}
	found.files, found.err = parseManifest(text)
	if found.err != nil {
		found.err = fmt.Errorf("the manifest %q cannot be used: %w", e.Name, found.err)
	}
	names, _, err := m.cursors.Get(m.key(e.Name))
	if err != nil {
		return nil, fmt.Errorf("cannot read what of manifest %q has been taken: %w", e.Name, err)
	}
	for _, name := range strings.Split(string(names), "\n") {
		found.taken[name] = true
	}
	return found, nil
}

func (m *manifests) key(name string) string { return "folder/" + m.source + "/manifest/" + name }

// parseManifest reads a list of files: JSON, or CSV with a header. A manifest
// that is empty lists none.
func parseManifest(text []byte) (map[string]expectation, error) {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, byteOrderMark))
	var list []expectation
	var err error
	switch {
	case len(text) == 0:
		return nil, nil
	case text[0] == '[':
		err = json.Unmarshal(text, &list)
	case text[0] == '{':
		one := struct {
			expectation
			Files []expectation `json:"files"`
		}{}
		err = json.Unmarshal(text, &one)
		if list = one.Files; list == nil {
			list = []expectation{one.expectation}
		}
	default:
		list, err = parseManifestTable(text)
	}
	if err != nil {
		return nil, err
	}
	files := make(map[string]expectation, len(list))
	for _, e := range list {
		if e.Name != "" && CheckName(e.Name) != nil {
			return nil, CheckName(e.Name)
		}
		files[e.Name] = e
	}
	return files, nil
}

func parseManifestTable(text []byte) ([]expectation, error) {
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return nil, err
	}
	if !slices.Contains(rows[0], "name") {
		return nil, errors.New(`it is no JSON, and has no header with a column "name"; the others are size, rows, sha256 and md5`)
	}
	var list []expectation
	for _, row := range rows[1:] {
		var e expectation
		for i, value := range row {
			var err error
			switch rows[0][i] {
			case "name":
				e.Name = value
			case "size":
				e.Size, err = number(value)
			case "rows":
				e.Rows, err = number(value)
			case "sha256":
				e.SHA256 = value
			case "md5":
				e.MD5 = value
			}
			if err != nil {
				return nil, fmt.Errorf("%s of %q: %w", rows[0][i], e.Name, err)
			}
		}
		list = append(list, e)
	}
	return list, nil
}

func number(text string) (*int64, error) {
	if text == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return &n, err
}

// expectation returns what is expected of a file; ok is false while it must
// wait.
func (m *manifests) expectation(name string) (e expectation, ok bool) {
	if m.pattern == "" {
		return expectation{}, true
	}
	found := m.of(name)
	if found == nil || found.err != nil {
		return expectation{}, false
	}
	if found.files == nil {
		return expectation{}, true
	}
	if e, ok = found.files[path.Base(name)]; !ok && m.perFile() {
		e, ok = found.files[""]
	}
	return e, ok
}

// taken notes that a file was taken and disposed of. One that changed meanwhile
// still needs its manifest.
func (m *manifests) taken(name string) error {
	if m.pattern == "" {
		return nil
	}
	found := m.of(name)
	if found == nil {
		return nil
	}
	found.taken[path.Base(name)] = true
	delete(m.listed, name)
	if m.perFile() || found.files == nil {
		return nil
	}
	names := strings.Join(slices.Sorted(maps.Keys(found.taken)), "\n")
	if err := m.cursors.Put(m.key(found.entry.Name), []byte(names)); err != nil {
		return fmt.Errorf("cannot keep what of manifest %q has been taken: %w", found.entry.Name, err)
	}
	return nil
}

// putAway disposes of manifests whose files have all been taken.
func (m *manifests) putAway(ctx context.Context, folder Folder) error {
	for name, found := range m.found {
		if !m.done(name, found) {
			continue
		}
		gone, err := folder.Dispose(ctx, &Outcome{Entry: found.entry, Taken: true, Marker: true})
		if err != nil {
			return err
		}
		if gone {
			delete(m.found, name)
			if err := m.cursors.Put(m.key(name), nil); err != nil {
				return fmt.Errorf("cannot forget manifest %q: %w", name, err)
			}
		}
	}
	return nil
}

func (m *manifests) done(name string, found *manifest) bool {
	switch {
	case found.err != nil:
		return false
	case m.perFile() || found.files == nil:
		if len(found.taken) < 2 { // the first is the empty name
			return false
		}
		for file := range m.listed {
			if m.of(file) == found {
				return false
			}
		}
		return true
	}
	for file := range found.files {
		if !found.taken[file] {
			return false
		}
	}
	return true
}

// verify compares a file with its manifest, before it is taken. A digest costs
// reading it twice.
func (w *Watcher) verify(ctx context.Context, e *Entry, expected *expectation) error {
	if expected.Size != nil && *expected.Size != e.Size {
		return &FileError{Name: e.Name, Message: fmt.Sprintf("it has %d bytes, its manifest says %d", e.Size, *expected.Size)}
	}
	for _, d := range []struct {
		name, want string
		sum        func() hash.Hash
	}{{"SHA-256", expected.SHA256, sha256.New}, {"MD5", expected.MD5, md5.New}} {
		if d.want == "" {
			continue
		}
		sum := d.sum()
		r, err := w.open(ctx, *e)
		if err != nil {
			return err
		}
		_, err = io.Copy(sum, r)
		if err = errors.Join(err, r.Close()); err != nil {
			return err
		}
		if got := hex.EncodeToString(sum.Sum(nil)); !strings.EqualFold(got, d.want) {
			return &FileError{Name: e.Name, Message: fmt.Sprintf("its %s is %s, its manifest says %q", d.name, got, d.want)}
		}
	}
	return nil
}
