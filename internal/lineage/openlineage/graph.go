package openlineage

import "github.com/millrace/millrace/internal/lineage"

// DatasetOf is a node of the lineage as a dataset, with its schema.
func (e *Emitter) DatasetOf(n *lineage.Node) Dataset {
	if e == nil {
		return Dataset{}
	}
	d := Dataset{Namespace: e.cfg.Namespace, Name: n.ID}
	if len(n.Columns) > 0 {
		s := &Schema{}
		for _, c := range n.Columns {
			s.Fields = append(s.Fields, SchemaField{c.Name, c.Type, c.Text})
		}
		d.Facets = e.Facets(s)
	}
	return d
}

// WithColumns is DatasetOf with the lineage of its columns.
func (e *Emitter) WithColumns(g *lineage.Graph, n *lineage.Node) Dataset {
	d := e.DatasetOf(n)
	if e == nil {
		return d
	}
	f := &ColumnLineage{Fields: make(map[string]ColumnOrigin)}
	for _, edge := range g.ColumnEdges() {
		if edge.To.Node != n.ID || edge.From.Column == "" {
			continue
		}
		in := InputField{
			Namespace: e.cfg.Namespace, Name: edge.From.Node, Field: edge.From.Column,
			Transformations: []Transformation{{Type: "INDIRECT", Subtype: string(edge.Subtype), Description: edge.How}},
		}
		if edge.Subtype.Direct() {
			in.Transformations[0].Type = "DIRECT"
		}
		if edge.To.Column == "" {
			f.Dataset = append(f.Dataset, in)
			continue
		}
		o := f.Fields[edge.To.Column]
		o.InputFields = append(o.InputFields, in)
		f.Fields[edge.To.Column] = o
	}
	if len(f.Fields)+len(f.Dataset) > 0 {
		if d.Facets == nil {
			d.Facets = make(Facets)
		}
		for name, facet := range e.Facets(f) {
			d.Facets[name] = facet
		}
	}
	return d
}
