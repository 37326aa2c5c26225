package csv

import (
	"encoding/json"
	"strings"

	"github.com/millrace/millrace/adapter"
)

var _ adapter.Declared = (*Adapter)(nil)

// Fills implements [adapter.Declared]: what the mapping says.
func (a *Adapter) Fills() []adapter.Fill {
	var fills []adapter.Fill
	from := make(map[field]string)
	for i := range a.columns {
		c := &a.columns[i]
		switch c.field {
		case fieldNone:
		case fieldProperty:
			fills = append(fills, adapter.Fill{Field: propertyPrefix + c.property(), From: []string{c.name}, Derived: c.trim})
		default:
			from[c.field] = c.name
			fills = append(fills, adapter.Fill{Field: fieldNames[c.field], From: []string{c.name}, Derived: c.trim})
		}
	}
	for _, c := range a.constants {
		if from[c.field] == "" {
			fills = append(fills, adapter.Fill{Field: fieldNames[c.field]})
		}
	}
	if from[fieldTime] == "" {
		fills = append(fills, adapter.Fill{Field: fieldNames[fieldTime], From: []string{"$received"}})
	}
	if a.hasItem {
		fills = append(fills, a.itemFills(from)...)
	}
	return fills
}

// itemFills are the fields that follow from others.
func (a *Adapter) itemFills(from map[field]string) []adapter.Fill {
	var factors, kinds []string
	for _, f := range []field{fieldQuantity, fieldPrice} {
		if from[f] != "" {
			factors = append(factors, from[f])
		}
	}
	for _, r := range a.kindRules {
		kinds = append(kinds, a.columns[r.column].name)
	}
	fills := []adapter.Fill{{Field: "item.kind", From: kinds, Derived: true}}
	if from[fieldQuantity] == "" {
		fills = append(fills, adapter.Fill{Field: fieldNames[fieldQuantity]})
	}
	switch {
	case from[fieldPrice] == "" && from[fieldAmount] != "":
		fills = append(fills, adapter.Fill{Field: "item.amount", From: []string{from[fieldAmount]}})
	case from[fieldPrice] != "":
		fills = append(fills, adapter.Fill{Field: "item.amount", From: factors, Derived: true})
		if from[fieldAmount] == "" {
			fills = append(fills, adapter.Fill{Field: fieldNames[fieldAmount], From: factors, Derived: true})
		}
	}
	return fills
}

// property is the name of the member that a column becomes.
func (c *column) property() string {
	var name string
	if err := json.Unmarshal([]byte(strings.TrimSuffix(c.key, ":")), &name); err != nil {
		panic("BUG: the key of a property is no JSON: " + c.key)
	}
	return name
}
