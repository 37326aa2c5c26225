package geo

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"sync"
)

//go:embed ranges.bin
var packed []byte

// Embedded returns the ranges that come with the platform. They are unpacked once, by the
// first who asks.
var Embedded = sync.OnceValues(func() (*Ranges, error) { return Unpack(packed) })

// Range is the addresses From to To, both included, and the country that they were
// allocated to, by its ISO 3166-1 alpha-2 code.
type Range struct {
	From, To netip.Addr
	Country  string
}

// Ranges finds the country of an address. It is immutable.
type Ranges struct {
	names  []string // of countries; names[0] is none
	v4     []uint32 // where the country changes, ascending; the first is 0
	v4To   []uint8  // to which, an index of names
	v4From []uint32 // by the first 16 bits of an address: the last change at or before their first address
	v6     []high
	v6To   []uint8
}

// high is an IPv6 address, as a number of 128 bits.
type high struct{ hi, lo uint64 }

func (a high) compare(b high) int {
	switch {
	case a.hi < b.hi || a.hi == b.hi && a.lo < b.lo:
		return -1
	case a == b:
		return 0
	}
	return 1
}

func highOf(a netip.Addr) high {
	b := a.As16()
	return high{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

// next is the address behind a.
func (a high) next() (high, bool) {
	if a.lo++; a.lo == 0 {
		a.hi++
	}
	return a, a != high{}
}

// Bytes is what the ranges take in memory.
func (r *Ranges) Bytes() int {
	return 5*cap(r.v4) + 4*cap(r.v4From) + 17*cap(r.v6)
}

// Country returns the country of an address; "" when there is none, and for addresses that
// nobody on the Internet has.
func (r *Ranges) Country(a netip.Addr) string {
	a = a.Unmap()
	if !a.IsValid() || reserved(a) {
		return ""
	}
	if a.Is4() {
		b := a.As4()
		return r.names[r.v4To[r.find4(binary.BigEndian.Uint32(b[:]))]]
	}
	i, found := slices.BinarySearchFunc(r.v6, highOf(a), high.compare)
	if !found {
		i--
	}
	return r.names[r.v6To[i]]
}

// find4 returns the last change at or before an address.
func (r *Ranges) find4(a uint32) int {
	from, to := int(r.v4From[a>>16]), len(r.v4)
	if a>>16 < 1<<16-1 {
		to = int(r.v4From[a>>16+1]) + 1
	}
	i, found := slices.BinarySearch(r.v4[from:to], a)
	if !found {
		i--
	}
	return from + i
}

// index makes v4From.
func (r *Ranges) index() {
	r.v4From = make([]uint32, 1<<16)
	at := 0
	for k := range r.v4From {
		for at+1 < len(r.v4) && r.v4[at+1] <= uint32(k)<<16 {
			at++
		}
		r.v4From[k] = uint32(at)
	}
}

// New makes Ranges of the given ones, which may overlap: the one that begins last holds,
// of those that begin together the shorter one.
func New(ranges []Range) (*Ranges, error) {
	r := &Ranges{names: []string{""}}
	for _, one := range ranges {
		if !one.From.IsValid() || one.From.Is4() != one.To.Is4() || one.To.Less(one.From) || one.From.Zone()+one.To.Zone() != "" {
			return nil, fmt.Errorf("%s to %s is no range of addresses", one.From, one.To)
		}
		if !alpha2(one.Country) {
			return nil, fmt.Errorf("range from %s: %q is no country code of two capital letters", one.From, one.Country)
		}
		if !slices.Contains(r.names, one.Country) {
			r.names = append(r.names, one.Country)
		}
	}
	slices.Sort(r.names)
	if len(r.names) > 1<<8 {
		return nil, fmt.Errorf("the ranges have %d countries, at most 255 fit", len(r.names)-1)
	}
	for _, c := range r.sweep(ranges, true) {
		r.v4, r.v4To = append(r.v4, uint32(c.at.lo)), append(r.v4To, c.to)
	}
	for _, c := range r.sweep(ranges, false) {
		r.v6, r.v6To = append(r.v6, c.at), append(r.v6To, c.to)
	}
	r.index()
	return r, nil
}

func alpha2(code string) bool {
	return len(code) == 2 && 'A' <= code[0] && code[0] <= 'Z' && 'A' <= code[1] && code[1] <= 'Z'
}

// change is an address from which on addresses belong to another country.
type change struct {
	at high
	to uint8
}

type span struct {
	from, to high
	country  uint8
}

// sweep walks over the ranges of one kind of addresses, in their order, with a stack of
// those that are open.
func (r *Ranges) sweep(ranges []Range, v4 bool) []change {
	var spans []span
	for _, one := range ranges {
		if one.From.Is4() == v4 {
			country, _ := slices.BinarySearch(r.names, one.Country)
			spans = append(spans, span{number(one.From), number(one.To), uint8(country)})
		}
	}
	slices.SortStableFunc(spans, func(a, b span) int {
		if c := a.from.compare(b.from); c != 0 {
			return c
		}
		return b.to.compare(a.to)
	})
	out := []change{{}}
	put := func(at high, to uint8) {
		last := &out[len(out)-1]
		switch {
		case last.at == at:
			last.to = to
		case last.to != to:
			out = append(out, change{at, to})
		}
	}
	var open []span
	shut := func(before high, all bool) {
		for len(open) > 0 && (all || open[len(open)-1].to.compare(before) < 0) {
			end, more := open[len(open)-1].to.next()
			open = open[:len(open)-1]
			for len(open) > 0 && open[len(open)-1].to.compare(end) < 0 {
				open = open[:len(open)-1] // it ended within the one that is shut
			}
			switch {
			case !more || v4 && end.lo > 1<<32-1:
			case len(open) > 0:
				put(end, open[len(open)-1].country)
			default:
				put(end, 0)
			}
		}
	}
	for _, s := range spans {
		shut(s.from, false)
		open = append(open, s)
		put(s.from, s.country)
	}
	shut(high{}, true)
	return out
}

// number is an address as a number; of IPv4 addresses, one of 32 bits.
func number(a netip.Addr) high {
	if a.Is4() {
		b := a.As4()
		return high{lo: uint64(binary.BigEndian.Uint32(b[:]))}
	}
	return highOf(a)
}
