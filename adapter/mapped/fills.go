package mapped

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/millrace/millrace/adapter"
)

var _ adapter.Declared = (*Adapter)(nil)

// Fills implements [adapter.Declared]: what the mapping says, of all its entries
// together.
func (a *Adapter) Fills() []adapter.Fill {
	c := &collector{byField: make(map[string]*adapter.Fill)}
	for _, e := range a.entries {
		for f, r := range e.fields {
			c.reading(fieldNames[f], r, "")
		}
		if len(e.fields) > 0 && e.fields[fieldTime] == nil {
			c.add(fieldNames[fieldTime], false, "$received")
		}
		for _, it := range e.items {
			c.items(it, e.fields[fieldAmount] == nil || len(e.fields[fieldAmount].refs) > 0)
		}
	}
	c.add("context", false, "$envelope")
	if a.keepsDocument {
		c.add("properties", false, "$payload")
	}
	for i := range a.properties {
		c.add("properties."+a.properties[i].name(), false, a.properties[i].ref.path)
	}
	return c.fills()
}

// collector gathers where fields come from, in the order in which they are first named.
type collector struct {
	order   []string
	byField map[string]*adapter.Fill
}

func (c *collector) fills() []adapter.Fill {
	out := make([]adapter.Fill, 0, len(c.order))
	for _, name := range c.order {
		out = append(out, *c.byField[name])
	}
	return out
}

func (c *collector) add(field string, derived bool, from ...string) {
	f := c.byField[field]
	if f == nil {
		f = &adapter.Fill{Field: field}
		c.byField[field], c.order = f, append(c.order, field)
	}
	f.Derived = f.Derived || derived
	for _, path := range from {
		if path != "" && !slices.Contains(f.From, path) {
			f.From = append(f.From, path)
		}
	}
}

// reading adds how a field is read; each is the path of the list that it stands in.
func (c *collector) reading(field string, r *reading, each string) {
	if r == nil {
		return
	}
	var from []string
	for _, ref := range r.refs {
		from = append(from, within(each, &ref))
	}
	derived := r.trims || len(r.values) > 0 || r.letters != asIs || r.minor || r.negate
	c.add(field, derived, from...)
}

func (c *collector) items(it *items, sums bool) {
	for field, r := range map[string]*reading{
		"item.product_id": it.productID, "item.name": it.name, "item.category": it.category,
	} {
		c.reading(field, r, it.eachPath)
	}
	c.reading("item.quantity", it.quantity, it.eachPath)
	c.add("item.quantity", false)
	var factors []string
	for _, r := range []*reading{it.quantity, it.price} {
		if r == nil {
			continue
		}
		for _, ref := range r.refs {
			factors = append(factors, within(it.eachPath, &ref))
		}
	}
	if it.price != nil {
		c.reading("item.price", it.price, it.eachPath)
		c.add("item.amount", true, factors...)
		if sums {
			c.add("amount", true, factors...)
		}
	}
	c.add("item.kind", false)
	for _, rule := range it.rules {
		c.add("item.kind", true, within(it.eachPath, &rule.test.ref))
	}
}

// within is the path of a place, behind that of the list whose elements it stands in.
func within(each string, r *ref) string {
	if r.from != inItem || each == "" {
		return r.path
	}
	return each + "[]/" + strings.TrimPrefix(strings.TrimPrefix(r.path, "$."), "/")
}

// name is that of the member which a property becomes.
func (p *property) name() string {
	var name string
	if err := json.Unmarshal([]byte(strings.TrimSuffix(p.key, ":")), &name); err != nil {
		panic("BUG: the key of a property is no JSON: " + p.key)
	}
	return name
}
