package dashboard

import (
	"embed"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/millrace/millrace/internal/runtime/reload"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

//go:embed defaults/*.yaml
var defaults embed.FS

// order is that in which the platform's dashboards are listed.
var order = []string{"executive", "sales", "products", "customers", "funnel", "marketing", "inventory", "payments", "quality", "platform"}

// rank places a dashboard in lists: the platform's come first.
func rank(id string) int {
	if i := slices.Index(order, id); i >= 0 {
		return i
	}
	return len(order)
}

// builtIn returns the platform's dashboards. They are read once.
var builtIn = sync.OnceValue(func() []*Entry {
	var all []*Entry
	for _, id := range order {
		name := "defaults/" + id + ".yaml"
		text, err := defaults.ReadFile(name)
		if err != nil {
			panic("BUG: a dashboard is not embedded: " + err.Error())
		}
		b, err := Parse(text, name, nil)
		if err != nil {
			panic("BUG: a dashboard of the platform is wrong: " + err.Error())
		}
		all = append(all, entry(b, string(text), OfPlatform, "dashboards/"+id+".yaml"))
	}
	return all
})

// Defaults returns the platform's dashboards, in the order in which they are listed.
func Defaults() []*Entry { return slices.Clone(builtIn()) }

const maxFiles = 500

// ReadFiles reads dashboards of files, and of folders of them (*.yaml, *.yml). The error
// joins everything that is wrong.
func ReadFiles(paths []string, catalog *metric.Catalog) ([]*Entry, error) {
	var all []*Entry
	var errs []error
	from := make(map[string]string) // files, by id
	for _, name := range reload.Expand(paths) {
		text, err := os.ReadFile(filepath.Clean(name))
		if err != nil {
			errs = append(errs, fmt.Errorf("cannot read a dashboard: %w", err))
			continue
		}
		b, err := Parse(text, name, catalog)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if other := from[b.ID]; other != "" {
			errs = append(errs, fmt.Errorf("%s:1:1: the id %q is that of %s, too", name, b.ID, other))
			continue
		}
		from[b.ID] = name
		all = append(all, entry(b, string(text), OfFile, name))
	}
	if len(all) > maxFiles {
		errs = append(errs, fmt.Errorf("there are %d files of dashboards; at most %d are taken", len(all), maxFiles))
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

// reload reads the folder again. When something is wrong with it, dashboards stay what they
// are. It reports whether they changed.
func (s *Service) reload() (changed bool, err error) {
	if s.cfg.Dir == "" {
		return false, nil
	}
	if _, err := os.Stat(s.cfg.Dir); err != nil {
		return false, fmt.Errorf("cannot read the folder of dashboards (dashboards.dir): %w", err)
	}
	all, err := ReadFiles([]string{s.cfg.Dir}, s.cfg.Catalogue.Catalog())
	if err != nil {
		return false, err
	}
	versions := func(entries []*Entry) map[string]string {
		by := make(map[string]string, len(entries))
		for _, e := range entries {
			by[e.Board.ID] = e.Version
		}
		return by
	}
	s.files.mu.Lock()
	defer s.files.mu.Unlock()
	changed = !maps.Equal(versions(s.files.entries), versions(all))
	s.files.entries = all
	return changed, nil
}
