package config

import "fmt"

// lineage checks where events of lineage go, and the saved statements.
func (v *validator) lineage(c *Config) {
	o := &c.Lineage.OpenLineage
	if o.Transport == "http" && o.URL == "" {
		v.fail("lineage.openlineage.url", "is empty; give the endpoint that takes events, or another transport")
	}
	seen := make(map[string]int)
	for i, q := range c.Lineage.Queries {
		if first, taken := seen[q.Name]; taken {
			v.fail(fmt.Sprintf("lineage.queries[%d].name", i), "is %q, as that of lineage.queries[%d]; give it another", q.Name, first)
			continue
		}
		seen[q.Name] = i
	}
}
