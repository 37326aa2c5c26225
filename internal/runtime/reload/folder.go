package reload

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// Each parses files that define one thing each, by a name of its own that parse returns with
// it. The error joins everything that is wrong.
func Each[E any](files []File, parse func(File) (e E, id string, err error)) ([]E, error) {
	var all []E
	var errs []error
	from := make(map[string]string) // files, by id
	for _, f := range files {
		e, id, err := parse(f)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if other := from[id]; other != "" {
			errs = append(errs, fmt.Errorf("%s:1:1: the id %q is that of %s, too", f.Name, id, other))
			continue
		}
		from[id] = f.Name
		all = append(all, e)
	}
	return all, errors.Join(errs...)
}

// Folder is what a folder held when it was read last.
type Folder[E any] struct {
	mu       sync.Mutex
	entries  []E
	versions map[string]string // by id
}

// List returns what the folder held.
func (f *Folder[E]) List() []E {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.entries)
}

// Replace notes what the folder holds now, and reports whether that is something else. name
// tells the id and the version of an entry.
func (f *Folder[E]) Replace(entries []E, name func(E) (id, version string)) (changed bool) {
	versions := make(map[string]string, len(entries))
	for _, e := range entries {
		id, version := name(e)
		versions[id] = version
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	changed = !maps.Equal(f.versions, versions)
	f.entries, f.versions = entries, versions
	return changed
}
