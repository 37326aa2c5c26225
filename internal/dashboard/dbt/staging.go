package dbt

import (
	"fmt"
	"strings"
)

type modelFile struct {
	Version int        `yaml:"version"`
	Models  []relation `yaml:"models"`
}

// staging adds a model per table of the star, to build on: the unknown member and the
// versions stay, as facts name them.
func (p *project) staging() error {
	var models []relation
	for i := range p.star {
		t := &p.star[i]
		name := "stg_" + t.Name
		r := relation{Name: name, Description: sentence(t.Doc)}
		var names []string
		for _, c := range t.AllColumns() {
			names = append(names, `  "`+c.Name+`"`)
			r.Columns = append(r.Columns, column{Name: c.Name, Type: c.Type, Description: sentence(c.Doc)})
		}
		p.model("staging/"+name, fmt.Sprintf("SELECT\n%s\nFROM {{ source(\"warehouse\", %q) }}", strings.Join(names, ",\n"), t.Name))
		models = append(models, r)
	}
	return p.document("staging/staging.yml", modelFile{2, models})
}
