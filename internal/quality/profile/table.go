package profile

import (
	"strconv"
	"strings"

	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/sketch"
)

const (
	sampleItems    = 8  // of an event
	maxProperties  = 64 // of a type
	maxPropertyKey = 100
	propertyPrefix = "properties."
)

// names are the columns that every event has, and then those of items.
var names = [...]string{
	"event_time", "customer_id", "anonymous_id", "order_id", "session_id", "channel", "country", "currency", "amount", "items",
	"item.product_id", "item.name", "item.category", "item.kind", "item.quantity", "item.price", "item.amount",
}

var kinds = [len(names)]kind{
	times, texts, texts, texts, texts, texts, texts, texts, money, integers, texts, texts, texts, texts, integers, money, money,
}

// The columns by their place in names.
const (
	eventTime = iota
	customerID
	anonymousID
	orderID
	sessionID
	channel
	country
	currency
	amount
	items
	itemProduct
	itemName
	itemCategory
	itemKind
	itemQuantity
	itemPrice
	itemAmount
)

// table collects the columns of a pair.
type table struct {
	pair       pair
	rows       int64 // accepted events
	sampled    int64
	fixed      [len(names)]*column
	properties map[string]*column // by key
	left       int64              // properties that were too many
}

// add makes the table of a pair; nil when there are too many.
func (s *set) add(p pair) *table {
	if len(s.tables) >= maxTables || s.columns+len(names) > maxColumns || len(p.source) > maxName || len(p.typ) > maxName {
		return nil
	}
	t := &table{pair: pair{strings.Clone(p.source), strings.Clone(p.typ)}, properties: make(map[string]*column)}
	for i := range t.fixed {
		t.fixed[i] = newColumn(kinds[i])
	}
	if s.tables == nil {
		s.tables = make(map[pair]*table)
	}
	s.tables[t.pair] = t
	s.columns += len(names)
	return t
}

// property returns the column of a key; nil when there are too many.
func (s *set) property(t *table, key string) *column {
	if c, ok := t.properties[key]; ok {
		return c
	}
	if len(t.properties) >= maxProperties || s.columns >= maxColumns || len(key) > maxPropertyKey || key == "" {
		t.left++
		return nil
	}
	c := newColumn(unknown)
	t.properties[strings.Clone(key)] = c
	s.columns++
	return c
}

// merge adds what another set collected.
func (s *set) merge(o *set) {
	s.left += o.left
	for p, from := range o.tables {
		t := s.table(p)
		if t == nil {
			s.left += from.rows
			continue
		}
		t.rows, t.sampled, t.left = t.rows+from.rows, t.sampled+from.sampled, t.left+from.left
		for i, c := range from.fixed {
			t.fixed[i].merge(c)
		}
		for key, c := range from.properties {
			if into := s.property(t, key); into != nil {
				into.merge(c)
			}
		}
	}
}

// sample looks at one event.
func (o *Observer) sample(t *table, b *event.Batch, i int) {
	t.sampled++
	if at := b.Time[i]; at == 0 {
		t.fixed[eventTime].missing++
	} else {
		t.fixed[eventTime].number(float64(at), nil, sketch.HashInt(at))
	}
	t.fixed[customerID].text(b.CustomerID[i])
	t.fixed[anonymousID].text(b.AnonymousID[i])
	t.fixed[orderID].text(b.OrderID[i])
	t.fixed[sessionID].text(b.SessionID[i])
	t.fixed[channel].text(b.Channel.Get(i))
	t.fixed[country].text(b.Country.Get(i))
	t.fixed[currency].text(b.Currency.Get(i))
	t.fixed[amount].number(float64(b.Amount[i]), nil, sketch.HashInt(int64(b.Amount[i])))
	from, to := b.ItemRange(i)
	t.fixed[items].integer(int64(to - from))
	for k := from; k < min(to, from+sampleItems); k++ {
		it := &b.Items
		t.fixed[itemProduct].text(it.ProductID[k])
		t.fixed[itemName].text(it.Name[k])
		t.fixed[itemCategory].text(it.Category.Get(k))
		t.fixed[itemKind].text(it.Kind.Get(k))
		t.fixed[itemQuantity].integer(it.Quantity[k])
		t.fixed[itemPrice].number(float64(it.Price[k]), nil, sketch.HashInt(int64(it.Price[k])))
		t.fixed[itemAmount].number(float64(it.Amount[k]), nil, sketch.HashInt(int64(it.Amount[k])))
	}
	if b.Properties[i] != "" {
		o.members(t, b.Properties[i])
	}
}

func (c *column) integer(v int64) {
	var digits [20]byte
	c.number(float64(v), strconv.AppendInt(digits[:0], v, 10), sketch.HashInt(v))
}

// members looks at the members of an event's properties. Objects and lists are left out.
func (o *Observer) members(t *table, text string) {
	c := &o.cursor
	c.Reset(text)
	if c.Kind() != jsontext.Object {
		return
	}
	c.Object()
	for c.More() {
		key := c.Key()
		value := c.Value()
		if c.Err() != nil {
			return
		}
		if key.Escaped || value.Kind == jsontext.Object || value.Kind == jsontext.Array {
			continue
		}
		if column := o.set.property(t, key.Raw); column != nil {
			o.member(column, value)
		}
	}
}

// member adds a value of JSON. The first value says of what kind a column is.
func (o *Observer) member(c *column, v jsontext.Value) {
	k, raw := kindOf(v), v.Raw
	if v.Escaped {
		o.scratch = jsontext.Unescape(o.scratch[:0], raw)
		raw = jsontext.View(o.scratch)
	}
	if k == unknown || raw == "" {
		c.missing++
		return
	}
	if c.kind == unknown {
		c.kind = k
	}
	switch {
	case c.kind == decimals && k == integers:
		k = decimals
	case c.kind == integers && k == decimals:
		c.kind = decimals
	}
	if k == texts && c.kind == texts {
		c.text(raw)
		return
	}
	if k != c.kind {
		c.values++
		c.other++
		c.value(raw)
		return
	}
	if k == booleans {
		c.values++
		c.value(raw)
		return
	}
	f, err := strconv.ParseFloat(raw, 64)
	if err != nil { // beyond the range of numbers
		c.values++
		c.other++
		return
	}
	c.number(f, []byte(clip(raw)), sketch.HashString(raw))
}

func kindOf(v jsontext.Value) kind {
	switch v.Kind {
	case jsontext.String:
		return texts
	case jsontext.Number:
		if strings.ContainsAny(v.Raw, ".eE") {
			return decimals
		}
		return integers
	case jsontext.Bool:
		return booleans
	}
	return unknown
}
