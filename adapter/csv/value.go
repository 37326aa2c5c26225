package csv

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/millrace/millrace/event"
)

var errNotWhole = errors.New("not a whole number")

// plain rewrites a number to digits with a point. Where it has a thousands
// separator, the groups must be right: "1.23" must not become 123.
func (d *Decoder) plain(s string) ([]byte, bool) {
	out := d.number[:0]
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		out = append(out, s[i])
		i++
	}
	group, grouped := 0, false
	for ; i < len(s) && s[i] != d.a.decimal; i++ {
		if s[i] == d.a.thousands && d.a.thousands != 0 {
			if group == 0 || group > 3 || grouped && group != 3 {
				return nil, false
			}
			group, grouped = 0, true
			continue
		}
		if s[i] < '0' || s[i] > '9' {
			return nil, false
		}
		group++
		out = append(out, s[i])
	}
	if grouped && group != 3 {
		return nil, false
	}
	for n := 0; i < len(s); n, i = n+1, i+1 {
		c := s[i]
		if n == 0 {
			c = '.'
		} else if c < '0' || c > '9' {
			return nil, false
		}
		out = append(out, c)
	}
	d.number = out
	return out, true
}

func (d *Decoder) isPlain() bool { return d.a.decimal == '.' && d.a.thousands == 0 }

func (d *Decoder) money(s string) (event.Micros, error) {
	if d.isPlain() {
		return event.ParseMicros(s)
	}
	out, ok := d.plain(s)
	if !ok {
		return 0, event.ErrNotNumber
	}
	return event.ParseMicros(out)
}

func (d *Decoder) integer(s string) (int64, error) {
	if d.a.thousands == 0 {
		return parseInteger(s)
	}
	out, ok := d.plain(s)
	if !ok {
		return 0, event.ErrNotNumber
	}
	return parseInteger(out)
}

// parseInteger is strconv.ParseInt for base 10 that tells errors apart without
// allocating.
func parseInteger[T string | []byte](s T) (int64, error) {
	i, neg := 0, false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		i = 1
	}
	if i == len(s) {
		return 0, event.ErrNotNumber
	}
	var v int64
	for ; i < len(s); i++ {
		c := s[i] - '0'
		if c > 9 {
			return 0, event.ErrNotNumber
		}
		if v > (math.MaxInt64-int64(c))/10 {
			return 0, event.ErrOverflow
		}
		v = v*10 + int64(c)
	}
	if neg {
		v = -v
	}
	return v, nil
}

func (d *Decoder) timestamp(c *column, v string) (micros int64, ok bool) {
	for k := range c.formats {
		if micros, ok = c.formats[k].Parse(v, d.zone); ok {
			return micros, true
		}
	}
	return 0, false
}

// properties puts the property columns together as JSON. Numbers are JSON
// numbers, money is exact text, times are RFC 3339. Values that could not be
// read are left out.
func (d *Decoder) properties() string {
	size := 2
	for k := range d.a.columns {
		if c := &d.a.columns[k]; c.field == fieldProperty {
			size += len(c.key) + 6*len(d.values[k]) + 40 // six is the longest escape, 40 the longest number or time
		}
	}
	out := append(d.memory.Buffer(size), '{')
	for k := range d.a.columns {
		c, v := &d.a.columns[k], d.values[k]
		if c.field != fieldProperty || v == "" {
			continue
		}
		before := len(out)
		if before > 1 {
			out = append(out, ',')
		}
		out = append(out, c.key...)
		var ok bool
		if out, ok = d.property(out, c, v); !ok {
			out = out[:before]
		}
	}
	if len(out) == 1 {
		return ""
	}
	return d.memory.Keep(append(out, '}'))
}

func (d *Decoder) property(out []byte, c *column, v string) ([]byte, bool) {
	switch c.typ {
	case typeInteger:
		n, err := d.integer(v)
		return strconv.AppendInt(out, n, 10), err == nil
	case typeDecimal:
		m, err := d.money(v)
		return m.AppendTo(out), err == nil
	case typeMoney:
		m, err := d.money(v)
		return append(m.AppendTo(append(out, '"')), '"'), err == nil
	case typeTimestamp:
		t, ok := d.timestamp(c, v)
		return append(time.UnixMicro(t).UTC().AppendFormat(append(out, '"'), time.RFC3339Nano), '"'), ok
	}
	text, err := json.Marshal(v) // of a string, allocates; properties are the exception
	return append(out, text...), err == nil
}
