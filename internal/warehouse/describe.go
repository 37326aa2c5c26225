package warehouse

import "slices"

// AllColumns returns the columns of a table as it rests, with those that its kind brings.
func (t *Table) AllColumns() []Column { return t.columns() }

// Surrogate is the name of the surrogate key of a dimension; empty for other tables.
func (t *Table) Surrogate() string {
	switch t.Kind {
	case Type1, Type2:
		return surrogate(t.Name)
	case Fixed:
		return t.Columns[0].Name
	}
	return ""
}

// Grain names the columns that tell rows apart.
func (t *Table) Grain() []string {
	switch {
	case t.Kind == Fixed:
		return []string{t.Columns[0].Name}
	case t.Kind == Type2:
		return append(names(t.keys(), ""), validFrom)
	case t.Kind == Events && t.From == FromLines:
		return []string{"event_id", "line_no"}
	case t.Kind == Events:
		return []string{"event_id"}
	}
	return names(t.keys(), "")
}

// Spans reports whether rows hold for a span of event time, and names its columns.
func (t *Table) Spans() (from, to string, is bool) {
	return validFrom, validTo, t.Kind == Type2
}

// Dimension reports whether facts name rows of the table.
func (t *Table) Dimension() bool { return t.Surrogate() != "" }

// Filled names the columns that have a value in every row, but for the key of the unknown
// member of a dimension.
func (t *Table) Filled() []string {
	var filled []string
	for _, c := range t.columns() {
		named := slices.Contains([]string{validFrom, validTo, current, firstEvent}, c.Name)
		if c.Dim != "" || named || t.Kind != View && slices.Contains(t.Grain(), c.Name) || c.Name == t.Surrogate() {
			filled = append(filled, c.Name)
		}
	}
	return filled
}

// NaturalKey names the columns of the natural key.
func (t *Table) NaturalKey() []string { return names(t.keys(), "") }

// TargetKey is what a column that names a dimension holds: a table and its key.
func (c *Column) TargetKey() (table, key string) {
	if c.Dim == "" {
		return "", ""
	}
	return c.Dim, surrogate(c.Dim)
}
