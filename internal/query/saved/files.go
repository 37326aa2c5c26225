package saved

import (
	"errors"
	"fmt"
	"os"

	"github.com/millrace/millrace/internal/runtime/reload"
)

// maxFiles bounds the queries of a folder.
const maxFiles = 500

// ReadFiles reads queries of files, and of folders of them (*.yaml, *.yml). The error joins
// everything that is wrong.
func ReadFiles(paths []string) ([]*Entry, error) {
	files, err := reload.Read(paths, "saved query", "queries.dir", maxFiles)
	all, wrong := reload.Each(files, func(f reload.File) (*Entry, string, error) {
		q, err := Parse(f.Text, f.Name)
		if err != nil {
			return nil, "", err
		}
		e := entry(q, string(f.Text), OfFile)
		e.File = f.Name
		return e, q.ID, nil
	})
	return all, errors.Join(err, wrong)
}

// findFile returns the query of an id that a file declares; nil for none.
func (s *Service) findFile(id string) *Entry {
	for _, e := range s.files.List() {
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
	if changed = s.files.Replace(all, func(e *Entry) (id, version string) { return e.Query.ID, e.Version }); changed {
		s.rouse()
	}
	return changed, nil
}
