package dbt

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/dashboard"
)

type exposureFile struct {
	Version   int        `yaml:"version"`
	Exposures []exposure `yaml:"exposures"`
}

type exposure struct {
	Name        string            `yaml:"name"`
	Label       string            `yaml:"label"`
	Type        string            `yaml:"type"`
	URL         string            `yaml:"url"`
	Description string            `yaml:"description,omitempty"`
	DependsOn   []string          `yaml:"depends_on"`
	Owner       map[string]string `yaml:"owner"`
}

// exposures adds the dashboards, with the models that have their numbers. They belong to
// those who own the metrics.
func (p *project) exposures() error {
	var all []exposure
	for _, b := range p.cfg.Dashboards {
		e := exposure{
			Name: "dashboard_" + strings.ReplaceAll(b.ID, "-", "_"), Label: literally.Replace(b.Title), Type: "dashboard",
			URL: strings.TrimSuffix(p.cfg.URL, "/") + "/dashboards/" + url.PathEscape(b.ID), Description: sentence(b.Description),
		}
		var owners []string
		if err := p.behind(b, &e.DependsOn, &owners); err != nil {
			return err
		}
		e.Owner = map[string]string{"name": cmp.Or(strings.Join(owners, ", "), "nobody")}
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b exposure) int { return cmp.Compare(a.Name, b.Name) })
	return p.document("exposures.yml", exposureFile{2, all})
}

// behind names what the charts of a board ask, and the owners of it.
func (p *project) behind(b *dashboard.Board, depends, owners *[]string) error {
	for _, c := range b.Charts() {
		for _, name := range c.Metrics {
			m := p.catalog.Of(name)
			if m == nil {
				return fmt.Errorf("dashboard %s, chart %s: there is no metric %q; give its file, too", b.ID, c.ID, name)
			}
			*depends = append(*depends, fmt.Sprintf("ref(%q)", p.modelOf(m)))
			*owners = append(*owners, literally.Replace(m.Owner))
		}
	}
	for _, list := range []*[]string{depends, owners} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return nil
}
