package quality

import (
	"math/big"
	"math/bits"
	"slices"
	"strings"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/yamldoc"
)

// unit is a unit of measure: so many of its dimension's first unit.
type unit struct {
	names     string // separated by blanks; codes are those of UN/ECE Recommendation 20
	dimension string
	of        string // exact, as big.Rat reads it
}

// units follow the International System and the international agreement of 1959 on yard
// and pound; US gallons and ounces are those of NIST Handbook 44, appendix C.
var units = []unit{
	{"mg MGM", "mass", "1/1000"}, {"g GRM", "mass", "1"}, {"kg KGM", "mass", "1000"}, {"t TNE", "mass", "1000000"},
	{"oz ONZ", "mass", "28.349523125"}, {"lb LBR", "mass", "453.59237"},
	{"mm MMT", "length", "1"}, {"cm CMT", "length", "10"}, {"m MTR", "length", "1000"}, {"km KMT", "length", "1000000"},
	{"in INH", "length", "25.4"}, {"ft FOT", "length", "304.8"}, {"yd YRD", "length", "914.4"}, {"mi SMI", "length", "1609344"},
	{"ml MLT", "volume", "1"}, {"cl CLT", "volume", "10"}, {"dl DLT", "volume", "100"}, {"l LTR", "volume", "1000"},
	{"hl HLT", "volume", "100000"}, {"m3 MTQ", "volume", "1000000"},
	{"us_fl_oz OZA", "volume", "29.5735295625"}, {"us_gal GLL", "volume", "3785.411784"},
	{"piece C62 EA H87 PCE", "count", "1"}, {"pair PR", "count", "2"}, {"dozen DZN", "count", "12"}, {"hundred CEN", "count", "100"},
	{"gross GRO", "count", "144"}, {"thousand MIL", "count", "1000"},
	{"ms C26", "time", "1/1000"}, {"s SEC", "time", "1"}, {"min MIN", "time", "60"}, {"h HUR", "time", "3600"}, {"day DAY", "time", "86400"},
	{"mills", "money", "1/1000"}, {"cents", "money", "1/100"}, {"units", "money", "1"},
	{"percent P1", "share", "1/100"}, {"per_mille NX", "share", "1/1000"}, {"share", "share", "1"},
}

func unitNames() []string {
	var names []string
	for _, u := range units {
		names = append(names, strings.Fields(u.names)...)
	}
	return names
}

func findUnit(name string) *unit {
	i := slices.IndexFunc(units, func(u unit) bool { return slices.Contains(strings.Fields(u.names), name) })
	if i < 0 {
		return nil
	}
	return &units[i]
}

// ratio is an exact factor.
type ratio struct{ times, by uint64 }

// ratioOf converts from one unit to another; both are of one dimension.
func ratioOf(from, to *unit) ratio {
	exact := func(u *unit) *big.Rat {
		r, ok := new(big.Rat).SetString(u.of)
		if !ok {
			panic("BUG: unit " + u.names + " is " + u.of)
		}
		return r
	}
	q := new(big.Rat).Quo(exact(from), exact(to))
	if !q.Num().IsUint64() || !q.Denom().IsUint64() {
		panic("BUG: no exact factor from " + from.names + " to " + to.names)
	}
	return ratio{q.Num().Uint64(), q.Denom().Uint64()}
}

// apply multiplies, to the nearest, halves away from zero. It is false when the result
// does not fit, or is not exact and must be.
func (r ratio) apply(v int64, exact bool) (int64, bool) {
	magnitude := uint64(v)
	if v < 0 {
		magnitude = -magnitude
	}
	hi, lo := bits.Mul64(magnitude, r.times)
	if hi >= r.by {
		return 0, false
	}
	q, rest := bits.Div64(hi, lo, r.by)
	if rest != 0 && exact {
		return 0, false
	}
	if rest != 0 && rest >= r.by-rest {
		q++
	}
	if q > 1<<63-1 {
		return 0, false
	}
	if v < 0 {
		return -int64(q), true
	}
	return int64(q), true
}

func (s *source) compileConvert(at string, spec *convertSpec, c *correction) {
	to := s.unit(at+".to", spec.To)
	if s.Has(at+".from") == s.Has(at+".unit") {
		s.Fail(at, `a conversion has either "from", a unit, or "unit", a field that names it`)
		return
	}
	if c.field.kind != kindInt && c.field.kind != kindMoney {
		s.Fail(at, "%s (%s) has no unit of measure; numbers and money can be converted", c.field.name, kindNames[c.field.kind])
		return
	}
	exact := c.field.kind == kindInt
	if s.Has(at + ".from") {
		from := s.unit(at+".from", spec.From)
		if from == nil || to == nil || !s.convertible(at+".from", from, to) {
			return
		}
		factor := ratioOf(from, to)
		c.says = "convert from " + spec.From + " to " + spec.To
		c.failed = fault{event.Format, "cannot be converted to " + spec.To + ": the result is not whole, or too large"}
		c.number = func(_ *applier, _ int32, before int64) (int64, bool) { return factor.apply(before, exact) }
		return
	}
	named := s.textField(at+".unit", spec.Unit, c)
	if named == nil || to == nil {
		return
	}
	factors := make(map[string]ratio)
	for i := range units {
		if u := &units[i]; u.dimension == to.dimension {
			for _, name := range strings.Fields(u.names) {
				factors[name] = ratioOf(u, to)
			}
		}
	}
	c.says = "convert from the unit in " + spec.Unit + " to " + spec.To
	c.failed = fault{event.Format, "cannot be converted to " + spec.To + ": " + spec.Unit + " names no such unit, or the result is not whole or too large"}
	c.number = func(a *applier, p int32, before int64) (int64, bool) {
		name := a.textAt(named, a.place(c.field, named, p))
		if name == "" {
			return before, true
		}
		factor, ok := factors[name]
		if !ok {
			return 0, false
		}
		return factor.apply(before, exact)
	}
}

func (s *source) unit(at, name string) *unit {
	u := findUnit(name)
	if u == nil && s.Has(at) {
		s.Fail(at, "%q is no unit; %s", yamldoc.Clip(name), spell.Suggest(name, unitNames()))
	}
	return u
}

func (s *source) convertible(at string, from, to *unit) bool {
	switch {
	case from.dimension != to.dimension:
		s.Fail(at, "a %s is not a %s: %s and %s", from.dimension, to.dimension, from.names, to.names)
	case from == to:
		s.Fail(at, "the units are the same")
	default:
		return true
	}
	return false
}
