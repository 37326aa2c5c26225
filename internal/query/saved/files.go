package saved

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"

	"github.com/millrace/millrace/internal/runtime/reload"
)

// maxFiles bounds the queries of a folder.
const maxFiles = 500

// ReadFiles reads queries of files, and of folders of them (*.yaml, *.yml). The error joins
// everything that is wrong.
func ReadFiles(paths []string) ([]*Entry, error) {
	var all []*Entry
	var errs []error
	from := make(map[string]string) // files, by id
	for _, name := range reload.Expand(paths) {
		text, err := os.ReadFile(filepath.Clean(name))
		if err != nil {
			errs = append(errs, fmt.Errorf("cannot read a saved query: %w", err))
			continue
		}
		q, err := Parse(text, name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if other := from[q.ID]; other != "" {
			errs = append(errs, fmt.Errorf("%s:1:1: the id %q is that of %s, too", name, q.ID, other))
			continue
		}
		from[q.ID] = name
		e := entry(q, string(text), OfFile)
		e.File = name
		all = append(all, e)
	}
	if len(all) > maxFiles {
		errs = append(errs, fmt.Errorf("there are %d files of saved queries; at most %d are taken", len(all), maxFiles))
	}
	return all, errors.Join(errs...)
}

// folder is the shop's folder as it was read last.
type folder struct {
	mu      sync.Mutex
	entries []*Entry
}

func (f *folder) list() []*Entry {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.entries
}

// find returns the query of an id; nil for none.
func (f *folder) find(id string) *Entry {
	for _, e := range f.list() {
		if e.Query.ID == id {
			return e
		}
	}
	return nil
}

// reload reads the folder again. When something is wrong with it, queries stay what they
// are. It reports whether they changed.
func (s *Service) reload() (changed bool, err error) {
	if s.cfg.Dir == "" {
		return false, nil
	}
	if _, err := os.Stat(s.cfg.Dir); err != nil {
		return false, fmt.Errorf("cannot read the folder of saved queries (queries.dir): %w", err)
	}
	all, err := ReadFiles([]string{s.cfg.Dir})
	if err != nil {
		return false, err
	}
	for _, e := range all {
		if err := s.addressed(e.Query); err != nil {
			return false, fmt.Errorf("%s: %w", e.File, err)
		}
	}
	versions := func(entries []*Entry) map[string]string {
		by := make(map[string]string, len(entries))
		for _, e := range entries {
			by[e.Query.ID] = e.Version
		}
		return by
	}
	s.files.mu.Lock()
	changed = !maps.Equal(versions(s.files.entries), versions(all))
	s.files.entries = all
	s.files.mu.Unlock()
	if changed {
		s.rouse()
	}
	return changed, nil
}
