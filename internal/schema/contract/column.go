package contract

import (
	"maps"
	"slices"
	"strings"

	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// column is what a contract says about one column of events.
type column struct {
	name     string
	required bool
	is       columnKind
	text     func(*event.Batch, int) string // of texts and JSON
	*node
	items []column // of items
}

type columnKind uint8

const (
	textColumn columnKind = iota
	jsonColumn
	amountColumn
	itemsColumn
	quantityColumn // of items, as those below
	priceColumn
	itemAmountColumn
)

// columns are those that a contract may speak about, by their names in the native format.
var columns = map[string]column{
	"customer_id":  {text: func(b *event.Batch, i int) string { return b.CustomerID[i] }},
	"anonymous_id": {text: func(b *event.Batch, i int) string { return b.AnonymousID[i] }},
	"order_id":     {text: func(b *event.Batch, i int) string { return b.OrderID[i] }},
	"session_id":   {text: func(b *event.Batch, i int) string { return b.SessionID[i] }},
	"channel":      {text: func(b *event.Batch, i int) string { return b.Channel.Get(i) }},
	"country":      {text: func(b *event.Batch, i int) string { return b.Country.Get(i) }},
	"currency":     {text: func(b *event.Batch, i int) string { return b.Currency.Get(i) }},
	"amount":       {is: amountColumn},
	"items":        {is: itemsColumn},
	"properties":   {is: jsonColumn, text: func(b *event.Batch, i int) string { return b.Properties[i] }},
	"context":      {is: jsonColumn, text: func(b *event.Batch, i int) string { return b.Context[i] }},
}

// itemColumns are those of an item.
var itemColumns = map[string]column{
	"product_id": {text: func(b *event.Batch, k int) string { return b.Items.ProductID[k] }},
	"name":       {text: func(b *event.Batch, k int) string { return b.Items.Name[k] }},
	"category":   {text: func(b *event.Batch, k int) string { return b.Items.Category.Get(k) }},
	"kind":       {text: func(b *event.Batch, k int) string { return b.Items.Kind.Get(k) }},
	"quantity":   {is: quantityColumn},
	"price":      {is: priceColumn},
	"amount":     {is: itemAmountColumn},
}

// columnsOf compiles the schema of an event, or of an item.
func (c *compiler) columnsOf(path string, schema any, known map[string]column) []column {
	s, ok := schema.(map[string]any)
	if ref, _ := s["$ref"].(string); len(s) == 1 && ref != "" {
		s, ok = c.definitions[strings.TrimPrefix(ref, "#/definitions/")].(map[string]any)
	}
	if !ok {
		c.fail(path, "must be a schema of an object: properties, required")
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(s)) {
		if !slices.Contains([]string{"type", "properties", "required", "description", "title", "$comment", "$defs"}, key) || key == "type" && s[key] != "object" {
			c.fail(join(path, key), "cannot stand here: of an event and its items there are properties and required only")
		}
	}
	required := c.names(path, "required", s)
	properties, _ := s["properties"].(map[string]any)
	names := slices.Sorted(maps.Keys(properties))
	for _, name := range required {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	var out []column
	for _, name := range names {
		at := join(join(path, "properties"), name)
		col, ok := known[name]
		if !ok {
			c.fail(at, "is no column of events; there are %s", strings.Join(slices.Sorted(maps.Keys(known)), ", "))
			continue
		}
		col.name, col.required = name, slices.Contains(required, name)
		out = append(out, c.column(at, col, properties[name]))
	}
	return out
}

func (c *compiler) column(path string, col column, schema any) column {
	if schema == nil {
		schema = true
	}
	if s, ok := schema.(map[string]any); ok && col.is == itemsColumn {
		if items, ok := s["items"]; ok {
			col.items = c.columnsOf(join(path, "items"), items, itemColumns)
		}
		col.node = &node{maxLength: -1, maxItems: c.count(path, "maxItems", s, -1), minItems: c.count(path, "minItems", s, 0), maxMembers: -1}
		return col
	}
	if col.required && (col.is == amountColumn || col.is >= quantityColumn) {
		c.fail(path, "always has a value; say which by minimum or maximum instead of required")
	}
	if col.node = c.compile(path, schema); col.is != jsonColumn && col.combined() {
		c.fail(path, "cannot have allOf, anyOf, oneOf, not or if: it is a column")
	}
	if col.name == "properties" {
		col.node = col.count()
	}
	return col
}

// count returns the node as one whose unnamed members are counted, and those of what it
// holds.
func (n *node) count() *node {
	if n == nil || n.properties == nil && n.items == nil {
		return n
	}
	out := *n
	out.counted, out.items = true, n.items.count()
	out.properties = make(map[string]*property, len(n.properties))
	for name, p := range n.properties {
		counted := *p
		counted.node = p.node.count()
		out.properties[name] = &counted
	}
	return &out
}

// column checks a column of an event, or of the item at a position.
func (c *Checker) column(col *column, b *event.Batch, at int) {
	c.path = append(c.path, step{name: col.name})
	switch col.is {
	case textColumn:
		c.textColumn(col, col.text(b, at))
	case jsonColumn:
		c.jsonColumn(col, col.text(b, at))
	case amountColumn:
		c.micros(col.node, b.Amount[at])
	case priceColumn:
		c.micros(col.node, b.Items.Price[at])
	case itemAmountColumn:
		c.micros(col.node, b.Items.Amount[at])
	case quantityColumn:
		if m, fits := event.Micros(event.MicrosPerUnit).Mul(b.Items.Quantity[at]); fits {
			c.micros(col.node, m)
		}
	case itemsColumn:
		c.items(col, b, at)
	}
	c.path = c.path[:len(c.path)-1]
}

func (c *Checker) textColumn(col *column, text string) {
	if text == "" {
		if col.required {
			c.fail("required", "", "", "is missing", "")
		}
		return
	}
	v := jsontext.Value{Kind: jsontext.String, Raw: text}
	c.types(col.node, v)
	c.text(col.node, v)
	if col.limited && !c.isOne(col.values, v) {
		c.failValues(col.node, text)
	}
}

func (c *Checker) jsonColumn(col *column, text string) {
	if text == "" {
		if col.required {
			c.fail("required", "", "", "is missing", "")
		}
		return
	}
	c.document(col.node, text)
}

// micros checks an amount or a number of pieces.
func (c *Checker) micros(n *node, m event.Micros) {
	from := len(c.scratch)
	c.scratch = m.AppendTo(c.scratch)
	text := jsontext.View(c.scratch[from:])
	before := len(c.found)
	v := jsontext.Value{Kind: jsontext.Number, Raw: text}
	c.types(n, v)
	c.number(n, text)
	if n.limited && !c.isOne(n.values, v) {
		c.failValues(n, text)
	}
	for i := before; i < len(c.found); i++ {
		c.found[i].Value = strings.Clone(c.found[i].Value) // scratch is used anew
	}
	c.scratch = c.scratch[:from]
}

func (c *Checker) items(col *column, b *event.Batch, i int) {
	from, to := b.ItemRange(i)
	switch count := to - from; {
	case count == 0 && col.required, count < col.minItems:
		c.failCount("minItems", count, "must have at least ", max(col.minItems, 1), " items")
	case col.maxItems >= 0 && count > col.maxItems:
		c.failCount("maxItems", count, "must have at most ", col.maxItems, " items")
	}
	for k := from; k < to; k++ {
		c.path = append(c.path, step{index: k - from})
		for j := range col.items {
			c.column(&col.items[j], b, k)
		}
		c.path = c.path[:len(c.path)-1]
	}
}
