package config

func (v *validator) enrichment(c *Config) {
	e := &c.Enrichment
	for _, t := range []struct{ path, file, table string }{
		{"enrichment.segments", e.Segments.File, e.Segments.Table}, {"enrichment.products", e.Products.File, e.Products.Table},
	} {
		if t.file != "" && t.table != "" {
			v.fail(t.path, "has a file and a table; take one of them")
		}
	}
	columns := []struct {
		path, name string
		optional   bool
	}{
		{"enrichment.segments.key", e.Segments.Key, false}, {"enrichment.segments.segment", e.Segments.Segment, false},
		{"enrichment.products.key", e.Products.Key, false}, {"enrichment.products.name", e.Products.Name, false},
		{"enrichment.products.category", e.Products.Category, false},
		{"enrichment.products.valid_from", e.Products.ValidFrom, true}, {"enrichment.products.valid_to", e.Products.ValidTo, true},
	}
	for _, column := range columns {
		if column.name == "" && !column.optional {
			v.fail(column.path, "is empty, but a column has a name")
		}
	}
	if e.IPFile != "" && !e.IPCountry {
		v.fail("enrichment.ip_file", "is set, but enrichment.ip_country is off")
	}
}
