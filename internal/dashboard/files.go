package dashboard

import (
	"embed"
	"errors"
	"fmt"
	"os"
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
	files, err := reload.Read(paths, "dashboard", "dashboards.dir", maxFiles)
	all, wrong := reload.Each(files, func(f reload.File) (*Entry, string, error) {
		b, err := Parse(f.Text, f.Name, catalog)
		if err != nil {
			return nil, "", err
		}
		return entry(b, string(f.Text), OfFile, f.Name), b.ID, nil
	})
	return all, errors.Join(err, wrong)
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
	return s.files.Replace(all, func(e *Entry) (id, version string) { return e.Board.ID, e.Version }), nil
}
